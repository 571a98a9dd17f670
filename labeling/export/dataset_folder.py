"""The folder of a data set: what is to be in it, and how it appears all at once and never changes."""

import csv
import hashlib
import io
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from labeling.errors import BadDataset
from labeling.export.guard import Guard
from labeling.export.pairs import Pair
from labeling.models import Dataset
from ml.leaks import write_forbidden
from ml.train.datasets import ABOUT, FEED, FORBIDDEN, ROWS

COLUMNS = ("id", "title", "item_group_id", "product_type", "image_link", "additional_image_link")


@dataclass(slots=True)
class Draft:
    """files: {path in the folder: what reads it}: all pictures at once may be more than the memory holds.

    lines: (line, the pairs behind it). left_out: {why: how many}.
    """

    files: dict[str, Callable[[], bytes]] = field(default_factory=dict)
    products: dict[str, dict[str, str]] = field(default_factory=dict)
    lines: list[tuple[str, list[Pair]]] = field(default_factory=list)
    left_out: Counter = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)


def links(row: Mapping[str, str]) -> list[str]:
    return [link for link in (row["image_link"], *row["additional_image_link"].split(",")) if link]


def keep(draft: Draft, folder: str, data: bytes, read: Callable[[], bytes]) -> str:
    """read: gives the same data once more, when it is written."""
    name = f"{folder}/{hashlib.sha256(data).hexdigest()}.jpg"
    draft.files[name] = read
    return name


def feed_of(products: Mapping[str, Mapping[str, str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(products.values())
    return out.getvalue().encode()


def rows_of(draft: Draft) -> bytes:
    """Lineage is in the database and in lineage.jsonl: the same content has the same hash, whoever said it."""
    return "".join(line + "\n" for line, _ in draft.lines).encode()


def lineage(pairs: Iterable[Pair]) -> dict[str, list[str]]:
    pairs = list(pairs)
    return {
        "verdicts": sorted({str(verdict) for pair in pairs for verdict in pair.verdicts}),
        "searches": sorted({str(pair.query) for pair in pairs if pair.query}),
        "flags": sorted({str(pair.flag) for pair in pairs if pair.flag}),
    }


def write(row: Dataset, draft: Draft, feed: bytes, rows: bytes, guard: Guard) -> Path:
    """The folder appears under its name when it is whole."""
    home = Path(settings.SIGHTLINE_DATASETS_DIR)
    folder = home / f"{row.name}@{row.sha256}"
    draft_folder = home / f".draft-{os.getpid()}-{folder.name}"
    shutil.rmtree(draft_folder, ignore_errors=True)
    (draft_folder / "photos").mkdir(parents=True)
    (draft_folder / "images").mkdir()
    try:
        for name, read in draft.files.items():
            (draft_folder / name).write_bytes(unchanged(name, read))
    except BadDataset:
        shutil.rmtree(draft_folder)
        raise
    (draft_folder / FEED).write_bytes(feed)
    (draft_folder / ROWS).write_bytes(rows)
    lines = (json.dumps({"line": n} | lineage(group)) for n, (_, group) in enumerate(draft.lines, 1))
    (draft_folder / "lineage.jsonl").write_text("".join(line + "\n" for line in lines))
    write_forbidden(draft_folder / FORBIDDEN, guard.forbidden)
    about = {
        "name": row.name, "version": row.version, "sha256": row.sha256, "rows": row.rows, "sources": row.sources,
        "left_out": row.left_out, "leaks_left_out": draft.leaks[:100], "golden_sets": list(guard.sets),
        "made_at": timezone.now().isoformat(timespec="seconds"), "made_by": row.made_by,
    }  # fmt: skip
    (draft_folder / ABOUT).write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for path in draft_folder.rglob("*"):
        if path.is_file():
            path.chmod(0o444)
    shutil.rmtree(folder, ignore_errors=True)  # left by a process that was killed before its row was there
    draft_folder.rename(folder)
    return folder


def unchanged(name: str, read: Callable[[], bytes]) -> bytes:
    """Raises BadDataset for a picture that has gone, or become another one, since it was looked at."""
    with suppress(OSError):
        data = read()
        if hashlib.sha256(data).hexdigest() == Path(name).stem:
            return data
    raise BadDataset("A picture was deleted or replaced while the data set was written. Make it once more.")
