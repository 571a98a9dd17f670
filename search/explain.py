"""How one search is carried out: the same stages as for a shopper as far as the candidates, and what each tier did."""

from dataclasses import dataclass

from search.errors import BadQuery
from search.photos import decode
from search.retrieve.router import retriever
from search.serving import live_bundle
from search.timing import Stopwatch
from search.types import Query
from search.understand.asked import check_kind, encode
from search.understand.words import clean_text


@dataclass(frozen=True, slots=True)
class Explanation:
    """`tiers`: what Candidates.explain says, of each query vector. `best`: (product id, image id, score)."""

    bundle_id: str
    kind: str
    found: int
    partial: bool
    notes: tuple[str, ...]
    tiers: tuple[dict, ...]
    best: tuple[tuple[int, int, float], ...]
    stages_ms: dict[str, float]


def explain(query: Query, k: int, recall: float = 0.95) -> Explanation:
    """A picture is searched as a whole: a box changes the vector, not the plan. Raises SearchError."""
    watch = Stopwatch()
    with watch.stage("bundle"):
        bundle = live_bundle()
    words = clean_text(query.text)
    kind = check_kind(query, words)
    with watch.stage("decode"):
        pictures = [] if query.image is None else [decode(query.image).image]
    with watch.stage("encode"):
        asked = encode(bundle.id, pictures, query, words)
    if not asked.queries():
        raise BadQuery(f"Bundle {bundle.id} reads no words: no tier is asked, the catalog's words answer alone.")
    tier = retriever()
    with watch.stage("retrieve"):
        found = [tier.candidates(vector, query.filters, k, recall, explain=True) for vector in asked.queries()]
    first = found[0]
    return Explanation(
        bundle_id=bundle.id,
        kind=kind,
        found=len(first),
        partial=any(each.partial for each in found),
        notes=tuple(dict.fromkeys(note for each in found for note in each.notes)),
        tiers=tuple(each.explain or {} for each in found),
        best=tuple(
            (int(product), int(image), round(float(score), 4))
            for product, image, score in zip(first.product_ids[:5], first.image_ids[:5], first.scores[:5], strict=True)
        ),
        stages_ms=watch.report_ms(),
    )
