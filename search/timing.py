"""How long each stage of a search takes: in the answer for the caller, in a histogram for the operator."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import Counter, Histogram

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0)
STAGE_SECONDS = Histogram("sightline_stage_seconds", "Time of one stage of a search.", ["stage"], buckets=BUCKETS_S)
PARTIAL = Counter("sightline_partial", "Searches that a part of the index did not answer, by reason.", ["reason"])
REASONS = {  # what a note says, first match first
    "only the hot tier": "cold tier",
    "hot tier": "hot tier",
    "cold tier": "cold tier",
    "generation": "generation",
    "in time": "late shard",
    "shard": "broken shard",
    "database": "database",
}


class Stopwatch:
    """Times the stages of one request. A stage that runs twice counts as one, with both times."""

    def __init__(self) -> None:
        self.started = perf_counter()
        self.stages_ms: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Also counts a stage that raises: slow failures are the ones to see."""
        begun = perf_counter()
        try:
            yield
        finally:
            seconds = perf_counter() - begun
            STAGE_SECONDS.labels(name).observe(seconds)
            self.stages_ms[name] = self.stages_ms.get(name, 0.0) + seconds * 1000

    def report_ms(self) -> dict[str, float]:
        """Milliseconds by stage in the order they ran, and `total` since the stopwatch was made."""
        rounded = {name: round(ms, 2) for name, ms in self.stages_ms.items()}
        return rounded | {"total": round((perf_counter() - self.started) * 1000, 2)}


def count_partial(notes: tuple[str, ...]) -> None:
    """One search was answered in part: count each reason once. `notes` say in words what is missing."""
    for reason in {reason_of(note) for note in notes or ("",)}:
        PARTIAL.labels(reason).inc()


def reason_of(note: str) -> str:
    return next((reason for words, reason in REASONS.items() if words in note), "other")
