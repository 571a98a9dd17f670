"""A data set of hard negatives in a folder that never changes, with nothing of a golden set in it."""

import json
from collections import Counter
from collections.abc import Iterable
from functools import partial

from django.core.files.storage import default_storage
from django.db import transaction

from catalog.models import Product
from labeling import pictures
from labeling.errors import BadDataset
from labeling.export.dataset_folder import Draft, feed_of, keep, links, rows_of, write
from labeling.export.guard import Guard
from labeling.export.pairs import Pair, merged
from labeling.models import Dataset, DatasetRow
from ml.evaluate.golden import BadGoldenSet, check_name
from ml.train.datasets import content_sha256

NO_PICTURE, TEACHES_NOTHING = "a product without a picture", "neither a right product nor a photo"


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
    anchors = (json.loads(line)["anchor"] for line, _ in draft.lines)
    named = {name for row in draft.products.values() for name in links(row)}
    named |= {anchor["photo"] for anchor in anchors if anchor}
    draft.files = {name: read for name, read in draft.files.items() if name in named}
    return draft


def add_products(draft: Draft, skus: set[str], guard: Guard) -> None:
    """Their rows and pictures as they are in the catalog now; a picture that a golden set asks with is left out."""
    products = Product.objects.filter(sku__in=skus).select_related("category").prefetch_related("images")
    for product in products:
        names = []
        for image in product.images.all():
            if not image.file or image.blocked or not default_storage.exists(image.file):
                continue
            read = partial(read_picture, image.file)
            if leak := guard.leak(f"{product.sku} {image.file}", data := read()):
                draft.left_out[leak.kind] += 1
                draft.leaks.append(leak.said)
                continue
            names.append(keep(draft, "images", data, read))
        draft.products[product.sku] = {
            "id": product.sku,
            "title": product.title,
            "item_group_id": product.group_id,
            "product_type": product.category.path if product.category else "",
            "image_link": names[0] if names else "",
            "additional_image_link": ",".join(names[1:]),
        }


def read_picture(file: str) -> bytes:
    with default_storage.open(file) as picture:
        return picture.read()


def line_of(draft: Draft, pair: Pair) -> str:
    """Canonical; empty where there is nothing to see of one side."""
    seen = [sku for sku in (pair.positive, pair.negative) if sku]
    if any(not draft.products.get(sku, {}).get("image_link") for sku in seen):
        draft.left_out[NO_PICTURE] += 1
        return ""
    anchor = None
    if pair.anchor.photo:
        read = partial(pictures.read, pair.anchor.photo)
        photo = keep(draft, "photos", read(), read)
        bbox = [round(edge, 1) for edge in pair.anchor.bbox] if pair.anchor.bbox else None
        anchor = {"photo": photo, "bbox": bbox}
    row = {
        "anchor": anchor, "positive": pair.positive or None, "negative": pair.negative,
        "weight": round(pair.weight, 3), "source": pair.source,
    }  # fmt: skip
    return json.dumps(row, sort_keys=True, ensure_ascii=False)


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
