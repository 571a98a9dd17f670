"""Starts the engines one after the other, asks each the same, and keeps what they answer."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from ann.data import Data, data_folder
from ann.filters import RELATIONS, SHARES, cases
from ann.peers import OURS, PEERS

BENCH = Path(__file__).resolve().parents[1]
BUDGET_S = 4.0
LIMIT_S = 3600  # to build, and again to be asked everything
GOOD_RECALL, GOOD_DEEP_RECALL = 0.95, 0.97
RECALLS = (0.90, 0.95, 0.97, 0.99)
SLACK, NEAR = 0.005, 3  # what 200 queries may be wrong by, and how many settings are looked at again
FEW_QUERIES = 200
ROUNDS = 7


class PeerFailed(Exception):
    """The engine's process ended, or took too long."""


def peers_python() -> Path:
    venv = os.environ.get("SIGHTLINE_PEERS_VENV") or Path(tempfile.gettempdir()) / "sightline-bench-venv"
    return Path(venv) / "bin" / "python"


class Process:
    """An engine's process, asked line by line."""

    def __init__(self, name: str, rows: int, serving: bool = True):
        self.log = data_folder() / f"{name}-{rows}.log"
        python = peers_python() if PEERS[name].foreign else Path(sys.executable)
        path = os.pathsep.join([str(BENCH), str(BENCH.parent)])
        environment = {**os.environ, "PYTHONPATH": path, "OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": "2"}
        if serving:  # as our web server is started: BLAS must not share one query's few rows out to threads
            environment["OPENBLAS_NUM_THREADS"] = "1"
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [str(python), "-c", f"from ann.serve import serve; serve({name!r}, {rows})"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment, text=True, bufsize=1,
            )  # fmt: skip

    def ask(self, verb: str, **order) -> dict:
        try:
            self.process.stdin.write(json.dumps({"do": verb, **order}) + "\n")
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise PeerFailed(f"its process ended, by itself or after {LIMIT_S} s; see {self.log}")
        answer = json.loads(line)
        if "error" in answer:
            raise PeerFailed(answer["error"])
        return answer

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@contextmanager
def process(name: str, rows: int, serving: bool = True):
    """Killed when it takes longer than LIMIT_S; what it is asked then raises PeerFailed."""
    started = Process(name, rows, serving)
    watchdog = threading.Timer(LIMIT_S, started.process.kill)
    watchdog.start()
    try:
        yield started
    finally:
        watchdog.cancel()
        started.close()


def run_peer(name: str, rows: int, with_filters: bool) -> dict:
    """Build, then open in a fresh process and measure. What went before a failure is kept."""
    result = {"peer": name, "rows": rows, "settings": [], "deep": [], "filtered": []}
    try:
        clean([name], rows)
        with process(name, rows, serving=False) as engine:
            result |= engine.ask("describe") | {"built": engine.ask("build")}
        with process(name, rows) as engine:
            settings, filter_settings = (result.pop(key) for key in ("settings", "filter_settings"))
            result |= {"opened": engine.ask("open"), "settings": [], "filtered": []}
            measure_settings(engine, settings, result)
            if with_filters:
                measure_filters(name, engine, filter_settings, result)
    except PeerFailed as error:
        result["error"] = str(error)
    return result


def measure_settings(engine: Process, settings: list[dict], result: dict) -> None:
    """All settings on a few queries; then on all of them those that are the quickest to reach a recall."""
    for key, k in (("settings", 10), ("deep", 100)):
        few = {"k": k, "queries": FEW_QUERIES, "budget_s": BUDGET_S / 4}
        scanned = [engine.ask("measure", setting=setting, **few) for setting in settings]
        for setting in promising(scanned):
            result[key].append(engine.ask("measure", setting=setting, k=k, budget_s=BUDGET_S, batch=k == 10))


def promising(scanned: list[dict]) -> list[dict]:
    """The settings behind the quickest answers at each recall; near a limit two, as a few queries cannot tell."""
    chosen = []
    for recall in RECALLS:
        good = sorted((one for one in scanned if one["recall"] >= recall - SLACK), key=lambda one: one["p50_ms"])
        chosen += [one["setting"] for one in good[:NEAR]]
    chosen.append(max(scanned, key=lambda one: one["recall"])["setting"])
    return [setting for number, setting in enumerate(chosen) if setting not in chosen[:number]]


def measure_filters(name: str, engine: Process, settings: list[dict], result: dict) -> None:
    """Ours under every relation; the others, which are only there to compare with, under two."""
    for relation in RELATIONS if name == OURS else RELATIONS[:2]:
        for share in SHARES:
            for setting in settings:
                asked = {"setting": setting, "relation": relation, "share": share, "budget_s": BUDGET_S / 4}
                result["filtered"].append(engine.ask("filtered", **asked))


def best(measured: list[dict], recall: float) -> dict | None:
    """The quickest setting that reaches the recall."""
    good = [one for one in measured if one["recall"] >= recall]
    return min(good, key=lambda one: one["p50_ms"]) if good else None


def duel(results: list[dict], rows: int) -> dict | None:
    """Ours, the best raw FAISS index and ScaNN, opened side by side and asked in turns."""
    fighters = {name: chosen for name, chosen in rivals(results).items() if chosen["quick"]}
    if OURS not in fighters or len(fighters) < 2:
        return None
    engines = {name: Process(name, rows) for name in fighters}
    try:
        for engine in engines.values():
            engine.ask("open")
        turns = [turn(engines, fighters) for _ in range(ROUNDS)]
    finally:
        for engine in engines.values():
            engine.close()
    return {"fighters": fighters, "turns": turns}


def rivals(results: list[dict]) -> dict[str, dict]:
    """{name: {"quick", "deep"}: the settings at which each is compared}."""
    chosen = {
        one["peer"]: {"quick": best(one["settings"], GOOD_RECALL), "deep": best(one["deep"], GOOD_DEEP_RECALL)}
        for one in results
    }
    raw = [name for name, found in chosen.items() if name.startswith("faiss") and found["quick"]]
    wanted = {OURS, "scann", min(raw, key=lambda name: chosen[name]["quick"]["p50_ms"], default="")}
    return {name: found for name, found in chosen.items() if name in wanted}


def turn(engines: dict[str, Process], fighters: dict[str, dict]) -> dict:
    measured: dict[str, dict] = {}
    for name, engine in engines.items():
        chosen = fighters[name]
        measured[name] = {"quick": engine.ask("measure", setting=chosen["quick"]["setting"], k=10, budget_s=BUDGET_S)}
        if chosen["deep"]:
            deep = chosen["deep"]["setting"]
            measured[name]["deep"] = engine.ask("measure", setting=deep, k=100, budget_s=BUDGET_S)
    return measured


def run(sizes: list[int], names: list[str], with_filters: bool, keep: bool, save) -> list[dict]:
    """One entry for each size. `save` is called with all of them whenever there is something new."""
    runs: list[dict] = []
    for rows in sizes:
        one = {"rows": rows, "hardness": prepare(rows, with_filters), "peers": [], "duel": None}
        runs.append(one)
        for name in names:
            started = time.monotonic()
            one["peers"].append(run_peer(name, rows, with_filters))
            say(one["peers"][-1], time.monotonic() - started)
            save(runs)
        one["duel"] = duel(one["peers"], rows)
        save(runs)
        if not keep:
            clean(names, rows)
    return runs


def prepare(rows: int, with_filters: bool) -> dict:
    """Makes what the engines' processes only read, and says how hard the vectors are."""
    data = Data.open(rows)
    if with_filters:
        cases(data)
    found = data.hardness
    recall = found["ivf_recall_at_10"]["10"]
    print(f"{rows:,} rows; plain IVF with 1000 lists has a recall of {recall:.3f} at 10 of them", flush=True)
    return found


def say(result: dict, seconds: float) -> None:
    quick = best(result["settings"], GOOD_RECALL)
    told = f"p50 {quick['p50_ms']:.3f} ms at recall {quick['recall']:.3f}" if quick else "below recall 0.95"
    print(f"{result['rows']:>9,} {result['peer']:<20} {result.get('error') or told}  ({seconds:.0f} s)", flush=True)


def clean(names: list[str], rows: int) -> None:
    """The engines' files; the vectors stay."""
    for name in names:
        shutil.rmtree(data_folder() / "work" / f"{name}-{rows}", ignore_errors=True)
