"""The parts of the house. Each check says what it found, and whether that is `ok`: what a shopper's search needs.

What works less well, but works, is said in words under `degraded`.
"""

from collections import Counter
from typing import Any

from django.db import OperationalError, connection
from django.db.models import Count

from catalog import outage
from catalog.models import Image
from search import serving
from search.models import ImageVector
from search.overview import work
from search.overview.degraded import degraded
from search.overview.feed import feed, held, held_generation
from search.overview.freshness import freshness
from search.overview.parts import HOT, cold_tier, count

ENOUGH_PICTURES = 1000  # a large catalog can be searched while it grows; a small one when nearly all of it is there
NEARLY_ALL = 0.95
PATIENCE_S = 1.5  # for the first statement: a probe wants an answer
COUNTING_S = 15.0  # a count of many rows may take long, which must not look like a database that is away
AWAY = {"ok": False, "error": "no database"}


def check_all() -> dict[str, Any]:
    """Every part by name, and `degraded`. With the database down the others are not asked: each would wait for it."""
    with outage.patience(PATIENCE_S):
        parts = {"database": run_check(database)}
    if not parts["database"]["ok"]:
        return parts | without_database()
    with outage.patience(COUNTING_S):
        for check in (queue, bundle, generation, hot, catalog):
            parts[check.__name__] = run_check(check)
        return parts | {"degraded": run_check(troubles)}


def run_check(check) -> Any:
    """A check that raises has found its part down; the class of the error is enough for strangers."""
    try:
        return check()
    except Exception as error:
        return {"ok": False, "error": type(error).__name__}


def database() -> dict[str, Any]:
    """Known to be away, it is not asked: an open connection might still look well."""
    if outage.is_away():
        raise OperationalError(outage.AWAY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        return {"ok": True, "pgvector": cursor.fetchone()[0]}


def queue() -> dict[str, Any]:
    workers = work.workers()
    return {"ok": workers > 0, "workers": workers, "jobs": work.waiting_jobs()}


def bundle() -> dict[str, Any]:
    return {"ok": True, "id": serving.live_bundle().id}


def generation() -> dict[str, Any]:
    """Without one everything is in the hot tier, which needs none."""
    cold = cold_tier()
    if cold is None or cold.generation_id is None:
        return {"ok": True, "live": None, "tiers": ["hot"]}
    return {
        "ok": True,
        "live": cold.generation_id,
        "tiers": ["hot", "cold"],
        "rows": cold.rows,
        "newer_rows": cold.newer,
        "age_s": round(cold.age.total_seconds()),
        "stale": bool(cold.stale),
        "missing": list(feed().troubles or cold.wrong),
    }


def hot() -> dict[str, Any]:
    """It answers when its rows can be counted."""
    return {"ok": True, "rows": count(HOT, serving.live_bundle_id())}


def catalog() -> dict[str, Any]:
    """Pictures by state, and how many the live bundle can find: after a change of bundles, none at first."""
    counts = image_counts()
    waiting = counts[Image.Status.PENDING] + counts[Image.Status.INSPECTED]
    searchable = ImageVector.objects.filter(bundle_id=serving.live_bundle_id()).count()
    enough = min(ENOUGH_PICTURES, NEARLY_ALL * (counts[Image.Status.INDEXED] + waiting))
    states = {status.value: counts[status] for status in Image.Status}
    return {"ok": searchable >= enough, "searchable": searchable, **states}


def troubles() -> list[str]:
    return list(degraded(freshness(), work.workers(), cold_tier(), feed()))


def without_database() -> dict[str, Any]:
    """What can be said from memory: whether the generation that this process holds open answers alone."""
    bundle_id, live = held().bundle_id, held_generation()
    said = "Searches are answered from the cold tier alone." if live else "Searches cannot be answered."
    cold = {"ok": live is not None, "live": live, "tiers": ["cold"] if live else [], "missing": list(feed().troubles)}
    return {
        "queue": AWAY,
        "bundle": {"ok": bundle_id is not None, "id": bundle_id},
        "generation": cold,
        "hot": AWAY,
        "catalog": AWAY,
        "degraded": [f"The database is away. {said}", *cold["missing"]],
    }


def image_counts() -> Counter:
    return Counter(dict(Image.objects.order_by().values_list("status").annotate(n=Count("pk"))))
