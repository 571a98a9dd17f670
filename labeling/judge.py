"""What raters say, kept as it was said: a verdict is a row that never changes, and undoing one is another row."""

import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from labeling.assign import lease_end
from labeling.errors import AlreadyJudged, NotAVerdict, NothingToUndo, NotYours, ProjectNotOpen, TakenMeanwhile
from labeling.models import Assignment, Project, Reason, Task, Verdict
from labeling.order import look_again, reorder

Value, State = Verdict.Value, Assignment.State
VALUES = {
    Project.Kind.SIDE_BY_SIDE: (Value.LEFT, Value.RIGHT, Value.TIE, Value.BOTH_BAD),
    Project.Kind.GRADE: (Value.G0, Value.G1, Value.G2, Value.G3, Value.G4, Value.G5),
    Project.Kind.SAME_PRODUCT: (Value.SAME_SKU, Value.VARIANT, Value.DIFFERENT, Value.CANNOT_TELL),
}
LONGEST_MS = 24 * 3600 * 1000  # a page may lie open for a night; more says nothing


@dataclass(frozen=True, slots=True)
class Said:
    """One verdict as the rater's browser sends it. id: made there, so that sending it twice is harmless.

    ago_ms: how long before it was sent it was decided; by the browser's own clock, which may be wrong as a whole.
    """

    id: uuid.UUID
    assignment_id: int
    value: str
    reasons: tuple[str, ...] = ()
    ms_taken: int = 0
    ago_ms: int = 0


@transaction.atomic
def judge(rater_id: int, said: Said) -> Verdict:
    """Keep a verdict. One whose slot was given away meanwhile is kept, too, and does not count.

    Raises NotYours, AlreadyJudged, NotAVerdict.
    """
    assignment = lock(rater_id, said.assignment_id)
    if known := Verdict.objects.filter(pk=said.id).first():
        return known if known.assignment_id == assignment.pk else refuse_reused()
    check(assignment.task.project.kind, said)
    if assignment.current_id is not None:
        raise AlreadyJudged
    verdict = add(assignment, said)
    assignment.state = state_after(assignment, said.value)
    assignment.save(update_fields=["state"])
    reorder(assignment)
    return verdict


@transaction.atomic
def undo(rater_id: int, undo_id: uuid.UUID, verdict_id: uuid.UUID) -> Verdict:
    """Take a verdict back: its task is the rater's again, to be judged anew.

    The slot of a verdict stays theirs. That of a skipped task, or of one judged after it was given away, may be taken:
    then TakenMeanwhile, and nothing changes.
    Raises NotYours, NothingToUndo, ProjectNotOpen.
    """
    undone = Verdict.objects.filter(pk=verdict_id, assignment__rater=rater_id).first()
    if undone is None:
        raise NothingToUndo
    assignment = lock(rater_id, undone.assignment_id)
    project = assignment.task.project
    if done_before := Verdict.objects.filter(undoes=undone).first():
        return done_before
    if assignment.current_id != undone.pk:
        raise NothingToUndo
    if project.state == Project.State.CLOSED:
        raise ProjectNotOpen
    if assignment.state != State.DONE and not has_room(assignment):
        raise TakenMeanwhile
    row = Verdict.objects.create(
        id=undo_id,
        assignment=assignment,
        undoes=undone,
        swapped=assignment.swapped,
        guideline=project.guideline,
        shown_at=undone.shown_at,
        decided_at=timezone.now(),
        ms_taken=0,
    )
    counted = assignment.counts and assignment.state == State.DONE
    assignment.state, assignment.leased_until = State.LEASED, lease_end(project)
    assignment.save(update_fields=["state", "leased_until"])
    reorder(assignment)
    if counted and project.settled:
        transaction.on_commit(lambda: look_again(project))
    return row


def take_skipped(project: Project, rater_id: int) -> int:
    """The rater wants to judge after all what they skipped and nobody has taken. Returns how many come back."""
    skipped = Assignment.objects.filter(task__project=project, rater=rater_id, state=State.SKIPPED)
    taken = 0
    for verdict_id in list(skipped.values_list("current", flat=True)):
        with suppress(TakenMeanwhile):
            undo(rater_id, uuid.uuid4(), verdict_id)
            taken += 1
    return taken


def last_verdict(project: Project, rater_id: int) -> Verdict:
    """The one that a bare "undo" means. Raises NothingToUndo."""
    mine = Assignment.objects.filter(task__project=project, rater=rater_id, current__isnull=False)
    latest = mine.select_related("current").order_by("-current__decided_at", "-current__received_at").first()
    if latest is None:
        raise NothingToUndo
    return latest.current


def lock(rater_id: int, assignment_id: int) -> Assignment:
    """The rater's assignment, to be changed by this transaction alone. Raises NotYours."""
    rows = Assignment.objects.select_related("task__project__guideline").select_for_update(of=("self",))
    assignment = rows.filter(pk=assignment_id, rater=rater_id).first()
    if assignment is None:
        raise NotYours
    return assignment


def check(kind: str, said: Said) -> None:
    if said.value != Value.SKIP and said.value not in VALUES[kind]:
        raise NotAVerdict
    if not set(said.reasons) <= set(Reason.values):
        raise NotAVerdict("There is no such reason.")


def refuse_reused():
    raise NotAVerdict("This id belongs to another verdict.")


def add(assignment: Assignment, said: Said) -> Verdict:
    taken, ago = (min(max(ms, 0), LONGEST_MS) for ms in (said.ms_taken, said.ago_ms))
    now = timezone.now()
    decided = max(now - timedelta(milliseconds=ago), min(assignment.leased_at, now))
    return Verdict.objects.create(
        id=said.id,
        assignment=assignment,
        value=said.value,
        swapped=assignment.swapped,
        reasons=sorted(set(said.reasons)),
        guideline=assignment.task.project.guideline,
        shown_at=decided - timedelta(milliseconds=taken),
        decided_at=decided,
        ms_taken=taken,
    )


def state_after(assignment: Assignment, value: str) -> str:
    """Skipping gives the slot to somebody else. A lease that ran out counts as long as nobody took its slot; nothing
    counts once the project is closed."""
    if value == Value.SKIP:
        return State.SKIPPED
    if assignment.task.project.state == Project.State.CLOSED:
        return State.LATE
    if assignment.state == State.LEASED:
        return State.DONE
    return State.DONE if has_room(assignment) else State.LATE


def has_room(assignment: Assignment) -> bool:
    """Whether a slot is free for an assignment that holds none; the answer holds until the transaction ends."""
    if not assignment.counts:
        return True
    task = Task.objects.select_for_update(no_key=True).filter(pk=assignment.task_id)
    return task.filter(taken__lt=F("needed"), state=Task.State.OPEN).first() is not None
