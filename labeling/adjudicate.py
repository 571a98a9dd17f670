"""A lead settles what raters do not agree on. Their verdicts stay as they are; the lead's stands beside them."""

from django.db import transaction
from django.db.models import Exists, OuterRef

from labeling.errors import NotAVerdict, NothingToUndo, UnknownTask
from labeling.measure.scales import ANSWERS
from labeling.models import Adjudication, Task
from labeling.order import look


@transaction.atomic
def settle(task_id: int, choice: str, by, why: str = "") -> Adjudication:
    """choice: as Verdict.choice has it. A second one of the same task takes the place of the first.

    Raises UnknownTask, NotAVerdict.
    """
    task = Task.objects.select_related("project").filter(pk=task_id, gold__isnull=True).first()
    if task is None:
        raise UnknownTask
    if choice not in ANSWERS[task.project.kind].choices:
        raise NotAVerdict
    return add(task, choice, by, why.strip())


@transaction.atomic
def take_back(by) -> Adjudication:
    """The lead's own latest one that holds; its task is in the queue again. Raises NothingToUndo."""
    later = Adjudication.objects.filter(task=OuterRef("task"), pk__gt=OuterRef("pk"))
    mine = Adjudication.objects.filter(~Exists(later), by=by).exclude(choice="").select_related("task__project")
    latest = mine.order_by("-pk").first()
    if latest is None:
        raise NothingToUndo
    return add(latest.task, "", by, "")


def add(task: Task, choice: str, by, why: str) -> Adjudication:
    row = Adjudication.objects.create(task=task, choice=choice, by=by, why=why)
    transaction.on_commit(lambda: look(task.project_id))
    return row
