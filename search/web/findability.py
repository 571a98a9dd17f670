"""How will shoppers find this? One product's page for the catalog admin; it searches as a shopper would."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from catalog.models import Product
from catalog.web.access import catalog_admins_only
from search.findability.report import Findability, findability
from search.web.frames import Frame, frames_of


@require_safe
@never_cache
@catalog_admins_only
def page(request: HttpRequest, sku: str) -> HttpResponse:
    """?picture=ID: which of its pictures is looked at."""
    product = get_object_or_404(Product.objects.defer("words").select_related("category"), sku=sku)
    asked = request.GET.get("picture", "")
    found = findability(product, int(asked) if asked.isdecimal() and len(asked) < 19 else None)
    part = "#look" if "HX-Request" in request.headers else ""
    return render(request, f"findability.html{part}", {"found": found, "product": product, "boxes": boxes_of(found)})


def boxes_of(found: Findability) -> list[Frame]:
    """As the shopper's photo page draws them; none where nothing stands out."""
    if found.picture is None or found.picture.found.fallback:
        return []
    return frames_of(found.picture.found)
