"""How prices and attributes read on a page."""

from decimal import Decimal

from django import template
from django.conf import settings

from catalog.queries import OfferLine

register = template.Library()

SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
NAMES = {"color": "Colour"}
ORDER = ("color", "material", "pattern", "style")
WAITING = {"preorder": "Can be pre-ordered", "backorder": "On order, delivered later"}
FEW = 5


@register.filter
def money(price: Decimal | None, currency: str) -> str:
    """Reads "€1,249", or with cents where there are any; an unknown currency keeps its code."""
    if price is None:
        return "Price on request"
    amount = f"{price:,.0f}" if price == int(price) else f"{price:,.2f}"
    return f"{SIGNS[currency]}{amount}" if currency in SIGNS else f"{amount} {currency}"


@register.filter
def attribute_lines(attributes: dict[str, str]) -> list[tuple[str, str]]:
    """Names and values to show, the usual ones first."""
    known = [name for name in ORDER if attributes.get(name)]
    others = sorted(name for name, value in attributes.items() if value and name not in ORDER)
    return [(NAMES.get(name, name.replace("_", " ").capitalize()), attributes[name]) for name in known + others]


@register.filter
def stock_text(offer: OfferLine) -> str:
    if offer.in_stock:
        few = offer.quantity is not None and offer.quantity <= FEW
        return f"Only {offer.quantity} left" if few else "In stock"
    return WAITING.get(offer.availability, "Out of stock")


@register.filter
def indent(depth: int) -> str:
    """Spaces that a browser keeps, for an option below another."""
    return "\u2003" * depth


@register.simple_tag
def kept_words() -> str:
    """What a shopper agrees to who lets the shop keep a photo."""
    days = f"{settings.SIGHTLINE_CONSENT_DAYS:.0f} days"
    return (
        f"Your photo, without its location and other hidden data, is kept for {days} instead of being deleted soon. "
        "People who work for this shop may see a copy in which faces are blurred, to learn what is missing, judge "
        "results and teach the search. Take it back whenever you like: “Delete my photo” on the photo’s page, whose "
        "address you can keep, deletes the photo and these copies at once. Only a copy with blurred faces that is "
        "already part of a finished test or training set stays."
    )


@register.simple_tag
def photo_life() -> str:
    """How long a shopper's photo is kept, in words: "a day", "6 hours"."""
    hours = round(settings.SIGHTLINE_PHOTO_HOURS)
    if hours <= 1:
        return "an hour"
    if hours % 24:
        return f"{hours} hours"
    return "a day" if hours == 24 else f"{hours // 24} days"
