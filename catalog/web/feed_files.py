"""Files in and out: large uploads in pieces, the error file, the catalog as a feed."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from catalog.errors import CatalogError, UnknownImport
from catalog.feeds import queries, services
from catalog.feeds.export import FORMATS
from catalog.feeds.problems import error_file
from catalog.web.access import catalog_admins_only
from catalog.web.feed_forms import UploadForm

PIECE_BYTES = 4 * 1024 * 1024
PART_CHARS = 64 * 1024
BOM = "\ufeff"  # by which spreadsheets know UTF-8


@require_POST
@catalog_admins_only
def begin(request: HttpRequest) -> HttpResponse:
    """Where the pieces go, how large they are, and the page to see then."""
    form = UploadForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"detail": " ".join(e for errors in form.errors.values() for e in errors)}, status=400)
    try:
        found = services.begin_upload(actor=request.user.get_username(), **form.cleaned_data)
    except CatalogError as error:
        return JsonResponse({"detail": error.detail}, status=error.status)
    addresses = {"piece": reverse("feed_piece", args=[found.pk]), "page": reverse("feed", args=[found.pk])}
    return JsonResponse({**addresses, "piece_bytes": PIECE_BYTES}, status=201)


@require_POST
@catalog_admins_only
def piece(request: HttpRequest, import_id: int) -> HttpResponse:
    """The body is a piece of the file from byte `offset` on. Answers how many bytes are there."""
    offset = request.GET.get("offset", "")
    if not offset.isdecimal() or len(offset) > 15:
        return JsonResponse({"detail": "The offset is a number of bytes."}, status=400)
    block = request.read(PIECE_BYTES + 1)
    if len(block) > PIECE_BYTES:
        return JsonResponse({"detail": f"A piece has at most {PIECE_BYTES} bytes."}, status=413)
    try:
        return JsonResponse({"bytes": services.append_upload(import_id, int(offset), block)})
    except CatalogError as error:
        return JsonResponse({"detail": error.detail}, status=error.status)


@require_safe
@catalog_admins_only
def errors(request: HttpRequest, import_id: int) -> HttpResponse:
    """Wrong rows, to be mended and uploaded as they are."""
    try:
        found = queries.import_or_unknown(import_id)
    except UnknownImport as error:
        raise Http404(error.detail) from error
    name = f"{slugify(found.name.rpartition('.')[0] or found.name) or 'feed'}-errors-{found.pk}.csv"
    return download(name, "text/csv; charset=utf-8", with_bom(error_file(found)))


@require_safe
@catalog_admins_only
def export(request: HttpRequest, name: str) -> HttpResponse:
    """All of the catalog as a feed."""
    if name not in FORMATS:
        raise Http404
    wanted = FORMATS[name]
    return download(wanted.file_name, wanted.content_type, wanted.parts(request.build_absolute_uri))


def with_bom(parts: Iterator[str]) -> Iterator[str]:
    yield BOM
    yield from parts


def download(name: str, content_type: str, parts: Iterator[str]) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(in_turns(parts), content_type=content_type, headers=headers)


async def in_turns(parts: Iterator[str]) -> AsyncIterator[str]:
    """Each part is made when the last one is gone: Django would collect what an ordinary iterator gives first."""
    while part := await sync_to_async(some_of)(parts):
        yield part


def some_of(parts: Iterator[str]) -> str:
    """Not line by line, each of which would cost a change of threads."""
    collected, size = [], 0
    for part in parts:
        collected.append(part)
        size += len(part)
        if size >= PART_CHARS:
            break
    return "".join(collected)
