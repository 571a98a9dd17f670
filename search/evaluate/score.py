"""One golden set, one system: its figures, and the event that keeps them for the gate and the trend."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ml.evaluate.golden import GoldenSet
from search.build.bundles import count_missing, live_id
from search.errors import NotReady
from search.evaluate.folder import read_folder
from search.evaluate.golden_figures import figures, gate_scores, write_trec
from search.evaluate.pinned import folder_score
from search.evaluate.sets import DEPTH, Replies, System, answering, ask_set
from search.golden_sets import resolve
from search.models import ServingEvent

VERB = "golden"
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Score:
    """`figures` by pool; `errors`: queries that could not be asked, in words, each counted as a miss."""

    golden: GoldenSet
    system: System
    figures: dict[str, dict]
    errors: tuple[str, ...]
    replies: Replies

    @property
    def gate(self) -> dict[str, float]:
        return gate_scores(self.figures)

    def as_dict(self) -> dict:
        return {
            "set": self.golden.ref,
            "bundle": self.system.bundle,
            "generation": self.system.generation,
            "queries": len(self.golden.queries),
            **self.figures,
            "errors": list(self.errors[:SHOWN]),
            "errors_count": len(self.errors),
        }

    def write(self, folder: Path) -> list[Path]:
        return write_trec(self.golden, self.replies, folder, self.system.tag)

    def note(self, actor: str) -> ServingEvent:
        """Keeps it, for the gate and the trend."""
        bundle, generation = self.system.bundle, self.system.generation
        detail = {
            "folder": self.golden.ref,
            "set": self.golden.ref,
            "scores": self.gate,
            "figures": self.figures,
            "live": bundle == live_id() and not generation,
            "missing": count_missing(bundle)[0],
        }
        return ServingEvent.objects.create(
            verb=VERB, actor=actor, bundle_id=bundle, generation_id=generation, detail=detail
        )


def score(
    golden: GoldenSet,
    bundle: str = "",
    generation: str = "",
    depth: int = DEPTH,
    step: Callable[[str, int, int], None] | None = None,
) -> Score:
    """Raises UnknownBundle, UnknownGeneration, BrokenGeneration, Unavailable."""
    with answering(bundle, generation) as system:
        replies = ask_set(golden, depth, step)
    errors = tuple(
        f"{query}: {reply.error}" for pool in replies.values() for query, reply in pool.items() if reply.error
    )
    return Score(golden, system, figures(golden, replies), tuple(dict.fromkeys(errors)), replies)


def measure_bundle(ref: str, bundle_id: str, actor: str) -> dict[str, float]:
    """For the gate: measured now, and kept. Raises NotReady where a part of it is missing, or nothing can be asked."""
    missing = count_missing(bundle_id)[0]
    if missing:
        raise NotReady(f"Bundle {bundle_id}: {missing} pictures have no vector of it yet, so it cannot be measured.")
    measured = score(resolve(ref), bundle=bundle_id)
    if not measured.gate:
        raise NotReady("The golden set has no query that can be asked.")
    measured.note(actor)
    return measured.gate


def generation_scores(ref: str, generation_id: str) -> dict[str, float] | None:
    """For the verification of a generation; None where nothing that is asked for is in this catalog.

    Raises UnknownGoldenSet, NoSuchFolder, BrokenGeneration.
    """
    golden = resolve(ref)
    if isinstance(golden, Path):
        value = folder_score(read_folder(golden), generation_id)
        return None if value is None else {"nDCG@10": value}
    return score(golden, generation=generation_id).gate or None
