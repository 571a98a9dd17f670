"""The filter columns of one shard, from the catalog to files.

Facts are read by chunks of products; what a chunk held in Python is gone when the next one is read.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from catalog.visible import SHOWN
from search.categories import categories_in_order
from search.retrieve.columns.coded import Codebook, ranges, smallest
from search.retrieve.columns.facts import OFFERS, PRODUCTS, parse_attributes, plain_cursor
from search.retrieve.columns.files import PLAIN, CodedEntry, Entry, file_name, write_entry
from search.retrieve.columns.offers import FurtherOffers

CHUNK = 20_000
SAMPLED_PRODUCTS = 20_000
MAX_NAMES = 24
NONE = -1
SHOWN_IMAGES = f"SELECT i.id FROM catalog_image i WHERE i.id = ANY(%s::bigint[]) AND {SHOWN}"
parse_once = lru_cache(maxsize=1 << 16)(parse_attributes)


@dataclass(slots=True)
class ColumnArrays:
    """Facts of n rows. category, seller: ids, -1 for none. price float32, NaN without an offer. in_stock, alive: bool.

    attributes: {name: (int32 (n,) places in the list, -1 for none, and the list of folded values)}.
    further: offers beyond the first, by row ascending, with seller ids in place of codes.
    """

    category: np.ndarray
    price: np.ndarray
    in_stock: np.ndarray
    seller: np.ndarray
    attributes: dict[str, tuple[np.ndarray, list[str]]] = field(default_factory=dict)
    alive: np.ndarray | None = None
    further: FurtherOffers | None = None


def write_columns(folder: Path, image_ids: np.ndarray, product_ids: np.ndarray, names: Sequence[str]) -> None:
    """int64 (n,) both, in the shard's row order. Replaces what is in the folder.

    names: attributes that get a column, those of `frequent_names`. All shards of a generation ought to have the same:
    a filter on another name is looked up in the database at every search.
    """
    columns = read_columns(image_ids, product_ids, names)
    write_columns_from(folder, product_ids, columns, categories_in_order())


def write_columns_from(
    folder: Path, product_ids: np.ndarray, columns: ColumnArrays, category_order: Sequence[int] = ()
) -> None:
    """category_order: ids, a category's subtree in one run, so that a filter on it is one comparison."""
    n = len(product_ids)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    arrays = {
        "alive": np.ones(n, bool) if columns.alive is None else columns.alive,
        "price": columns.price,
        "in_stock": columns.in_stock,
        "by_product": np.argsort(product_ids, kind="stable"),
    }
    category = write_coded(folder, "category", columns.category, list(category_order))
    seller = write_coded(folder, "seller", columns.seller, sellers_of(columns))
    attributes = {
        name: write_codes(folder, f"attribute_{number:02}", places + 1, values)
        for number, (name, (places, values)) in enumerate(columns.attributes.items())
    }
    further = columns.further or no_further()
    codes = codes_of(further.seller, Codebook(seller.values))
    arrays |= {"further_row": further.row, "further_price": further.price, "further_in_stock": further.in_stock}
    for name, array in (arrays | {"further_seller": codes}).items():
        write(folder, name, array.astype(PLAIN[name][0], copy=False))
    write_entry(folder, Entry(n, len(further.row), category, seller, attributes))


def write_coded(folder: Path, name: str, ids: np.ndarray, order: list[int]) -> CodedEntry:
    """ids (n,), -1 for none; those in `order` get their codes in that order."""
    rest = np.setdiff1d(ids[ids != NONE], order)
    values = [*order, *rest.tolist()]
    return write_codes(folder, name, codes_of(ids, Codebook(values)), values)


def write_codes(folder: Path, name: str, codes: np.ndarray, values: list) -> CodedEntry:
    dtype = smallest(len(values))
    write(folder, name, codes.astype(dtype, copy=False))
    return CodedEntry(dtype.name, values)


def write(folder: Path, name: str, array: np.ndarray) -> None:
    array.tofile(folder / file_name(name, array.dtype))  # a full disk is an error here, where a mapping would crash


def codes_of(ids: np.ndarray, book: Codebook) -> np.ndarray:
    distinct, place = np.unique(ids, return_inverse=True)
    return np.array([0 if one == NONE else book[one] for one in distinct.tolist()], np.int64)[place]


def sellers_of(columns: ColumnArrays) -> list[int]:
    further = columns.further or no_further()
    return [one for one in np.union1d(columns.seller, further.seller).tolist() if one != NONE]


def read_columns(image_ids: np.ndarray, product_ids: np.ndarray, names: Sequence[str]) -> ColumnArrays:
    """Current facts of n rows."""
    products, place = np.unique(product_ids, return_inverse=True)
    reading = Reading(products, names)
    for start in range(0, len(products), CHUNK):
        reading.read(start, start + CHUNK)
    alive = shown_images(image_ids) & reading.shown[place]
    return reading.columns(place, alive)


class Reading:
    """Facts by product while they are read. products: int64 (m,) ascending."""

    def __init__(self, products: np.ndarray, names: Sequence[str]):
        m = len(products)
        self.products = products
        self.shown = np.zeros(m, bool)
        self.category, self.seller = np.full(m, NONE, np.int64), np.full(m, NONE, np.int64)
        self.price, self.in_stock = np.full(m, np.nan, np.float32), np.zeros(m, bool)
        self.books = {name: Codebook() for name in names}
        self.codes = {name: np.zeros(m, np.int32) for name in names}
        self.further: list[FurtherOffers] = [no_further()]

    def read(self, start: int, end: int) -> None:
        ids = self.products[start:end].tolist()
        with plain_cursor(None) as cursor:
            self.put_products(cursor.execute(PRODUCTS, [ids], binary=True).fetchall())
            self.put_offers(cursor.execute(OFFERS, [ids], binary=True).fetchall())

    def put_products(self, rows: list[tuple]) -> None:
        if not rows:
            return
        ids, categories, attributes, blocked = zip(*rows, strict=True)
        at = np.searchsorted(self.products, np.array(ids))
        self.shown[at] = ~np.array(blocked)
        self.category[at] = [NONE if category is None else category for category in categories]
        parsed = [parse_once(text) for text in attributes]
        for name, book in self.books.items():
            self.codes[name][at] = [book.code(values.get(name)) for values in parsed]

    def put_offers(self, rows: list[tuple]) -> None:
        """Ordered by product, best offer first."""
        if not rows:
            return
        ids, prices, in_stock, sellers = (np.array(column) for column in zip(*rows, strict=True))
        at = np.searchsorted(self.products, ids)
        first = np.append(True, ids[1:] != ids[:-1])
        self.price[at[first]], self.in_stock[at[first]] = prices[first], in_stock[first]
        self.seller[at[first]] = sellers[first]
        self.further.append(FurtherOffers(at[~first], prices[~first], in_stock[~first], sellers[~first]))

    def columns(self, place: np.ndarray, alive: np.ndarray) -> ColumnArrays:
        """By row. place: (n,) each row's product as a place in `products`."""
        attributes = {name: (self.codes[name][place] - 1, list(book)) for name, book in self.books.items()}
        return ColumnArrays(
            self.category[place],
            self.price[place],
            self.in_stock[place],
            self.seller[place],
            attributes,
            alive,
            self.further_by_row(place),
        )

    def further_by_row(self, place: np.ndarray) -> FurtherOffers:
        product, price, in_stock, seller = (
            np.concatenate([getattr(part, name) for part in self.further])
            for name in ("row", "price", "in_stock", "seller")
        )
        numbers = np.arange(len(self.products))
        starts, ends = np.searchsorted(product, numbers, "left"), np.searchsorted(product, numbers, "right")
        at = ranges(starts[place], ends[place])
        rows = np.repeat(np.arange(len(place)), (ends - starts)[place])
        return FurtherOffers(rows, price[at], in_stock[at], seller[at])


def frequent_names(product_ids: np.ndarray) -> list[str]:
    """The attributes that most of these products have, from a sample spread over all of them; most frequent first."""
    products = np.unique(product_ids)
    ids = products[:: max(1, len(products) // SAMPLED_PRODUCTS)]
    with plain_cursor(None) as cursor:
        rows = cursor.execute(PRODUCTS, [ids.tolist()], binary=True)
        counts = Counter(name for row in rows for name in parse_once(row[2]))
    return sorted(counts, key=lambda name: (-counts[name], name))[:MAX_NAMES]


def shown_images(image_ids: np.ndarray) -> np.ndarray:
    """bool (n,): pictures that exist and may be shown."""
    shown = np.zeros(len(image_ids), bool)
    with plain_cursor(None) as cursor:
        for start in range(0, len(image_ids), CHUNK):
            chunk = image_ids[start : start + CHUNK]
            rows = cursor.execute(SHOWN_IMAGES, [chunk.tolist()], binary=True).fetchall()
            shown[start : start + CHUNK] = np.isin(chunk, np.array(rows, np.int64))
    return shown


def no_further() -> FurtherOffers:
    return FurtherOffers(np.empty(0, np.int64), np.empty(0), np.empty(0, bool), np.empty(0, np.int64))
