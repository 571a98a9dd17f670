"""Unmet demand: what shoppers looked for and did not find, and what they never see. For the catalog admin."""

import io
import uuid

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from catalog.web.access import catalog_admins_only
from search.demand import queries
from search.demand.models import DemandQuery
from search.demand.photo import example
from search.errors import PhotoExpired

LISTS = {
    "photo": ("Photos", lambda cursor: queries.wishes(DemandQuery.Kind.PHOTO, cursor)),
    "text": ("Words", lambda cursor: queries.wishes(DemandQuery.Kind.TEXT, cursor)),
    "unseen": ("Never shown", queries.unseen),
    "unclicked": ("Never clicked", queries.unclicked),
}


@require_safe
@never_cache
@catalog_admins_only
def page(request: HttpRequest) -> HttpResponse:
    """?list=: which of LISTS; ?after=: the cursor. For HTMX the list alone."""
    chosen = request.GET.get("list", "photo")
    chosen = chosen if chosen in LISTS else "photo"
    found = LISTS[chosen][1](request.GET.get("after", "")[:40])
    count = queries.count_row()
    context = {
        "count": count,
        "figures": count.figures if count else {},
        "days": settings.SIGHTLINE_DEMAND_DAYS,
        "list": chosen,
        "page": found,
        "tabs": [
            (title, address(name), (count.figures if count else {}).get(name), name == chosen)
            for name, (title, _) in LISTS.items()
        ],
        "next_url": address(chosen, found.next) if found.next else "",
        "first_url": address(chosen) if request.GET.get("after") else "",
    }
    return render(request, f"demand.html{'#found' if 'HX-Request' in request.headers else ''}", context)


def address(name: str, after: str = "") -> str:
    return f"{reverse('demand')}?{urlencode({'list': name, **({'after': after} if after else {})})}"


@require_safe
@catalog_admins_only
def photo(request: HttpRequest, query_id: uuid.UUID) -> HttpResponse:
    """What a shopper framed in a photo that they left to the shop, faces blurred."""
    try:
        picture = example(query_id)
    except PhotoExpired:
        raise Http404 from None
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return HttpResponse(out.getvalue(), content_type="image/jpeg", headers={"Cache-Control": "private, max-age=600"})
