"""The history, read: what was changed of one product, or by one Edit, field by field, in the words of the forms."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from catalog.models import Category, Edit, Image, Offer, Product, Seller

TRACKED = {model._meta.model_name: model for model in (Product, Offer, Image, Category, Seller)}
KINDS = {"+": "made", "~": "changed", "-": "deleted"}
LONGEST_SHOWN = 120


@dataclass(frozen=True, slots=True)
class FieldChange:
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """One recorded row. subject: which offer, picture or product; fields: empty for what was made or deleted."""

    model: str
    history_id: int
    row_id: int
    kind: str
    subject: str
    product_id: int | None
    edit: Edit
    fields: tuple[FieldChange, ...]

    @property
    def at(self) -> datetime:
        return self.edit.at


def of_product(product_id: int, limit: int = 100) -> list[Change]:
    """The product's own changes and those of its offers and pictures, newest first, in a handful of queries."""
    rows = [*Product.history.filter(id=product_id).order_by("-history_id")[:limit]]
    for model in (Offer, Image):
        rows += model.history.filter(product_id=product_id).order_by("-history_id")[:limit]
    changes = read(rows)
    changes.sort(key=lambda change: (change.edit.pk, change.history_id), reverse=True)
    return changes[:limit]


def of_edit(edit: Edit, limit: int = 200) -> list[Change]:
    """The first rows of an Edit, table by table."""
    rows: list = []
    for model in TRACKED.values():
        if len(rows) < limit:
            rows += model.history.filter(edit_id=edit.pk).order_by("history_id")[: limit - len(rows)]
    return read(rows)


def counts(edit_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Of each Edit how many rows it changed, by table; one query for each table."""
    found: dict[int, dict[str, int]] = {edit_id: {} for edit_id in edit_ids}
    for name, model in TRACKED.items():
        rows = model.history.filter(edit_id__in=list(found)).order_by().values_list("edit_id")
        for edit_id, number in rows.annotate(Count("history_id")):
            found[edit_id][name] = number
    return found


def in_words(counted: dict[str, int]) -> str:
    """ "60 products, 1 category"."""
    names = {name: (model._meta.verbose_name, model._meta.verbose_name_plural) for name, model in TRACKED.items()}
    return ", ".join(f"{number:,} {names[name][number != 1]}" for name, number in counted.items())


def read(rows: list) -> list[Change]:
    edits = Edit.objects.in_bulk({row.edit_id for row in rows})
    names = Names.of(rows)
    return [make_change(row, edits[row.edit_id], names) for row in rows if row.edit_id in edits]


def make_change(row, edit: Edit, names: "Names") -> Change:
    model = row.instance_type._meta.model_name
    fields = tuple(
        FieldChange(label(row, column), names.say(column, held), names.say(column, getattr(row, column)))
        for column, held in sorted((row.before or {}).items())
    )
    product_id = row.id if model == "product" else getattr(row, "product_id", None)
    return Change(model, row.history_id, row.id, KINDS[row.history_type], subject(row, names), product_id, edit, fields)


def label(row, column: str) -> str:
    field = next(field for field in row.instance_type._meta.fields if field.column == column)
    return str(field.verbose_name)


def subject(row, names: "Names") -> str:
    model = row.instance_type
    if model is Product:
        return f"{row.sku} {row.title}"
    if model is Category:
        return row.path
    if model is Seller:
        return row.name
    whose = names.say("product_id", row.product_id)
    if model is Offer:
        return f"{whose}: offer of {names.say('seller_id', row.seller_id)}"
    return f"{whose}: picture {row.source.rsplit('/', 1)[-1][:60]}"


@dataclass(frozen=True, slots=True)
class Names:
    """What ids stand for, read once for all rows. What is gone from the catalog is named by its number."""

    by_column: dict[str, dict[int, str]]

    @classmethod
    def of(cls, rows: list) -> "Names":
        ids: dict[str, set[int]] = {"category_id": set(), "parent_id": set(), "product_id": set(), "seller_id": set()}
        for row in rows:
            for column, found in ids.items():
                found |= {value for value in (getattr(row, column, None), (row.before or {}).get(column)) if value}
        categories = named(Category, "path", ids["category_id"] | ids["parent_id"])
        return cls(
            {
                "category_id": categories,
                "parent_id": categories,
                "product_id": named(Product, "sku", ids["product_id"]),
                "seller_id": named(Seller, "name", ids["seller_id"]),
            }
        )

    def say(self, column: str, value) -> str:
        if value is None or value == "":
            return "–"
        if column in self.by_column:
            return self.by_column[column].get(value, f"no. {value}, which is gone")
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, dict):
            return ", ".join(f"{name} {its}" for name, its in sorted(value.items())) or "–"
        if column == "price":
            return f"{float(value):.2f}"
        text = str(value)
        return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def named(model: type, field: str, ids: set[int]) -> dict[int, str]:
    """Of what was deleted, the name it had last."""
    names = dict(model.objects.filter(pk__in=ids).values_list("pk", field))
    gone = model.history.filter(id__in=ids - names.keys(), history_type="-").values_list("id", field)
    return dict(gone) | names if ids - names.keys() else names
