"""Feeds: what has been imported, what comes by itself; and one import with what it will change. Catalog admins only."""

from zlib import crc32

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from catalog.errors import UnknownImport
from catalog.feeds import queries
from catalog.feeds.export import FORMATS
from catalog.feeds.models import Import
from catalog.ingest.columns import ERROR_COLUMNS, FIELDS, meanings
from catalog.web.access import catalog_admins_only
from catalog.web.feed_forms import StartForm

PAGE_ROWS = 50
REFUSED_COLUMNS = "refused_columns"  # in the session
SHOWN = ("new", "changed", "unchanged", "wrong", "missing")
State = Import.State


@require_safe
@never_cache
@catalog_admins_only
def feeds(request: HttpRequest) -> HttpResponse:
    """The list; for HTMX and the script the part that they name."""
    return render(request, "feeds.html" + part_of(request), list_context() | {"start": StartForm()})


def part_of(request: HttpRequest) -> str:
    part = request.headers.get("HX-Target") if "HX-Request" in request.headers else None
    return f"#{part}" if part in ("now", "panels") else ""


def list_context() -> dict:
    imports, sources = queries.recent_imports(), queries.sources()
    working = [one for one in imports if one.working or one.state == State.PAUSED]
    version = [(one.id, one.state, one.stage) for one in imports]
    version += [
        (source.pk, source.failures, source.last_error, source.succeeded_at, source.waiting) for source in sources
    ]
    return {
        "imports": imports,
        "sources": sources,
        "working": working,
        "version": f"{crc32(repr(version).encode()):x}",
        "formats": FORMATS,
        "live_path": reverse("feeds") + "live",
    }


@require_safe
@never_cache
@catalog_admins_only
def feed(request: HttpRequest, import_id: int) -> HttpResponse:
    """One import. `show` names the rows that are listed, `after` where their page begins."""
    try:
        found = queries.import_or_unknown(import_id)
    except UnknownImport as error:
        raise Http404(error.detail) from error
    return render(request, "feed.html" + part_of(request), context_of(found, request))


def context_of(found: Import, request: HttpRequest) -> dict:
    shown = request.GET.get("show")
    shown = shown if shown in SHOWN else first_of_interest(found)
    after = int(text) if (text := request.GET.get("after", "")).isdecimal() and len(text) < 16 else 0
    rows = (queries.problems if shown == "wrong" else queries.differences)(
        found.pk, **({} if shown == "wrong" else {"kind": shown}), after=after, limit=PAGE_ROWS + 1
    )
    reasons = queries.problem_reasons(found.pk) if shown == "wrong" and not after else []
    return now_context(found) | {
        "import": found,
        "tabs": [(kind, counted(found, kind), kind == shown) for kind in SHOWN],
        "shown": shown,
        "rows": rows[:PAGE_ROWS],
        "next_after": rows[PAGE_ROWS - 1].pk if len(rows) > PAGE_ROWS else None,
        "after": after,
        "reasons": reasons,
        "columns": mapped_columns(found, refused := refused_columns(found, request)),
        "refused": bool(refused),
        "fields": FIELDS,
        "guarded": queries.would_empty_the_shop(found),
        "live_path": reverse("feed", args=[found.pk]) + "live",
    }


def now_context(found: Import) -> dict:
    return {"now": queries.progress_of(found), "version": f"{found.state}-{found.stage}-{bool(found.reason)}"}


def counted(found: Import, kind: str) -> int:
    """Wrong and repeated rows are of the run once there is one; what changes is of the dry run."""
    if kind == "wrong":
        counts = found.counts or found.found
        return counts.get("wrong", 0) + counts.get("repeated", 0)
    return found.found.get(kind, 0)


def first_of_interest(found: Import) -> str:
    if found.state == State.FINISHED and counted(found, "wrong"):
        return "wrong"
    return next((kind for kind in ("changed", "new", "wrong", "missing") if counted(found, kind)), "unchanged")


def refused_columns(found: Import, request: HttpRequest) -> dict[str, str]:
    """What columns were just said to mean when it was refused: shown once more, to be mended."""
    said = request.session.get(REFUSED_COLUMNS, {})
    if said.get("import") != found.pk:
        return {}
    return request.session.pop(REFUSED_COLUMNS)["mapping"]


def mapped_columns(found: Import, refused: dict[str, str]) -> list[tuple[str, str]]:
    """Each column of the file with the field it is taken for, or was said to mean in vain."""
    columns = [column for column in found.columns if column not in ERROR_COLUMNS]
    taken = zip(columns, meanings(columns, found.mapping), strict=True)
    return [(column, refused.get(column, field)) for column, field in taken]
