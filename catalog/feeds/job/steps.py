"""The next step of an import, and how it ends."""

import shutil
from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from catalog.errors import CatalogError, NotMapped
from catalog.feeds import queries
from catalog.feeds.arrive import NothingNew, StillWaiting
from catalog.feeds.files import folder_of
from catalog.feeds.job.check import check
from catalog.feeds.job.standing import Stopped
from catalog.feeds.job.store import carry_out
from catalog.feeds.models import FeedSource, Import
from catalog.feeds.moves import end, locked, tell
from catalog.feeds.waiting import supersede

State = Import.State


def work(import_id: int, should_stop: Callable[[], bool] = lambda: False) -> None:
    """As far as it goes. Raises only what may work later, such as a database that is away."""
    try:
        while not should_stop():
            found = queries.import_or_unknown(import_id)
            if found.state == State.UPLOADED:
                check(found, should_stop)
            elif found.state == State.RUNNING:
                carry_out(found, should_stop)
            else:
                return
    except Stopped:
        return
    except NothingNew as same:
        nothing_new(import_id, same)
    except NotMapped as error:
        wait_for_mapping(import_id, error)
    except CatalogError as error:
        end(import_id, State.FAILED, error.detail)


@transaction.atomic
def nothing_new(import_id: int, same: NothingNew) -> None:
    """A scheduled fetch that brought what was there already leaves no import behind."""
    found = locked(import_id)
    source = FeedSource.objects.filter(pk=found.source_id)
    if isinstance(same, StillWaiting):
        source.update(failures=0, last_error=same.reason)
    else:
        supersede(found, by=None)
        source.update(failures=0, last_error="", succeeded_at=timezone.now())
    found.delete()
    tell(import_id)
    transaction.on_commit(lambda: shutil.rmtree(folder_of(import_id), ignore_errors=True))


@transaction.atomic
def wait_for_mapping(import_id: int, error: NotMapped) -> None:
    found = locked(import_id)
    feed = getattr(error, "feed", None)
    columns = list(feed.columns) if feed else []
    Import.objects.filter(pk=found.pk).update(columns=columns, reason=error.detail, stage="", rate=0.0)
    if found.source_id:
        FeedSource.objects.filter(pk=found.source_id).update(last_error=error.detail)
    supersede(found, by=found)
    tell(import_id)
