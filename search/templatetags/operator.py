"""How spans of time, costs and details read on the operator's pages."""

import re
from datetime import datetime, timedelta
from math import isinf

from django import template
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from search.capacity.prices import MONTHS_PER_YEAR
from search.templatetags.shop import SIGNS

register = template.Library()

SHA256 = re.compile(r"\b[0-9a-f]{64}\b")  # told by its first twelve digits
STEPS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


@register.filter
def span(value: timedelta | float) -> str:
    """The largest unit alone: "3 days", "1 hour", "40 s"."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    for length_s, name in STEPS:
        if seconds >= length_s:
            number = int(seconds // length_s)
            return f"{number} {name}{'' if number == 1 else 's'}"
    return f"{max(0, int(seconds))} s"


@register.filter
def seconds(value: float) -> str:
    """Short spans to the tenth: "0.4 s", "12 s"; longer ones in their unit."""
    if isinf(value):
        return "never"
    if value >= 60:
        return span(value)
    return f"{value:.1f} s" if value < 10 and value != int(value) else f"{int(value)} s"


@register.filter
def ago(value: datetime | None) -> str:
    return f"{span(timezone.now() - value)} ago" if value else ""


@register.filter
def cost(amount: float, currency: str) -> str:
    """Small amounts keep their cents, and next to nothing says so."""
    if 0 < amount < 0.01:
        return f"under {cost(0.01, currency)}"
    sign, code = (SIGNS[currency], "") if currency in SIGNS else ("", f" {currency}")
    return f"{sign}{amount:,.2f}{code}" if amount < 100 else f"{sign}{amount:,.0f}{code}"


@register.filter
def yearly(monthly: float) -> float:
    return monthly * MONTHS_PER_YEAR


@register.filter
def details(detail: dict) -> str:
    """An event's detail in one line: "share 0.1, peak rss 145.6 MB"; what is empty or nested is left out."""
    return ", ".join(detail_words(name, value) for name, value in flat(detail) if value not in (None, "", []))


def flat(detail: dict):
    """Figures of a golden set are told by name; what lies deeper is for its own page."""
    for name, value in detail.items():
        if not isinstance(value, dict):
            yield name, value
        elif name == "scores":
            yield from value.items()


def detail_words(name: str, value) -> str:
    if isinstance(value, bool):
        return ("" if value else "not ") + name
    if name.endswith("_bytes"):
        return f"{name.removesuffix('_bytes').replace('_', ' ')} {filesizeformat(value)}"
    if name == "seconds":
        return f"in {seconds(value)}"
    if isinstance(value, list):
        value = "; ".join(map(str, value))
    if isinstance(value, str):
        value = SHA256.sub(lambda found: found[0][:12], value)
    return f"{name.replace('_', ' ')} {value:g}" if isinstance(value, float) else f"{name.replace('_', ' ')} {value}"
