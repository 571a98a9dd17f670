"""Everything that may be an answer: images near the query's vectors, and products that hold its words."""

from dataclasses import replace

import numpy as np

from search.retrieve.lexical import find_words
from search.retrieve.router import retriever, timeout_ms
from search.types import Asked, Candidates, Filters, Gathered, LexicalHits

CANDIDATE_IMAGES = 240
LEXICAL_PRODUCTS = 120


def gather(asked: Asked, filters: Filters) -> Gathered:
    """Candidates of all query vectors merged, and the products found by words, if there are any."""
    tier = retriever()
    near = merge([tier.candidates(query, filters, CANDIDATE_IMAGES) for query in asked.queries()])
    if asked.skip_product_id is not None:
        near = without(near, asked.skip_product_id)
    if asked.words is None:
        return Gathered(near, LexicalHits((), 0, 0))
    return Gathered(near, find_words(asked.words, filters, LEXICAL_PRODUCTS, timeout_ms()))


def merge(found: list[Candidates]) -> Candidates:
    """Several candidate lists into one, each image once with its best score. Keeps the maximum: inner products."""
    if len(found) == 1:
        return found[0]
    image_ids = np.concatenate([part.image_ids for part in found])
    scores = np.concatenate([part.scores for part in found])
    order = np.argsort(-scores, kind="stable")
    _, first = np.unique(image_ids[order], return_index=True)
    kept = order[np.sort(first)]
    return Candidates(
        image_ids[kept],
        np.concatenate([part.product_ids for part in found])[kept],
        np.concatenate([part.vectors for part in found])[kept],
        scores[kept],
        any(part.partial for part in found),
    )


def without(candidates: Candidates, product_id: int) -> Candidates:
    """A product is no answer to the question what is like it."""
    other = candidates.product_ids != product_id
    return replace(
        candidates,
        image_ids=candidates.image_ids[other],
        product_ids=candidates.product_ids[other],
        vectors=candidates.vectors[other],
        scores=candidates.scores[other],
    )
