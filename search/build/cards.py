"""Writes the cards of a generation's products (search/cards.py), a chunk at a time."""

import json
import os
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
from django.db import connection

from catalog.cards import CARDS
from catalog.visible import SOLD
from search.cards import ENDS, IDS, LINES

CHUNK = 2000
# What search/rerank/facts.py asks for and a card does not say. Its question about stock is answered by the card: asked
# for thousands of products at once, the planner reads every offer there is.
FACTS = """SELECT p.id, lower(coalesce(p.attributes ->> 'color', '')),
        array(SELECT i.phash FROM catalog_image i WHERE i.product_id = p.id AND i.phash IS NOT NULL)
    FROM catalog_product p WHERE p.id = ANY(%s)"""


def write_cards(folder: Path, product_ids: Iterable[int], progress=None) -> int:
    """Writes three files into `folder` and returns how many cards they hold; hidden and deleted products have none.

    `progress(done)` is called after each chunk. Raises OSError on a full disk; what was begun is overwritten next time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ids, ends = array("q"), array("q", [0])
    done = 0
    asked = iter(np.unique(np.fromiter(product_ids, np.int64)).tolist())
    with synced(folder / LINES) as lines:
        while chunk := list(islice(asked, CHUNK)):
            for product_id, line in read_lines(chunk):
                lines.write(line)
                ids.append(product_id)
                ends.append(ends[-1] + len(line))
            done += len(chunk)
            if progress:
                progress(done)
    for name, numbers in ((IDS, ids), (ENDS, ends)):
        with synced(folder / name) as file:
            file.write(numbers.tobytes())
    return len(ids)


@contextmanager
def synced(path: Path):
    """Open for writing; on the disk when it is closed."""
    with open(path, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def read_lines(chunk: list[int]) -> Iterator[tuple[int, bytes]]:
    """Product ids ascending, with their line."""
    with connection.cursor() as cursor:
        cursor.execute(CARDS.format(product=f"NOT p.blocked AND {SOLD}", offer="o.product_id = p.id"), [chunk])
        rows = sorted(cursor.fetchall())
        cursor.execute(FACTS, [chunk])
        known = {product_id: (color, phashes) for product_id, color, phashes in cursor.fetchall()}
    for product_id, sku, group, gtin, title, brand, category, file, price, currency, in_stock in rows:
        if product_id in known:
            values = [
                sku, group, gtin, title, brand, category or "", file or "", None if price is None else str(price),
                currency or "", bool(in_stock), *known[product_id],
            ]  # fmt: skip
            yield product_id, json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
