"""`manage.py negatives`: data sets of hard negatives, each line with its origin (docs/negatives.md)."""

from argparse import ArgumentParser
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from labeling.errors import BadDataset, LabelingError
from labeling.export.dataset import make_dataset
from labeling.export.from_folder import import_dataset
from labeling.export.from_index import mine
from labeling.export.from_use import pairs_from_use
from labeling.export.from_verdicts import pairs_from_verdicts
from labeling.export.lineage import datasets_of
from labeling.models import Dataset, Project
from search.management import console

COLUMNS = ("dataset", "sha256", "rows", "sources", "left out", "made")


class Command(BaseCommand):
    help = "Data sets of hard negatives: from verdicts, from misses in use, from the index (docs/negatives.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        verb = add(verbs, "make", "the next version, of all that is known now")
        verb.add_argument("name")
        verb.add_argument("--project", action="append", metavar="NAME", help="verdicts of these alone (default: all)")
        verb.add_argument("--no-verdicts", action="store_true")
        verb.add_argument("--days", type=int, default=90, help="of shoppers' searches; 0: none")
        verb.add_argument("--mine", type=int, default=0, metavar="PRODUCTS", help="nearest wrong items of so many")
        verb = add(verbs, "import", "a folder in the form of docs/negatives.md; refused where a golden photo is in it")
        verb.add_argument("name")
        verb.add_argument("folder", type=Path)
        verb.add_argument("--leave-out", action="store_true", help="leave golden photos out instead of refusing it")
        add(verbs, "list", "all there are")
        add(verbs, "lineage", "which data sets a verdict is in").add_argument("verdict", type=UUID)

    def handle(self, *, verb: str, **options) -> None:
        options["actor"] = options["actor"] or console.actor()
        try:
            with console.refusals():
                value, lines = getattr(self, "import_" if verb == "import" else verb)(options)
        except LabelingError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(console.as_json(value) if options["json"] else lines)

    def make(self, options: dict) -> tuple[dict, str]:
        projects = None
        if options["project"]:
            projects = list(Project.objects.filter(name__in=options["project"]))
            if missing := set(options["project"]) - {project.name for project in projects}:
                raise BadDataset(f"There is no project {', '.join(sorted(missing))}.")
        pairs = [] if options["no_verdicts"] else pairs_from_verdicts(projects)
        pairs += pairs_from_use(options["days"]) if options["days"] > 0 else []
        pairs += mine(options["mine"]) if options["mine"] > 0 else []
        return said(make_dataset(options["name"], pairs, options["actor"]))

    def import_(self, options: dict) -> tuple[dict, str]:
        row = import_dataset(options["name"], options["folder"], options["actor"], leave_out=options["leave_out"])
        return said(row)

    def list(self, options: dict) -> tuple[list, str]:
        rows = [
            {
                "dataset": str(row),
                "sha256": row.sha256[:12],
                "rows": row.rows,
                "sources": counted(row.sources),
                "left out": counted(row.left_out),
                "made": f"{row.made_at:%Y-%m-%d %H:%M}",
            }
            for row in Dataset.objects.all()
        ]
        return rows, console.table(COLUMNS, [tuple(row[name] for name in COLUMNS) for row in rows])

    def lineage(self, options: dict) -> tuple[list, str]:
        found = datasets_of([options["verdict"]]).get(options["verdict"], [])
        return found, "\n".join(found) or "It is in none."


def add(verbs, name: str, about: str) -> ArgumentParser:
    parser = verbs.add_parser(name, help=about, description=about)
    parser.add_argument("--json", action="store_true", help="print JSON, and nothing else")
    parser.add_argument("--actor", default="", help="who does this, for the history (default: your account)")
    return parser


def said(row: Dataset) -> tuple[dict, str]:
    folder = Path(settings.SIGHTLINE_DATASETS_DIR) / f"{row.name}@{row.sha256}"
    value = {
        "dataset": str(row), "sha256": row.sha256, "rows": row.rows, "sources": row.sources, "left_out": row.left_out,
        "folder": str(folder),
    }  # fmt: skip
    lines = [f"{row}, {row.rows} rows", f"  from: {counted(row.sources)}"]
    lines += [f"  left out: {counted(row.left_out)}"] if row.left_out else []
    return value, "\n".join([*lines, f"  in {folder}"])


def counted(counts: dict) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
