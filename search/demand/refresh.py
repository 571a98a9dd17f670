"""What the worker does for the page, in order; each part may be done again."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from search.demand.attention import count_attention, purge_attention
from search.demand.groups import make_groups
from search.demand.models import DemandCount, DemandGroup, DemandQuery
from search.demand.queries import never_clicked, never_shown
from search.demand.unmet import unmet_rows
from search.models import QueryLog


def refresh(should_stop: Callable[[], bool] = lambda: False) -> None:
    """Purges, counts and groups. Stopped in between, the next run does the rest."""
    since = timezone.now() - timedelta(days=settings.SIGHTLINE_DEMAND_DAYS)
    DemandQuery.objects.filter(created_at__lt=since).delete()
    count_attention(should_stop)
    purge_attention(since)
    if not should_stop():
        make_groups()
        keep_figures()


def keep_figures() -> None:
    """So that the page counts nothing."""
    since = timezone.now() - timedelta(days=settings.SIGHTLINE_DEMAND_DAYS)
    figures = {
        "searches": QueryLog.objects.filter(created_at__gte=since).count(),
        "unmet": unmet_rows(since).count(),
        **{kind.value: DemandGroup.objects.filter(kind=kind).count() for kind in DemandQuery.Kind},
        "unseen": never_shown().count(),
        "unclicked": never_clicked().count(),
    }
    DemandCount.objects.filter(pk=1).update(figures=figures, grouped_at=timezone.now())
