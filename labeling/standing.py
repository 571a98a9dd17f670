"""Leads let raters pause, and set their verdicts aside. All of it can be taken back, and all of it is kept."""

from django.db import transaction

from labeling.errors import AlreadySo, NoReason
from labeling.models import Assignment, Project, Rater, RaterDecision
from labeling.order import look_again

Action = RaterDecision.Action
HOLDS = {  # what of a Rater each action sets
    Action.PAUSE: ("paused", True),
    Action.RESUME: ("paused", False),
    Action.SET_ASIDE: ("set_aside", True),
    Action.RESTORE: ("set_aside", False),
}


@transaction.atomic
def decide(rater_id: int, action: str, by, why: str) -> RaterDecision:
    """A paused rater gets no more tasks; those they hold go to others. Verdicts that are set aside stay, and count for
    nothing: their tasks are asked of somebody else instead, until they are taken back in.

    Raises NoReason, AlreadySo.
    """
    why = why.strip()
    if not why:
        raise NoReason
    field, value = HOLDS[Action(action)]
    rater, _ = Rater.objects.select_for_update().get_or_create(user_id=rater_id)
    if getattr(rater, field) == value:
        raise AlreadySo
    setattr(rater, field, value)
    rater.reason, rater.changed_by = why, by
    rater.save()
    tasks = let_go(rater_id) if field == "paused" else ask_again(rater_id)
    if action == Action.RESUME:
        tasks = 0
    return RaterDecision.objects.create(rater_id=rater_id, action=action, why=why, by=by, tasks=tasks)


def let_go(rater_id: int) -> int:
    """What the rater holds is somebody else's to judge."""
    held = Assignment.objects.filter(rater=rater_id, state=Assignment.State.LEASED)
    return held.update(state=Assignment.State.EXPIRED)


def ask_again(rater_id: int) -> int:
    """Every project that is not closed and has verdicts of the rater asks for others, or no longer does; how many tasks
    that is. A pair that was settled by them stays so only where the others settle it, too."""
    mine = Assignment.objects.filter(rater=rater_id, counts=True)
    list(mine.select_for_update().values_list("pk"))  # a verdict on its way is there before tasks are counted
    running = mine.filter(state=Assignment.State.DONE).exclude(task__project__state=Project.State.CLOSED)
    for project in Project.objects.filter(pk__in=running.values("task__project")).order_by("pk"):
        look_again(project)
    return running.count()
