"""`manage.py bundle`: model bundles side by side, one of them live."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path

from django.core.management.base import BaseCommand

from ml.manifest import read_card
from search import serving
from search.build import bundles, golden
from search.build.register import register_folder
from search.build.retire import retire_bundle
from search.errors import NotReady
from search.management import console
from search.models import Bundle

COLUMNS = ("bundle", "state", "share", "dim", "vectors", "missing", "generation", "against")


class Command(BaseCommand):
    help = "Register a model bundle, try it on some visitors, let it take over, and take it back (docs/index.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        add(verbs, "register", "copy a bundle here, and fill it beside the live one").add_argument("folder", type=Path)
        add(verbs, "list", "bundles, and what speaks against each")
        add(verbs, "card", "licence, data sets, recipe and measures of a bundle").add_argument("bundle")
        verb = add(verbs, "shadow", "let a complete bundle answer some of the visitors")
        verb.add_argument("bundle")
        verb.add_argument("--share", type=float, required=True, help="from 0 (nobody) to 1")
        verb = add(verbs, "promote", "let a complete bundle answer everybody")
        verb.add_argument("bundle")
        verb.add_argument("--force", default="", metavar="REASON", help="although something speaks against it")
        verb.add_argument("--golden", default="", metavar="SET", help="the golden set (default: SIGHTLINE_GOLDEN)")
        add(verbs, "rollback", "back to the bundle before")
        verb = add(verbs, "retire", "give up a bundle for good: its vectors and generations are deleted")
        verb.add_argument("bundle")
        verb.add_argument("--reason", default="", help="needed for the one that is kept for a rollback")

    def handle(self, *, verb: str, **options) -> None:
        options["actor"] = options["actor"] or console.actor()
        with console.refusals():
            value, lines = getattr(self, verb)(options)
        self.stdout.write(console.as_json(value) if options["json"] else lines)

    def register(self, options: dict) -> tuple[dict, str]:
        return said(
            register_folder(options["folder"], options["actor"]), "The worker gives every picture a vector of it."
        )

    def list(self, options: dict) -> tuple[list, str]:
        rows = Bundle.objects.exclude(state=Bundle.State.REMOVED).order_by("-registered_at")
        lines = [describe(row) for row in rows]
        return lines, console.table(COLUMNS, [tuple(line[name] for name in COLUMNS) for line in lines])

    def card(self, options: dict) -> tuple[dict, str]:
        bundle_id = bundles.find(options["bundle"]).pk
        folder = serving.find_folder(bundle_id)
        if folder is None:
            raise NotReady(f"The files of bundle {bundle_id} are not on this machine.")
        card = read_card(folder)
        return card, json.dumps(card, indent=2, ensure_ascii=False)

    def shadow(self, options: dict) -> tuple[dict, str]:
        row = bundles.share_traffic(options["bundle"], options["share"], options["actor"])
        return said(row, f"It answers {row.share:.2%} of the visitors.")

    def promote(self, options: dict) -> tuple[dict, str]:
        live = bundles.live_id()
        asked = bundles.find(options["bundle"]).pk, live
        if not bundles.count_missing(asked[0])[0]:  # what is not complete is refused without being measured
            golden.measure_missing([each for each in asked if each], options["actor"], options["golden"])
        row = bundles.promote(asked[0], options["actor"], force=options["force"], golden_set=options["golden"])
        return said(row, "The one before is filled on, for a rollback." if live else "")

    def rollback(self, options: dict) -> tuple[dict, str]:
        return said(bundles.rollback(options["actor"]), "")

    def retire(self, options: dict) -> tuple[dict, str]:
        retire_bundle(options["bundle"], options["actor"], reason=options["reason"])
        return said(bundles.find(options["bundle"]), "The worker deletes what belongs to it.")


def add(verbs, name: str, about: str) -> ArgumentParser:
    parser = verbs.add_parser(name, help=about, description=about)
    parser.add_argument("--json", action="store_true", help="print JSON, and nothing else")
    parser.add_argument("--actor", default="", help="who does this, for the history (default: your account)")
    return parser


def describe(row: Bundle) -> dict:
    ready = bundles.readiness(row.pk)
    against = "" if row.state == Bundle.State.LIVE else "; ".join(ready.reasons)
    return (
        {"bundle": row.pk, "state": row.state, "share": row.share, "dim": row.dim}
        | asdict(ready)
        | {"against": against}
    )


def said(row: Bundle, more: str) -> tuple[dict, str]:
    return {"bundle": row.pk, "state": row.state, "share": row.share}, f"{row.pk} is {row.state}. {more}".rstrip()
