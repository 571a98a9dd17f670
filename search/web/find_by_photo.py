"""A photo dropped on the catalog admin's list: the products it shows, as the filtered list."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from catalog.web.access import catalog_admins_only
from search.errors import SearchError
from search.pipeline import find_products
from search.types import Query

SHOWN = 24


@catalog_admins_only
@require_POST
def find_by_photo(request: HttpRequest) -> HttpResponse:
    """The photo is neither kept nor logged. Hidden products are in no search, so they are not found."""
    listed = reverse("admin:catalog_product_changelist")
    if (sent := request.FILES.get("image")) is None:
        messages.error(request, "No photo came with that.")
        return redirect(listed)
    try:
        answer = find_products(Query(image=sent.read(), limit=SHOWN, logged=False))
    except SearchError as error:
        messages.error(request, error.detail)
        return redirect(listed)
    if not answer.results:
        messages.warning(request, "No product looks like this photo.")
        return redirect(listed)
    return redirect(f"{listed}?found={','.join(str(card.product_id) for card in answer.results)}")
