"""The filters of the product list. Each is one condition of catalog/find.py."""

from html import escape

from django.db.models import QuerySet
from django.forms.utils import flatatt
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from unfold.contrib.filters.admin import DropdownFilter
from unfold.contrib.filters.forms import DropdownForm
from unfold.widgets import UnfoldAdminSelectWidget

from catalog import find
from catalog.models import Category, Seller

MAX_FOUND = 100


class PlainSelect(UnfoldAdminSelectWidget):
    """Its options are made here: by Django's template for each, those of 500 categories take 40 ms."""

    def render(self, name: str, value, attrs: dict | None = None, renderer=None) -> SafeString:
        attributes, chosen = flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name})), str(value or "")
        options = "".join(
            f'<option value="{escape(str(key))}"{" selected" * (str(key) == chosen)}>{escape(str(label))}</option>'
            for key, label in self.choices
        )
        return mark_safe(f"<select{attributes}>{options}</select>")


class PlainForm(DropdownForm):
    widget = PlainSelect(attrs=DropdownForm.widget.attrs)


class Dropdown(DropdownFilter):
    form_class = PlainForm


class State(Dropdown):
    title, parameter_name = "pictures", "state"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple[str, str]]:
        return list(find.STATES.items())

    def queryset(self, request: HttpRequest, products: QuerySet) -> QuerySet:
        return find.in_state(products, self.value()) if self.value() in find.STATES else products


class InCategory(Dropdown):
    title, parameter_name = "category", "category"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple[str, str]]:
        rows = Category.objects.values_list("slug", "path")
        tree = sorted(((path.split(" > "), slug) for slug, path in rows))
        return [("none", "No category"), *((slug, "\u2003" * (len(path) - 1) + path[-1]) for path, slug in tree)]

    def queryset(self, request: HttpRequest, products: QuerySet) -> QuerySet:
        return find.in_category(products, self.value()) if self.value() else products


class Stock(Dropdown):
    title, parameter_name = "stock", "stock"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple[str, str]]:
        return [("in", "In stock"), ("out", "Out of stock"), ("none", "No offer")]

    def queryset(self, request: HttpRequest, products: QuerySet) -> QuerySet:
        return find.in_stock(products, self.value()) if self.value() in ("in", "out", "none") else products


class SoldBy(Dropdown):
    title, parameter_name = "seller", "seller"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in Seller.objects.order_by("name").values_list("pk", "name")]

    def queryset(self, request: HttpRequest, products: QuerySet) -> QuerySet:
        number = self.value() or ""
        return find.sold_by(products, int(number)) if number.isdecimal() and len(number) < 19 else products


class Hidden(Dropdown):
    title, parameter_name = "visibility", "hidden"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple[str, str]]:
        return [("no", "Shown"), ("yes", "Hidden from searches")]

    def queryset(self, request: HttpRequest, products: QuerySet) -> QuerySet:
        return products.filter(blocked=self.value() == "yes") if self.value() in ("yes", "no") else products


class FoundByPhoto(Dropdown):
    """Only there when a photo was dropped on the list; its value are the products' ids, best first."""

    title, parameter_name = "photo", "found"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple[str, str]]:
        given = request.GET.get(self.parameter_name)
        return [(given, "Found by photo")] if given else []

    def queryset(self, request: HttpRequest, products: QuerySet) -> QuerySet:
        return products.filter(pk__in=found_ids(self.value())) if self.value() else products


def found_ids(value: str | None) -> list[int]:
    """ "12,7,9" -> [12, 7, 9]; what is no number is left out."""
    numbers = (value or "").split(",")[:MAX_FOUND]
    return [int(number) for number in numbers if number.isdecimal() and len(number) < 19]
