"""`manage.py golden`: golden sets, made of verdicts or of files, measured, and taken elsewhere."""

from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from labeling.errors import BadGolden, LabelingError
from labeling.export import golden_files
from labeling.export.golden import from_projects, register
from labeling.export.trend import falls, points
from labeling.export.watch import measure, measure_all
from labeling.models import GoldenSet, Project
from ml.evaluate.golden import BadGoldenSet, find_golden, listed
from search.management import console

COLUMNS = ("set", "sha256", "queries", "judgments", "made", "of")


class Command(BaseCommand):
    help = "Golden sets: versions that never change, of what raters judged (docs/golden-sets.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        verb = add(verbs, "make", "of the verdicts of projects")
        verb.add_argument("name")
        verb.add_argument("--project", action="append", required=True, metavar="NAME", help="can be repeated")
        verb = add(verbs, "import", "of an evaluation folder, the word demo, or a golden set of another machine")
        verb.add_argument("name")
        verb.add_argument("folder")
        verb.add_argument("--every", type=int, default=1, help="take each n-th query alone")
        verb.add_argument("--limit", type=int, help="at most so many")
        verb = add(verbs, "import-trec", "of queries as JSON lines and TREC qrels")
        verb.add_argument("name")
        verb.add_argument("queries", type=Path, help='{"id", "photo" or "text", "bbox", ...} a line, photos beside it')
        verb.add_argument("--same", type=Path, metavar="QRELS", help="1 for the same product, 0 for another")
        verb.add_argument("--similar", type=Path, metavar="QRELS", help="grades from 0 to 5")
        verb = add(verbs, "export", "a folder with qrels, queries, photos and judgements as JSON lines")
        verb.add_argument("set")
        verb.add_argument("folder", type=Path)
        add(verbs, "list", "all there are")
        verb = add(verbs, "score", "measure, keep it for the trend, and ask raters for what nobody has judged")
        verb.add_argument("set", nargs="?", help="default: the newest version of each, as the schedule does")
        verb.add_argument("--bundle", default="")
        verb.add_argument("--generation", default="")
        add(verbs, "trend", "what was measured so far").add_argument("set")

    def handle(self, *, verb: str, **options) -> None:
        options["actor"] = options["actor"] or console.actor()
        try:
            with console.refusals():
                value, lines = getattr(self, "import_" if verb == "import" else verb.replace("-", "_"))(options)
        except LabelingError as error:
            raise CommandError(error.detail) from error
        except BadGoldenSet as error:
            raise CommandError(str(error)) from error
        self.stdout.write(console.as_json(value) if options["json"] else lines)

    def make(self, options: dict) -> tuple[dict, str]:
        projects = list(Project.objects.filter(name__in=options["project"]))
        if missing := set(options["project"]) - {project.name for project in projects}:
            raise BadGolden(f"There is no project {', '.join(sorted(missing))}.")
        return said(from_projects(options["name"], projects, options["actor"]))

    def import_(self, options: dict) -> tuple[dict, str]:
        root = settings.BASE_DIR / "demo" if options["folder"] == "demo" else Path(options["folder"])
        if (root / "golden.json").exists():
            return said(golden_files.from_golden(root, options["actor"]))
        if options["every"] < 1:
            raise BadGolden("--every is 1 or more.")
        made = golden_files.from_folder(options["name"], root, options["actor"], options["limit"], options["every"])
        return said(made)

    def import_trec(self, options: dict) -> tuple[dict, str]:
        qrels = {pool: options[pool] for pool in ("same", "similar") if options[pool]}
        return said(golden_files.from_trec(options["name"], options["queries"], qrels, options["actor"]))

    def export(self, options: dict) -> tuple[dict, str]:
        golden = find_golden(Path(settings.SIGHTLINE_GOLDEN_DIR), options["set"])
        made = golden_files.export(golden, options["folder"])
        names = [path.name for path in made]
        return {"set": golden.ref, "folder": str(options["folder"]), "files": names}, "\n".join(map(str, made))

    def list(self, options: dict) -> tuple[list, str]:
        rows = [
            {
                "set": golden.name, "sha256": golden.sha256[:12], "queries": len(golden.queries),
                "judgments": golden.judgments, "made": golden.about.get("made_at", "")[:16],
                "of": golden.about.get("note", ""),
            }
            for golden in listed(Path(settings.SIGHTLINE_GOLDEN_DIR))
        ]  # fmt: skip
        return rows, console.table(COLUMNS, [tuple(row[name] for name in COLUMNS) for row in rows])

    def score(self, options: dict) -> tuple[dict, str]:
        if not options["set"]:
            found = {ref: as_said(each) for ref, each in measure_all(options["actor"]).items()}
            return found, "\n".join(f"{ref}: {each}" for ref, each in found.items()) or "There is no golden set yet."
        found = measure(row_of(options["set"]), options["actor"], options["bundle"], options["generation"])
        value = found.score.as_dict() | {"asked": found.asked, "fell": list(found.fell)}
        return value, as_said(found)

    def trend(self, options: dict) -> tuple[list, str]:
        measured = points(str(row_of(options["set"])), live=False)
        names = list(dict.fromkeys(name for point in measured for name in point.figures))
        rows = [
            (f"{p.at:%Y-%m-%d %H:%M}", p.generation or p.bundle, p.live, *(p.figures.get(name) for name in names))
            for p in measured
        ]
        table = console.table(("at", "what answered", "live", *names), rows)
        return [dict(zip(("at", "system", "live", *names), row, strict=True)) for row in rows], "\n".join(
            [table, *falls([point for point in measured if point.live])]
        )


def add(verbs, name: str, about: str) -> ArgumentParser:
    parser = verbs.add_parser(name, help=about, description=about)
    parser.add_argument("--json", action="store_true", help="print JSON, and nothing else")
    parser.add_argument("--actor", default="", help="who does this, for the history (default: your account)")
    return parser


def row_of(ref: str) -> GoldenSet:
    """Its row; one that was copied here by hand gets one. Raises BadGoldenSet."""
    golden = find_golden(Path(settings.SIGHTLINE_GOLDEN_DIR), ref)
    return register(golden, golden.about.get("made_by", ""), golden.about.get("note", ""))


def said(row: GoldenSet) -> tuple[dict, str]:
    value = {"set": str(row), "queries": row.queries, "judgments": row.judgments}
    return value, f"{row}\n{row.queries} queries, {row.judgments} judgements"


def as_said(found) -> str:
    if isinstance(found, str):
        return found
    figures = ", ".join(f"{name.replace('_', ' ')} {value:.4f}" for name, value in found.score.gate.items())
    more = [f"{found.asked} results to judge"] if found.asked else []
    return "; ".join([figures or "nothing that it asks for is in this catalog", *more, *found.fell])
