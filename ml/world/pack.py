"""Everything rendered into demo/: the feed, the truth of the rooms, the golden queries, the split."""

import csv
import io
import json
import os
import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ml.world.catalog import plan_catalog
from ml.world.plan import plan_rooms
from ml.world.queries import text_queries

COLUMNS = (
    "id",
    "title",
    "description",
    "brand",
    "item_group_id",
    "gtin",
    "color",
    "material",
    "pattern",
    "style",
    "product_type",
    "price",
    "availability",
    "quantity",
    "seller",
    "image_link",
    "additional_image_link",
)
MIN_VISIBLE = 0.5


def feed_row(sku):
    """One SKU as a row of the product feed."""
    return dict(
        zip(
            COLUMNS,
            (
                sku.id,
                sku.title,
                sku.description,
                sku.brand,
                sku.family,
                sku.gtin,
                sku.colour,
                sku.material,
                sku.pattern,
                sku.style,
                sku.product_type,
                f"{sku.price_eur:.2f} EUR",
                "in_stock" if sku.in_stock else "out_of_stock",
                sku.quantity,
                sku.seller,
                f"images/{sku.id}-1.jpg",
                f"images/{sku.id}-2.jpg",
            ),
            strict=True,
        )
    )


def equals(skus):
    """{id: every id of the same GTIN, its own first}: listings that are equally right answers."""
    groups = {}
    for sku in skus:
        groups.setdefault(sku.gtin, []).append(sku.id)
    return {sku.id: [sku.id, *(other for other in groups[sku.gtin] if other != sku.id)] for sku in skus}


def gather(work, names, seed, same):
    """The truth records of some sets, in plan order, each object with all the ids that answer it."""
    records = []
    for name in names:
        for room in plan_rooms(name, seed):
            path = Path(work) / "truth" / f"{room.id}.json"
            if path.exists():
                record = json.loads(path.read_text())
                record["objects"] = [
                    {
                        "product_id": o["product_id"],
                        "product_ids": same[o["product_id"]],
                        "bbox": o["bbox"],
                        "visible": o["visible"],
                    }
                    for o in record["objects"]
                ]
                records.append(record)
    return records


def photo_queries(rooms):
    """One query for each object of the golden rooms that is at least half visible."""
    return [
        {"photo": room["photo"], **thing}
        for room in rooms
        if room["split"] == "golden"
        for thing in room["objects"]
        if thing["visible"] >= MIN_VISIBLE
    ]


def copy_pictures(sku, out):
    """Another seller's pictures of the same shots: a little tighter, a little lighter or darker, saved again."""
    rng = random.Random(sku.id)
    for shot in (1, 2):
        target = Path(out) / "images" / f"{sku.id}-{shot}.jpg"
        source = Path(out) / "images" / f"{sku.copy_of}-{shot}.jpg"
        if target.exists() or not source.exists():
            continue
        with Image.open(source) as image:
            side = image.width
            cut = [round(side * rng.uniform(0.01, 0.025)) for _ in range(4)]
            tight = image.crop((cut[0], cut[1], side - cut[2], side - cut[3])).resize((side, side), Image.LANCZOS)
        pixels = (np.asarray(tight).astype(np.float32) * rng.uniform(0.96, 1.03)).clip(0, 255).astype(np.uint8)
        stored = io.BytesIO()
        Image.fromarray(pixels).save(stored, "JPEG", quality=rng.randint(72, 82), optimize=True)
        write(target, stored.getvalue())


def write(path, content):
    """Write text or bytes whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(content.encode() if isinstance(content, str) else content)
    os.replace(partial, path)


def lines(records):
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def pack(out, work, extra, seed):
    """Write feed.csv, rooms.jsonl, golden/ and splits.json under `out`; the extra rooms' truth under `extra`."""
    out, skus = Path(out), plan_catalog(seed)
    same = equals(skus)
    for sku in skus:
        if sku.copy_of:
            copy_pictures(sku, out)
    missing = [s.id for s in skus for shot in (1, 2) if not (out / "images" / f"{s.id}-{shot}.jpg").exists()]
    if missing:
        raise SystemExit(
            f"{len(missing)} studio shots are missing, {missing[0]} first: run `python -m ml.world images`"
        )
    feed = io.StringIO()
    writer = csv.DictWriter(feed, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(feed_row(sku) for sku in skus)
    write(out / "feed.csv", feed.getvalue())
    rooms = gather(work, ("train", "golden"), seed, same)
    golden = [room for room in rooms if room["split"] == "golden"]
    write(out / "rooms.jsonl", lines(rooms))
    write(out / "golden" / "rooms.jsonl", lines(golden))
    write(out / "golden" / "queries.jsonl", lines(photo_queries(golden) + text_queries(skus)))
    splits = {name: [s.id for s in skus if s.split == name] for name in ("golden", "train")}
    write(out / "splits.json", json.dumps(splits, indent=1) + "\n")
    beyond = gather(work, ("extra",), seed, same) if any(Path(work).glob("truth/extra-*.json")) else []
    beyond = [room | {"split": "train"} for room in beyond]  # as whoever trains on them asks for
    if beyond:
        write(Path(extra) / "rooms.jsonl", lines(beyond))
    objects = sum(len(room["objects"]) for room in rooms)
    print(f"{len(skus)} rows in the feed, {len(rooms)} rooms with {objects} objects, {len(beyond)} extra rooms")


def upright(path):
    """A photo as it is looked at: EXIF orientation applied, RGB."""
    with Image.open(path) as image:
        return ImageOps.exif_transpose(image).convert("RGB")
