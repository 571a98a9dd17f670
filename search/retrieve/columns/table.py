"""The filter columns of one shard: masks for searches, and live changes of the facts behind them."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from search.retrieve.columns.coded import Pick, ranges
from search.retrieve.columns.facts import ProductFacts
from search.retrieve.columns.files import Arrays, BrokenColumns, open_arrays
from search.retrieve.columns.masks import Mask, MaskCache, make_mask
from search.retrieve.columns.offers import FurtherOffers, everything
from search.retrieve.columns.wanted import Wanted, resolve
from search.types import Filters

KEPT_MASKS = 32
PAGE_BYTES = 4096
ALL = Wanted()


class Columns:
    """n rows in the shard's own order.

    Any thread may call `match`. A filter that was asked before costs no lock; a new one is evaluated under the lock
    that `refresh` holds, so a mask never misses a change. Columns are read and written under that lock alone.
    """

    def __init__(self, arrays: Arrays, image_ids: np.ndarray, product_ids: np.ndarray):
        self._arrays, self._image_ids, self._product_ids = arrays, image_ids, product_ids
        self._lock = threading.RLock()
        self._masks = MaskCache(KEPT_MASKS, self._lock)
        self._masks.add(ALL, self._judge, pinned=True)

    @classmethod
    def open(cls, folder: Path, image_ids: np.ndarray, product_ids: np.ndarray) -> "Columns":
        """image_ids, product_ids: int64 (n,), the shard's. Raises BrokenColumns."""
        arrays = open_arrays(folder)
        if len(arrays.alive) != len(image_ids):
            raise BrokenColumns(f"{folder} holds {len(arrays.alive)} rows instead of {len(image_ids)}.")
        return cls(arrays, image_ids, product_ids)

    def __len__(self) -> int:
        return len(self._image_ids)

    @property
    def names(self) -> frozenset[str]:
        """Attributes that have a column."""
        return frozenset(self._arrays.attributes)

    @property
    def alive(self) -> Mask:
        """Rows that an unfiltered search may show."""
        return self._masks.get(ALL)

    @property
    def dead_count(self) -> int:
        return len(self) - self.alive.count

    def match(self, filters: Filters | Wanted) -> Mask:
        """Living rows that pass. Filters are resolved here, so call it with Wanted where many shards are asked."""
        wanted = filters if isinstance(filters, Wanted) else resolve(filters, self.names)
        if wanted.product_ids is not None:  # more than columns, so it could not be corrected later: for one search
            with self._lock:
                return make_mask(self._judge(wanted), self._lock)
        if (mask := self._masks.get(wanted)) is not None:
            return mask
        with self._lock:
            return self._masks.get(wanted) or self._masks.add(wanted, self._judge)

    def touch(self) -> None:
        """Map every page, so that the first filters need not wait for it."""
        with self._lock:
            for array in self._arrays.all():
                array[:: PAGE_BYTES // array.itemsize].max(initial=0)

    def holds(self, products: np.ndarray) -> np.ndarray:
        """bool (m,): which of these products have rows here."""
        starts, ends = self._places(products)
        return ends > starts

    def refresh(self, facts: Sequence[ProductFacts]) -> int:
        """Apply current facts of some products. Returns how many verdicts of masks flipped."""
        by_id = {fact.product_id: fact for fact in facts}
        with self._lock:
            products = np.fromiter(sorted(by_id), np.int64, len(by_id))
            starts, ends = self._places(products)
            here = ends > starts
            known = [by_id[product] for product in products[here].tolist()]
            if not known:
                return 0
            rows = self._arrays.by_product[ranges(starts[here], ends[here])].astype(np.int64)
            owner = np.repeat(np.arange(len(known)), (ends - starts)[here])
            order = np.argsort(rows)
            self._apply(known, rows[order], owner[order])
            return self._masks.patch(rows[order], lambda wanted: self._judge(wanted, rows[order]))

    def best_offers(self, product_ids: np.ndarray) -> dict[int, tuple[float, bool]]:
        """Price and stock of those products that have rows here, as last known; price is NaN where nobody offers them.

        product_ids: int64, ascending.
        """
        with self._lock:
            starts, ends = self._places(product_ids)
            here = ends > starts
            rows, first = self._arrays.by_product[starts[here]], self._arrays.first
            offers = zip(first.price[rows].tolist(), first.in_stock[rows].tolist(), strict=True)
            return dict(zip(product_ids[here].tolist(), offers, strict=True))

    def images_of(self, product_ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The rows of these products: their images int64 (m,), and which of them an unfiltered search may show, bool.

        product_ids: int64, ascending.
        """
        with self._lock:
            rows = self._arrays.by_product[ranges(*self._places(product_ids))]
            return self._image_ids[rows], self.alive.rows[rows]

    def _apply(self, facts: list[ProductFacts], rows: np.ndarray, owner: np.ndarray) -> None:
        """rows: ascending; owner: the place in `facts` of each row's product."""
        arrays, first = self._arrays, self._arrays.first
        offers = [fact.offers[0] if fact.offers else None for fact in facts]
        sellers = first.seller.book
        prices = np.array([offer.price if offer else np.nan for offer in offers], np.float32)
        first.price[rows] = prices[owner]
        first.in_stock[rows] = np.array([bool(offer and offer.in_stock) for offer in offers])[owner]
        first.seller.put(rows, np.array([sellers.code(offer and offer.seller_id) for offer in offers])[owner])
        arrays.further.put(rows, further_of(facts, rows, owner, sellers))
        arrays.category.put(rows, np.array([arrays.category.book.code(fact.category_id) for fact in facts])[owner])
        for name, column in arrays.attributes.items():
            column.put(rows, np.array([column.book.code(fact.attributes.get(name)) for fact in facts])[owner])
        shown = np.sort(np.array([image for fact in facts for image in fact.image_ids], np.int64))
        arrays.alive[rows] = np.isin(self._image_ids[rows], shown)

    def _judge(self, wanted: Wanted, rows: np.ndarray | None = None) -> np.ndarray:
        """bool, of all rows or of some ascending ones: which are alive and pass."""
        pick: Pick = everything if rows is None else (lambda array: array[rows])
        passed = [pick(self._arrays.alive), *self._judge_product(wanted, pick)]
        if wanted.asks_offer:
            passed.append(self._judge_offers(wanted, rows, pick))
        if len(passed) == 1:
            return passed[0].copy()
        for part in passed[:-1]:
            passed[-1] &= part
        return passed[-1]

    def _judge_product(self, wanted: Wanted, pick: Pick) -> Iterator[np.ndarray]:
        if wanted.category_ids is not None:
            yield self._arrays.category.among(wanted.category_ids, pick)
        for name, value in wanted.attributes:
            if name in self._arrays.attributes:
                yield self._arrays.attributes[name].among([value], pick)
        if wanted.product_ids is not None:
            yield pick(self._rows_of(wanted.product_ids))

    def _judge_offers(self, wanted: Wanted, rows: np.ndarray | None, pick: Pick) -> np.ndarray:
        first = self._arrays.first
        codes = None if wanted.seller_ids is None else first.seller.book.codes(wanted.seller_ids)
        matched = first.matches(wanted, codes, pick)
        self._arrays.further.add(matched, rows, wanted, codes)
        return matched

    def _rows_of(self, product_ids: np.ndarray) -> np.ndarray:
        """bool (n,): the rows of these products."""
        starts, ends = self._places(product_ids)
        found = np.zeros(len(self), bool)
        found[self._arrays.by_product[ranges(starts, ends)]] = True
        return found

    def _places(self, products: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where each product's rows begin and end in by_product."""
        both = first_places(self._product_ids, self._arrays.by_product, np.concatenate([products, products + 1]))
        return both[: len(products)], both[len(products) :]


def first_places(values: np.ndarray, order: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """int64 (m,): how many of values[order], which ascend, lie below each of the m that are asked.

    np.searchsorted with a sorter would copy the sorter, some milliseconds for a million rows.
    """
    low, high = np.zeros(len(asked), np.int64), np.full(len(asked), len(order))
    for _ in range(len(order).bit_length()):
        middle = (low + high) >> 1
        below = values[order[np.minimum(middle, len(order) - 1)]] < asked
        below &= low < high
        np.copyto(low, middle + 1, where=below)
        np.copyto(high, middle, where=~below)
    return low


def further_of(facts: list[ProductFacts], rows: np.ndarray, owner: np.ndarray, sellers) -> FurtherOffers:
    """What follows the first offer, for each row of each product, ordered by row."""
    counts = np.array([max(len(fact.offers) - 1, 0) for fact in facts])
    further = [offer for fact in facts for offer in fact.offers[1:]]
    ends = np.cumsum(counts)[owner]
    at = ranges(ends - counts[owner], ends)
    return FurtherOffers(
        np.repeat(rows, counts[owner]).astype(np.int32),
        np.array([offer.price for offer in further], np.float32)[at],
        np.array([offer.in_stock for offer in further], bool)[at],
        np.array([sellers.code(offer.seller_id) for offer in further], np.uint32)[at],
    )
