"""The door of the rater's script: what was said in, the next screens out. Sending the same twice changes nothing."""

import json
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from labeling import judge as judging
from labeling.assign import next_screens
from labeling.errors import LabelingError, NotAVerdict, ProjectNotOpen, RaterPaused
from labeling.models import Project, Reason, Verdict
from labeling.queries import project_line, skipped_by
from labeling.screens import views
from labeling.web.access import may_rate

MOST_ENTRIES = 500


@require_http_methods(["GET", "POST"])
@never_cache
def sync(request: HttpRequest, project_id: int) -> HttpResponse:
    """POST {"entries": [...], "have": [screen ids]}; an entry is a verdict, an undo of one or of the last, or
    {"skipped"}: let me judge after all what I skipped.

    Each is answered by its id: {"ok": true} or {"ok": false, "code", "detail"}. Refused ones are not to be sent again.
    """
    if not may_rate(request.user):
        status, code = (403, "not-allowed") if request.user.is_authenticated else (401, "signed-out")
        return JsonResponse({"code": code, "detail": "Sign in as a rater, and go on."}, status=status)
    project = get_object_or_404(Project, pk=project_id)
    try:
        entries, have = read_body(request) if request.method == "POST" else ([], set())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return JsonResponse({"code": "not-understood", "detail": "This is not what the page sends."}, status=400)
    results = {entry["id"]: answer(request.user.pk, project, entry) for entry in entries}
    return JsonResponse({"results": results, **state(request, project, have), "csrf": get_token(request)})


def read_body(request: HttpRequest) -> tuple[list[dict], set[str]]:
    body = json.loads(request.body)
    entries, have = body["entries"], set(map(str, body["have"]))
    if len(entries) > MOST_ENTRIES:
        raise ValueError("too many at once")
    return [{**entry, "id": str(uuid.UUID(entry["id"]))} for entry in entries], have


def answer(rater_id: int, project: Project, entry: dict) -> dict:
    """Carry out one entry, in a transaction of its own."""
    try:
        return {"ok": True, **carry_out(rater_id, project, entry)}
    except LabelingError as error:
        return {"ok": False, "code": error.code, "detail": error.detail}


def carry_out(rater_id: int, project: Project, entry: dict) -> dict:
    entry_id = uuid.UUID(entry["id"])
    if "skipped" in entry:
        return {"taken": judging.take_skipped(project, rater_id)}
    if "undo" in entry or "undo_last" in entry:
        undone = undone_by(entry_id, lambda: wanted(entry, project, rater_id))
        row = judging.undo(rater_id, entry_id, undone)
        return {"screen": str(row.assignment.screen)}
    try:
        what = judging.Said(
            entry_id,
            int(entry["assignment"]),
            str(entry["value"]),
            tuple(map(str, entry.get("reasons", ()))),
            int(entry.get("ms_taken", 0)),
            int(entry.get("ago_ms", 0)),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        raise NotAVerdict from None
    return {"state": judging.judge(rater_id, what).assignment.state}


def undone_by(entry_id: uuid.UUID, otherwise: Callable[[], uuid.UUID]) -> uuid.UUID:
    """What this undo has undone already, where it comes a second time."""
    known = Verdict.objects.filter(pk=entry_id).values_list("undoes", flat=True).first()
    return known or otherwise()


def wanted(entry: dict, project: Project, rater_id: int) -> uuid.UUID:
    if "undo_last" in entry:
        return judging.last_verdict(project, rater_id).pk
    try:
        return uuid.UUID(str(entry["undo"]))
    except ValueError:
        raise NotAVerdict from None


def state(request: HttpRequest, project: Project, have: set[str]) -> dict:
    """Screens that the page does not have yet, as HTML; all that it may keep; and how far everybody is."""
    why = ""
    try:
        screens = next_screens(project, request.user.pk)
    except (ProjectNotOpen, RaterPaused) as error:
        screens, why = [], error.detail
    line = project_line(project, request.user.pk)
    new = views([screen for screen in screens if str(screen[0].screen) not in have])
    return {
        "why": why,
        "held": [str(screen[0].screen) for screen in screens],
        "screens": [{"id": str(view.id), "html": html(request, project, view)} for view in new],
        "progress": {
            "tasks": line.tasks,
            "verdicts": line.verdicts,
            "wanted": line.wanted,
            "left": line.left,
            "skipped": 0 if screens or why else skipped_by(project, request.user.pk),
        },
    }


def html(request: HttpRequest, project: Project, view) -> str:
    reasons = list(zip("123456", Reason.choices, strict=True))
    context = {"screen": view, "project": project, "reasons": reasons}
    return render_to_string("label_judge.html#screen", context, request)
