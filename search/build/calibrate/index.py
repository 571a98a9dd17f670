"""What the cold tier's default index costs on this machine: two shards of made-up vectors, built and searched.

The larger one gives the constants; what differs between the two says how they grow with the rows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import log
from pathlib import Path
from time import process_time

import faiss
import numpy as np

from search.build.calibrate.timing import core_us
from search.build.calibrate.vectors import made_up
from search.build.shard import build_shard
from search.build.tune import exact_rows
from search.capacity.constants import Constant, Tuning
from search.retrieve.cold import INDEX, VECTORS, Shard
from search.retrieve.lists import EF_SLACK, ivf_parameters, raw_search

KIND = "ivf"
ROWS = (25_000, 100_000)
QUERIES = 300
RECALLS = (0.8, 0.9, 0.95, 0.98, 0.99)
USUAL_RECALL = 0.95
CANDIDATES = 240  # that the pipeline asks a tier for
RESCORED = (250, 650)  # rows, to take the difference
JUDGED = 100  # recall is measured on the best so many
MAX_GROWTH = 0.5  # as the lists themselves


@dataclass(frozen=True, slots=True)
class Built:
    """A shard that was built for measuring. queries float32 (q, dim) were not used for tuning it."""

    shard: Shard
    folder: Path
    queries: np.ndarray
    core_s: float


def build(folder: Path, rows: int, dim: int) -> Built:
    vectors, queries = made_up(rows, 2 * QUERIES, dim)
    started = process_time()
    entry, _ = build_shard(folder, vectors, kind=KIND, queries=queries[:QUERIES])
    core_s = process_time() - started
    shard = Shard.open(folder, entry)
    shard.touch()
    return Built(shard, folder, queries[QUERIES:], core_s)


def search_times_ms(built: Built, recall: float, mask=None) -> np.ndarray:
    """float (q,): core milliseconds of each query, asked once after a warm-up."""
    search = lambda query: built.shard.search(query, CANDIDATES, recall, mask=mask)  # noqa: E731
    for query in built.queries[:20]:
        search(query)
    return np.array([core_us(lambda: search(query), 1) for query in built.queries]) / 1000  # noqa: B023


def tunings(built: Built) -> Iterator[Tuning]:
    truth = exact_rows(built.shard, built.queries, JUDGED, None)
    for recall in RECALLS:
        found = [built.shard.search(query, CANDIDATES, recall) for query in built.queries]
        hits = [np.isin(rows, one.rows[:JUDGED]).mean() for rows, one in zip(truth, found, strict=True)]
        explain = found[0].explain
        yield Tuning(built.shard.rows, recall, float(np.mean(hits)), explain["nprobe"], explain["rerank"])


def over_queries_us(built: Built, call: Callable[[np.ndarray], object]) -> float:
    """The median over the queries; call(query) is run three times for each."""
    return float(np.median([core_us(lambda: call(query), 3) for query in built.queries[:100]]))  # noqa: B023


def coarse_us(built: Built, nprobe: int) -> float:
    graph, lists = faiss.SearchParametersHNSW(efSearch=nprobe + EF_SLACK), built.shard.lists
    quantizer = faiss.downcast_index(lists.index.quantizer)
    return over_queries_us(built, lambda query: raw_search(quantizer, lists.turned(query), nprobe, graph))


def scan_costs(built: Built) -> tuple[float, float]:
    """(nanoseconds a code, microseconds a list): the largest lists against as many of the smallest."""
    lists = built.shard.lists
    by_size = np.argsort(lists.sizes)
    by_size = by_size[lists.sizes[by_size] > 0]
    count = max(1, len(by_size) // 4)
    small, large = by_size[:count], by_size[-count:]
    small_us, large_us = (scan_us(built, chosen) for chosen in (small, large))
    codes_small, codes_large = lists.sizes[small].sum(), lists.sizes[large].sum()
    ns_per_code = 1000 * (large_us - small_us) / (codes_large - codes_small)
    one_us = scan_us(built, small[-1:])
    us_per_list = (small_us - one_us - (codes_small - lists.sizes[small[-1]]) * ns_per_code / 1000) / (count - 1 or 1)
    return ns_per_code, max(0.0, us_per_list)


def scan_us(built: Built, chosen: np.ndarray) -> float:
    lists, parameters = built.shard.lists, ivf_parameters(len(chosen))
    places, scores = np.ascontiguousarray(chosen, np.int64), np.zeros(len(chosen), np.float32)
    found, distances = np.empty(JUDGED, np.int64), np.empty(JUDGED, np.float32)
    pointers = [faiss.swig_ptr(array) for array in (places, scores, distances, found)]

    def scan(query: np.ndarray) -> None:
        turned = lists.turned(query)
        lists.index.search_preassigned_c(1, faiss.swig_ptr(turned), JUDGED, *pointers, False, parameters)

    return over_queries_us(built, scan)


def rescore_us(built: Built) -> float:
    """Microseconds a float16 row, rows at random; the best CANDIDATES are kept, as in a search."""
    random, rows = np.random.default_rng(3), built.shard.rows
    few, many = (random.integers(0, rows, count) for count in RESCORED)
    best = built.shard.vectors.best
    taken = [over_queries_us(built, lambda query: best(query, some, CANDIDATES)) for some in (few, many)]  # noqa: B023
    return (taken[1] - taken[0]) / (len(many) - len(few))


def codes_scanned(built: Built, nprobe: int) -> float:
    """The mean over the queries of the rows in their nearest lists."""
    lists = built.shard.lists
    scores = lists.turned(built.queries) @ lists.centroids.T
    nearest = np.argpartition(-scores, nprobe - 1, axis=1)[:, :nprobe]
    return float(lists.sizes[nearest].sum(axis=1).mean())


@dataclass(frozen=True, slots=True)
class Parts:
    """One search at the usual recall, in the parts that it is made of. total_us: the whole, as it was measured."""

    tuning: Tuning
    total_us: float
    coarse_us: float
    list_us: float
    code_ns: float
    codes: float
    row_us: float

    @property
    def overhead_us(self) -> float:
        named_us = self.coarse_us + self.tuning.nprobe * self.list_us + self.codes * self.code_ns / 1000
        return max(0.0, self.total_us - named_us - self.tuning.rerank * self.row_us)


def parts_of(built: Built, tuning: Tuning) -> Parts:
    code_ns, list_us = scan_costs(built)
    return Parts(
        tuning,
        total_us=1000 * float(np.median(search_times_ms(built, tuning.recall))),
        coarse_us=coarse_us(built, tuning.nprobe),
        list_us=list_us,
        code_ns=code_ns,
        codes=codes_scanned(built, tuning.nprobe),
        row_us=rescore_us(built),
    )


def measure_index(small: Built, large: Built) -> tuple[dict[str, Constant], tuple[Tuning, ...]]:
    tuned = [(*tunings(built),) for built in (small, large)]
    usual = [next(row for row in some if row.recall == USUAL_RECALL) for some in tuned]
    before, now = parts_of(small, usual[0]), parts_of(large, usual[1])
    return sizes(large, now) | costs(large, now) | growths(before, now), (*tuned[0], *tuned[1])


def sizes(built: Built, parts: Parts) -> dict[str, Constant]:
    shard, lists = built.shard, built.shard.lists
    files = sum((built.folder / name).stat().st_size for name in (INDEX, VECTORS)) / shard.rows
    list_rows = shard.rows / len(lists.sizes)
    how = described(built)
    return {
        "calibration_rows": Constant(shard.rows, "rows", "measured", how),
        "lists_per_sqrt_row": Constant(len(lists.sizes) / shard.rows**0.5, "", "formula", "the builder's rule"),
        "list_bytes_per_row": Constant(files - 2 * shard.dim, "bytes", "measured", "codes, row numbers, centroids"),
        "id_bytes_per_row": Constant(20.0, "bytes", "formula", "image and product id of 8 bytes, list of 4"),
        "row_bytes": Constant(2.0 * shard.dim, "bytes", "formula", "float16, 2 bytes a number"),
        "code_bytes": Constant(float(lists.code_bytes), "bytes", "formula", "4-bit product codes of 2 numbers each"),
        "list_imbalance": Constant(
            parts.codes / (parts.tuning.nprobe * list_rows), "x", "measured", "codes scanned to those of average lists"
        ),
        "build_rows_per_s": Constant(
            shard.rows / built.core_s, "rows/s", "measured", f"{how}; training and tuning, too"
        ),
    }


def costs(built: Built, parts: Parts) -> dict[str, Constant]:
    how, tuning = described(built), parts.tuning
    usual = f"{how}: p50 at recall {USUAL_RECALL}, {CANDIDATES} candidates"
    return {
        "search_ms": Constant(parts.total_us / 1000, "ms", "measured", usual),
        "coarse_us": Constant(parts.coarse_us, "us", "measured", f"{how}: the nearest {tuning.nprobe} lists"),
        "list_us": Constant(parts.list_us, "us", "measured", f"{how}: many small lists to one"),
        "scan_ns_per_code": Constant(parts.code_ns, "ns", "measured", f"{how}: large lists to small ones"),
        "rescore_us_per_row": Constant(parts.row_us, "us", "measured", f"{how}: float16 rows at random"),
        "overhead_us": Constant(parts.overhead_us, "us", "measured", "search_ms without the parts above"),
    }


def growths(before: Parts, now: Parts) -> dict[str, Constant]:
    rows = (before.tuning.rows, now.tuning.rows)
    how = f"from {rows[0]:,} to {rows[1]:,} rows at recall {USUAL_RECALL}, between 0 and {MAX_GROWTH}"
    figures = {
        "nprobe_growth": (before.tuning.nprobe, now.tuning.nprobe),
        "rerank_growth": (before.tuning.rerank, now.tuning.rerank),
        "coarse_growth": (before.coarse_us, now.coarse_us),
    }
    return {name: Constant(growth(*both, rows), "exponent", "measured", how) for name, both in figures.items()}


def growth(small: float, large: float, rows: tuple[int, int]) -> float:
    """The exponent of the rows that leads from one to the other; not below 0, and not steeper than the lists' own."""
    if min(small, large) <= 0:
        return 0.0
    return float(np.clip(log(large / small) / log(rows[1] / rows[0]), 0, MAX_GROWTH))


def described(built: Built) -> str:
    return f"{KIND} shard of {built.shard.rows:,} made-up rows of {built.shard.dim}, core time"


def shard_search_times_ms(rows: int, dim: int, folder: Path, times: int = 5) -> np.ndarray:
    """Core milliseconds of single searches of one shard at the usual recall, each query asked so many times.

    float (times * q,). `folder` keeps the shard's files.
    """
    built = build(folder, rows, dim)
    return np.concatenate([search_times_ms(built, USUAL_RECALL) for _ in range(times)])
