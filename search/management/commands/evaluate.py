"""`manage.py evaluate demo`: how good are the answers, in figures and in pictures of the worst misses.

Of a golden set it is asked in this shop itself, of a folder in a shop of its own.
"""

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ml.evaluate.golden import GoldenSet
from search.build import details
from search.evaluate.folder import NoSuchFolder, read_folder
from search.evaluate.misses import write_misses
from search.evaluate.prepare import PreparationFailed, prepare
from search.evaluate.report import evaluate
from search.evaluate.score import score
from search.evaluate.sets import DEPTH
from search.golden_sets import resolve
from search.management import console
from search.retrieve.manifest import BrokenGeneration


class Command(BaseCommand):
    help = "Measure the search: on a golden set in this shop, on a folder apart from it (docs/evaluate.md)."

    def add_arguments(self, parser):
        parser.add_argument("folder", help="a golden set's name, a folder with feed.csv and queries.jsonl, or demo")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON, and nothing else")
        parser.add_argument(
            "--misses", type=Path, help="where pictures of the misses go (default: var/evaluate/<name>)"
        )
        parser.add_argument("--signals", type=Path, help="a file for `python -m ml.train closeness` to learn from")
        parser.add_argument("--inside", action="store_true", help="this process already runs in the evaluation's shop")
        only = parser.add_argument_group("of a golden set")
        only.add_argument("--bundle", default="", help="which bundle answers (default: the live one)")
        only.add_argument("--generation", default="", help="this generation alone answers")
        only.add_argument("--depth", type=int, default=DEPTH, help=f"results a query, at most {DEPTH}")
        only.add_argument("--write", type=Path, metavar="DIR", help="qrels and runs as measured, as TREC files")
        only.add_argument("--note", action="store_true", help="keep the figures, for the trend and the gate")

    def handle(self, *, folder: str, **options):
        with console.refusals():
            found = resolve(folder)
            if isinstance(found, GoldenSet):
                return self.golden(found, **options)
        self.folder(found, **options)

    def golden(self, golden, *, bundle, generation, depth, write, note, json: bool, **options) -> None:
        if not 1 <= depth <= DEPTH:
            raise CommandError(f"--depth is 1 to {DEPTH}.")
        with closing(console.Bar(self.stderr, json or not self.stderr.isatty())) as progress:
            try:
                measured = score(golden, bundle, generation, depth, progress)
            except BrokenGeneration as error:
                raise CommandError(str(error)) from error
        if write:
            measured.write(write)
        if note:
            measured.note(console.actor())
        self.stdout.write(console.as_json(measured.as_dict()) if json else "\n".join(lines(measured.as_dict())))

    def folder(self, root: Path, *, json: bool, misses: Path | None, signals: Path | None, inside: bool, **options):
        misses = misses or settings.VAR_DIR / "evaluate" / root.name
        if inside:
            return self.measure(root, json, misses, signals)
        try:
            read_folder(root)
            environment = prepare(root / "feed.csv")
        except (NoSuchFolder, PreparationFailed, OSError) as error:
            raise CommandError(str(error)) from error
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "evaluate", str(root), "--inside"]
        command += ["--misses", str(misses.resolve()), *(["--json"] if json else [])]
        command += ["--signals", str(signals.resolve())] if signals else []
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
        self.stdout.write(done.stdout, ending="")
        if done.returncode:
            raise CommandError("The evaluation ended early; what it said is above.")

    def measure(self, root: Path, as_json: bool, misses: Path, signals: Path | None) -> None:
        details.fill_all()  # a worker that stops when its queue is empty leaves the longest jobs to the next one
        figures, same, shop = evaluate(read_folder(root), lambda what: self.stderr.write(what), signals)
        pictures = write_misses(same, shop, misses)
        figures["misses"] = {"folder": str(misses), "pictures": len(pictures)}
        if as_json:
            self.stdout.write(json.dumps(figures, indent=2))
        else:
            self.stdout.write("\n".join(lines(figures)))


def lines(figures: dict, indent: str = "") -> list[str]:
    """Figures as an indented list for people."""
    out = []
    for name, value in figures.items():
        if isinstance(value, dict):
            out += [f"{indent}{name}", *lines(value, indent + "  ")]
        else:
            out.append(f"{indent}{name}: {value}")
    return out
