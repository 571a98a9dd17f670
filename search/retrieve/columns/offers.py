"""Offers of rows. Price, stock and seller must hold for one and the same offer, so each offer is compared whole.

The first offer of a row lies in row columns; the few further ones in a table of their own, ordered by row.
"""

from dataclasses import dataclass

import numpy as np

from search.retrieve.columns.coded import Coded, Pick, code_among, ranges
from search.retrieve.columns.wanted import Wanted


@dataclass(slots=True)
class FirstOffers:
    """price float32 (n,), NaN where there is no offer; in_stock bool (n,)."""

    price: np.ndarray
    in_stock: np.ndarray
    seller: Coded

    def matches(self, wanted: Wanted, seller_codes: list[int] | None, pick: Pick) -> np.ndarray:
        """bool (picked rows,)."""
        return offer_matches(wanted, seller_codes, self.price, self.in_stock, self.seller.codes, pick)


@dataclass(slots=True)
class FurtherOffers:
    """row int32 ascending, price float32, in_stock bool, seller uint32 codes; all (m,)."""

    row: np.ndarray
    price: np.ndarray
    in_stock: np.ndarray
    seller: np.ndarray

    def add(self, matched: np.ndarray, rows: np.ndarray | None, wanted: Wanted, seller_codes: list[int] | None) -> None:
        """Set `matched` (n,), or (len(rows),) for ascending rows, where a further offer is what is wanted."""
        if len(self.row) == 0:
            return
        if rows is None:
            right = offer_matches(wanted, seller_codes, self.price, self.in_stock, self.seller, everything)
            matched[self.row[right]] = True
            return
        starts, ends = self.places(rows)
        if not (ends > starts).any():
            return
        at = ranges(starts, ends)
        right = offer_matches(wanted, seller_codes, self.price, self.in_stock, self.seller, lambda array: array[at])
        matched[np.repeat(np.arange(len(rows)), ends - starts)[right]] = True

    def places(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where the further offers of these rows begin and end."""
        asked = rows.astype(self.row.dtype)  # another type would have the whole table converted
        return np.searchsorted(self.row, asked, "left"), np.searchsorted(self.row, asked, "right")

    def put(self, rows: np.ndarray, new: "FurtherOffers") -> None:
        """Replace the further offers of ascending rows; `new` holds rows out of these alone."""
        starts, ends = self.places(rows)
        old = ranges(starts, ends)
        if np.array_equal(self.row[old], new.row):  # prices and stock change often, the number of offers seldom
            self.price[old], self.in_stock[old], self.seller[old] = new.price, new.in_stock, new.seller
            return
        kept = np.ones(len(self.row), bool)
        kept[old] = False
        at = np.searchsorted(self.row[kept], new.row)
        for name in ("row", "price", "in_stock", "seller"):
            setattr(self, name, np.insert(getattr(self, name)[kept], at, getattr(new, name)))


def everything(array: np.ndarray) -> np.ndarray:
    return array


def offer_matches(
    wanted: Wanted, seller_codes: list[int] | None, price: np.ndarray, in_stock: np.ndarray, seller: np.ndarray,
    pick: Pick,
) -> np.ndarray:  # fmt: skip
    """bool: which of the picked offers are what is wanted.

    Prices are rounded to float32 on both sides, which keeps their order: no offer is missed, and above 131,072 one may
    pass that is a cent beside the limit.
    """
    parts = []
    if wanted.price_min is not None:
        parts.append(pick(price) >= np.float32(wanted.price_min))
    if wanted.price_max is not None:
        parts.append(pick(price) <= np.float32(wanted.price_max))
    if wanted.in_stock:
        parts.append(pick(in_stock))
    if seller_codes is not None:
        parts.append(code_among(pick(seller), seller_codes))
    matched = parts[0].copy() if wanted.in_stock and len(parts) == 1 else parts[0]  # never the column itself
    for part in parts[1:]:
        matched = matched & part
    return matched
