"""Folding the hot tier in: when it is worth it, and a build that starts from what is live."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from catalog.models import Image
from search.build.build import build
from search.build.job import folder_of
from search.models import Bundle, Generation
from search.retrieve.manifest import BrokenGeneration, read_manifest

HOT_ROWS = 5_000
HOT_SHARE = 0.1  # of the cold rows
REST = timedelta(minutes=10)  # after a build that failed, and twice as long after each further one of the same day
LONGEST_REST = timedelta(hours=6)
NEWER = """SELECT count(*) FROM (SELECT 1 FROM search_imagevector
    WHERE bundle_id = %s AND hot AND NOT pg_visible_in_snapshot(written, %s::pg_snapshot) LIMIT %s) AS counted"""
State = Generation.State


def merge(bundle_id: str, *, actor: str = "", progress: Callable[[str, int, int], None] | None = None) -> Generation:
    """The live generation's rows and all that came after it, as a new generation in state ready.

    Only new rows are read from Postgres and only ids of the others; a broken live generation is no help, and all is
    read. Raises as build() does.
    """
    return build(bundle_id, actor=actor, mode="incremental", progress=progress)


def should_merge(bundle_id: str) -> str | None:
    """Why a merge should run now, in words; None where it should not."""
    generations = Generation.objects.filter(bundle_id=bundle_id)
    if rests(bundle_id):
        return None
    if generations.filter(state=State.BUILDING).exists():
        return "an interrupted build is to be finished"
    live = generations.filter(state=State.LIVE).first()
    waiting = generations.filter(state=State.READY)
    if live is None:
        return None if waiting.exists() else first_generation(bundle_id)
    if waiting.filter(created_at__gt=live.created_at).exists():
        return None
    if live.recall.get("ok") is False:
        return "the live generation failed its last verification"
    if broken := damage(live.pk):
        return broken
    newer = count_newer(bundle_id, live.watermark, limit := max(HOT_ROWS, int(HOT_SHARE * live.rows)))
    return f"more than {limit:,} rows are newer than the live generation" if newer > limit else None


def rests(bundle_id: str) -> bool:
    """What failed again and again would only keep the machine busy."""
    now, generations = timezone.now(), Generation.objects.filter(bundle_id=bundle_id)
    good = generations.filter(state__in=[State.READY, State.LIVE, State.RETIRED]).order_by("-created_at").first()
    failed = generations.filter(state=State.FAILED, created_at__gt=now - timedelta(days=1)).order_by("-created_at")
    if good is not None:
        failed = failed.filter(created_at__gt=good.created_at)
    count = failed.count()
    return count > 0 and now - failed[0].created_at < min(REST * 2 ** (count - 1), LONGEST_REST)


def first_generation(bundle_id: str) -> str | None:
    rows = Bundle.objects.get(pk=bundle_id).vectors.count()
    waiting = Image.objects.filter(status__in=[Image.Status.PENDING, Image.Status.INSPECTED]).exists()
    enough = rows >= settings.SIGHTLINE_MERGE_MIN_ROWS and not waiting
    return f"{rows:,} rows have no generation yet" if enough else None


def damage(generation_id: str) -> str | None:
    """What is wrong with the files of a generation by their names and sizes; in words."""
    folder = folder_of(generation_id)
    try:
        manifest = read_manifest(folder)
    except BrokenGeneration as error:
        return str(error)
    shards = {f"{entry['name']}/{name}": file for entry in manifest.shards for name, file in entry["files"].items()}
    for name, file in (shards | manifest.files).items():
        path = folder / name
        if not path.exists() or path.stat().st_size != file["bytes"]:
            return f"{name} of the live generation is missing or damaged"
    return None


def count_newer(bundle_id: str, watermark: str, limit: int) -> int:
    """Hot rows that this watermark does not see; at most limit + 1."""
    with connection.cursor() as cursor:
        cursor.execute(NEWER, [bundle_id, watermark, limit + 1])
        return cursor.fetchone()[0]
