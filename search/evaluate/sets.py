"""A golden set, asked in this shop itself: of what is live, of another bundle, or of one generation alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from math import inf
from pathlib import Path

from django.conf import settings

from ml.evaluate.golden import SAME, SIMILAR, GoldenQuery, GoldenSet
from search.errors import UnknownBundle, UnknownGeneration
from search.evaluate.ask import Reply, Shop, ask_photo
from search.evaluate.folder import EvaluationFolder, Question, rooms_of
from search.measuring import nothing_kept
from search.models import Bundle, Generation
from search.retrieve import follow
from search.retrieve import generation as cold
from search.serving import Serving
from search.types import Mode, Query

DEPTH = 50  # results that are asked for; map and mrr look at all of them
MODES: dict[str, Mode] = {SAME: "same_product", SIMILAR: "similar"}
Replies = dict[str, dict[str, Reply]]  # by pool, by query id


@dataclass(frozen=True, slots=True)
class System:
    """What is measured. `generation`: it alone answers, without the hot tier; else the bundle with all it has."""

    bundle: str
    generation: str = ""

    @property
    def tag(self) -> str:
        return self.generation or self.bundle


@contextmanager
def answering(bundle: str = "", generation: str = "") -> Iterator[System]:
    """Within the block searches are answered by this one: what is live where neither is named.

    Raises UnknownBundle, UnknownGeneration, BrokenGeneration.
    """
    followed = follow.status().running
    try:
        serving = serving_of(bundle, generation)
        with follow.pinned(serving), nothing_kept():
            yield System(serving.bundle_id, generation)
    finally:
        if not followed and follow.status().running:  # a command's own: the embedded database must not end before it
            follow.stop()


def serving_of(bundle: str, generation: str) -> Serving:
    """Raises UnknownBundle, UnknownGeneration, BrokenGeneration."""
    if generation:
        row = Generation.objects.filter(pk=generation).first()
        if row is None:
            raise UnknownGeneration
        opened = cold.Generation.open(Path(settings.SIGHTLINE_INDEX_DIR) / row.pk, bundle_id=row.bundle_id)
        return Serving(row.bundle_id, cold={row.bundle_id: opened}, hot={row.bundle_id: 0}, seen_at_s=inf)
    now = follow.current()
    if bundle and not Bundle.objects.filter(pk=bundle).exists():
        raise UnknownBundle
    return replace(now, bundle_id=bundle or now.answering(None), shadows=())


def ask_set(golden: GoldenSet, depth: int = DEPTH, step: Callable[[str, int, int], None] | None = None) -> Replies:
    """Each pool in its own mode: the same product as who looks for this very thing, similar ones as a shopper does.

    Call it within answering(). Photo by photo, so that none is kept longer than it is needed.
    """
    shop = Shop(EvaluationFolder(golden.folder, golden.folder, (), (), ()))
    replies: Replies = {pool: {} for pool in MODES}
    done = 0
    for photo, group in groupby(sorted(golden.queries, key=lambda each: each.photo or ""), lambda each: each.photo):
        queries = list(group)
        truth = {room.photo: room for room in rooms_of([question(each, {}) for each in queries])}
        for query in queries:
            for pool, mode in MODES.items():
                if query.grades(pool):
                    asked = question(query, query.grades(pool))
                    replies[pool][query.id] = ask_one(shop, asked, truth, mode=mode, limit=depth)
            done += 1
            if step:
                step("searching", done, len(golden.queries))
        if photo:
            shop.forget(photo)
    return replies


def ask_one(shop: Shop, asked: Question, truth: dict, **how) -> Reply:
    return ask_photo(shop, asked, truth, **how) if asked.photo else shop.search(Query(text=asked.text, **how))


def question(query: GoldenQuery, right) -> Question:
    return Question(query.id, query.photo, query.text, query.bbox, dict(right))
