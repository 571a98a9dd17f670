"""Figures to tables in Markdown, and what was promised beside what was measured."""

from dataclasses import dataclass
from statistics import median

from ann.peers import OURS
from ann.run import GOOD_DEEP_RECALL, GOOD_RECALL, best

FILTERED_RECALL = 0.98
TARGET_ROWS = 500_000


@dataclass(frozen=True, slots=True)
class Target:
    """`at_most`: the limit is the largest good value, else the smallest. measured None: this run cannot say."""

    name: str
    limit: float
    measured: float | None
    at_most: bool = True
    detail: str = ""

    @property
    def verdict(self) -> str:
        if self.measured is None:
            return "not measured"
        return "met" if (self.measured <= self.limit) == self.at_most or self.measured == self.limit else "missed"


def report(runs: list[dict]) -> str:
    parts = ["# Nearest-neighbour search, side by side", *map(section, runs), "## Targets", target_table(targets(runs))]
    return "\n\n".join(parts) + "\n"


def merged(some: list[list[dict]]) -> list[dict]:
    """Several runs as one: engines of the same size side by side; one that was run twice counts as it was last."""
    sizes: dict[int, dict] = {}
    for run in sorted((run for runs in some for run in runs), key=lambda run: run["rows"]):
        whole = sizes.setdefault(run["rows"], {**run, "peers": []})
        again = {one["peer"] for one in run["peers"]}
        whole["peers"] = [one for one in whole["peers"] if one["peer"] not in again] + run["peers"]
        whole["duel"] = run["duel"] or whole["duel"]
    return list(sizes.values())


def section(run: dict) -> str:
    parts = [f"## {run['rows']:,} rows", hardness_line(run["hardness"]), peer_table(run["peers"])]
    if run.get("duel"):
        parts += ["In turns, in one run:", duel_table(run["duel"])]
    if filtered := filter_table(run["peers"]):
        parts += ["Filters:", filtered]
    failed = [f"- {one['peer']}: {one['error']}" for one in run["peers"] if one.get("error")]
    return "\n\n".join(parts + (["Not measured, or not to the end:\n\n" + "\n".join(failed)] if failed else []))


def hardness_line(found: dict) -> str:
    recall = found["ivf_recall_at_10"]
    hard = "hard enough" if found["hard_enough"] else "outside 0.90 to 0.95"
    return (
        f"Two vectors at random have a cosine of {found['cosine_of_two_at_random']:.2f}, a query and its nearest "
        f"{found['cosine_of_the_nearest']:.2f}. Plain IVF with 1000 lists has a recall@10 of {recall['10']:.3f} with 10"
        f" of them ({hard}), {recall['4']:.3f} with 4 and {recall['32']:.3f} with 32."
    )


def table(head: list[str], rows: list[list]) -> str:
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *[[show(cell) for cell in row] for row in rows]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def show(cell) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.3g}" if abs(cell) < 1 else f"{cell:.2f}"
    return str(cell)


def peer_table(peers: list[dict]) -> str:
    head = ["engine", "setting", "recall@10", "p50 ms", "p99 ms", "queries/s, 2 threads", "p50 ms at recall@100 0.97",
            "build s", "RAM B/vector", "without float rows", "disk B/vector", "best recall@10", "probe ms"]  # fmt: skip
    return table(head, [peer_row(one) for one in peers if one["settings"]])


def peer_row(one: dict) -> list:
    quick, deep = best(one["settings"], GOOD_RECALL), best(one["deep"], GOOD_DEEP_RECALL)
    quick = quick or {}
    whole, bare = ram(one)
    setting = " ".join(f"{name} {value}" for name, value in quick.get("setting", {}).items())
    probes = [ms for found in one["settings"] for ms in found["probe_ms"]]
    return [
        one["peer"], setting or None, quick.get("recall"), quick.get("p50_ms"), quick.get("p99_ms"),
        quick.get("per_s"), deep and deep["p50_ms"], one["built"]["build_s"], whole, bare,
        one["built"]["disk"] / one["rows"], max(found["recall"] for found in one["settings"]), median(probes),
    ]  # fmt: skip


def ram(one: dict) -> tuple[float, float | None]:
    """Bytes a vector in memory: all, and all but the float rows (None where that cannot be told apart)."""
    opened, rows = one["opened"], one["rows"]
    memory = opened["memory"]
    if memory.get("server"):
        return (memory["index"] + memory["vectors"]) / rows, memory["index"] / rows
    mapped = opened["mapped"]
    floats = sum(size for name, size in mapped.items() if name.endswith("vectors.f16"))
    whole = (opened["anonymous"] + sum(mapped.values())) / rows
    return whole, whole - (memory["vectors"] + floats) / rows if "vectors" in memory else None


def duel_table(duel: dict) -> str:
    head = ["engine", "setting", "recall@10", "p50 ms, median of the turns", "slowest and fastest turn", "p99 ms",
            "recall@100", "p50 ms of 100"]  # fmt: skip
    rows = []
    for name, chosen in duel["fighters"].items():
        quick = [turn[name]["quick"] for turn in duel["turns"]]
        deep = [turn[name]["deep"] for turn in duel["turns"] if "deep" in turn[name]]
        times = [one["p50_ms"] for one in quick]
        rows.append([
            name, " ".join(f"{key} {value}" for key, value in chosen["quick"]["setting"].items()), quick[0]["recall"],
            median(times), f"{max(times):.3f} {min(times):.3f}", median(one["p99_ms"] for one in quick),
            deep[0]["recall"] if deep else None, median(one["p50_ms"] for one in deep) if deep else None,
        ])  # fmt: skip
    return table(head, rows)


def filter_table(peers: list[dict]) -> str:
    head = ["engine", "relation", "rows that pass", "of the 100 nearest", "recall@10", "full pages", "p50 ms", "p99 ms",
            "to unfiltered", "first time p50 ms", "setting"]  # fmt: skip
    rows = [filter_row(one, found) for one in peers for found in chosen_filters(one)]
    return table(head, rows) if rows else ""


def chosen_filters(one: dict) -> list[dict]:
    """At each relation and share the quickest setting that is good enough, else the one that finds most."""
    groups: dict[tuple, list[dict]] = {}
    for found in one["filtered"]:
        groups.setdefault((found["relation"], found["share"]), []).append(found)
    return [best(some, FILTERED_RECALL) or max(some, key=lambda each: each["recall"]) for some in groups.values()]


def filter_row(one: dict, found: dict) -> list:
    quick = best(one["settings"], GOOD_RECALL)
    return [
        one["peer"], found["relation"], f"{found['passing']:.2%}", f"{found['near']:.1%}", found["recall"],
        found["full_pages"], found["p50_ms"], found["p99_ms"], quick and found["p50_ms"] / quick["p50_ms"],
        found["first_p50_ms"], " ".join(f"{name} {value}" for name, value in found["setting"].items()) or None,
    ]  # fmt: skip


def targets(runs: list[dict]) -> list[Target]:
    """At TARGET_ROWS, or at the largest size of a smaller run."""
    largest = max(runs, key=lambda one: one["rows"])
    run = next((one for one in runs if one["rows"] == TARGET_ROWS), largest)
    ours = next((one for one in run["peers"] if one["peer"] == OURS and one["settings"]), None)
    if ours is None:
        return []
    return [*speed_targets(run, ours), *footprint_targets(run, ours), *filter_targets(ours), growth_target(runs)]


def duel_p50(run: dict, name: str | None, depth: str = "quick") -> float | None:
    if not run.get("duel") or name not in run["duel"]["fighters"]:
        return None
    times = [turn[name][depth]["p50_ms"] for turn in run["duel"]["turns"] if depth in turn[name]]
    return median(times) if times else None


def ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above and below else None


def speed_targets(run: dict, ours: dict) -> list[Target]:
    at = f"at {run['rows']:,} rows"
    fighters = run["duel"]["fighters"] if run.get("duel") else {}
    raw = next((name for name in fighters if name.startswith("faiss")), None)
    mine, deep = duel_p50(run, OURS), duel_p50(run, OURS, "deep")
    own = best(ours["settings"], GOOD_RECALL)
    whole = [one for one in run["peers"] if not one["peer"].startswith((OURS, "scann", "faiss"))]
    others = [quick["p50_ms"] for one in whole if (quick := best(one["settings"], GOOD_RECALL))]
    return [
        Target(f"p50 {at}, to the best raw FAISS index's ({raw})", 1.3, ratio(mine, duel_p50(run, raw))),
        Target(f"the same to ScaNN's, an aim {at}", 1.0, ratio(mine, duel_p50(run, "scann"))),
        Target(f"p50 {at}, to the next engine's", 1.0, ratio(own and own["p50_ms"], min(others, default=None))),
        Target("p50 with 100 answers at recall@100 0.97, to that with 10", 2.0, ratio(deep, mine)),
        Target("the same, to the best raw FAISS index's with 10", 2.0, ratio(deep, duel_p50(run, raw))),
    ]


def footprint_targets(run: dict, ours: dict) -> list[Target]:
    raw = [one for one in run["peers"] if one["peer"].startswith("faiss") and best(one["settings"], GOOD_RECALL)]
    quickest = min(raw, key=lambda one: best(one["settings"], GOOD_RECALL)["p50_ms"], default=None)
    build = ratio(ours["built"]["build_s"], quickest and quickest["built"]["build_s"])
    return [
        Target("RAM without the float rows, bytes a vector", 150, ram(ours)[1]),
        Target("build time, to the best raw FAISS index's", 1.5, build),
    ]


def filter_targets(ours: dict) -> list[Target]:
    found = [one for one in ours["filtered"] if one["relation"] != "along"]
    quick = best(ours["settings"], GOOD_RECALL)
    if not found or quick is None:
        return []
    recall, full = (min(one[key] for one in found) for key in ("recall", "full_pages"))
    return [
        Target("recall@10 with filters, the worst", FILTERED_RECALL, recall, at_most=False),
        Target("full pages with filters, the worst share", 1.0, full, at_most=False),
        Target("p50 with filters to without, the worst", 3.0, max(one["p50_ms"] for one in found) / quick["p50_ms"]),
    ]


def growth_target(runs: list[dict]) -> Target:
    times = {run["rows"]: duel_p50(run, OURS) for run in runs}
    grown = ratio(times.get(1_000_000), times.get(100_000))
    return Target("p50 of 1,000,000 rows to that of 100,000", 2.0, grown)


def target_table(found: list[Target]) -> str:
    rows = [[one.name, f"{'<=' if one.at_most else '>='} {one.limit:g}", one.measured, one.verdict] for one in found]
    return table(["what", "target", "measured", "verdict"], rows)
