"""Near-duplicate listings share one card: the same thing from another seller is no second result."""

from collections.abc import Mapping
from dataclasses import replace

from search.rerank.facts import Facts
from search.types import Hit

MAX_PHASH_BITS = 6  # of 64: the same shot, re-cropped or re-encoded
MIN_LIKENESS = 0.96  # cosine; colour variants share a shot's shapes, and their hash, but not this
WINDOW = 60  # only what stands in the first pages is compared with one another


def collapse(hits: list[Hit], facts: Mapping[int, Facts]) -> list[Hit]:
    """Folds each duplicate into the best hit that shows the same thing; in stock goes before out of stock."""
    cards: list[list[Hit]] = []
    for place, hit in enumerate(hits):
        near = cards[:WINDOW] if place < 2 * WINDOW else []
        home = next((card for card in near if same_thing(card[0], hit, facts)), None)
        if home is None:
            cards.append([hit])
        else:
            home.append(hit)
    return [fold(card, facts) for card in cards]


def same_thing(one: Hit, other: Hit, facts: Mapping[int, Facts]) -> bool:
    """The same GTIN, or the same shot of what is not known to be another variant."""
    a, b = facts[one.product_id], facts[other.product_id]
    if a.gtin and b.gtin:
        return a.gtin == b.gtin
    variants = a.group_id and a.group_id == b.group_id
    if variants or a.color != b.color:
        return False
    return alike(one, other) and nearest_bits(a.phashes, b.phashes) <= MAX_PHASH_BITS


def alike(one: Hit, other: Hit) -> bool:
    return one.vector is not None and other.vector is not None and float(one.vector @ other.vector) >= MIN_LIKENESS


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
