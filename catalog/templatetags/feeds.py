"""How the feeds' pages say things."""

from django import template

from catalog.feeds.models import Import
from catalog.feeds.queries import GUARD_LEAST, GUARD_SHARE, Progress

register = template.Library()
STAGES = {
    "": "Waits for the worker",
    "fetching": "Fetching",
    "reading": "Reading",
    "checking": "Checking",
    "storing": "Storing",
    "missing": "What is missing from it",
}
VERDICTS = {
    "uploading": "The upload is not complete",
    "uploaded": "It needs an answer first",
    "checked": "Checked: nothing has changed yet",
    "finished": "Imported",
    "cancelled": "Cancelled",
    "superseded": "A newer one has taken its place",
    "failed": "It could not be imported",
}
FORMATS = {"csv": "CSV", "xml": "Google Merchant XML", "shopify": "Shopify CSV"}
TABS = {"new": "New", "changed": "Changed", "unchanged": "Unchanged", "wrong": "Wrong", "missing": "Missing"}


@register.filter
def doing(now: Progress) -> str:
    return "Paused" if now.state == Import.State.PAUSED else STAGES.get(now.stage, now.stage)


@register.filter
def verdict(now: Progress) -> str:
    return VERDICTS.get(now.state, now.state)


@register.filter
def state_name(now: Progress) -> str:
    if now.state == Import.State.UPLOADED:
        return "being checked" if now.working else "needs you"
    return now.state


@register.filter
def format_name(name: str) -> str:
    return FORMATS.get(name, "not read yet")


@register.filter
def tab_name(kind: str) -> str:
    return TABS[kind]


@register.filter
def span_left(seconds: float) -> str:
    """ "40 s", "3 min", "2 h 5 min"."""
    whole = max(1, round(seconds))
    if whole < 90:
        return f"{whole} s"
    minutes = round(whole / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


@register.filter
def counted(now: Progress) -> dict[str, int]:
    """What the run did, else what the dry run found."""
    counts = now.counts or now.found
    told = {name: counts.get(name, 0) for name in ("new", "changed", "wrong")}
    told["wrong"] += counts.get("repeated", 0)
    return told | {"rows": counts.get("rows", now.rows_total)}


@register.filter
def lines(text: str | None) -> int:
    return len(text.split("\n")) if text else 0


@register.filter
def to_import(found: Import) -> int:
    return sum(found.found.get(name, 0) for name in ("new", "changed", "unchanged"))


@register.filter
def many_missing(found: Import) -> bool:
    """Whether a policy that takes products away would want a yes."""
    return found.found.get("missing", 0) > max(GUARD_LEAST, GUARD_SHARE * found.found.get("scope", 0))
