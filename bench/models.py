"""Latency and memory of the bundle's models on this machine: python bench/models.py [--threads 1 2] [--spin]."""

import argparse
import time
from pathlib import Path

import numpy as np
import onnxruntime
import psutil
from PIL import Image

import ml.bundle
from ml.bundle import default_bundle_folder, load_bundle

TEXT = "green velvet armchair with oak legs"


def open_spinning(path: Path, threads: int) -> onnxruntime.InferenceSession:
    """As the bundle opens its sessions, but with ONNX Runtime's default of spinning threads."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def percentiles(call, runs: int) -> str:
    call()
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - started))
    p50, p99 = np.percentile(times, (50, 99))
    return f"p50 {p50:6.1f} ms  p99 {p99:6.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--spin", action="store_true")
    options = parser.parse_args()
    if options.spin:
        ml.bundle.open_session = open_spinning
    photo = Image.effect_noise((1280, 960), 60).convert("RGB")
    part = photo.crop((300, 200, 800, 700))
    process = psutil.Process()
    for threads in options.threads:
        before = process.memory_info().rss
        bundle = load_bundle(default_bundle_folder(), threads=threads)
        print(f"{bundle.id}, {threads} threads, spinning {'on' if options.spin else 'off'}")
        print("  detect 1280 px photo ", percentiles(lambda: bundle.detect(photo), options.runs))  # noqa: B023
        print("  encode 1 crop        ", percentiles(lambda: bundle.encode_images([part]), options.runs))  # noqa: B023
        print("  encode 1 text        ", percentiles(lambda: bundle.encode_texts([TEXT]), options.runs))  # noqa: B023
        print(f"  memory of the models   {(process.memory_info().rss - before) / 2**20:.0f} MiB")
        bundle.close()


if __name__ == "__main__":
    main()
