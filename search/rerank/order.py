"""Scores to hits: by vectors alone where something is shown, by vectors and words together where it is only said."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from search.rerank.rescore import best_by_product, rescore
from search.types import Asked, Gathered, Hit

RRF_K = 60  # Cormack, Clarke and Buettcher, SIGIR 2009
VECTORS_WEIGHT = 1.0
WORDS_WEIGHT = 1.0
AGREEMENT = 0.5  # of a score where several views of a photo are searched with: their mean; the rest is the best view's
EVERY_WORD_BONUS = 0.1  # on a cosine: a photo refined by "in blue" wants the blue ones first


def rank(asked: Asked, gathered: Gathered) -> list[Hit]:
    """Hits, best first."""
    hits = by_vectors(asked, gathered)
    if asked.words is None:
        return hits
    return with_words(hits, gathered) if len(asked.views) == 0 else refined(hits, gathered)


def by_vectors(asked: Asked, gathered: Gathered) -> list[Hit]:
    """`image` and `text` among the scores are the best cosine each. A product's own pictures need not agree."""
    near = gathered.near
    agreement = AGREEMENT if asked.skip_product_id is None else 0.0
    parts: dict[str, np.ndarray] = {}
    if len(asked.views):
        parts["image"] = rescore(near, asked.views)
    if asked.text is not None:
        parts["text"] = rescore(near, asked.text[None])
    return best_by_product(near, rescore(near, asked.vectors, agreement), parts)


def with_words(hits: list[Hit], gathered: Gathered) -> list[Hit]:
    """Reciprocal rank fusion. Products that hold every word count in a ranking of their own; an exact SKU is first."""
    words = gathered.words
    by_id = {hit.product_id: hit for hit in hits}
    rankings = [
        (list(by_id), VECTORS_WEIGHT),
        (words.product_ids, WORDS_WEIGHT),
        (words.product_ids[: words.complete], WORDS_WEIGHT),
    ]
    scores = reciprocal_ranks(rankings)
    exact = set(words.product_ids[: words.exact])
    order = sorted(scores, key=lambda product_id: (product_id not in exact, -scores[product_id]))
    lexical = {product_id: 1 / place for place, product_id in enumerate(words.product_ids, 1)}
    return [
        with_score(by_id.get(product_id) or Hit(product_id, 0.0, {}), scores[product_id], lexical.get(product_id, 0.0))
        for product_id in order
    ]


def with_score(hit: Hit, score: float, words: float) -> Hit:
    return replace(hit, score=score, scores=hit.scores | {"words": round(words, 4)})


def raise_by(hit: Hit, bonus: float) -> Hit:
    return with_score(hit, hit.score + bonus, float(bonus > 0))


def refined(hits: list[Hit], gathered: Gathered) -> list[Hit]:
    """A photo with words: likeness decides, and products that hold every word get a head start."""
    words = gathered.words
    complete = set(words.product_ids[: words.complete])
    raised = [raise_by(hit, EVERY_WORD_BONUS if hit.product_id in complete else 0.0) for hit in hits]
    return sorted(raised, key=lambda hit: -hit.score)


def reciprocal_ranks(rankings: Sequence[tuple[Sequence[int], float]]) -> dict[int, float]:
    """{id: score} of weighted rankings, best first each; 1.0 is the first of all of them."""
    scores: dict[int, float] = {}
    for ranked, weight in rankings:
        for rank, name in enumerate(dict.fromkeys(ranked), 1):
            scores[name] = scores.get(name, 0.0) + weight / (RRF_K + rank)
    best = sum(weight for _, weight in rankings) / (RRF_K + 1)
    return {name: score / best for name, score in scores.items()}
