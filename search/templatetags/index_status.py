"""Index status on any page, the admin's too. Load static/status.css and static/js/status.js with them."""

from collections.abc import Iterable, Mapping

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from search.status.pictures import PictureStatus, State, picture_statuses
from search.status.products import ProductStatus, product_statuses
from search.status.products import product_pictures as pictures_of
from search.status.queue import is_worked

register = template.Library()

WORDS = {State.MISSING: "Not in the index", State.HELD: "Held for review", State.HIDDEN: "Blocked"}


@register.filter
def state_words(state: str) -> str:
    return WORDS.get(state) or str(state).capitalize()


@register.filter
def not_searchable(status: ProductStatus) -> list[str]:
    """What keeps pictures of a product from being found: ["1 rejected", "2 waiting"]."""
    states = status.states.items()
    return [f"{count} {state_words(state).lower()}" for state, count in states if state != State.SEARCHABLE]


@register.simple_tag
def pictures_status(image_ids: Iterable[int]) -> dict[int, PictureStatus]:
    """Three queries at most, whatever the number of pictures."""
    return picture_statuses(image_ids)


@register.simple_tag
def products_status(product_ids: Iterable[int]) -> dict[int, ProductStatus]:
    """Four queries at most, whatever the number of products."""
    return product_statuses(product_ids)


@register.simple_tag
def product_pictures(product_id: int) -> tuple[PictureStatus, ...]:
    return pictures_of(product_id)


@register.simple_tag
def picture_status(statuses: Mapping[int, PictureStatus], image_id: int) -> SafeString:
    """Kept up to date by the script. Nothing for a picture that is gone."""
    return live("picture", statuses.get(image_id), image_id)


@register.simple_tag
def product_status(statuses: Mapping[int, ProductStatus], product_id: int) -> SafeString:
    return live("product", statuses.get(product_id), product_id)


def live(kind: str, status: PictureStatus | ProductStatus | None, pk: int) -> SafeString:
    inside = render_to_string(f"{kind}_status.html", {"status": status}) if status else ""
    return SafeString(f'<span data-{kind}-status="{int(pk)}">{inside}</span>')


@register.inclusion_tag("status_form.html", takes_context=True)
def status_form(context) -> dict:
    """The form that the buttons of all statuses on the page belong to. Put it outside of every other form."""
    request = context["request"]
    return {"request": request, "csrf_token": context.get("csrf_token"), "next": request.get_full_path()}


@register.simple_tag
def worker_banner() -> SafeString:
    """Says so where no worker runs. One query."""
    return SafeString(
        f"<div data-worker-banner>{render_to_string('worker_banner.html', {'worked': is_worked()})}</div>"
    )
