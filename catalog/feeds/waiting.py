"""Scheduled imports that wait for a person, for columns or for a yes, and what the next fetch makes of them.

They hold up nothing: the feed is fetched on. A file that is still the same leaves them be; one that has changed takes
their place, so that at most one import of a feed waits, and it is the newest.
"""

from django.db import transaction
from django.db.models import Q, QuerySet

from catalog.feeds.models import Import
from catalog.feeds.moves import end

State = Import.State
FOR_A_PERSON = Q(state=State.CHECKED) | (Q(state=State.UPLOADED) & ~Q(reason=""))
NEWER = "The feed had changed when it was fetched again, and the newer import has taken the place of this one."
AS_BEFORE = "The feed is again as it was taken over last."


def waiting_imports() -> QuerySet[Import]:
    """Those that run by themselves once somebody has said what they wait for."""
    return Import.objects.filter(FOR_A_PERSON, run_when_checked=True)


def older(found: Import) -> QuerySet[Import]:
    """Of the same feed and the same part of it."""
    if not found.source_id or not found.run_when_checked:
        return Import.objects.none()
    return waiting_imports().filter(source=found.source_id, part=found.part, pk__lt=found.pk)


@transaction.atomic
def supersede(found: Import, by: Import | None) -> None:
    """All that are older than `found`; `by` is what takes their place, if anything does."""
    reason = NEWER if by else AS_BEFORE
    for pk in older(found).select_for_update().values_list("pk", flat=True):
        Import.objects.filter(pk=pk).update(superseded_by=by)
        end(pk, State.SUPERSEDED, reason)


def in_its_place(found: Import) -> Import:
    """What has superseded it while somebody looked at it; itself, if nothing has."""
    while found.superseded_by is not None:
        found = found.superseded_by
    return found
