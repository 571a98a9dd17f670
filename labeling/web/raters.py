"""Raters as a lead sees them, what a lead may decide about them, and each rater's own figures."""

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from labeling.errors import LabelingError
from labeling.measure import people
from labeling.measure.raters import rater_figures
from labeling.measure.votes import read_votes
from labeling.models import RaterDecision
from labeling.standing import decide
from labeling.web.access import leads_only, raters_only

Action = RaterDecision.Action
STEPS = {  # title, what will happen, button
    Action.PAUSE: (
        "Pause this rater?",
        ("They get no more tasks; those they hold go to others.", "Their verdicts count on."),
        "Pause",
    ),
    Action.RESUME: ("Let this rater judge again?", ("They get tasks again.",), "Let judge again"),
    Action.SET_ASIDE: (
        "Set their verdicts aside?",
        (
            "All of their verdicts, in all projects, count for nothing: in rankings, reports and new golden sets.",
            "Others are asked instead, in projects that are not closed, also where a pair was settled by them.",
            "They may judge on until you pause them; somebody else is then asked as well.",
            "Nothing is deleted: you can take them back in.",
        ),
        "Set aside",
    ),
    Action.RESTORE: ("Take their verdicts back in?", ("All of them count again, everywhere.",), "Take back in"),
}


@require_safe
@never_cache
@leads_only
def raters(request: HttpRequest) -> HttpResponse:
    """Over the latest projects, or one of them."""
    judged = people.judged_projects()
    asked = [project for project in judged if str(project.pk) == request.GET.get("project")]
    chosen = asked or judged[: people.LATEST]
    context = {
        "people": people.people(chosen),
        "projects": judged,
        "asked": asked[0] if asked else None,
        "chosen": len(chosen),
        "decisions": people.decisions(),
    }
    return render(request, "label_raters.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@leads_only
def standing(request: HttpRequest, rater_id: int, action: str) -> HttpResponse:
    """What will happen, and why it should; then it does."""
    if action not in STEPS:
        raise Http404
    rater = get_object_or_404(get_user_model(), pk=rater_id)
    title, will, button = STEPS[Action(action)]
    context = {"rater": rater, "title": title, "will": will, "button": button, "why": request.POST.get("why", "")}
    if request.method != "POST":
        return render(request, "label_standing.html", context)
    try:
        row = decide(rater.pk, action, request.user, request.POST.get("why", "")[:300])
    except LabelingError as error:
        return render(request, "label_standing.html", context | {"refused": error.detail}, status=error.status)
    messages.success(request, f"{rater}: {row.get_action_display()}.")
    return redirect("label_raters")


@require_safe
@never_cache
@raters_only
def me(request: HttpRequest) -> HttpResponse:
    """Their own figures, and no name of anybody else."""
    rows = []
    for project in people.judged_projects(request.user.pk)[: people.LATEST]:
        figures = rater_figures(project, read_votes(project))
        rows.append((project, next((one for one in figures if one.rater == request.user.pk), None)))
    known = [(project, one) for project, one in rows if one]
    context = {
        "rows": known,
        "whole": people.pooled([one for _, one in known]),
        "decisions": RaterDecision.objects.filter(rater=request.user).select_related("by")[:10],
    }
    return render(request, "label_me.html", context)
