"""The operator's page: what the index is made of, and what can be done with it. Staff only."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from catalog.models import Category
from search.models import Pin, ServingEvent
from search.overview.bundles import BundleLine, bundles
from search.overview.generations import GenerationLine, generations, shards
from search.overview.now import now
from search.overview.tiers import prices, tiers, vectors_by_bundle
from search.web.access import operators_only

EVENTS_SHOWN = 30


@require_safe
@never_cache
@operators_only
def index(request: HttpRequest) -> HttpResponse:
    """The page; for HTMX and the script the part that they name."""
    part = request.headers.get("HX-Target") if "HX-Request" in request.headers else None
    if part == "now":
        return render(request, "operator_index.html#now", {"now": now()})
    context = everything(request.GET.get("generation"))
    if part == "panels":
        return render(request, "operator_index.html#panels", {**context, "part": True})
    return render(request, "operator_index.html", {**context, "live_path": reverse("operator_index") + "live"})


def everything(asked: str | None) -> dict:
    """The context of the whole page. `asked`: the generation whose shards are shown, else the live one."""
    here = now()  # before what its version is of: a list that changes meanwhile is then fetched once more
    vectors, paid = vectors_by_bundle(), prices()
    bundle_lines, lines = bundles(vectors), generations()
    live = next((line.id for line in bundle_lines if line.state == "live"), "")
    chosen = shown_generation(asked, live, lines)
    return {
        "now": here,
        "bundles": bundle_lines,
        "live_bundle": live,
        "previous_bundle": previous(bundle_lines),
        "generations": lines,
        "chosen": chosen,
        "shards": shards(chosen) if chosen else (),
        "tiers": [(tier, tier.yearly(paid)) for tier in tiers(live, vectors, lines)] if live else [],
        "prices": paid,
        "pins": Pin.objects.select_related("category").order_by("category__path"),
        "categories": unpinned_categories(),
        "events": ServingEvent.objects.order_by("-pk")[:EVENTS_SHOWN],
    }


def shown_generation(asked: str | None, live_bundle: str, lines: tuple[GenerationLine, ...]) -> str:
    """The one that was asked for, where there is one; else the live one."""
    known = [line.id for line in lines]
    if asked in known:
        return asked
    return next((line.id for line in lines if line.state == "live" and line.bundle_id == live_bundle), "")


def previous(lines: tuple[BundleLine, ...]) -> str:
    """The bundle that a rollback would lead to."""
    retired = [line for line in lines if line.state == "retired" and line.retired_at]
    return max(retired, key=lambda line: line.retired_at).id if retired else ""


def unpinned_categories() -> list[tuple[int, str]]:
    return list(Category.objects.filter(pin=None).order_by("path").values_list("pk", "path"))
