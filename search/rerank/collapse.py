"""Near-duplicate listings share one card: the same thing from another seller is no second result.

A GTIN says so, or a person did (catalog.PairVerdict), or the pictures do where no person says otherwise.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from search.rerank.facts import Facts
from search.types import Hit

MAX_PHASH_BITS = 6  # of 64: the same shot, re-cropped or re-encoded
MIN_LIKENESS = 0.96  # cosine; colour variants share a shot's shapes, and their hash, but not this
WINDOW = 60  # pictures are compared among the first pages only; a GTIN counts everywhere


def collapse(hits: list[Hit], facts: Mapping[int, Facts]) -> list[Hit]:
    """Folds each duplicate into the best hit that shows the same thing; in stock goes before out of stock."""
    near = likeness(hits[:WINDOW]) >= MIN_LIKENESS
    cards: list[list[Hit]] = []
    places: list[int] = []  # of each card's first hit
    home_of_gtin: dict[str, int] = {}
    home_of: dict[int, int] = {}
    for place, hit in enumerate(hits):
        home = home_of_gtin.get(facts[hit.product_id].gtin)
        if home is None:
            home = min((home_of[other] for other in facts[hit.product_id].same if other in home_of), default=None)
        if home is None and place < WINDOW:
            alike = (card for card, first in enumerate(places) if near[first, place])
            home = next((card for card in alike if same_shot(cards[card][0], hit, facts)), None)
        if home is None:
            home = len(cards)
            cards.append([])
            places.append(place)
        cards[home].append(hit)
        home_of.setdefault(hit.product_id, home)
        if gtin := facts[hit.product_id].gtin:
            home_of_gtin.setdefault(gtin, home)
    return [fold(card, facts) for card in cards]


def likeness(hits: list[Hit]) -> np.ndarray:
    """Cosines float32 (n, n) of the hits with one another; 0 where one was found by words alone."""
    dim = next((hit.vector.size for hit in hits if hit.vector is not None), 1)
    blank = np.zeros(dim, np.float32)
    vectors = np.stack([blank if hit.vector is None else hit.vector for hit in hits]) if hits else blank[None]
    return vectors @ vectors.T


def same_shot(one: Hit, other: Hit, facts: Mapping[int, Facts]) -> bool:
    """The same picture of what is not known to be another thing: other GTIN, other colour, other variant."""
    a, b = facts[one.product_id], facts[other.product_id]
    if other.product_id in a.apart:
        return False
    variants = a.group_id and a.group_id == b.group_id
    if variants or a.color != b.color or (a.gtin and b.gtin and a.gtin != b.gtin):
        return False
    return nearest_bits(a.phashes, b.phashes) <= MAX_PHASH_BITS


def nearest_bits(ones: tuple[int, ...], others: tuple[int, ...]) -> int:
    """Hamming distance of the two nearest pictures; 64 where either has none."""
    return min((((a ^ b) & (2**64 - 1)).bit_count() for a in ones for b in others), default=64)


def fold(card: list[Hit], facts: Mapping[int, Facts]) -> Hit:
    """One hit for all listings: it keeps the place of the best, and shows the best that can be bought."""
    if len(card) == 1:
        return card[0]
    shown = next((hit for hit in card if facts[hit.product_id].in_stock), card[0])
    also = tuple(hit.product_id for hit in card if hit is not shown)
    return replace(shown, score=card[0].score, scores=card[0].scores, also=also)
