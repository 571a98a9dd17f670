"""What raters do not agree on, one task after the other, for a lead to settle by keyboard."""

from collections import Counter

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from labeling.adjudicate import settle, take_back
from labeling.errors import LabelingError
from labeling.measure.splits import split_tasks
from labeling.models import Assignment, Project, Reason, Task
from labeling.screens import question_of, shown_of
from labeling.templatetags.labeling import GRADES
from labeling.web.access import leads_only

KEYS = {
    Project.Kind.SIDE_BY_SIDE: (
        ("left", "Left", "a ArrowLeft", "A"),
        ("tie", "Tie", "t", "T"),
        ("both_bad", "Both bad", "x", "X"),
        ("right", "Right", "l ArrowRight", "L"),
    ),
    Project.Kind.GRADE: tuple((grade, words, grade, grade) for grade, words in GRADES.items()),
    Project.Kind.SAME_PRODUCT: (
        ("same_sku", "Same SKU", "1", "1"),
        ("variant", "Variant", "2", "2"),
        ("different", "Different", "3", "3"),
    ),
}


@require_safe
@never_cache
@leads_only
def adjudicate(request: HttpRequest) -> HttpResponse:
    """The next one; ?after= passes over those up to a task."""
    project = Project.objects.filter(pk=number(request.GET.get("project"))).first()
    queue = split_tasks(project)
    after = number(request.GET.get("after"))
    later = [task for task in queue if task > after] or queue
    context = {"left": len(queue), "project": project, "asked": f"?project={project.pk}" if project else ""}
    if later:
        context |= task_context(later[0])
    return render(request, "label_adjudicate.html", context)


def number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 19 else 0


def task_context(task_id: int) -> dict:
    task = Task.objects.select_related("project", "query", "list_a", "list_b").get(pk=task_id)
    left, right = sides(task)
    said = Assignment.objects.filter(task=task, counts=True, state=Assignment.State.DONE).select_related("current")
    words = {value: label for value, label, *_ in KEYS[task.project.kind]}
    answers = Counter(words.get(seen(task, each.current.choice), each.current.choice) for each in said)
    reasons = Counter(Reason(reason).label for each in said for reason in each.current.reasons)
    return {
        "task": task,
        "question": question_of(task.query) if task.query else None,
        "left_items": left,
        "right_items": right,
        "keys": KEYS[task.project.kind],
        "answers": answers.most_common(),
        "reasons": reasons.most_common(),
    }


def swapped(task: Task) -> bool:
    """Which system is on the left is as good as random, and the same each time the page is looked at."""
    return (task.pk * 2654435761 >> 12) % 2 == 1


def sides(task: Task) -> tuple:
    if task.list_a_id:
        lists = [shown_of(row.items[: task.project.results_shown]) for row in (task.list_a, task.list_b)]
        return tuple(reversed(lists)) if swapped(task) else tuple(lists)
    return tuple(shown_of([item] if item else []) for item in (task.item_a, task.item_b))


def seen(task: Task, choice: str) -> str:
    """A choice of a system as the side that it is on here, and back."""
    here = {"a": "left", "b": "right", "left": "a", "right": "b"}
    there = {"a": "right", "b": "left", "left": "b", "right": "a"}
    return (there if swapped(task) else here).get(choice, choice)


@require_POST
@leads_only
def say(request: HttpRequest, task_id: int) -> HttpResponse:
    """A verdict, or taking back the last one."""
    try:
        if "undo" in request.POST:
            messages.success(request, "Taken back: it is in the queue again.")
            task_id = take_back(request.user).task_id - 1
        else:
            task = Task.objects.filter(pk=task_id).first()
            value = request.POST.get("say", "")
            settle(task_id, seen(task, value) if task else value, request.user, request.POST.get("why", "")[:300])
    except LabelingError as error:
        messages.error(request, error.detail)
    project = number(request.POST.get("project"))
    return redirect(reverse("label_adjudicate") + f"?after={task_id}" + (f"&project={project}" if project else ""))
