"""The tuning table of a shard: measured recall of its settings, so that a query asks for a recall, not for nprobe."""

import faiss
import numpy as np

from search.retrieve.cold import Shard
from search.retrieve.lists import ivf_parameters

QUERIES = 400
ASKED = (10, 100, 1000)
RERANKS = {
    10: (20, 30, 50, 75, 100, 150, 200, 250, 300, 400, 500, 600, 800),
    100: (150, 200, 300, 400, 600, 800, 1000, 1200, 1600, 2000, 2400),
}
RECALLS = (0.8, 0.85, 0.9, 0.93, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 0.999)
NPROBES = (*range(1, 8), *range(8, 16, 2), *range(16, 32, 4), *range(32, 64, 8), 64, 96, 128, 192, 256, 384, 512, 1024)
CHUNK_ROWS = 50_000
SCAN_NS_PER_BYTE = 0.07  # of codes in registers
LIST_US = 1.0  # to begin one
RERANK_NS_PER_NUMBER = 0.4


def tune(shard: Shard, queries: np.ndarray | None = None, seed: int = 0) -> list[dict]:
    """Entries {of, k, recall, nprobe, rerank, cost}, for codes (or the graph) and for lists that are read whole.

    recall: the mean over the queries less one standard error. cost: about microseconds on one core; only for
    comparing entries. queries float32 (q, dim); without them, rows of the shard, which then are not their own answer.
    """
    if shard.kind == "exact" or shard.rows < 2:
        return []
    own = None
    if queries is None or len(queries) < QUERIES // 4:
        own = np.random.default_rng(seed).choice(shard.rows, min(QUERIES, shard.rows), replace=False)
        queries = shard.vectors.floats(own)
    queries = np.ascontiguousarray(queries[:QUERIES], np.float32)
    truth = exact_rows(shard, queries, max(ASKED), own)
    if shard.kind == "hnsw":
        return tune_graph(shard, queries, truth, own)
    return tune_lists(shard, queries, truth) + tune_codes(shard, queries, truth, own)


def exact_rows(shard: Shard, queries: np.ndarray, k: int, own: np.ndarray | None) -> np.ndarray:
    """int64 (q, k): the best rows of each query by comparing all of them; -1 past the last."""
    k = min(k, shard.rows - 1)
    heap = faiss.ResultHeap(len(queries), k + 1, keep_max=True)
    for start in range(0, shard.rows, CHUNK_ROWS):
        rows = np.arange(start, min(start + CHUNK_ROWS, shard.rows))
        floats = shard.vectors.floats(rows)
        scores, found = faiss.knn(queries, floats, min(k + 1, len(rows)), faiss.METRIC_INNER_PRODUCT)
        heap.add_result(scores, found + start)
    heap.finalize()
    return without(heap.I, own)[:, :k]


def without(found: np.ndarray, own: np.ndarray | None) -> np.ndarray:
    """(q, k - 1): each query's own row taken out, or the last one where it was not found."""
    if own is None:
        return found[:, :-1]
    keep = found != own[:, None]
    keep[keep.all(axis=1), -1] = False
    return found[keep].reshape(len(found), -1)


def tune_lists(shard: Shard, queries: np.ndarray, truth: np.ndarray) -> list[dict]:
    """How many of the nearest lists hold the best rows."""
    lists = shard.lists
    scores = lists.turned(queries) @ lists.centroids.T
    places = np.empty_like(scores, dtype=np.int32)
    np.put_along_axis(places, np.argsort(-scores, axis=1), np.arange(scores.shape[1], dtype=np.int32)[None], axis=1)
    at = np.take_along_axis(places, lists.list_of[truth].astype(np.int64), axis=1)
    entries = []
    for k in (k for k in ASKED if k <= truth.shape[1]):
        for nprobe in nprobes(len(lists.centroids)):
            entries.append(entry("lists", k, at[:, :k] < nprobe, nprobe, 0, float(nprobe)))
    return thinned(entries)


def tune_codes(shard: Shard, queries: np.ndarray, truth: np.ndarray, own: np.ndarray | None) -> list[dict]:
    lists = shard.lists
    turned = lists.turned(queries)
    sizes = lists.sizes[np.argsort(-(turned @ lists.centroids.T), axis=1)]
    scanned = np.cumsum(sizes, axis=1).mean(axis=0)
    entries = []
    most = min(max(RERANKS[100]) + 1, shard.rows)
    for nprobe in nprobes(len(lists.centroids)):
        _, found = lists.index.search(turned, most, params=ivf_parameters(nprobe))
        ranks = ranks_of(truth[:, :100], without(found, own))
        work = scanned[nprobe - 1] * lists.code_bytes * SCAN_NS_PER_BYTE / 1000 + nprobe * LIST_US
        for k, reranks in RERANKS.items():
            for rerank in reranks:
                cost = work + rerank * shard.dim * RERANK_NS_PER_NUMBER / 1000
                entries.append(entry("codes", k, ranks[:, :k] < rerank, nprobe, rerank, cost))
        if entries[-1]["recall"] > RECALLS[-1]:
            break
    return thinned(entries)


def code_noise(shard: Shard, seed: int = 0) -> float:
    """Standard error of an inner product by codes, over the rows that codes propose to rows of the shard."""
    if shard.lists is None or shard.rows < 2:
        return 0.0
    lists, some = shard.lists, np.random.default_rng(seed).choice(shard.rows, min(50, shard.rows), replace=False)
    queries = shard.vectors.floats(some)
    scores, found = lists.index.search(lists.turned(queries), min(100, shard.rows), params=ivf_parameters(8))
    errors = [
        score[rows >= 0] - shard.score(query, rows[rows >= 0])
        for query, score, rows in zip(queries, scores, found, strict=True)
    ]
    return float(np.concatenate(errors).std())


def tune_graph(shard: Shard, queries: np.ndarray, truth: np.ndarray, own: np.ndarray | None) -> list[dict]:
    entries = []
    for ef in (24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024):
        parameters = faiss.SearchParametersHNSW(efSearch=ef)
        _, found = shard.index.search(queries, min(ef, shard.rows), params=parameters)
        ranks = ranks_of(truth[:, :100], without(found, own))
        for k, reranks in RERANKS.items():
            for rerank in (rerank for rerank in reranks if rerank <= ef):
                cost = ef * 1.5 + rerank * shard.dim * RERANK_NS_PER_NUMBER / 1000
                entries.append(entry("graph", k, ranks[:, :k] < rerank, ef, rerank, cost))
    return thinned(entries)


def nprobes(lists: int) -> list[int]:
    return [nprobe for nprobe in NPROBES if nprobe < lists] + [lists]


def ranks_of(truth: np.ndarray, found: np.ndarray) -> np.ndarray:
    """int64 (q, k): where each true row stands among the proposed ones, and beyond all of them where it does not."""
    ranks = np.full(truth.shape, 1 << 30)
    for query, (wanted, rows) in enumerate(zip(truth, found, strict=True)):
        order = np.argsort(rows)
        place = np.minimum(np.searchsorted(rows, wanted, sorter=order), len(rows) - 1)
        hit = rows[order[place]] == wanted
        ranks[query, hit] = order[place[hit]]
    return ranks


def entry(of: str, k: int, hits: np.ndarray, nprobe: int, rerank: int, cost: float) -> dict:
    """hits: bool (q, k)."""
    each = hits.mean(axis=1)
    recall = float(each.mean() - each.std() / len(each) ** 0.5)
    measured = {"recall": round(recall, 4), "cost": round(float(cost), 1)}
    return {"of": of, "k": k, "nprobe": nprobe, "rerank": rerank} | measured


def thinned(entries: list[dict]) -> list[dict]:
    """Per k, the cheapest entry for each recall that may be asked for, and the best one there is."""
    kept = {}
    for k in {entry["k"] for entry in entries}:
        of_k = [entry for entry in entries if entry["k"] == k]
        wanted = [[entry for entry in of_k if entry["recall"] >= recall] for recall in RECALLS]
        chosen = [min(enough, key=lambda entry: entry["cost"]) for enough in wanted if enough]
        for entry in (*chosen, max(of_k, key=lambda entry: (entry["recall"], -entry["cost"]))):
            kept[entry["k"], entry["nprobe"], entry["rerank"]] = entry
    return sorted(kept.values(), key=lambda entry: (entry["k"], entry["cost"]))
