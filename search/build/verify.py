"""Is a generation what it says, and as good as the one it would replace? What fails here is never promoted."""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from search.build.binary import copy_rows, record
from search.build.exact import Recall, measure_recall
from search.build.job import folder_of
from search.build.rowfile import FileRows
from search.build.sample import Queries, sample_queries
from search.errors import UnknownGeneration
from search.models import Generation, ServingEvent
from search.retrieve import generation as cold
from search.retrieve.cold import VECTORS
from search.retrieve.manifest import BrokenGeneration, cluster_id
from search.retrieve.part import differs

ABSOLUTE_FLOOR = 0.95  # of recall@10
QUERIES = 200
SAMPLED_ROWS = 200
GOLDEN_SCORES = "search.evaluate.score.generation_scores"  # by name: it asks whole searches, which lie above
SAME = 2e-3  # float16 twice, at most this far apart
State = Generation.State
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `floor`: what `number` must reach, where it is that kind of check."""

    name: str
    ok: bool
    said: str
    number: float | None = None
    floor: float | None = None


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """`recall`: None where nothing could be searched. `queries`: what it was measured with, in words."""

    generation_id: str
    checks: tuple[Check, ...]
    recall: Recall | None
    queries: str

    @property
    def passed(self) -> bool:
        return all(check.ok for check in self.checks)

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(check.said for check in self.checks if not check.ok)

    def as_dict(self) -> dict:
        """As it is kept with the generation."""
        return {
            "ok": self.passed,
            "recall_at_10": self.recall and self.recall.at_10,
            "recall_at_100": self.recall and self.recall.at_100,
            "reasons": list(self.reasons),
            "checks": [asdict(check) for check in self.checks],
            "queries": self.queries,
            "verified_at": timezone.now().isoformat(timespec="seconds"),
        }


Golden = Callable[[str, str], dict[str, float] | None]


def verify(generation_id: str, *, actor: str = "", golden_set: str = "", golden: Golden | None = None) -> VerifyReport:
    """Looks at everything and keeps the report with the generation; a ready one that fails becomes failed.

    golden_set: its name or folder (default: settings.SIGHTLINE_GOLDEN; without either none is asked).
    golden(set, generation id): figures of the golden set, the higher the better, None where it cannot be asked here.
    Raises UnknownGeneration, UnknownGoldenSet.
    """
    golden_set = golden_set or str(settings.SIGHTLINE_GOLDEN)
    row = Generation.objects.filter(pk=generation_id).first()
    if row is None:
        raise UnknownGeneration
    report = examine(row, golden_set, golden)
    Generation.objects.filter(pk=row.pk).update(recall=report.as_dict())
    if not report.passed:
        why = "Verification failed: " + "; ".join(report.reasons)
        Generation.objects.filter(pk=row.pk, state=State.READY).update(state=State.FAILED, error=why)
    ServingEvent.objects.create(
        verb="verify", actor=actor, generation_id=row.pk, bundle_id=row.bundle_id,
        detail={"ok": report.passed, "reasons": list(report.reasons)},
    )  # fmt: skip
    return report


def examine(row: Generation, golden_set: str, golden: Golden | None) -> VerifyReport:
    """Stops at the first thing without which the rest means nothing."""
    try:
        candidate = cold.Generation.open(folder_of(row.pk), bundle_id=row.bundle_id, cluster=cluster_id())
    except BrokenGeneration as error:
        return VerifyReport(row.pk, (Check("files", False, str(error)),), None, "")
    files = check_files(candidate)
    if files.ok and not candidate.parts:
        files = Check("files", False, "it has no shards, so nothing can be found in it")
    if not files.ok:
        return VerifyReport(row.pk, (files,), None, "")
    queries = verification_queries(row.bundle_id, candidate)
    recall = measure_recall(candidate, queries.vectors)
    checks = [files, check_ids(candidate), check_rows(candidate), check_vectors(candidate)]
    checks += check_recall(recall, live_recall(row, queries))
    checks += check_golden(row, golden_set, golden)
    return VerifyReport(row.pk, tuple(checks), recall, queries.source)


def check_files(candidate: cold.Generation) -> Check:
    """Every byte."""
    manifest = candidate.manifest
    wrong = list(candidate.check())
    for name, entry in manifest.files.items():
        if why := differs(candidate.folder / name, entry):
            wrong.append(f"{name} {why}")
    if sum(entry["rows"] for entry in manifest.shards) != manifest.rows:
        wrong.append("the shards' rows do not add up")
    count = len(manifest.files) + sum(len(entry["files"]) for entry in manifest.shards)
    return Check("files", not wrong, "; ".join(wrong) or f"{count} files as they were written")


def check_ids(candidate: cold.Generation) -> Check:
    ids = np.concatenate([part.image_ids for part in candidate.parts])
    twice = len(ids) - len(np.unique(ids))
    return Check("ids", twice == 0, f"{twice} images are there twice" if twice else "each image once", float(twice))


ALIVE = """SELECT v.image_id FROM search_imagevector v JOIN catalog_image i ON i.id = v.image_id
    WHERE v.bundle_id = {bundle} AND i.status = 'indexed' AND v.image_id > {last}
    AND pg_visible_in_snapshot(v.written, {watermark}::pg_snapshot) ORDER BY v.image_id LIMIT {limit}"""
IDS_AT_ONCE = 200_000


def check_rows(candidate: cold.Generation) -> Check:
    """Whatever Postgres had before the watermark, and still has, must be here."""
    manifest = candidate.manifest
    ours = np.sort(np.concatenate([part.image_ids for part in candidate.parts]))
    expected, missing, last = 0, 0, -1
    while True:
        values = {"bundle": manifest.bundle_id, "last": last, "watermark": manifest.watermark, "limit": IDS_AT_ONCE}
        theirs = copy_rows(ALIVE, values, record(("image",)))["image"].astype(np.int64)
        if not len(theirs):
            break
        at = np.minimum(np.searchsorted(ours, theirs), len(ours) - 1)
        expected, missing, last = expected + len(theirs), missing + int((ours[at] != theirs).sum()), int(theirs[-1])
    said = f"{missing:,} of {expected:,} rows are missing" if missing else f"all of {expected:,} rows are here"
    return Check("rows", missing == 0, said, float(missing), 0.0)


UNCHANGED = """SELECT v.image_id, v.vector::halfvec FROM search_imagevector v WHERE v.bundle_id = {bundle}
    AND v.image_id = ANY({images}) AND pg_visible_in_snapshot(v.written, {watermark}::pg_snapshot)"""


def check_vectors(candidate: cold.Generation) -> Check:
    """Some rows against Postgres: each id must stand beside its own vector."""
    manifest, random = candidate.manifest, np.random.default_rng(0)
    wrong = looked_at = 0
    for part in candidate.parts:
        rows = np.sort(random.choice(len(part.image_ids), min(SAMPLED_ROWS, len(part.image_ids)), replace=False))
        ours = dict(zip(part.image_ids[rows].tolist(), part.shard.vectors.floats(rows), strict=True))
        values = {"bundle": manifest.bundle_id, "images": list(ours), "watermark": manifest.watermark}
        for theirs in copy_rows(UNCHANGED, values, record(("image",), manifest.dim)):
            looked_at += 1
            wrong += not np.allclose(ours[int(theirs["image"])], theirs["vector"].astype(np.float32), atol=SAME)
    said = f"{wrong} of {looked_at} sampled rows are not" if wrong else f"{looked_at} sampled rows are"
    said += " as in the database"
    return Check("vectors", wrong == 0, said, float(wrong), 0.0)


def verification_queries(bundle_id: str, candidate: cold.Generation) -> Queries:
    largest = max(candidate.parts, key=lambda part: part.shard.rows)
    rows = FileRows(largest.folder / VECTORS, largest.shard.rows, largest.shard.dim)
    return sample_queries(bundle_id, rows, QUERIES, odd=True)


def live_recall(row: Generation, queries: Queries) -> Recall | None:
    """What the live generation reaches with the same queries; None where there is no whole one, or it is this one."""
    live = Generation.objects.filter(bundle_id=row.bundle_id, state=State.LIVE).exclude(pk=row.pk).first()
    if live is None:
        return None
    try:
        opened = cold.Generation.open(folder_of(live.pk), bundle_id=row.bundle_id, cluster=cluster_id())
    except BrokenGeneration as error:
        log.warning("the live generation cannot be compared with: %s", error)
        return None
    if damaged := opened.check():  # what it finds with a part of its rows is no floor for a whole one
        log.warning("the live generation is not compared with: %s", ", ".join(damaged))
        return None
    return measure_recall(opened, queries.vectors)


def check_recall(own: Recall, live: Recall | None) -> list[Check]:
    """Against an absolute floor, and SIGHTLINE_RECALL_FLOOR of what the live one reaches."""
    share = settings.SIGHTLINE_RECALL_FLOOR
    floor_10 = max(ABSOLUTE_FLOOR, share * live.at_10 if live else 0.0)
    return [
        check_number("recall@10", own.at_10, own.error_10, floor_10),
        check_number("recall@100", own.at_100, own.error_100, share * live.at_100 if live else 0.0),
    ]


def check_number(name: str, number: float, error: float, floor: float) -> Check:
    """Failed is what lies below the floor by more than chance: twice the standard error of these queries."""
    ok = number + 2 * error >= floor
    said = f"{name} is {number:.4f} ± {error:.4f}" + ("" if ok else f", {floor:.4f} is asked for")
    return Check(name, ok, said, number, round(floor, 4))


def check_golden(row: Generation, golden_set: str, golden: Golden | None) -> list[Check]:
    """Against the live generation of the same bundle. Nothing where no golden set is named."""
    if not golden_set:
        return []
    golden = golden or import_string(GOLDEN_SCORES)
    own = golden(golden_set, row.pk)
    if own is None:
        return [Check("golden set", True, "nothing that the golden set asks for is in this catalog")]
    live = Generation.objects.filter(bundle_id=row.bundle_id, state=State.LIVE).exclude(pk=row.pk).first()
    theirs = (golden(golden_set, live.pk) or {}) if live else {}
    return [check_figure(name, value, theirs.get(name, 0.0)) for name, value in own.items()]


def check_figure(name: str, value: float, live: float) -> Check:
    floor = round(settings.SIGHTLINE_RECALL_FLOOR * live, 4)
    said = f"the golden set gives {value:.4f} ({name})" + ("" if value >= floor else f", {floor:.4f} is asked for")
    return Check("golden set", value >= floor, said, value, floor)
