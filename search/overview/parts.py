"""The two tiers as parts of the whole: what is live, how old it is, what of it is missing."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from search.build.job import folder_of
from search.models import Bundle, Generation
from search.overview.generations import make_shard

NEWER = """SELECT count(*) FROM search_imagevector
    WHERE bundle_id = %s AND hot AND NOT pg_visible_in_snapshot(written, %s::pg_snapshot)"""
HOT = "SELECT count(*) FROM search_imagevector WHERE bundle_id = %s AND hot"


@dataclass(frozen=True, slots=True)
class ColdTier:
    """`newer`: rows that the live generation does not hold. `wrong`: what is the matter with its shards' files here."""

    bundle_id: str
    generation_id: str | None
    rows: int
    newer: int
    age: timedelta
    wrong: tuple[str, ...] = field(default_factory=tuple)

    @property
    def stale(self) -> str:
        """Why it should have been built anew by now, in words; empty where all is well."""
        if self.newer > settings.SIGHTLINE_STALE_ROWS:
            have = "are newer than the live generation" if self.generation_id else "are in no generation"
            return f"{self.newer:,} rows {have}; a merge is overdue."
        old = self.generation_id and self.age > timedelta(hours=settings.SIGHTLINE_STALE_HOURS)
        if old and self.newer > self.rows * settings.SIGHTLINE_STALE_SHARE:
            return f"The live generation is {self.age.days} days old and lacks {self.newer:,} rows; a merge is overdue."
        return ""


def cold_tier() -> ColdTier | None:
    """The live bundle's live generation; None where no bundle is live. Three queries, and a look at its files."""
    bundle = Bundle.objects.filter(state=Bundle.State.LIVE).first()
    if bundle is None:
        return None
    row = Generation.objects.filter(bundle=bundle, state=Generation.State.LIVE).first()
    if row is None:
        return ColdTier(bundle.pk, None, 0, count(HOT, bundle.pk), timedelta(0))
    newer = count(NEWER, bundle.pk, row.watermark)
    return ColdTier(bundle.pk, row.pk, row.rows, newer, timezone.now() - row.created_at, wrong_shards(row))


def wrong_shards(row: Generation) -> tuple[str, ...]:
    """By names and sizes of its files on this machine."""
    folder = folder_of(row.pk)
    if not folder.is_dir():
        return (f"Generation {row.pk} is not on this machine.",)
    lines = [make_shard(folder, entry) for entry in row.manifest.get("shards", ())]
    return tuple(f"Shard {line.name} cannot answer: {line.wrong}." for line in lines if line.wrong)


def count(query: str, *parameters) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchone()[0]
