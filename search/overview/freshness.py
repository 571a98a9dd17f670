"""How long new pictures wait until they can be found, against what is promised."""

from dataclasses import dataclass

from django.conf import settings
from django.db import connection

WAITING = """
    SELECT count(*),
        count(*) FILTER (WHERE now() - waiting_since > make_interval(secs => %s)),
        coalesce(extract(epoch FROM clock_timestamp() - min(waiting_since)), 0)::float,
        (SELECT coalesce(sum(pictures), 0)::bigint FROM catalog_lateday),
        (SELECT coalesce(sum(pictures), 0)::bigint FROM catalog_lateday
         WHERE day = (now() AT TIME ZONE 'UTC')::date)
    FROM catalog_image WHERE status IN ('pending', 'inspected') AND NOT blocked
"""


@dataclass(frozen=True, slots=True)
class Freshness:
    """Pictures that wait, those of them that wait longer than promised, and those that came late before."""

    promised_s: float
    waiting: int
    waiting_late: int
    oldest_waiting_s: float
    late_ever: int
    late_today: int


def freshness() -> Freshness:
    """One query. A blocked picture waits for nothing."""
    promised_s = settings.SIGHTLINE_FRESHNESS_SLA_S
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [promised_s])
        return Freshness(promised_s, *cursor.fetchone())
