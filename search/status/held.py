"""What the index itself holds: the pictures that a search of this process can find now, tier by tier.

Read from the shards' files and their live columns, and from the hot tier's rows; never from what the catalog believes.
"""

from dataclasses import dataclass

import numpy as np
from django.db import connection

from catalog.visible import SHOWN
from search.build.binary import copy_rows, record
from search.filters import where
from search.retrieve import follow
from search.retrieve.generation import Generation
from search.serving import Serving
from search.types import Filters

CONDITION, _ = where(Filters())
HOT = f"""SELECT v.image_id, v.product_id FROM search_imagevector v JOIN catalog_product p ON p.id = v.product_id
    JOIN catalog_image i ON i.id = v.image_id WHERE v.bundle_id = {{bundle}} AND {{tier}} AND {SHOWN} AND {CONDITION}"""
HOT_AMONG = f"""SELECT v.image_id FROM search_imagevector v JOIN catalog_product p ON p.id = v.product_id
    JOIN catalog_image i ON i.id = v.image_id WHERE v.bundle_id = %s AND (%s OR v.hot) AND v.image_id = ANY(%s)
    AND {SHOWN} AND {CONDITION}"""
KEPT = """SELECT v.image_id,
    (NOT v.hot AND NOT pg_visible_in_snapshot(v.written, {watermark}::pg_snapshot))::int::bigint
    FROM search_imagevector v WHERE v.bundle_id = {bundle} ORDER BY v.image_id"""
ANY_TIME = "3:3:"  # a snapshot that sees nothing: without a generation every row has to be hot
NOBODY = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Tier:
    """image_ids, product_ids: int64 (n,), in no order."""

    image_ids: np.ndarray
    product_ids: np.ndarray

    def __len__(self) -> int:
        return len(self.image_ids)


NOTHING = Tier(NOBODY, NOBODY)


@dataclass(frozen=True, slots=True)
class Held:
    """watermark: the generation's; empty without one. wrong: in words, what of the index cannot be searched here."""

    bundle_id: str | None
    generation_id: str | None
    watermark: str = ""
    cold: Tier = NOTHING
    hot: Tier = NOTHING
    wrong: tuple[str, ...] = ()

    def all(self) -> Tier:
        """Each picture once; the hot row of one that is in both is the one that counts. Ascending by picture."""
        images = np.concatenate([self.hot.image_ids, self.cold.image_ids])
        products = np.concatenate([self.hot.product_ids, self.cold.product_ids])
        ids, first = np.unique(images, return_index=True)
        return Tier(ids, products[first])


def held() -> Held:
    """Everything, as of what is committed now. Reads all ids: some 50 ms for 100,000 pictures."""
    serving = follow.catch_up()
    bundle_id = serving.bundle_id
    if bundle_id is None:
        return Held(None, None)
    generation = serving.cold.get(bundle_id)
    cold = cold_rows(generation) if generation else NOTHING
    tier = "true" if is_lost(serving, bundle_id) else "v.hot"
    rows = copy_rows(HOT.format(bundle="{bundle}", tier=tier), {"bundle": bundle_id}, record(("image", "product")))
    hot = Tier(rows["image"].astype(np.int64), rows["product"].astype(np.int64))
    wrong = (*serving.notes.get(bundle_id, ()), *(generation.missing if generation else ()))
    made = (generation.id, generation.manifest.watermark) if generation else (None, "")
    return Held(bundle_id, *made, cold, hot, wrong)


def kept(index: Held) -> tuple[np.ndarray, np.ndarray]:
    """Pictures that have a vector in the database, and those of them that no tier holds as they are; int64, ascending.

    Reads the whole table of vectors: seconds for a million.
    """
    values = {"bundle": index.bundle_id, "watermark": index.watermark or ANY_TIME}
    rows = copy_rows(KEPT, values, record(("image", "unmerged")))
    ids = rows["image"].astype(np.int64)
    return ids, ids[rows["unmerged"] == 1]


def is_lost(serving: Serving, bundle_id: str) -> bool:
    """The bundle's generation cannot be opened, so the hot tier answers with every row (search.retrieve.router)."""
    return bundle_id not in serving.cold and bool(serving.notes.get(bundle_id))


def cold_rows(generation: Generation) -> Tier:
    """The rows of all shards that can be searched, less those that their columns call dead."""
    images, products = [NOBODY], [NOBODY]
    for part in generation.parts:
        if part.shard is not None:
            alive = slice(None) if part.columns is None else part.columns.alive.rows
            images.append(part.image_ids[alive])
            products.append(part.product_ids[alive])
    return Tier(np.concatenate(images), np.concatenate(products))


def cold_among(generation: Generation, product_ids: list[int]) -> set[int]:
    """Pictures of these products that the generation can find."""
    asked, found = np.unique(np.array(product_ids, np.int64)), set()
    for part in generation.parts:
        if part.shard is None:
            continue
        if part.columns is not None:
            images, alive = part.columns.images_of(asked)
            found.update(images[alive].tolist())
        else:
            found.update(part.image_ids[np.isin(part.product_ids, asked)].tolist())
    return found


def hot_among(serving: Serving, bundle_id: str, image_ids: list[int]) -> set[int]:
    """Those of these pictures that the hot tier can find. One query."""
    with connection.cursor() as cursor:
        cursor.execute(HOT_AMONG, [bundle_id, is_lost(serving, bundle_id), image_ids])
        return {row[0] for row in cursor.fetchall()}
