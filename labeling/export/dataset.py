"""A data set of hard negatives in a folder that never changes, with nothing of a golden set in it."""

import csv
import hashlib
import io
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from catalog.models import Product
from labeling import pictures
from labeling.errors import BadDataset
from labeling.export.guard import Guard
from labeling.export.pairs import Pair, merged
from labeling.models import Dataset, DatasetRow
from ml.evaluate.golden import BadGoldenSet, check_name
from ml.leaks import write_forbidden
from ml.train.datasets import ABOUT, FEED, FORBIDDEN, ROWS, content_sha256

COLUMNS = ("id", "title", "item_group_id", "product_type", "image_link", "additional_image_link")
NO_PICTURE, TEACHES_NOTHING = "a product without a picture", "neither a right product nor a photo"


@dataclass(slots=True)
class Draft:
    """files: {path in the folder: bytes}. lines: (line, the pairs behind it). left_out: {why: how many}."""

    files: dict[str, bytes] = field(default_factory=dict)
    products: dict[str, dict[str, str]] = field(default_factory=dict)
    lines: list[tuple[str, list[Pair]]] = field(default_factory=list)
    left_out: Counter = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)


def make_dataset(name: str, pairs: Iterable[Pair], actor: str, guard: Guard | None = None) -> Dataset:
    """The next version of `name`; the one that is there where nothing is new. Raises BadDataset.

    What touches a golden set is left out, counted, and named in the folder's dataset.json.
    """
    try:
        check_name(name)
    except BadGoldenSet as error:
        raise BadDataset(str(error)) from error
    guard = guard or Guard.of_this_shop()
    draft = drafted(list(pairs), guard)
    if not draft.lines:
        reasons = "; ".join(f"{count} {why}" for why, count in draft.left_out.items())
        raise BadDataset(f"It would be empty: {reasons or 'nothing was taken for anything'}.")
    return publish(name, draft, guard, actor)


def drafted(pairs: list[Pair], guard: Guard) -> Draft:
    draft = Draft()
    kept = []
    for pair in pairs:
        why = guard.against(pair)
        if why:
            draft.left_out[why.kind] += 1
            draft.leaks.append(why.said)
        elif not pair.teaches:
            draft.left_out[TEACHES_NOTHING] += 1
        else:
            kept.append(pair)
    add_products(draft, {sku for pair in kept for sku in (pair.positive, pair.negative) if sku}, guard)
    for group in merged(kept):
        if line := line_of(draft, group[0]):
            draft.lines.append((line, group))
    draft.lines.sort(key=lambda each: each[0])
    used = {sku for _, group in draft.lines for sku in (group[0].positive, group[0].negative)}
    draft.products = {sku: row for sku, row in sorted(draft.products.items()) if sku in used}
    named = {name for row in draft.products.values() for name in links(row)} | {
        json.loads(line)["anchor"]["photo"] for line, _ in draft.lines if json.loads(line)["anchor"]
    }
    draft.files = {name: data for name, data in draft.files.items() if name in named}
    return draft


def links(row: Mapping[str, str]) -> list[str]:
    return [link for link in (row["image_link"], *row["additional_image_link"].split(",")) if link]


def add_products(draft: Draft, skus: set[str], guard: Guard) -> None:
    """Their rows and pictures as they are in the catalog now; a picture that a golden set asks with is left out."""
    products = Product.objects.filter(sku__in=skus).select_related("category").prefetch_related("images")
    for product in products:
        names = []
        for image in product.images.all():
            if not image.file or image.blocked or not default_storage.exists(image.file):
                continue
            with default_storage.open(image.file) as file:
                data = file.read()
            if leak := guard.leak(f"{product.sku} {image.file}", data):
                draft.left_out[leak.kind] += 1
                draft.leaks.append(leak.said)
                continue
            names.append(keep(draft, "images", data))
        draft.products[product.sku] = {
            "id": product.sku,
            "title": product.title,
            "item_group_id": product.group_id,
            "product_type": product.category.path if product.category else "",
            "image_link": names[0] if names else "",
            "additional_image_link": ",".join(names[1:]),
        }


def keep(draft: Draft, folder: str, data: bytes) -> str:
    name = f"{folder}/{hashlib.sha256(data).hexdigest()}.jpg"
    draft.files[name] = data
    return name


def line_of(draft: Draft, pair: Pair) -> str:
    """Canonical; empty where there is nothing to see of one side."""
    seen = [sku for sku in (pair.positive, pair.negative) if sku]
    if any(not draft.products.get(sku, {}).get("image_link") for sku in seen):
        draft.left_out[NO_PICTURE] += 1
        return ""
    anchor = None
    if pair.anchor.photo:
        photo = keep(draft, "photos", pictures.read(pair.anchor.photo))
        bbox = [round(edge, 1) for edge in pair.anchor.bbox] if pair.anchor.bbox else None
        anchor = {"photo": photo, "bbox": bbox}
    row = {
        "anchor": anchor, "positive": pair.positive or None, "negative": pair.negative,
        "weight": round(pair.weight, 3), "source": pair.source,
    }  # fmt: skip
    return json.dumps(row, sort_keys=True, ensure_ascii=False)


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


def publish(name: str, draft: Draft, guard: Guard, actor: str) -> Dataset:
    feed, rows = feed_of(draft.products), rows_of(draft)
    sha256 = content_sha256(feed, rows)
    with transaction.atomic():
        Dataset.objects.select_for_update().filter(name=name).first()  # versions are given one after another
        if there := Dataset.objects.filter(name=name, sha256=sha256).first():
            return there
        last = Dataset.objects.filter(name=name).order_by("-version").values_list("version", flat=True).first() or 0
        sources = Counter(group[0].source for _, group in draft.lines)
        row = Dataset.objects.create(
            name=name, version=last + 1, sha256=sha256, rows=len(draft.lines), sources=dict(sources),
            left_out=dict(draft.left_out), made_by=actor,
        )  # fmt: skip
        DatasetRow.objects.bulk_create(origins(row, draft))
        write(row, draft, feed, rows, guard)
    return row


def origins(row: Dataset, draft: Draft) -> list[DatasetRow]:
    return [
        origin
        for number, (_, group) in enumerate(draft.lines, 1)
        for pair in group
        for origin in (
            [DatasetRow(dataset=row, line=number, verdict_id=verdict) for verdict in pair.verdicts]
            or ([DatasetRow(dataset=row, line=number, query=pair.query, flag_id=pair.flag)] if pair.query else [])
        )
    ]


def write(row: Dataset, draft: Draft, feed: bytes, rows: bytes, guard: Guard) -> Path:
    """The folder appears under its name when it is whole."""
    home = Path(settings.SIGHTLINE_DATASETS_DIR)
    folder = home / f"{row.name}@{row.sha256}"
    draft_folder = home / f".draft-{os.getpid()}-{folder.name}"
    shutil.rmtree(draft_folder, ignore_errors=True)
    (draft_folder / "photos").mkdir(parents=True)
    (draft_folder / "images").mkdir()
    for name, data in draft.files.items():
        (draft_folder / name).write_bytes(data)
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
