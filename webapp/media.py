"""Catalog pictures. Their names hold the hash of their content, so a browser may keep them for ever."""

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def catalog_picture(request: HttpRequest, name: str) -> HttpResponse:
    """One cleaned JPEG, read whole: they are small, and a streamed file costs a thread per chunk under ASGI."""
    try:
        with default_storage.open(name) as file:
            data = file.read()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, SuspiciousFileOperation, ValueError):
        raise Http404 from None
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return HttpResponse(data, content_type="image/jpeg", headers=headers)
