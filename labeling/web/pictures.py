"""Pictures for raters alone. Names are hashes or numbers: neither says which system found what."""

import re

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from labeling.models import Query
from labeling.pictures import picture_name, read
from labeling.web.access import raters_only

KEPT = "private, max-age=31536000, immutable"  # as long as its name: that says what it shows
A_WHILE = "private, max-age=600"  # a shopper may take their photo back


@require_safe
@raters_only
def photo(request: HttpRequest, query_id: int) -> HttpResponse:
    """A query's photo."""
    return jpeg(get_object_or_404(Query, pk=query_id).photo, A_WHILE)


@require_safe
@raters_only
def picture(request: HttpRequest, digest: str) -> HttpResponse:
    """A result's picture, or an example of a guideline."""
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise Http404
    return jpeg(picture_name(digest), KEPT)


def jpeg(name: str, cached: str) -> HttpResponse:
    try:
        return HttpResponse(read(name), content_type="image/jpeg", headers={"Cache-Control": cached})
    except (FileNotFoundError, IsADirectoryError):
        raise Http404 from None
