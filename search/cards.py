"""The cards of a generation's products, to answer with when the catalog's database is away.

Three files: product ids ascending (int64), where each card ends in the third (int64, and a 0 before the first), and
the cards, one JSON list a line. Written by search/build/cards.py; nothing is held in memory but what is asked for.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import numpy as np

from catalog.cards import ProductCard
from catalog.storage import picture_url

IDS, ENDS, LINES = "product_ids.i64", "ends.i64", "cards.jsonl"
TEXTS = 7  # what a line begins with: sku, group_id, gtin, title, brand, category, file


class BrokenCards(Exception):
    """The cards of this generation are missing or damaged. Its next build writes them anew."""


@dataclass(frozen=True, slots=True)
class KeptCard:
    """A product as it was when the generation was built. phashes: signed 64-bit numbers, one per picture."""

    product_id: int
    sku: str
    group_id: str
    gtin: str
    title: str
    brand: str
    category: str
    file: str
    price: Decimal | None
    currency: str
    in_stock: bool
    color: str
    phashes: tuple[int, ...]

    def card(self) -> ProductCard:
        return ProductCard(
            id=self.product_id,
            sku=self.sku,
            group_id=self.group_id,
            gtin=self.gtin,
            title=self.title,
            brand=self.brand,
            category=self.category,
            price=self.price,
            currency=self.currency,
            in_stock=self.in_stock,
            image_url=picture_url(self.file),
        )


class Cards:
    """product_ids int64 (n,) ascending, ends int64 (n + 1,); both mapped, the lines are read where they lie."""

    def __init__(self, product_ids: np.ndarray, ends: np.ndarray, lines: int, lines_bytes: int) -> None:
        self.product_ids, self.ends, self.lines, self.lines_bytes = product_ids, ends, lines, lines_bytes

    @classmethod
    def open(cls, folder: Path) -> "Cards":
        """Raises BrokenCards when a file is missing, or is not as long as the others say."""
        try:
            product_ids, ends = map_int64(folder / IDS), map_int64(folder / ENDS)
            lines = os.open(folder / LINES, os.O_RDONLY | os.O_CLOEXEC)
        except (OSError, ValueError) as error:
            raise BrokenCards(f"{BrokenCards.__doc__} {error}") from None
        size = os.fstat(lines).st_size
        if len(ends) != len(product_ids) + 1 or ends[0] != 0 or ends[-1] != size:
            os.close(lines)
            raise BrokenCards
        return cls(product_ids, ends, lines, size)

    def __len__(self) -> int:
        return len(self.product_ids)

    def by_ids(self, product_ids: Iterable[int]) -> dict[int, KeptCard]:
        """Cards of those that the generation knows; a damaged one is left out, as is one it never had."""
        asked = np.fromiter(product_ids, np.int64)
        places = np.searchsorted(self.product_ids, asked)
        places[places == len(self)] = 0
        found = {}
        for product_id, place in zip(asked.tolist(), places.tolist(), strict=True):
            if len(self) and self.product_ids[place] == product_id and (kept := self.read(product_id, place)):
                found[product_id] = kept
        return found

    def read(self, product_id: int, place: int) -> KeptCard | None:
        """A read and no map: a file that was cut short meanwhile gives a short line, and no signal that kills."""
        start, end = int(self.ends[place]), int(self.ends[place + 1])
        if not 0 <= start < end <= self.lines_bytes:
            return None
        try:
            return kept_card(product_id, json.loads(os.pread(self.lines, end - start, start)))
        except (ValueError, TypeError, InvalidOperation):
            return None

    def close(self) -> None:
        lines, self.lines = self.lines, -1
        if lines >= 0:
            os.close(lines)

    def __del__(self) -> None:
        self.close()


def map_int64(path: Path) -> np.ndarray:
    if path.stat().st_size == 0:
        return np.empty(0, np.int64)
    return np.asarray(np.memmap(path, np.int64, "r"))


def kept_card(product_id: int, values: list) -> KeptCard:
    """From one line. Raises ValueError, TypeError or InvalidOperation for what no build wrote."""
    *texts, price, currency, in_stock, color, phashes = values
    if len(texts) != TEXTS or not all(isinstance(text, str) for text in (*texts, currency, color)):
        raise TypeError("text was expected")
    known_price = None if price is None else Decimal(price)
    return KeptCard(product_id, *texts, known_price, currency, bool(in_stock), color, tuple(map(int, phashes)))
