"""A generation from the first row to `ready`: snapshot, split, shards, cards, manifest. Each stage may run twice.

What a stage has finished is marked in work/, so that a build killed anywhere goes on with the stage it was in. Only
what cannot succeed by trying again makes it `failed`; then its files go at once.
"""

import logging
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import numpy as np
import psycopg
from django.conf import settings
from django.db.utils import InterfaceError, OperationalError
from django.utils import timezone

from search.build.base import BaseRows, base_rows
from search.build.cards import write_cards
from search.build.disk import check_room, words_for
from search.build.job import Order, folder_of, give_up, new_order, only_builder, sweep, unfinished
from search.build.manifest import checksums, once, write_manifest
from search.build.parts import build_part
from search.build.progress import Progress, heartbeat
from search.build.snapshot import Snapshot, take_snapshot
from search.build.split import By, Split, split_as_before, split_rows
from search.errors import BuildFailed, ChangedMeanwhile, IndexRefused, NothingToBuild
from search.models import Generation, ServingEvent
from search.retrieve import generation as cold
from search.retrieve.cold import VECTORS
from search.retrieve.manifest import BrokenGeneration, Manifest, cluster_id
from search.retrieve.part import Part

GROWTH = 1.5  # shards may outgrow their size by this factor before the rows are split anew
DATABASE_AWAY = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
State = Generation.State
log = logging.getLogger(__name__)


def build(
    bundle_id: str,
    *,
    actor: str = "",
    mode: str = "full",
    shards: int | None = None,
    by: By = "hash",
    progress: Callable[[str, int, int], None] | None = None,
) -> Generation:
    """A new generation in state ready, or one that was interrupted, finished. Raises an IndexRefused.

    mode incremental: from the live generation's rows and cells where they still fit. A database that goes away, or a
    process that ends, leaves the build where it is; the next call goes on.
    """
    with only_builder(bundle_id):
        sweep(bundle_id)
        base = live_id(bundle_id) if mode == "incremental" else None
        order = unfinished(bundle_id, base) or new_order(bundle_id, base, shards, by)
        return run(order, actor, Progress(order.id, progress))


def live_id(bundle_id: str) -> str | None:
    return Generation.objects.filter(bundle_id=bundle_id, state=State.LIVE).values_list("pk", flat=True).first()


def run(order: Order, actor: str, progress: Progress) -> Generation:
    """Call it as the only builder. Raises BuildFailed, NotEnoughDisk, NothingToBuild."""
    begun = monotonic()
    try:
        order.save()
        with heartbeat(order.id, progress):
            manifest = run_stages(order, progress, begun)
        row = finish(order, manifest, actor)
    except DATABASE_AWAY:
        raise  # nothing is lost, and nothing could be written down
    except Exception as error:
        log.warning("build %s failed", order.id, exc_info=not isinstance(error, IndexRefused))
        why = words_for(error, order.folder)
        give_up(order.id, why)
        note("build failed", actor, order, error=why)
        if isinstance(error, IndexRefused):
            raise
        raise BuildFailed(why) from error
    shutil.rmtree(order.work, ignore_errors=True)
    return row


def run_stages(order: Order, progress: Progress, begun: float) -> Manifest:
    progress("checking the disk")
    check_room(order)
    base = open_base(order)
    snapshot = read_rows(order, base_rows(base) if base else None, progress)
    earlier = close_base(base)
    del base
    split = Split(**once(order.work / "split.json", lambda: asdict(choose_split(order, snapshot, earlier))))
    owner = split.shard_of(snapshot.column("product_ids"), snapshot.column("category_ids"))
    same = earlier if len(earlier) == split.shards else (None,) * split.shards
    entries = [
        build_part(order, number, np.flatnonzero(owner == number), split, snapshot, same[number], progress)
        for number in range(split.shards)
    ]
    files = once(order.work / "cards.json", lambda: make_cards(order.folder, snapshot, progress))
    manifest = describe(order, snapshot, [entry for entry in entries if entry["rows"]], files, bool(earlier))
    return close(order, manifest, progress, begun)


def read_rows(order: Order, base: BaseRows | None, progress: Progress) -> Snapshot:
    """Raises NothingToBuild."""
    count = progress.within("reading rows")
    snapshot = take_snapshot(order.work / "snapshot", order.bundle_id, order.dim, base, count, on_watermark(order))
    if not snapshot.rows:
        raise NothingToBuild
    return snapshot


def on_watermark(order: Order) -> Callable[[str], None]:
    """The row tells it at once: from now on nothing newer than it may be forgotten in the feed of changes."""
    return lambda watermark: Generation.objects.filter(pk=order.id).update(watermark=watermark)


def open_base(order: Order) -> cold.Generation | None:
    """The generation to start from, every byte of it checked; None where there is none that is whole."""
    if order.base is None:
        return None
    expected = {"bundle_id": order.bundle_id, "dim": order.dim, "cluster": cluster_id()}
    try:
        base = cold.Generation.open(folder_of(order.base), **expected)
        if missing := base.check():  # a flipped byte must not be handed down
            raise BrokenGeneration("; ".join(missing))
        return base
    except BrokenGeneration as error:
        log.warning("%s cannot be merged into, so all rows are read again: %s", order.base, error)
        return None


def close_base(base: cold.Generation | None) -> tuple[Part, ...]:
    """Its shards' entries and folders: rows and index need not be held any longer."""
    return tuple(part.without("closed") for part in base.parts) if base else ()


def choose_split(order: Order, snapshot: Snapshot, earlier: tuple[Part, ...]) -> Split:
    """As the earlier generation was split, unless its shards have grown too large; else as the order says."""
    per_shard = settings.SIGHTLINE_ROWS_PER_SHARD
    categories = snapshot.column("category_ids")
    if earlier and order.shards is None:
        routings = [part.entry["routing"] for part in earlier]
        if snapshot.rows <= GROWTH * per_shard * len(routings):
            return split_as_before(routings, categories)
    shards = order.shards or -(-snapshot.rows // per_shard)
    return split_rows(categories, shards, order.by)


def make_cards(folder: Path, snapshot: Snapshot, progress: Progress) -> dict[str, dict]:
    """What an answer shows of each product while the database is away. Returns the files' entries."""
    progress("writing cards")
    shutil.rmtree(folder / "cards", ignore_errors=True)
    write_cards(folder / "cards", np.unique(snapshot.column("product_ids")))
    return {f"cards/{name}": entry for name, entry in checksums(folder / "cards").items()}


def describe(order: Order, snapshot: Snapshot, entries: list[dict], files: dict[str, dict], merged: bool) -> Manifest:
    """`merged`: rows were taken over. A merge that had to train any cells anew counts as full."""
    incremental = merged and all(entry["cells"] != "trained" for entry in entries)
    return Manifest(
        id=order.id,
        bundle_id=order.bundle_id,
        dim=order.dim,
        rows=snapshot.rows,
        watermark=snapshot.watermark,
        cluster=snapshot.cluster,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        shards=tuple(entries),
        base=order.base if merged else None,
        mode="incremental" if incremental else "full",
        files=files,
    )


def close(order: Order, manifest: Manifest, progress: Progress, begun: float) -> Manifest:
    """The manifest on the disk is the moment from which the folder is a generation."""
    progress("writing the manifest")
    spent = {
        "seconds": round(monotonic() - begun, 1),
        "attempts": order.attempts + 1,
        "peak_rss_bytes": progress.peak_bytes,
    }
    manifest = replace(manifest, build=spent)
    write_manifest(order.folder, manifest)
    return manifest


def finish(order: Order, manifest: Manifest, actor: str) -> Generation:
    """Building -> ready, in one update. Raises ChangedMeanwhile."""
    in_shards = [(name, file["bytes"]) for entry in manifest.shards for name, file in entry["files"].items()]
    cards = sum(file["bytes"] for file in manifest.files.values())
    updated = Generation.objects.filter(pk=order.id, state=State.BUILDING).update(
        state=State.READY,
        rows=manifest.rows,
        watermark=manifest.watermark,
        bytes_disk=sum(size for _, size in in_shards) + cards,
        bytes_ram=sum(size for name, size in in_shards if name != VECTORS),
        manifest=asdict(manifest),
        progress={},
        ready_at=timezone.now(),
    )
    if updated != 1:  # somebody removed it meanwhile
        raise ChangedMeanwhile
    note("build", actor, order, mode=manifest.mode, rows=manifest.rows, **manifest.build)
    return Generation.objects.get(pk=order.id)


def note(verb: str, actor: str, order: Order, **detail) -> None:
    ServingEvent.objects.create(
        verb=verb, actor=actor, generation_id=order.id, bundle_id=order.bundle_id, detail=detail
    )
