"""The bundle's models by ONNX Runtime (float, static int8, dynamic int8), OpenVINO and torch, in one run.

python bench/runtimes.py [--recipe RECIPE] [--threads 2] [--batch 1 8 32] [--rounds 15] [--bundle FOLDER] [--json FILE]

Contenders take turns, round by round, so that whatever else the machine does hits all alike; medians are printed, of
time on the clock and of core time, which a busy machine disturbs less.
torch needs the recipe whose [bundle] names the checkpoints; OpenVINO bench/requirements-runtimes.txt. What is not
there is left out and named.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ml.bundle import CANONICAL_TEXT, Bundle, default_bundle_folder, load_bundle, open_session
from ml.detect.detector import letterbox
from ml.encode.images import to_square
from ml.images import open_image
from ml.train.assemble import load_text
from ml.train.export import export_text
from ml.train.image_model import load_tower
from ml.train.int8 import calibration, dynamic_int8, static_int8
from ml.train.product_detector import read_graph
from ml.train.recipe import BundleRecipe, read_recipe

DEMO = Path(__file__).parents[1] / "demo"
CALM_S = 0.05  # between turns: threads of one runtime may spin on for a while

Feed = dict[str, np.ndarray]
Run = Callable[[Feed], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=default_bundle_folder())
    parser.add_argument("--recipe", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    bundle = load_bundle(options.bundle, threads=options.threads)
    report = []
    with tempfile.TemporaryDirectory() as folder:
        for model, one in inputs(bundle).items():
            runs = dict(contenders(model, options, bundle, Path(folder)))
            for batch in options.batch:
                feed = {name: np.repeat(values, batch, axis=0) for name, values in one.items()}
                for name, times_ms in compete(runs, feed, options.rounds).items():
                    report.append({"model": model, "batch": batch, "by": name, "p50_ms": statistics.median(times_ms)})
                    print(
                        f"{model:9} batch {batch:3}  {name:24} {report[-1]['p50_ms'] / batch:8.2f} ms each", flush=True
                    )
    if options.json:
        options.json.write_text(json.dumps({"bundle": bundle.id, "threads": options.threads, "rows": report}, indent=2))


def inputs(bundle: Bundle) -> dict[str, Feed]:
    """What each model is given of one picture or text, as when it serves."""
    room = open_image(rooms()[0].read_bytes(), max_side_px=1280)
    shot = open_image(shots()[0].read_bytes(), max_side_px=512)
    spec = bundle.detector.spec
    given = {
        "detector": {"pixels": letterbox(room, spec.size_px, spec.fill)[0][None]},
        "image": {"pixels": to_square(shot, bundle.image_encoder.spec)[None]},
    }
    if bundle.text_encoder is not None:
        row = bundle.text_encoder.tokenizer.encode(CANONICAL_TEXT)
        words = {"tokens": np.array([row.ids]), "mask": np.array([row.attention_mask])}
        given["text"] = {name: words[name] for name in bundle.text_encoder.inputs}
    return given


def rooms() -> list[Path]:
    return sorted((DEMO / "photos").glob("*.*"))


def shots() -> list[Path]:
    return sorted((DEMO / "images").glob("*-1.jpg"))


def contenders(model: str, options: argparse.Namespace, bundle: Bundle, folder: Path) -> Iterator[tuple[str, Run]]:
    path, threads = options.bundle / bundle.manifest[model]["file"], options.threads
    yield "onnxruntime as it ships", by_onnxruntime(path, threads)
    module = module_of(model, options.recipe) if options.recipe else None
    if model == "text" and module is not None:  # it ships with its matrices stored as int8
        path = folder / "text.float.onnx"
        export_text(module, path, quantized=False)
        yield "onnxruntime float", by_onnxruntime(path, threads)
    if model != "text":
        static_int8(path, folder / f"{model}.static.onnx", calibration(model, bundle, DEMO))
        yield "onnxruntime static int8", by_onnxruntime(folder / f"{model}.static.onnx", threads)
    dynamic_int8(path, folder / f"{model}.dynamic.onnx")
    yield "onnxruntime dynamic int8", by_onnxruntime(folder / f"{model}.dynamic.onnx", threads)
    if find_spec("openvino"):
        yield "openvino", by_openvino(path, threads)
    if module is not None:
        yield "torch", by_torch(module, threads)


def by_onnxruntime(path: Path, threads: int) -> Run:
    session = open_session(path, threads)
    return lambda feed: session.run(None, feed)


def by_openvino(path: Path, threads: int) -> Run:
    import openvino

    compiled = openvino.Core().compile_model(
        path, "CPU", {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    )
    return lambda feed: compiled(feed)


def module_of(model: str, recipe: Path) -> nn.Module:
    described = read_recipe(recipe, "bundle", BundleRecipe)
    if model == "text":
        return load_text(described.text, load_tower(described.image).dim)[0].eval()
    return (read_graph(described.detector) if model == "detector" else load_tower(described.image)).eval()


def by_torch(module: nn.Module, threads: int) -> Run:
    torch.set_num_threads(threads)

    def run(feed: Feed) -> object:
        with torch.inference_mode():
            return module(*(torch.from_numpy(feed[name]) for name in ("pixels", "tokens", "mask") if name in feed))

    return run


def compete(runs: dict[str, Run], feed: Feed, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """{name: (milliseconds, of core) of each round}; the first call of each, which allocates, does not count."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for run in runs.values():
        run(feed)
    for _ in range(rounds):
        for name, run in runs.items():
            time.sleep(CALM_S)
            started, cores = time.perf_counter(), time.process_time()
            run(feed)
            times[name].append((1000 * (time.perf_counter() - started), 1000 * (time.process_time() - cores)))
    return times


if __name__ == "__main__":
    main()
