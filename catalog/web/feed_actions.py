"""What a catalog admin can do with an import. Each door leads back to a page with a line on what happened."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from catalog.errors import CatalogError, FeedUnreadable, UnknownImport
from catalog.feeds import services
from catalog.feeds.models import Import
from catalog.feeds.waiting import in_its_place
from catalog.ingest.columns import ERROR_COLUMNS
from catalog.ingest.rows import MAX_COLUMNS
from catalog.web.access import catalog_admins_only
from catalog.web.feed_forms import MissingForm, StartForm
from catalog.web.feed_pages import REFUSED_COLUMNS


@require_POST
@catalog_admins_only
def start(request: HttpRequest) -> HttpResponse:
    """A file, an address or a folder; leads to the import's page."""
    form = StartForm(request.POST, request.FILES)
    if not form.is_valid():
        return refused(request, " ".join(error for errors in form.errors.values() for error in errors))
    try:
        found = services.start_import(actor=request.user.get_username(), **form.asked())
    except CatalogError as error:
        return refused(request, error.detail)
    return redirect("feed", found.pk)


def refused(request: HttpRequest, words: str) -> HttpResponse:
    messages.error(request, words)
    return redirect("feeds")


def run(import_id: int, actor: str, form: dict) -> str:
    if form.get("missing"):
        services.choose_missing(import_id, form["missing"])
    services.run(import_id, actor, accept_missing=form["accept_missing"])
    return "The import runs."


def pause(import_id: int, actor: str, form: dict) -> str:
    services.pause(import_id, actor)
    return "Paused. It goes on where it stands."


def resume(import_id: int, actor: str, form: dict) -> str:
    services.resume(import_id, actor)
    return "The import goes on."


def cancel(import_id: int, actor: str, form: dict) -> str:
    services.cancel(import_id, actor)
    return "Cancelled. What was stored stays."


def check(import_id: int, actor: str, form: dict) -> str:
    services.check_again(import_id)
    return "It is checked again."


VERBS: dict[str, Callable[[int, str, dict], str]] = {
    "run": run,
    "pause": pause,
    "resume": resume,
    "cancel": cancel,
    "check": check,
}


@require_POST
@catalog_admins_only
def act(request: HttpRequest, import_id: int, verb: str) -> HttpResponse:
    form = MissingForm(request.POST)
    if verb not in VERBS or not form.is_valid():
        raise Http404
    return said(request, import_id, lambda: VERBS[verb](import_id, request.user.get_username(), form.cleaned_data))


@require_POST
@catalog_admins_only
def columns(request: HttpRequest, import_id: int) -> HttpResponse:
    """column-0 ... name the columns in order, field-0 ... what each of them means."""
    found = Import.objects.filter(pk=import_id).first()
    if found is None:
        raise Http404
    named = [column for column in found.columns if column not in ERROR_COLUMNS][:MAX_COLUMNS]
    mapping = {column: request.POST.get(f"field-{place}", "") for place, column in enumerate(named)}

    newest = in_its_place(found)

    def map_them() -> str:
        try:
            services.map_columns(newest.pk, mapping)
        except FeedUnreadable:
            request.session[REFUSED_COLUMNS] = {"import": newest.pk, "mapping": mapping}
            raise
        done = "It is checked again, with these columns."
        return done if newest == found else f"The feed was fetched again meanwhile; this is the newer import. {done}"

    return said(request, newest.pk, map_them)


def said(request: HttpRequest, import_id: int, do: Callable[[], str]) -> HttpResponse:
    try:
        messages.success(request, do())
    except UnknownImport as error:
        raise Http404(error.detail) from error
    except CatalogError as error:
        messages.error(request, error.detail)
    return redirect("feed", import_id)
