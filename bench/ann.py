"""Our retrieve stage beside raw FAISS, ScaNN, pgvector, hnswlib, usearch, milvus-lite, LanceDB and Chroma.

    python bench/ann.py setup                                 the peers' virtual environment ($SIGHTLINE_PEERS_VENV)
    python bench/ann.py --rows 100000,500000,1000000          everything; --peers sightline,faiss_pq256 for a few
    python bench/ann.py report FILE [FILE ...]                the tables of earlier runs, put together

See docs/bench.md for what is compared and how.
"""

import argparse
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

BENCH = Path(__file__).resolve().parent
sys.path[:0] = [str(BENCH), str(BENCH.parent)]

from ann.peers import PEERS  # noqa: E402
from ann.report import merged, report  # noqa: E402
from ann.run import peers_python, run  # noqa: E402


def setup() -> None:
    python = peers_python()
    if not python.exists():
        venv.create(python.parents[1], with_pip=True)
    requirements = BENCH / "requirements-peers.txt"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", "-r", str(requirements)], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", nargs="?", choices=["run", "setup", "report"], default="run")
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--rows", default="100000,500000,1000000")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--no-filters", action="store_true")
    parser.add_argument("--keep", action="store_true", help="leave the engines' files for another look")
    parser.add_argument("--out", type=Path, help="the figures as JSON; the tables go beside it as .md")
    arguments = parser.parse_args()
    if arguments.action == "setup":
        return setup()
    if arguments.action == "report":
        return print(report(merged([json.loads(file.read_text()) for file in arguments.files])))
    names = arguments.peers.split(",")
    if unknown := set(names) - set(PEERS):
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(PEERS)}")
    foreign = [name for name in names if PEERS[name].foreign]
    if foreign and not peers_python().exists():
        parser.error(f"{', '.join(foreign)}: run `python bench/ann.py setup` first, or leave them out with --peers")

    def save(runs: list[dict]) -> None:
        if arguments.out:
            arguments.out.write_text(json.dumps(runs, indent=1))
            arguments.out.with_suffix(".md").write_text(report(runs))

    sizes = [int(rows) for rows in arguments.rows.split(",")]
    runs = run(sizes, names, not arguments.no_filters, arguments.keep, save)
    print(report(runs))
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
