"""`manage.py capacity --images 1e9 --qps 10000`: how much machine that takes, and what it would cost."""

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ml.errors import BundleError
from search.build.calibrate.kept import constants_of
from search.capacity.constants import MissingConstant
from search.capacity.demand import BadDemand, Demand, Machine
from search.capacity.prices import BadPrices, Prices, read_prices
from search.capacity.report import as_dict, lines, plan

HELP = {
    "recall": "of the best candidates that are found",
    "hot_share": "of the images that stay in pgvector: new ones, and pinned categories",
    "filtered_share": "of the queries that carry a filter",
    "photo_share": "of the queries that bring a photo; the others bring words",
    "replicas": "of every shard; one may fail",
    "utilisation": "of the cores at the busiest",
    "reembed_days": "in which a new model must have seen the whole catalog",
    "reembeds_per_year": "new models a year",
    "new_per_day": "share of the catalog that is new, or has a new picture, each day",
    "max_shard_rows": "no shard is larger, whatever fits",
    "shard_ms": "core time that one search of a shard may take",
    "retrieve_ms": "that a query may wait for float16 rows on a disk, before they are put into memory",
    "generations_in_ram": "codes of so many generations stay warm",
    "generations_on_disk": "so many generations lie on the disk",
    "picture_kib": "of a catalog picture in the object store",
    "facts_kib": "of an image's product, offers and words in PostgreSQL",
}
OTHER_NAMES = {"filtered_share": ["--filters"]}


class Command(BaseCommand):
    help = "Shards, memory, disk, cores, accelerators and yearly cost of a catalog, from constants of this machine."

    def add_arguments(self, parser):
        parser.add_argument("--images", type=float, required=True, help="pictures in the catalog: 1e9 will do")
        parser.add_argument("--qps", type=float, required=True, help="queries a second at the busiest")
        parser.add_argument("--dim", type=int, default=512, help="numbers in a vector (default: %(default)s)")
        parser.add_argument("--vectors", choices=("auto", "ram", "ssd"), default="auto", help="where float16 rows lie")
        for field in fields(Demand):
            if field.name in HELP:
                names = [f"--{field.name.replace('_', '-')}", *OTHER_NAMES.get(field.name, [])]
                kind, said = kind_of(field.default), f"{HELP[field.name]} (default: %(default)s)"
                parser.add_argument(*names, dest=field.name, type=kind, default=field.default, help=said)
        for field in fields(Machine):
            said = f"of one machine, {field.name.replace('_', ' ')} (default: %(default)s)"
            name, kind = f"--machine-{field.name.replace('_', '-')}", kind_of(field.default)
            parser.add_argument(name, type=kind, default=field.default, help=said)
        parser.add_argument("--prices", type=Path, help="TOML file of unit prices; without it they are assumptions")
        parser.add_argument("--measure", action="store_true", help="measure this machine's constants again")
        parser.add_argument("--json", action="store_true", help="print the report as JSON, and nothing else")

    def handle(self, **options):
        try:
            demand = demand_from(options)
            prices = read_prices(options["prices"]) if options["prices"] else Prices()
            calibration = constants_of(settings.VAR_DIR, demand.dim, self.say, again=options["measure"])
            report = plan(demand, calibration.constants, prices)
        except (BadDemand, BadPrices, MissingConstant, BundleError, OSError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            about = {"machine": calibration.machine, "measured_at": calibration.measured_at}
            self.stdout.write(json.dumps(as_dict(report) | about | {"skipped": calibration.skipped}, indent=2))
            return
        self.stdout.write("\n".join(lines(report)))
        self.stdout.write(
            f"\nMeasured on {calibration.machine}, {calibration.measured_at}, in {calibration.seconds:.0f} s."
            " Measure again: --measure."
        )
        for skipped in calibration.skipped:
            self.stdout.write(skipped)

    def say(self, what: str) -> None:
        self.stderr.write(f"measuring: {what}")


def whole(text: str) -> int:
    """Also 1e8."""
    return round(float(text))


def kind_of(default: float) -> type | Callable[[str], int]:
    return whole if isinstance(default, int) else float


def demand_from(options: dict) -> Demand:
    machine = Machine(**{field.name: options[f"machine_{field.name}"] for field in fields(Machine)})
    given = {field.name: options[field.name] for field in fields(Demand) if field.name in HELP}
    return Demand(
        images=round(options["images"]),
        queries_per_s=options["qps"],
        dim=options["dim"],
        vectors=options["vectors"],
        machine=machine,
        **given,
    )
