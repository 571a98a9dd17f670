"""One cold generation: all its shards searched at once, and what is broken left out, said, and not waited for."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from search.cards import BrokenCards, Cards
from search.retrieve.cold import Found
from search.retrieve.columns import Wanted, resolve
from search.retrieve.fanout import ask_all
from search.retrieve.manifest import BrokenGeneration, ForeignGeneration, Manifest, read_manifest
from search.retrieve.part import BROKEN, Part, open_part
from search.types import Candidates, Filters, QueryVector

ANYTHING = Filters()
log = logging.getLogger(__name__)


class WrongBundle(ValueError):
    """A vector of one bundle met a generation of another one. This is a bug: nothing was compared."""

    def __init__(self, query: str, generation: str) -> None:
        super().__init__(f"{self.__doc__} Query: {query}. Generation: {generation}.")


@dataclass(frozen=True, slots=True)
class Looked:
    """What one shard found."""

    part: Part
    found: Found
    took_ms: float

    @property
    def explain(self) -> dict:
        return {"shard": self.part.name, "ms": self.took_ms, **self.found.explain}


class Generation:
    """Immutable but for its filter columns, and for shards that are found to be broken: those are dropped."""

    def __init__(self, folder: Path, manifest: Manifest, parts: tuple[Part, ...], cards: Cards | None) -> None:
        self.folder, self.manifest, self.parts, self.cards = folder, manifest, parts, cards
        named = [part.columns.names for part in parts if part.columns is not None]
        self.attribute_names = frozenset.intersection(*named) if named else frozenset()

    @classmethod
    def open(
        cls, folder: Path, *, bundle_id: str | None = None, dim: int | None = None, cluster: str | None = None
    ) -> "Generation":
        """Maps all files; a shard that cannot be opened is left out and named in `missing`.

        Raises BrokenGeneration without a manifest that can be read, ForeignGeneration where it is of another bundle,
        dimension or database cluster than is given.
        """
        manifest = read_manifest(folder)
        refuse_foreign(manifest, bundle_id=bundle_id, dim=dim, cluster=cluster)
        parts = tuple(open_part(folder, entry, manifest.dim) for entry in manifest.shards)
        if manifest.rows and all(part.shard is None for part in parts):
            raise BrokenGeneration(f"{manifest.id}: none of its shards can be opened. Build it again.")
        return cls(folder, manifest, parts, open_cards(folder / "cards"))

    @property
    def id(self) -> str:
        return self.manifest.id

    @property
    def shards(self) -> list:
        return [part.shard for part in self.parts]

    @property
    def missing(self) -> tuple[str, ...]:
        """In words, what no search can look at."""
        return tuple(part.why for part in self.parts if part.shard is None)

    def search(
        self,
        query: QueryVector,
        k: int,
        recall: float = 0.95,
        filters: Filters | Wanted = ANYTHING,
        deadline_s: float | None = None,
    ) -> Candidates:
        """The best `k` images of what answers in time; partial, with notes, where a shard is missing, fails or is late.

        Filters are resolved in the caller's thread, the only one that may ask the database. Raises WrongBundle.
        """
        if query.bundle_id != self.manifest.bundle_id:
            raise WrongBundle(query.bundle_id, self.manifest.bundle_id)
        wanted = None if filters == ANYTHING else filters
        if isinstance(wanted, Filters):
            wanted = resolve(wanted, self.attribute_names)
        parts = self.parts
        looked, notes = ask_all(
            [part for part in parts if part.shard is not None],
            lambda part: look(part, query.vector, k, recall, wanted),
            deadline_s,
        )
        notes = [part.why for part in parts if part.shard is None] + notes
        explain = {"generation": self.manifest.id, "shards": [each.explain for each in looked]}
        return merge(looked, k, self.manifest.dim, tuple(notes), explain)

    def touch(self) -> None:
        """Reads every page before the first search has to, and drops the shards whose bytes are not what was built."""
        self.drop_where(Part.damage)
        for part in self.parts:
            if part.shard is not None:
                part.shard.touch()
            if part.columns is not None:
                part.columns.touch()

    def check(self) -> tuple[str, ...]:
        """Compares sizes and checksums with the manifest; what differs is dropped. Returns `missing`."""
        self.drop_where(Part.damage)
        return self.missing

    def watch(self) -> tuple[str, ...]:
        """The same by sizes alone, some microseconds a file: a mapped file that shrinks kills whoever reads it."""
        self.drop_where(Part.shrunk)
        return self.missing

    def drop_where(self, find: Callable[[Part], str | None]) -> None:
        """One assignment: searches under way keep what they have."""
        self.parts = tuple(
            part.without(why) if part.shard is not None and (why := find(part)) else part for part in self.parts
        )

    def close(self) -> None:
        """Lets go of the files. Searches under way keep them until they end."""
        self.parts = tuple(part.without(f"{part.label} is closed") for part in self.parts)
        if self.cards is not None:
            self.cards.close()


def refuse_foreign(manifest: Manifest, **expected) -> None:
    """Compares what is given and known on both sides. Raises ForeignGeneration."""
    for name, value in expected.items():
        own = getattr(manifest, name)
        if value is not None and own != value:
            said = f"{manifest.id} has {name} {own}, not {value}."
            raise ForeignGeneration(f"{said} {ForeignGeneration.__doc__}")


def open_cards(folder: Path) -> Cards | None:
    """None where there are none: they are only needed while the database is away."""
    try:
        return Cards.open(folder) if folder.exists() else None
    except (BrokenCards, *BROKEN) as error:
        log.warning("%s: the cards cannot be opened: %s", folder, error)
        return None


def look(part: Part, query: np.ndarray, k: int, recall: float, wanted: Wanted | None) -> Looked:
    begun = perf_counter()
    found = part.search(query, k, recall, wanted)
    return Looked(part, found, round((perf_counter() - begun) * 1000, 3))


def merge(looked: list[Looked], k: int, dim: int, notes: tuple[str, ...], explain: dict) -> Candidates:
    """The best `k` of all shards. They hold inner products: the maximum is kept, never the minimum."""
    looked = [each for each in looked if len(each.found.rows)]
    if not looked:
        ids = np.empty(0, np.int64)
        nothing = np.empty((0, dim), np.float32), np.empty(0, np.float32)
        return Candidates(ids, ids, *nothing, bool(notes), notes, explain)
    if len(looked) == 1:
        part, found = looked[0].part, looked[0].found
        ids = part.image_ids[found.rows], part.product_ids[found.rows]
        return Candidates(*ids, found.vectors, found.scores, bool(notes), notes, explain)
    scores = np.concatenate([each.found.scores for each in looked])
    best = np.argsort(-scores, kind="stable")[:k]
    image_ids = np.concatenate([each.part.image_ids[each.found.rows] for each in looked])[best]
    product_ids = np.concatenate([each.part.product_ids[each.found.rows] for each in looked])[best]
    vectors = np.concatenate([each.found.vectors for each in looked])[best]
    return Candidates(image_ids, product_ids, vectors, scores[best], bool(notes), notes, explain)
