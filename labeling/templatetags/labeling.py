"""What the pages of judging say of a result."""

from collections.abc import Sequence

from django import template

from labeling.screens import Shown

register = template.Library()
GRADES = {
    "0": "nothing to do with it",
    "1": "goes with it",
    "2": "the same kind of thing",
    "3": "close",
    "4": "the same design",
    "5": "the very thing",
}


@register.inclusion_tag("label_items.html")
def label_items(items: Sequence[Shown], pane: str) -> dict:
    """A list of results, in their order. pane: left or right."""
    return {"items": items, "pane": pane}


@register.inclusion_tag("label_item.html")
def label_item(item: Shown, rank: int, pane: str = "result") -> dict:
    return {"item": item, "rank": rank, "pane": pane}


@register.filter
def grade_words(grade: str) -> str:
    return GRADES[grade]


@register.filter
def milliseconds(value: int) -> str:
    return f"{value / 1000:.1f} s" if value < 60_000 else f"{value / 60_000:.1f} min"
