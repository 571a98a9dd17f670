"""`manage.py import_feed feed.csv`: bring the catalog in line with a product feed."""

import re
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from catalog.errors import FeedUnreadable, NotMapped
from catalog.ingest.columns import FIELDS
from catalog.ingest.run import import_feed
from catalog.ingest.validate import DEFAULT_CURRENCY


class Command(BaseCommand):
    help = "Import a product feed: CSV, TSV or XML (docs/feeds.md). Pictures are then taken up by the worker."

    def add_arguments(self, parser):
        parser.add_argument("feed", type=Path)
        parser.add_argument("--errors", type=Path, help="where wrong rows are listed (default: var/import-errors/)")
        parser.add_argument(
            "--images", type=Path, help="folder that paths of pictures start from (default: the feed's)"
        )
        parser.add_argument("--currency", default=DEFAULT_CURRENCY, help="of prices that name none (default: EUR)")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            dest="mapped",
            metavar="COLUMN=FIELD",
            help=f"what a column means, for each that is not recognised. Fields: {', '.join(FIELDS)}",
        )

    def handle(
        self, *, feed: Path, errors: Path | None, images: Path | None, currency: str, mapped: list[str], **options
    ):
        errors = errors or settings.VAR_DIR / "import-errors" / f"{feed.stem}-errors.csv"
        if errors.resolve() == feed.resolve():  # it is deleted first
            raise CommandError("Wrong rows cannot be listed in the feed itself. Give --errors another name.")
        if images and not images.is_dir():
            raise CommandError(f"{images} is not a folder.")
        if not re.fullmatch("[A-Z]{3}", currency):
            raise CommandError("A currency has three letters, like EUR.")
        mapping = mapping_of(mapped)
        try:
            with tqdm(unit=" rows", disable=not self.stderr.isatty()) as bar:
                report = import_feed(feed, errors, images, lambda rows: bar.update(rows - bar.n), currency, mapping)
        except NotMapped as error:
            raise CommandError(f'{error} For example: --map "Article number=id"') from error
        except (FeedUnreadable, OSError) as error:
            raise CommandError(str(error)) from error
        counts = report.counts
        self.stdout.write(
            f"{report.rows} rows: {counts.new} new, {counts.changed} changed, {counts.unchanged} unchanged, "
            f"{report.wrong} wrong, {report.duplicates} repeated. {counts.images} pictures wait for the worker."
        )
        if report.wrong or report.duplicates:
            self.stdout.write(f"Wrong and repeated rows are listed in {errors}")


def mapping_of(said: list[str]) -> dict[str, str]:
    """ "Art. no.=id" -> {"Art. no.": "id"}. Raises CommandError."""
    mapping = {}
    for pair in said:
        column, _, field = pair.rpartition("=")
        if not column or (field and field not in FIELDS):
            raise CommandError(f'--map "{pair}" is not COLUMN=FIELD. Fields are {", ".join(FIELDS)}.')
        mapping[column] = field
    return mapping
