"""What a page keeps up to date: the figures, and the pictures and products that it shows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

from search.status.now import now
from search.status.pictures import picture_statuses
from search.status.products import product_statuses
from search.status.queue import is_worked

MOST = 300  # of each kind; a page shows fewer
Seen = dict[tuple[str, int], Any]  # what was rendered last, by kind and id


@dataclass(frozen=True, slots=True)
class Watched:
    """`figures`: the status page's own. `banner`: whether a worker runs."""

    figures: bool = False
    banner: bool = False
    pictures: tuple[int, ...] = ()
    products: tuple[int, ...] = ()

    @classmethod
    def of(cls, asked: Mapping) -> "Watched":
        """From what the script says. Whatever is no list of ids counts as an empty one."""
        return cls(
            bool(asked.get("figures")),
            bool(asked.get("banner")),
            ids(asked.get("pictures")),
            ids(asked.get("products")),
        )


def ids(values: object) -> tuple[int, ...]:
    if isinstance(values, str):
        values = values.split(",")
    if not isinstance(values, Iterable):
        return ()
    found = [int(value) for value in values if isinstance(value, int) or str(value).isdecimal()]
    return tuple(value for value in found if 0 < value < 2**63)[:MOST]


def what_changed(watched: Watched, seen: Seen) -> tuple[dict, Seen]:
    """Rendered, what is not as it was when it was `seen`; and what is seen now."""
    here: Seen = {}
    if watched.figures:
        here["figures", 0] = now()
    if watched.banner:
        here["banner", 0] = is_worked()
    here |= {("picture", pk): status for pk, status in picture_statuses(watched.pictures).items()}
    here |= {("product", pk): status for pk, status in product_statuses(watched.products).items()}
    changed: dict[str, dict[int, str]] = {}
    for (kind, pk), value in here.items():
        if seen.get((kind, pk)) != value:
            changed.setdefault(kind, {})[pk] = render(kind, value)
    return changed, here


def render(kind: str, value: Any) -> str:
    if kind == "figures":
        return render_to_string("catalog_status.html#now", {"now": value})
    if kind == "banner":
        return render_to_string("worker_banner.html", {"worked": value})
    return render_to_string(f"{kind}_status.html", {"status": value})
