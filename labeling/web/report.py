"""A lead's report of a project: which system is better, how sure that is, and how good the verdicts are."""

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from labeling.measure.kept import kept_report
from labeling.measure.report import Decisive
from labeling.models import Project, Task
from labeling.order import choose_order
from labeling.screens import question_of, shown_of
from labeling.web.access import leads_only

SHOWN = 4  # results of each list


@require_safe
@never_cache
@leads_only
def project_report(request: HttpRequest, project_id: int) -> HttpResponse:
    project = get_object_or_404(Project.objects.select_related("system_a", "system_b", "batch"), pk=project_id)
    found = kept_report(project)
    people = names(one.rater for one in found.raters)
    context = {
        "project": project,
        "report": found,
        "comparison": found.comparison,
        "raters": [(one, people[one.rater], found.flags.get(one.rater, ())) for one in found.raters],
        "decisive": pictures(found.comparison.decisive) if found.comparison else [],
        "orders": Project.Order.choices,
    }
    return render(request, "label_report.html", context)


@require_POST
@leads_only
def order(request: HttpRequest, project_id: int) -> HttpResponse:
    """Ask every task k times, or only as often as it takes; also goes on where the pair is settled."""
    project = get_object_or_404(Project, pk=project_id)
    wanted = request.POST.get("order")
    if wanted in Project.Order.values and project.state != Project.State.CLOSED:
        choose_order(project, wanted)
        messages.success(request, f"From now on: {Project.Order(wanted).label}.")
    else:
        messages.error(request, "A closed project asks nothing more.")
    return redirect("label_report", project_id=project.pk)


def names(raters) -> dict[int, str]:
    return dict(get_user_model().objects.filter(pk__in=list(raters)).values_list("pk", "username"))


def pictures(decisive: tuple[Decisive, ...]) -> list[dict]:
    """What was shown of each, in two queries."""
    tasks = Task.objects.select_related("query", "list_a", "list_b").in_bulk([one.task for one in decisive])
    rows = []
    for one in decisive:
        task = tasks[one.task]
        sides = {"a": shown_of(task.list_a.items[:SHOWN]), "b": shown_of(task.list_b.items[:SHOWN])}
        loser = "a" if one.winner == "b" else "b"
        rows.append(
            {
                "one": one,
                "question": question_of(task.query),
                "winner": one.winner.upper(),
                "votes": max(one.counts),
                "of": sum(one.counts),
                "won": sides[one.winner],
                "lost": sides[loser],
            }
        )
    return rows
