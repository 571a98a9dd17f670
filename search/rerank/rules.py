"""What the shop wants besides likeness: what can be bought comes before what cannot, when both are about as good."""

from collections.abc import Mapping
from dataclasses import replace

from search.rerank.facts import Facts
from search.types import Hit, Mode

OUT_OF_STOCK_SHARE = 0.03  # of its score: it yields to near-equals only


def apply_rules(hits: list[Hit], facts: Mapping[int, Facts], mode: Mode) -> list[Hit]:
    """Best first. Same_product asks for one thing alone, so nothing but likeness counts there."""
    known = [hit for hit in hits if hit.product_id in facts]
    if mode == "same_product":
        return known
    scored = [
        hit if facts[hit.product_id].in_stock else replace(hit, score=hit.score - OUT_OF_STOCK_SHARE * abs(hit.score))
        for hit in known
    ]
    return sorted(scored, key=lambda hit: -hit.score)
