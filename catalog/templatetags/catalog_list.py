"""The rows of the admin's lists.

unfold's own tag makes every column's head anew for each row, and gives each cell two dozen classes: two thirds of a
page's time and four fifths of its bytes. Here static/admin.css says how a cell looks.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django import template
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import display_for_field, display_for_value, lookup_field
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from unfold.admin import checkbox
from unfold.templatetags.unfold_list import result_headers

register = template.Library()

CHECKBOX, EMPTY = "action_checkbox", "–"
BOX = checkbox.render(ACTION_CHECKBOX_NAME, "{}")  # a template each time otherwise


@dataclass(frozen=True, slots=True)
class Column:
    """`opening` and `closing` are the same in all rows; between them stands what `shown` says of the row."""

    opening: SafeString
    shown: Callable[[Model, str], str]
    closing: str


@register.inclusion_tag("admin/catalog/rows.html")
def catalog_rows(cl: ChangeList) -> dict:
    heads = list(result_headers(cl))
    return {
        "cl": cl,
        "result_headers": heads,
        "num_sorted_fields": sum(head["sortable"] and head["sorted"] for head in heads),
        "rows": mark_safe("\n".join(rows(cl, [head["text"] for head in heads]))),
    }


def rows(cl: ChangeList, heads: list[str]) -> Iterator[str]:
    columns = [column(cl, name, head) for name, head in zip(cl.list_display, heads, strict=True)]
    way_back = query_of_the_list(cl)
    for row in cl.result_list:
        url = cl.url_for_result(row) + way_back
        cells = (each.opening + conditional_escape(each.shown(row, url)) + each.closing for each in columns)
        yield f'<tr class="data-row">{"".join(cells)}</tr>'


def column(cl: ChangeList, name: str, head: str) -> Column:
    if name == CHECKBOX:
        return Column(mark_safe('<td class="action-checkbox">'), lambda row, url: format_html(BOX, row.pk), "</td>")
    attributes = format_html('class="field-{}" data-label="{}"', name, head)
    value = reader(cl, name)
    if name in cl.list_display_links:
        linked = format_html("<th scope=row {}>", attributes)
        return Column(linked, lambda row, url: format_html('<a href="{}">{}</a>', url, value(row)), "</th>")
    return Column(format_html("<td {}>", attributes), lambda row, url: value(row), "</td>")


def reader(cl: ChangeList, name: str) -> Callable[[Model], str]:
    """What a column shows of a row: what the admin's method of this name says, or the model's field."""
    if method := getattr(cl.model_admin, name, None):
        return lambda row: display_for_value(method(row), EMPTY)

    def field_of(row: Model) -> str:
        field, _, value = lookup_field(name, row, cl.model_admin)
        return display_for_field(value, field, EMPTY)

    return field_of


def query_of_the_list(cl: ChangeList) -> str:
    """What a row's address ends with, so that its form leads back to this list as it is: the same for every row."""
    if not cl.result_list:
        return ""
    url = cl.url_for_result(cl.result_list[0])
    whole = add_preserved_filters({"preserved_filters": cl.preserved_filters, "opts": cl.opts}, url)
    return whole.removeprefix(url)
