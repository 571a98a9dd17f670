"""From a verdict to what was made of it."""

from collections.abc import Iterable
from uuid import UUID

from labeling.models import DatasetRow, GoldenVerdict


def datasets_of(verdicts: Iterable[UUID]) -> dict[UUID, list[str]]:
    """{verdict: ["sofas@v12", ...]} of those that are in any, in one query."""
    rows = DatasetRow.objects.filter(verdict__in=list(verdicts)).order_by("dataset__name", "dataset__version")
    found: dict[UUID, dict[str, None]] = {}
    for verdict, name, version in rows.values_list("verdict", "dataset__name", "dataset__version"):
        found.setdefault(verdict, {})[f"{name}@v{version}"] = None
    return {verdict: list(names) for verdict, names in found.items()}


def golden_sets_of(verdicts: Iterable[UUID]) -> dict[UUID, list[str]]:
    """{verdict: ["rooms@4f1c2d3e5a6b", ...]}, in one query."""
    rows = GoldenVerdict.objects.filter(verdict__in=list(verdicts)).order_by("golden__name", "golden__pk")
    found: dict[UUID, list[str]] = {}
    for verdict, name, sha256 in rows.values_list("verdict", "golden__name", "golden__sha256"):
        found.setdefault(verdict, []).append(f"{name}@{sha256[:12]}")
    return found
