"""`manage.py index`: generations of the cold tier, built, verified, put live and taken back."""

from argparse import ArgumentParser
from contextlib import closing
from dataclasses import asdict

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from catalog.models import Category
from search.build import bundles, pins
from search.build.promote import find, promote, rollback
from search.build.renew import renew
from search.build.retire import retire
from search.build.verify import verify
from search.management import console
from search.management.differences import differences_lines
from search.management.explaining import add_query, explain_lines
from search.management.status import status, status_lines
from search.models import Generation


class Command(BaseCommand):
    help = "Build, merge, verify, promote, roll back and look at generations of the index (docs/index.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        for name, about in (
            ("build", "a new generation from all rows, verified"),
            ("merge", "a new generation from the live one and what is newer, verified"),
        ):
            verb = add(verbs, name, about)
            verb.add_argument("--bundle", help="default: the live one")
            verb.add_argument("--shards", type=int, help="default: as many as the rows ask for")
            verb.add_argument("--by", choices=["hash", "category"], default="hash", help="how rows find their shard")
            verb.add_argument("--promote", action="store_true", help="let it go live when it passes")
        verb = add(verbs, "verify", "checksums, counts, recall and the golden set")
        verb.add_argument("generation")
        verb.add_argument("--golden", default="", metavar="SET", help="the golden set (default: SIGHTLINE_GOLDEN)")
        add(verbs, "promote", "let a verified generation answer").add_argument("generation")
        add(verbs, "rollback", "back to the one before").add_argument("--bundle", help="default: the live one")
        verb = add(verbs, "retire", "delete a generation that is not needed")
        verb.add_argument("generation")
        verb.add_argument("--reason", default="", help="needed for the one that is kept for a rollback")
        add(verbs, "status", "what there is, what it costs, how fresh it is")
        verb = add(verbs, "differences", "where the index and the catalog disagree; exit code 1 where they do")
        verb.add_argument(
            "--repair", action="store_true", help="encode again what is missing, take out what is left over"
        )
        add_query(add(verbs, "explain", "how a search is carried out, tier by tier"))
        for name, about in (("pin", "keep a category in the hot tier"), ("unpin", "let go of it again")):
            add(verbs, name, about).add_argument("category", help="its slug, path or name")

    def handle(self, *, verb: str, **options) -> None:
        options["actor"] = options["actor"] or console.actor()
        with console.refusals():
            value, lines = getattr(self, verb)(options)
        self.stdout.write(console.as_json(value) if options["json"] else lines)
        if verb == "differences" and not value["ok"]:
            raise CommandError(f"The index and the catalog disagree on {len(value['differences'])} pictures.")
        if isinstance(value, dict) and value.get("ok") is False:
            raise CommandError(f"{value['generation']} is not promoted: {'; '.join(value['reasons'])}")

    def build(self, options: dict) -> tuple[dict, str]:
        return self.renewed(options, from_all_rows=True)

    def merge(self, options: dict) -> tuple[dict, str]:
        return self.renewed(options, from_all_rows=False)

    def renewed(self, options: dict, **how) -> tuple[dict, str]:
        quiet = options["json"] or not self.stderr.isatty()
        with closing(console.Bar(self.stderr, quiet)) as progress:
            done = renew(
                chosen(options["bundle"]),
                options["actor"],
                shards=options["shards"],
                by=options["by"],
                go_live=options["promote"],
                progress=progress,
                **how,
            )
        return report_of(done.row, done.report)

    def verify(self, options: dict) -> tuple[dict, str]:
        report = verify(options["generation"], actor=options["actor"], golden_set=options["golden"])
        return report_of(find(options["generation"]), report)

    def promote(self, options: dict) -> tuple[dict, str]:
        row = find(options["generation"])
        if row.state == Generation.State.READY and "ok" not in row.recall:
            verify(row.pk, actor=options["actor"])
        return now_live(promote(row.pk, options["actor"]))

    def rollback(self, options: dict) -> tuple[dict, str]:
        return now_live(rollback(chosen(options["bundle"]), options["actor"]))

    def retire(self, options: dict) -> tuple[dict, str]:
        retire(options["generation"], options["actor"], reason=options["reason"])
        return {"removed": options["generation"]}, f"{options['generation']} is removed."

    def status(self, options: dict) -> tuple[dict, str]:
        found = status()
        return found, status_lines(found)

    def differences(self, options: dict) -> tuple[dict, str]:
        settings.SIGHTLINE_FOLLOW = False  # it ends at once
        return differences_lines(options["repair"], options["actor"])

    def explain(self, options: dict) -> tuple[dict, str]:
        settings.SIGHTLINE_FOLLOW = False  # it ends at once: open what is live and ask it, in this thread
        return explain_lines(options)

    def pin(self, options: dict) -> tuple[dict, str]:
        category = category_of(options["category"])
        pins.pin(category.pk, options["actor"])
        return {"pinned": category.path}, f"{category.path} is kept in the hot tier."

    def unpin(self, options: dict) -> tuple[dict, str]:
        category = category_of(options["category"])
        if (row := getattr(category, "pin", None)) is None:
            raise CommandError(f"{category.path} is not pinned.")
        pins.unpin(row.pk, options["actor"])
        return {"unpinned": category.path}, f"{category.path} is no longer kept in the hot tier."


def add(verbs, name: str, about: str) -> ArgumentParser:
    parser = verbs.add_parser(name, help=about, description=about)
    parser.add_argument("--json", action="store_true", help="print JSON, and nothing else")
    parser.add_argument("--actor", default="", help="who does this, for the history (default: your account)")
    return parser


def chosen(bundle_id: str | None) -> str:
    """The bundle that was named, or the live one."""
    bundle_id = bundle_id or bundles.live_id()
    if bundle_id is None:
        raise CommandError("No model bundle is live. Run manage.py register_bundle.")
    return bundles.find(bundle_id).pk


def category_of(name: str) -> Category:
    found = list(Category.objects.filter(Q(slug=name) | Q(path=name) | Q(name__iexact=name)).order_by("path"))
    exact = [category for category in found if name in (category.slug, category.path)] or found
    if len(exact) != 1:
        several = f": {', '.join(category.path for category in exact)}" if exact else ""
        raise CommandError(f"There {'are several categories' if exact else 'is no category'} {name}{several}.")
    return exact[0]


def report_of(row: Generation, report) -> tuple[dict, str]:
    value = {"generation": row.pk, "state": row.state, "rows": row.rows, "ok": report.passed}
    value |= {"reasons": list(report.reasons), "checks": [asdict(check) for check in report.checks]}
    checks = console.table(("check", "ok", "what"), [(each.name, each.ok, each.said) for each in report.checks])
    return value, f"{row.pk} is {row.state}: {row.rows:,} rows, {console.megabytes(row.bytes_disk)}\n{checks}"


def now_live(row: Generation) -> tuple[dict, str]:
    return {"generation": row.pk, "state": row.state, "bundle": row.bundle_id}, f"{row.pk} is live."
