"""Hard negatives by mining: products whose pictures lie nearest to a product's own, and are other products."""

import random

from catalog.models import Product
from labeling.export.pairs import Anchor, Pair
from search.rerank.collapse import nearest_bits
from search.rerank.facts import Facts, read_facts
from search.retrieve.follow import current
from search.retrieve.router import retriever
from search.serving import live_bundle_id
from search.stored import product_vectors
from search.types import Filters, QueryVector

WEIGHT = 0.5
SOURCE = "mined"
NEAREST = 40  # pictures of the index that are looked at
SAME_PICTURE_BITS = 10  # of 64: closer hashes are another listing of the same thing


def mine(products: int, each: int = 2, seed: int = 7) -> list[Pair]:
    """Of so many products, drawn by chance, the `each` nearest wrong ones in the live index."""
    bundle_id, index = live_bundle_id(), retriever(current())
    ids = list(Product.objects.filter(blocked=False, vectors__bundle=bundle_id).distinct().values_list("pk", flat=True))
    chosen = sorted(random.Random(seed).sample(sorted(ids), min(products, len(ids))))
    found = []
    for product_id, vectors in product_vectors(chosen, bundle_id).items():
        near: dict[int, float] = {}
        for vector in vectors:
            candidates = index.candidates(QueryVector(bundle_id, vector), Filters(), NEAREST)
            for other, score in zip(candidates.product_ids.tolist(), candidates.scores.tolist(), strict=True):
                near[other] = max(score, near.get(other, -1.0))
        facts = read_facts([product_id, *near])
        wrong = [other for other in sorted(near, key=lambda other: -near[other]) if is_wrong(product_id, other, facts)]
        found += [(product_id, other) for other in wrong[:each]]
    skus = dict(Product.objects.filter(pk__in={pk for pair in found for pk in pair}).values_list("pk", "sku"))
    return [
        Pair(SOURCE, Anchor(), skus[one], skus[other], WEIGHT) for one, other in found if {one, other} <= skus.keys()
    ]


def is_wrong(product_id: int, other: int, facts: dict[int, Facts]) -> bool:
    """Another product, neither a variant nor another listing of this one."""
    if other == product_id or other not in facts or product_id not in facts:
        return False
    one, two = facts[product_id], facts[other]
    if (one.group_id and one.group_id == two.group_id) or (one.gtin and one.gtin == two.gtin):
        return False
    return nearest_bits(one.phashes, two.phashes) > SAME_PICTURE_BITS
