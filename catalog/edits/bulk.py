"""Many products changed as one: looked at before, done in one transaction, undone as one Edit."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.cache import cache
from django.db.models import (
    BigIntegerField,
    BooleanField,
    DecimalField,
    ExpressionWrapper,
    F,
    Func,
    JSONField,
    Max,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Round
from django.utils import timezone

from catalog.errors import BulkRefused
from catalog.history import recorded
from catalog.ingest.upsert import take_turn
from catalog.models import Category, Offer, Product, Seller
from catalog.services import delete_products

MAX_PRICE = Decimal("9999999999.99")
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class BulkEdit:
    """What shall be done to each product. None leaves as it is; an empty attribute is taken away."""

    category: Category | None = None
    without_category: bool = False
    attributes: dict[str, str] = field(default_factory=dict)
    percent: Decimal | None = None  # of the price, -20 makes it a fifth cheaper
    price: Decimal | None = None
    availability: str | None = None
    seller: Seller | None = None  # price and availability of this seller's offers alone
    blocked: bool | None = None
    delete: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One statement: the rows that it would change, and how."""

    label: str
    rows: QuerySet
    values: dict[str, Any]

    @property
    def of(self) -> str:
        return str(self.rows.model._meta.verbose_name_plural)

    def write(self) -> int:
        return self.rows.order_by().update(**self.values, updated_at=timezone.now())


@dataclass(frozen=True, slots=True)
class Planned:
    """How many rows a step changes, and the first of them in words."""

    label: str
    rows: int
    of: str  # products, offers
    examples: tuple[str, ...] = ()


def among(column: str, ids: list[int]) -> Func:
    """A condition, column = ANY(array): one parameter, however many ids there are."""
    array = Value(ids, ArrayField(BigIntegerField()))
    return Func(F(column), array, template="(%(expressions)s))", arg_joiner=" = ANY(", output_field=BooleanField())


def preview(products: QuerySet[Product], edit: BulkEdit) -> list[Planned]:
    """What would change, step by step; nothing is written. Raises BulkRefused."""
    ids = list(products.order_by().values_list("pk", flat=True))
    if edit.delete:
        chosen = Product.objects.filter(among("pk", ids))
        uploads = chosen.filter(images__source__startswith="upload:").distinct().count()
        lost = f" {uploads} of them have uploaded pictures, which no undo brings back." if uploads else ""
        return [Planned(f"Delete, with offers and pictures.{lost}", len(ids), "products", titles(chosen))]
    planned = []
    for step in steps(ids, edit):
        planned.append(Planned(step.label, step.rows.count(), step.of, examples(step)))
    return planned


def apply(products: QuerySet[Product], edit: BulkEdit, who: str, user=None) -> list[Planned]:
    """All of it or nothing. Returns what was changed. Raises BulkRefused."""
    ids = list(products.order_by().values_list("pk", flat=True))
    with recorded(who, f"{describe(edit)} ({len(ids)} products)", user):
        take_turn()
        if edit.delete:
            skus = Product.objects.filter(among("pk", ids)).values_list("sku", flat=True)
            return [Planned("Deleted", delete_products(skus), "products")]
        done = [Planned(step.label, step.write(), step.of) for step in steps(ids, edit)]
    cache.delete("catalog.category_tree")
    return done


def titles(products: QuerySet[Product]) -> tuple[str, ...]:
    return tuple(str(product) for product in products.only("sku", "title").order_by("sku")[:EXAMPLES])


def examples(step: Step) -> tuple[str, ...]:
    """ "SL-0001: 249.00 -> 273.90 EUR" for a price, else the products' names."""
    if step.rows.model is Product:
        return titles(step.rows)
    lines = []
    for offer in step.rows.select_related("product").defer("product__words").order_by("product__sku")[:EXAMPLES]:
        if "price" in step.values:
            new = getattr(offer, "new", step.values["price"])
            lines.append(f"{offer.product.sku}: {offer.price} → {new:.2f} {offer.currency}")
        else:
            lines.append(f"{offer.product.sku}: {offer.get_availability_display()} until now")
    return tuple(lines)


def describe(edit: BulkEdit) -> str:
    if edit.delete:
        return "Deleted together"
    return "; ".join(step.label for step in steps([], edit)) or "Nothing"


def steps(ids: list[int], edit: BulkEdit) -> Iterator[Step]:
    products = Product.objects.filter(among("pk", ids))
    if edit.category or edit.without_category:
        label = f"Category: {edit.category.path}" if edit.category else "No category"
        differing = products.exclude(category=edit.category) if edit.category else products.exclude(category=None)
        yield Step(label, differing, {"category": edit.category})
    if edit.attributes:
        yield attributes_step(products, edit.attributes)
    if edit.blocked is not None:
        label = "Hide from every search" if edit.blocked else "Show in searches again"
        yield Step(label, products.filter(blocked=not edit.blocked), {"blocked": edit.blocked})
    yield from offer_steps(ids, edit)


def attributes_step(products: QuerySet[Product], given: dict[str, str]) -> Step:
    kept = {name: value for name, value in given.items() if value}
    gone = [name for name, value in given.items() if not value]
    differs, value = Q(), F("attributes")
    if kept:
        differs |= ~Q(attributes__contains=kept)
        value = CombinedExpression(value, "||", Value(kept, JSONField()), output_field=JSONField())
    if gone:
        differs |= Q(attributes__has_any_keys=gone)
        value = CombinedExpression(value, "-", Value(gone, ArrayField(TextField())), output_field=JSONField())
    words = [f"{name} {value}" for name, value in kept.items()] + [f"no {name}" for name in gone]
    return Step("Attributes: " + ", ".join(words), products.filter(differs), {"attributes": value})


def offer_steps(ids: list[int], edit: BulkEdit) -> Iterator[Step]:
    offers = Offer.objects.filter(among("product_id", ids))
    whose = ""
    if edit.seller:
        offers, whose = offers.filter(seller=edit.seller), f" at {edit.seller}"
    if edit.price is not None:
        yield Step(f"Price {edit.price}{whose}", offers.exclude(price=edit.price), {"price": edit.price})
    if edit.percent is not None:
        factor = 1 + edit.percent / 100
        check_price(offers, factor)
        new = Round(ExpressionWrapper(F("price") * Value(factor), DecimalField(max_digits=24, decimal_places=8)), 2)
        differing = offers.annotate(new=new).exclude(price=F("new"))
        yield Step(f"Price {edit.percent:+f} %{whose}", differing, {"price": new})
    if edit.availability:
        words = Offer.Availability(edit.availability).label.lower()
        differing = offers.exclude(availability=edit.availability)
        yield Step(f"{words}{whose}".capitalize(), differing, {"availability": edit.availability})


def check_price(offers: QuerySet[Offer], factor: Decimal) -> None:
    if factor < 0:
        raise BulkRefused("A price cannot fall by more than 100 %.")
    highest = offers.aggregate(highest=Max("price"))["highest"]
    if highest is not None and highest * factor > MAX_PRICE:
        raise BulkRefused(f"A price of {highest} would become too large.")
