"""`manage.py index explain`: a query from the command line, and the plan of each tier and shard as lines."""

from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path

from django.core.management.base import CommandError

from catalog.models import Product
from search.explain import Explanation, explain
from search.management.console import fields, table
from search.types import Filters, Query


def add_query(parser: ArgumentParser) -> None:
    parser.add_argument("--text")
    parser.add_argument("--image", type=Path, help="a picture file, searched as a whole")
    parser.add_argument("--product", help="a SKU to find the like of")
    parser.add_argument("--k", type=int, default=240, help="how many candidates to ask for")
    parser.add_argument("--recall", type=float, default=0.95, help="recall@10 to aim at")
    parser.add_argument("--category")
    parser.add_argument("--price-min", type=Decimal)
    parser.add_argument("--price-max", type=Decimal)
    parser.add_argument("--in-stock", action="store_true", default=None)
    parser.add_argument("--seller")
    parser.add_argument("--attribute", type=attribute, action="append", default=[], metavar="NAME=VALUE")


def attribute(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ArgumentTypeError(f"{text} is not NAME=VALUE")
    return name, value


def explain_lines(options: dict) -> tuple[dict, str]:
    """The plan as plain values and as lines. Raises SearchError."""
    found = explain(query_of(options), options["k"], options["recall"])
    return asdict(found), render(found)


def query_of(options: dict) -> Query:
    filters = Filters(
        category=options["category"],
        price_min=options["price_min"],
        price_max=options["price_max"],
        in_stock=options["in_stock"],
        seller=options["seller"],
        attributes=dict(options["attribute"]),
    )
    try:
        image = options["image"].read_bytes() if options["image"] else None
    except OSError as error:
        raise CommandError(f"{options['image']}: {error.strerror}") from error
    return Query(text=options["text"], image=image, product_id=product_id(options["product"]), filters=filters)


def product_id(sku: str | None) -> int | None:
    if sku is None:
        return None
    found = Product.objects.filter(sku=sku).values_list("pk", flat=True).first()
    if found is None:
        raise CommandError(f"There is no product {sku}.")
    return found


def render(found: Explanation) -> str:
    head = {
        "bundle": found.bundle_id,
        "kind": found.kind,
        "candidates": found.found,
        "partial": found.partial,
        "time": ", ".join(f"{name} {ms:g} ms" for name, ms in found.stages_ms.items()),
    }
    skus = dict(Product.objects.filter(pk__in=[row[0] for row in found.best]).values_list("pk", "sku"))
    best = table(
        ("score", "sku", "image"), [(score, skus.get(product, "?"), str(image)) for product, image, score in found.best]
    )
    return "\n\n".join(filter(None, [fields(head), "\n".join(found.notes), *map(plan, found.tiers), best]))


def plan(said: dict, indent: str = "") -> str:
    """A tier's own words: plain values on one line, then what is nested, shards as a table."""
    plain = {name: value for name, value in said.items() if not isinstance(value, dict | list | tuple)}
    lines = [indent + "  ".join(f"{name} {value}" for name, value in plain.items())] if plain else []
    for name, value in said.items():
        if isinstance(value, dict):
            lines += [f"{indent}{name}", plan(value, indent + "  ")]
        elif isinstance(value, list | tuple) and value and all(isinstance(each, dict) for each in value):
            lines += [f"{indent}{name}", *(indent + "  " + line for line in rows(value).splitlines())]
        elif isinstance(value, list | tuple):
            lines.append(f"{indent}{name} {', '.join(map(str, value)) or '-'}")
    return "\n".join(lines)


def rows(shards: list[dict]) -> str:
    names = list(dict.fromkeys(name for shard in shards for name in shard))
    return table(names, [[shard.get(name) for name in names] for shard in shards])
