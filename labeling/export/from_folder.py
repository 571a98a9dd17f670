"""A data set that somebody made elsewhere, taken in: refused where a photo of a golden set is in it."""

import csv
import json
from pathlib import Path

from labeling.errors import BadDataset, GoldenLeak
from labeling.export.dataset import publish
from labeling.export.dataset_folder import COLUMNS, Draft, keep, links
from labeling.export.guard import Guard
from labeling.export.pairs import Anchor, Pair
from labeling.models import Dataset
from ml.evaluate.golden import BadGoldenSet, check_name
from ml.train.datasets import FEED, ROWS
from search.evaluate.ask import inside

SHOWN = 5


def import_dataset(name: str, root: Path, actor: str, *, leave_out: bool = False) -> Dataset:
    """leave_out: without the golden photos, instead of not at all. Raises BadDataset, GoldenLeak."""
    try:
        check_name(name)
        products = read_feed(root / FEED)
        rows = [json.loads(line) for line in (root / ROWS).read_text("utf-8-sig").splitlines() if line.strip()]
    except (BadGoldenSet, OSError, ValueError) as error:
        raise BadDataset(str(error)) from error
    guard, draft = Guard.of_this_shop(), Draft()
    draft.products = {sku: row | pictures_of(draft, guard, root, row) for sku, row in products.items()}
    for number, row in enumerate(rows, 1):
        try:
            add_line(draft, guard, root, row)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadDataset(f"{ROWS} line {number}: {type(error).__name__} {error}") from error
    if draft.leaks and not leave_out:
        more = f" and {len(draft.leaks) - SHOWN} more" if len(draft.leaks) > SHOWN else ""
        raise GoldenLeak(f"{GoldenLeak.__doc__} {'; '.join(draft.leaks[:SHOWN])}{more}")
    if not draft.lines:
        raise BadDataset("It holds no line that can be learned from.")
    draft.lines.sort(key=lambda each: each[0])
    draft.products = dict(sorted(draft.products.items()))
    return publish(name, draft, guard, actor)


def read_feed(path: Path) -> dict[str, dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return {row["id"]: {name: row.get(name) or "" for name in COLUMNS} for row in csv.DictReader(file)}


def taken(draft: Draft, guard: Guard, root: Path, folder: str, path: str) -> str:
    """The file's name in the draft; empty where it is a golden photo. Raises BadDataset."""
    try:
        file = inside(root, path)
        data = file.read_bytes()
    except OSError as error:
        raise BadDataset(f"{path}: {error.strerror or error}.") from error
    if leak := guard.leak(path, data):
        draft.left_out[leak.kind] += 1
        draft.leaks.append(leak.said)
        return ""
    return keep(draft, folder, data, file.read_bytes)


def pictures_of(draft: Draft, guard: Guard, root: Path, row: dict[str, str]) -> dict[str, str]:
    names = [name for link in links(row) if (name := taken(draft, guard, root, "images", link.strip()))]
    return {"image_link": names[0] if names else "", "additional_image_link": ",".join(names[1:])}


def add_line(draft: Draft, guard: Guard, root: Path, row: dict) -> None:
    anchor = row.get("anchor") or {}
    photo = taken(draft, guard, root, "photos", anchor["photo"]) if anchor.get("photo") else ""
    if anchor.get("photo") and not photo:
        return
    bbox = tuple(float(edge) for edge in anchor["bbox"]) if anchor.get("bbox") else None
    pair = Pair(
        str(row.get("source") or "imported"), Anchor(photo, bbox), str(row.get("positive") or ""),
        str(row["negative"]), float(row.get("weight", 1.0)),
    )  # fmt: skip
    if not pair.teaches:
        draft.left_out["neither a right product nor a photo"] += 1
        return
    kept = {"photo": photo, "bbox": list(bbox) if bbox else None} if photo else None
    line = {
        "anchor": kept, "positive": pair.positive or None, "negative": pair.negative, "weight": pair.weight,
        "source": pair.source,
    }  # fmt: skip
    draft.lines.append((json.dumps(line, sort_keys=True, ensure_ascii=False), [pair]))
