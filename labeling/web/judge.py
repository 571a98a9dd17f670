"""A rater's pages: what there is to judge, and one screen of it. Everything here works without scripts."""

import uuid
from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from labeling import judge as judging
from labeling.assign import next_screens
from labeling.errors import LabelingError, NotAVerdict, ProjectNotOpen, RaterPaused
from labeling.models import Project, Reason
from labeling.pictures import picture_url
from labeling.queries import project_line, project_lines, skipped_by
from labeling.screens import views
from labeling.web.access import may_lead, raters_only


@require_safe
@never_cache
@raters_only
def home(request: HttpRequest) -> HttpResponse:
    """Open projects for raters; for a lead every project, and the way to make one."""
    leads = may_lead(request.user)
    states = Project.State.values if leads else [Project.State.OPEN]
    lines = project_lines(request.user.pk, states)
    lines.sort(key=lambda line: not (line.state == Project.State.OPEN and line.left))  # first what waits for this rater
    context = {"projects": lines, "leads": leads}
    return render(request, "label_home.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@raters_only
def judge(request: HttpRequest, project_id: int) -> HttpResponse:
    """The screen that is next. A POST is one press of a button, by a browser without scripts."""
    project = get_object_or_404(Project.objects.select_related("guideline"), pk=project_id)
    if request.method == "POST":
        try:
            said(request, project)
        except LabelingError as error:
            messages.error(request, error.detail)
        return redirect("label_judge", project_id=project.pk)
    return render(request, "label_judge.html", context(request, project))


def said(request: HttpRequest, project: Project) -> None:
    """Carry out what the pressed button says. Raises LabelingError."""
    if "skipped" in request.POST:
        judging.take_skipped(project, request.user.pk)
        return
    if "undo" in request.POST:
        judging.undo(request.user.pk, uuid.uuid4(), judging.last_verdict(project, request.user.pk).pk)
        return
    assignment, _, value = request.POST.get("say", "").partition(":")
    try:
        verdict_id = uuid.UUID(request.POST.get(f"id-{assignment}", ""))
        shown_at = datetime.fromtimestamp(float(request.POST.get("shown", "")), UTC)
        ms_taken = int((datetime.now(UTC) - shown_at).total_seconds() * 1000)
        what = judging.Said(
            verdict_id, int(assignment), value, tuple(request.POST.getlist("reason")), ms_taken=max(ms_taken, 0)
        )
    except (ValueError, OverflowError, OSError):
        raise NotAVerdict from None
    judging.judge(request.user.pk, what)


def context(request: HttpRequest, project: Project) -> dict:
    """Of the whole page. `why` says why there is nothing to judge."""
    why = ""
    try:
        screens = views(next_screens(project, request.user.pk, want=1)[:1])
    except (ProjectNotOpen, RaterPaused) as error:
        screens, why = [], error.detail
    return {
        "project": project,
        "line": project_line(project, request.user.pk),
        "screen": screens[0] if screens else None,
        "why": why,
        "skipped": 0 if screens or why else skipped_by(project, request.user.pk),
        "shown": datetime.now(UTC).timestamp(),
        "reasons": list(zip("123456", Reason.choices, strict=True)),
        "guideline": project.guideline,
        "examples": examples_of(project.guideline),
    }


def examples_of(guideline) -> list[dict]:
    return [each | {"url": picture_url(each["picture"])} for each in guideline.examples]


@require_safe
@never_cache
@raters_only
def guideline(request: HttpRequest, project_id: int) -> HttpResponse:
    """As a page of its own, for a browser that opens no drawer."""
    project = get_object_or_404(Project.objects.select_related("guideline"), pk=project_id)
    its = project.guideline
    return render(request, "label_guideline.html", {"project": project, "guideline": its, "examples": examples_of(its)})
