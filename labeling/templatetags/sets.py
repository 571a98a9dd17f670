"""How measures read, and where verdicts went."""

from django import template

from labeling.export.lineage import datasets_of, golden_sets_of

register = template.Library()
MEASURES = {
    "precision_at_1": "Precision@1",
    "ndcg_at_10": "nDCG@10",
    "judged_at_1": "Judged@1",
    "judged_at_10": "Judged@10",
    "recall_at_10": "Recall@10",
    "map": "MAP",
    "mrr": "MRR",
    "queries": "Queries",
}


@register.filter
def measure_name(name: str) -> str:
    return MEASURES.get(name, name)


@register.filter
def in_order(figures: dict) -> list[tuple[str, float]]:
    """As MEASURES has them; the database keeps no order."""
    return [(name, figures[name]) for name in MEASURES if name in figures]


@register.filter
def by_name(groups: dict) -> list[tuple[str, dict]]:
    return sorted(groups.items())


@register.filter
def short_ref(ref: str) -> str:
    """rooms@b1244a803326, which is enough to find it by."""
    name, _, sha256 = ref.partition("@")
    return f"{name}@{sha256[:12]}" if sha256 else name


@register.filter
def pool_name(name: str) -> str:
    return name.replace("_", " ")


@register.filter
def figure(value: float, name: str) -> str:
    return f"{value:,}" if name == "queries" else f"{value:.3f}"


@register.simple_tag
def in_sets(verdicts) -> dict:
    """{verdict id: ["sofas@v12", "rooms@4f1c..."]} for a whole page, in two queries."""
    ids = list(verdicts)
    found = datasets_of(ids)
    for verdict, names in golden_sets_of(ids).items():
        found.setdefault(verdict, []).extend(names)
    return found


@register.filter
def of(found: dict, verdict) -> list[str]:
    """What one verdict is in."""
    return found.get(verdict, [])
