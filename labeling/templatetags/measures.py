"""How shares, intervals and p-values read."""

from django import template
from django.utils.html import format_html

from labeling.measure.ship import tell
from ml.evaluate.exact import Interval, Share

register = template.Library()
NONE, MINUS = "–", "\N{MINUS SIGN}"
CHOICES = {
    "a": "System A",
    "b": "System B",
    "tie": "Tie",
    "both_bad": "Both bad",
    "different": "Different",
    "variant": "Variant",
    "same_sku": "Same SKU",
}


@register.filter
def percent(value: float | None, digits: int = 0) -> str:
    """0.614 -> "61%"."""
    return NONE if value is None else f"{value:.{digits}%}"


@register.filter
def percents(interval: Interval | None) -> str:
    """ "55 to 67%"."""
    return "" if interval is None else f"{interval.low:.0%} to {interval.high:.0%}".replace("%", "", 1)


@register.filter
def two(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


@register.filter
def twos(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval.low:.2f} to {interval.high:.2f}".replace("-", MINUS)


@register.filter
def signed(value: float | None) -> str:
    """A bias with its sign, and a real minus."""
    return NONE if value is None else f"{value:+.2f}".replace("-", MINUS).replace("+0.00", "0.00")


@register.filter
def signeds(interval: Interval) -> str:
    return f"{signed(interval.low)} to {signed(interval.high)}"


@register.filter
def p_value(p: float | None) -> str:
    """ "p = 0.012", "p < 0.0001"."""
    return NONE if p is None else f"p {tell(p)}"


@register.filter
def choice_words(choice: str) -> str:
    return CHOICES.get(choice, choice)


@register.filter
def item(mapping: dict, key):
    return mapping.get(key, "")


@register.inclusion_tag("label_share.html")
def share_of(share: Share) -> dict:
    """A share, and how many of how many."""
    return {"share": share}


@register.simple_tag
def interval_bar(value: float | None, interval: Interval | None) -> str:
    """A line from low to high on a scale from 0 to 1, with a mark at one half and a dot at the value."""
    if value is None or interval is None:
        return ""
    return format_html(
        '<span class="range" style="--low:{};--high:{};--at:{}" aria-hidden="true"></span>',
        f"{interval.low:.4f}",
        f"{interval.high:.4f}",
        f"{value:.4f}",
    )
