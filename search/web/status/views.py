"""Where every picture stands: the whole shop, one SKU, and what the catalog and the index disagree on."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from catalog.models import Product
from catalog.web.access import catalog_admins_only
from search.status.differences import named
from search.status.listing import pictures_page
from search.status.now import now
from search.status.products import of_pictures, product_pictures
from search.web.status.forms import FilterForm
from search.web.status.watch import Watched, what_changed

SHOWN = 50


@require_safe
@never_cache
@catalog_admins_only
def index(request: HttpRequest) -> HttpResponse:
    """The page; for HTMX the list alone."""
    form = FilterForm(request.GET)
    asked = form.asked()
    here = now()
    context = {
        "now": here,
        "form": form,
        "state": asked["state"],
        "words": asked["q"],
        "page": (page := pictures_page(asked["state"], asked["q"], asked["before"])),
        "tabs": tabs(here, asked),
        "older_url": address(asked | {"before": page.older}) if page.older else "",
        "newest_url": address(asked | {"before": None}) if asked["before"] else "",
        "differences": named(here.tally.differences, SHOWN),
    }
    part = "#pictures" if "HX-Request" in request.headers else ""
    return render(request, f"catalog_status.html{part}", context)


def tabs(here, asked: dict) -> list[tuple[str, str, int | None, bool]]:
    """State, address, how many, whether it is the one that is shown."""
    counts = {"": here.tally.pictures, **here.tally.states}
    return [
        (state or "all", address({"state": state, "q": asked["q"]}), number, state == asked["state"])
        for state, number in counts.items()
    ]


def address(asked: dict) -> str:
    """This page with what was asked for."""
    given = urlencode({name: value for name, value in asked.items() if value})
    return reverse("catalog_status") + (f"?{given}" if given else "")


@require_safe
@never_cache
@catalog_admins_only
def sku(request: HttpRequest, sku: str) -> HttpResponse:
    product = get_object_or_404(Product.objects.defer("words").select_related("category"), sku=sku)
    pictures = product_pictures(product.pk)
    whole = of_pictures(product.pk, pictures)
    context = {"now": now(), "product": product, "pictures": pictures, "whole": whole}
    return render(request, "catalog_status_sku.html", context)


@require_safe
@never_cache
@catalog_admins_only
def watched(request: HttpRequest) -> JsonResponse:
    """What the socket would send, for a page that can have none."""
    return JsonResponse(what_changed(Watched.of(request.GET), {})[0])
