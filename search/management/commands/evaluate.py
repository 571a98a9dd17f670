"""`manage.py evaluate demo`: how good are the answers, in figures and in pictures of the worst misses."""

import json
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from search.build import details
from search.evaluate.folder import NoSuchFolder, read_folder
from search.evaluate.misses import write_misses
from search.evaluate.prepare import PreparationFailed, prepare
from search.evaluate.report import evaluate


class Command(BaseCommand):
    help = "Measure the search on a folder of photos and texts with known answers, in a catalog apart from the shop's."

    def add_arguments(self, parser):
        parser.add_argument("folder", help="a folder with feed.csv and queries.jsonl, or the word demo")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON, and nothing else")
        parser.add_argument(
            "--misses", type=Path, help="where pictures of the misses go (default: var/evaluate/<name>)"
        )
        parser.add_argument("--signals", type=Path, help="a file for `python -m ml.train closeness` to learn from")
        parser.add_argument("--inside", action="store_true", help="this process already runs in the evaluation's shop")

    def handle(self, *, folder: str, json: bool, misses: Path | None, signals: Path | None, inside: bool, **options):
        root = (settings.BASE_DIR / "demo") if folder == "demo" else Path(folder).resolve()
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
