"""Everything that may be an answer: images near the query's vectors, and products that hold its words."""

from dataclasses import replace

import numpy as np
from django.db.utils import InterfaceError, OperationalError

from catalog import outage
from search.retrieve.hot import no_candidates
from search.retrieve.lexical import find_words
from search.retrieve.router import Retriever, timeout_ms
from search.types import Asked, Candidates, Filters, Gathered, LexicalHits

CANDIDATE_IMAGES = 240
LEXICAL_PRODUCTS = 120
NO_WORDS = LexicalHits((), 0, 0)


def gather(asked: Asked, filters: Filters, tier: Retriever) -> Gathered:
    """Candidates of all query vectors merged, and the products found by words, if there are any."""
    queries = asked.queries()
    found = [tier.candidates(query, filters, CANDIDATE_IMAGES) for query in queries]
    near = merge(found) if found else no_candidates(asked.views.shape[1])
    if asked.skip_product_id is not None:  # a product is no answer to the question what is like it
        near = only_where(near, near.product_ids != asked.skip_product_id)
    return Gathered(near, NO_WORDS if asked.words is None else words(asked.words, filters))


def words(text: str, filters: Filters) -> LexicalHits:
    """By words, as far as the database answers: while it is away a search goes on without."""
    if outage.is_away():
        return replace(NO_WORDS, partial=True)
    try:
        return find_words(text, filters, LEXICAL_PRODUCTS, timeout_ms())
    except (OperationalError, InterfaceError) as error:
        if not outage.lost(error):
            raise
        outage.suspect(error)
        return replace(NO_WORDS, partial=True)


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
        tuple(dict.fromkeys(note for part in found for note in part.notes)),
    )


def without_image(gathered: Gathered, image_id: int) -> Gathered:
    """As if this picture were not in the index."""
    return replace(gathered, near=only_where(gathered.near, gathered.near.image_ids != image_id))


def only_where(candidates: Candidates, kept: np.ndarray) -> Candidates:
    """kept: bool (n,)"""
    return replace(
        candidates,
        image_ids=candidates.image_ids[kept],
        product_ids=candidates.product_ids[kept],
        vectors=candidates.vectors[kept],
        scores=candidates.scores[kept],
    )
