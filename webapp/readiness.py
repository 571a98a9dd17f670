"""The parts that must work before a shopper is let in. Each check says what it found, and whether that is `ok`."""

from collections import Counter
from typing import Any

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from catalog.models import Image
from search import serving
from search.models import ImageVector

HEARTBEAT_MAX_AGE_S = 30
ENOUGH_PICTURES = 1000  # a large catalog can be searched while it grows; a small one when nearly all of it is there
NEARLY_ALL = 0.95

WORKERS = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s)"
WAITING = "SELECT count(*), min(scheduled_at) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"


def check_all() -> dict[str, dict[str, Any]]:
    """Every part by name. With the database down the others are not asked: each would wait for it in turn."""
    parts = {"database": run_check(database)}
    for check in (queue, bundle, generation, catalog):
        parts[check.__name__] = run_check(check) if parts["database"]["ok"] else {"ok": False, "error": "no database"}
    return parts


def run_check(check) -> dict[str, Any]:
    """A check that raises has found its part down; the class of the error is enough for strangers."""
    try:
        return check()
    except Exception as error:
        return {"ok": False, "error": type(error).__name__}


def database() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        return {"ok": True, "pgvector": cursor.fetchone()[0]}


def queue() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(WORKERS, [HEARTBEAT_MAX_AGE_S])
        (workers,) = cursor.fetchone()
        cursor.execute(WAITING)
        waiting, _ = cursor.fetchone()
    return {"ok": workers > 0, "workers": workers, "jobs": waiting}


def bundle() -> dict[str, Any]:
    return {"ok": True, "id": serving.live_bundle().id}


def generation() -> dict[str, Any]:
    """No cold tier yet: everything is in the hot tier, which needs no generation."""
    return {"ok": True, "live": None, "tiers": ["hot"]}


def catalog() -> dict[str, Any]:
    """Pictures by state, and how many the live bundle can find: after a change of bundles, none at first."""
    counts = image_counts()
    waiting = counts[Image.Status.PENDING] + counts[Image.Status.INSPECTED]
    searchable = ImageVector.objects.filter(bundle_id=serving.live_bundle_id()).count()
    enough = min(ENOUGH_PICTURES, NEARLY_ALL * (counts[Image.Status.INDEXED] + waiting))
    states = {status.value: counts[status] for status in Image.Status}
    return {"ok": searchable >= enough, "searchable": searchable, **states}


def image_counts() -> Counter:
    return Counter(dict(Image.objects.order_by().values_list("status").annotate(n=Count("pk"))))


def oldest_waiting_s() -> float:
    """Age of the oldest picture that cannot be found yet; 0 when there is none."""
    waiting = Image.objects.filter(status__in=[Image.Status.PENDING, Image.Status.INSPECTED])
    oldest = waiting.order_by("created_at").values_list("created_at", flat=True).first()
    return (timezone.now() - oldest).total_seconds() if oldest else 0.0
