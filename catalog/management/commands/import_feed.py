"""`manage.py import_feed feed.csv`: bring the catalog in line with a product feed."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from catalog.errors import FeedUnreadable
from catalog.ingest.run import import_feed


class Command(BaseCommand):
    help = "Import a product feed (CSV or TSV, Google Merchant columns). Pictures are then taken up by the worker."

    def add_arguments(self, parser):
        parser.add_argument("feed", type=Path)
        parser.add_argument("--errors", type=Path, help="where wrong rows are listed (default: var/import-errors/)")
        parser.add_argument(
            "--images", type=Path, help="folder that paths of pictures start from (default: the feed's)"
        )

    def handle(self, *, feed: Path, errors: Path | None, images: Path | None, **options):
        errors = errors or settings.VAR_DIR / "import-errors" / f"{feed.stem}.csv"
        if images and not images.is_dir():
            raise CommandError(f"{images} is not a folder.")
        try:
            with tqdm(unit=" rows", disable=not self.stderr.isatty()) as bar:
                report = import_feed(feed, errors, images, lambda rows: bar.update(rows - bar.n))
        except (FeedUnreadable, OSError) as error:
            raise CommandError(str(error)) from error
        counts = report.counts
        self.stdout.write(
            f"{report.rows} rows: {counts.new} new, {counts.changed} changed, {counts.unchanged} unchanged, "
            f"{report.wrong} wrong, {report.duplicates} repeated. {counts.images} pictures wait for the worker."
        )
        if report.wrong or report.duplicates:
            self.stdout.write(f"Wrong and repeated rows are listed in {errors}")
