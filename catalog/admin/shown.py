"""Cells of the product list, from what ProductList has read for the whole page."""

from collections import Counter
from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime

from catalog.find import STATE_OF, STATES
from catalog.models import Image, Offer, Product
from catalog.storage import picture_url

NO_THUMBNAIL = mark_safe('<span class="sl-thumb sl-empty"></span>')
NO_PICTURE = mark_safe('<span class="sl-state none">No picture</span>')
HIDDEN = mark_safe(' <span class="sl-state hidden">hidden</span>')
UNDONE = mark_safe('<span class="sl-state none">undone</span>')


def picture(product: Product) -> SafeString:
    for image in product.listed_images:
        if image.file:
            return thumbnail(image)
    return NO_THUMBNAIL


def thumbnail(image: Image) -> SafeString:
    return format_html(
        '<img class="sl-thumb" src="{}" alt="{}" width="48" height="48" loading="lazy">',
        picture_url(image.file),
        image.alt,
    )


def name(product: Product) -> SafeString:
    hidden = HIDDEN if product.blocked else ""
    return format_html(
        '<span class="sl-name"><b>{}</b><small>{}{}</small></span>{}',
        product.title,
        product.sku,
        f" · {product.brand}" if product.brand else "",
        hidden,
    )


def price(product: Product) -> str:
    """The best offer's, and how many more there are."""
    offers = product.listed_offers
    if not offers:
        return "–"
    more = f" +{len(offers) - 1}" if len(offers) > 1 else ""
    return f"{offers[0].price:,.2f} {offers[0].currency}{more}"


def stock(product: Product) -> str:
    offers = product.listed_offers
    if not offers:
        return "No offer"
    best: Offer = offers[0]
    if all(offer.hidden for offer in offers):
        return "Seller blocked"
    if best.stock == 0:
        return f"{best.quantity:,} in stock" if best.quantity is not None else "In stock"
    return best.get_availability_display().capitalize() if best.availability != "in_stock" else "Sold out"


def states(product: Product) -> SafeString:
    counted = Counter("hidden" if image.blocked else STATE_OF[image.status] for image in product.listed_images)
    if not counted:
        return NO_PICTURE
    ordered = [(state, counted[state]) for state in (*STATES, "hidden") if counted[state]]
    return format_html_join(" ", '<span class="sl-state {}">{} {}</span>', ((s, n, s) for s, n in ordered))


def state(image: Image) -> SafeString:
    name = "hidden" if image.blocked else STATE_OF[image.status]
    return format_html('<span class="sl-state {}">{}</span>', name, name)


def moment(at: datetime) -> SafeString:
    here = localtime(at)
    return mark_safe(f'<time datetime="{at.isoformat()}">{here.day} {here:%b %Y %H:%M}</time>')
