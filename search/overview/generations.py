"""Generations as the operator sees them: what they hold, what they cost, whether their files are all there."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from search.build.job import folder_of
from search.models import Generation

SHOWN = 30
State = Generation.State


@dataclass(frozen=True, slots=True)
class GenerationLine:
    """`recall`: recall@10 against exact search as last verified, None before. `warm`: what a rollback leads back to."""

    id: str
    bundle_id: str
    state: str
    rows: int
    shards: int
    bytes_disk: int
    bytes_ram: int
    recall: float | None
    verified: bool | None
    reasons: tuple[str, ...]
    error: str
    warm: bool
    here: bool
    created_at: datetime
    promoted_at: datetime | None


@dataclass(frozen=True, slots=True)
class ShardLine:
    """`wrong` says in words what is the matter with its files on this machine; empty where nothing is."""

    name: str
    kind: str
    rows: int
    bytes_disk: int
    routing: str
    wrong: str


def generations() -> tuple[GenerationLine, ...]:
    """The newest, and all that are live. One query."""
    rows = list(Generation.objects.exclude(state=State.BUILDING).order_by("-created_at")[:SHOWN])
    warm = warm_ids(rows)
    return tuple(make_line(row, row.pk in warm) for row in rows)


def warm_ids(rows: list[Generation]) -> set[str]:
    """For each bundle the one that was retired last and still has its files."""
    retired = [row for row in rows if row.state == State.RETIRED and row.retired_at and folder_of(row.pk).is_dir()]
    newest = {row.bundle_id: row.pk for row in sorted(retired, key=lambda row: row.retired_at)}
    return set(newest.values())


def make_line(row: Generation, warm: bool) -> GenerationLine:
    recall = row.recall or {}
    return GenerationLine(
        id=row.pk,
        bundle_id=row.bundle_id,
        state=row.state,
        rows=row.rows,
        shards=len(row.manifest.get("shards", ())),
        bytes_disk=row.bytes_disk,
        bytes_ram=row.bytes_ram,
        recall=measured_recall(recall),
        verified=recall.get("ok"),
        reasons=tuple(recall.get("reasons", ())),
        error=row.error,
        warm=warm,
        here=folder_of(row.pk).is_dir(),
        created_at=row.created_at,
        promoted_at=row.promoted_at,
    )


def measured_recall(recall: dict) -> float | None:
    return recall.get("recall_at_10")


def shards(generation_id: str) -> tuple[ShardLine, ...]:
    """The shards of a generation by its row's copy of the manifest, compared with the files on this machine."""
    row = Generation.objects.filter(pk=generation_id).only("manifest").first()
    entries = row.manifest.get("shards", ()) if row else ()
    return tuple(make_shard(folder_of(generation_id), entry) for entry in entries)


def make_shard(folder: Path, entry: dict) -> ShardLine:
    return ShardLine(
        name=entry["name"],
        kind=entry.get("kind", ""),
        rows=entry["rows"],
        bytes_disk=sum(file["bytes"] for file in entry["files"].values()),
        routing=routing_words(entry.get("routing") or {}),
        wrong=what_is_wrong(folder / entry["name"], entry["files"]),
    )


def routing_words(routing: dict) -> str:
    """How rows find this shard, as the build noted it."""
    return f"by {routing['by']}" if "by" in routing else ""


def what_is_wrong(folder: Path, files: dict[str, dict]) -> str:
    """Names and sizes alone: a flipped byte is for `verify` to find."""
    for name, entry in files.items():
        try:
            size = (folder / name).stat().st_size
        except OSError:
            return f"{name} is missing"
        if size != entry["bytes"]:
            return f"{name} has {size:,} of {entry['bytes']:,} bytes"
    return ""
