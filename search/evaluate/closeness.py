"""Does the search know what the shop does not sell?

Asked of photos of what is sold, of the same with the right products struck out of the logged ranking, as it would be if
the shop did not carry them, and of what the folder says is not sold at all.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ml.evaluate import auroc
from search.evaluate.ask import Reply, Shop, first_right
from search.evaluate.folder import Question
from search.models import QueryLog
from search.rerank.closeness import CARD, SIGNALS, kind_of, probability, signals

Asked = list[tuple[Question, Reply]]
SOLD, WITHOUT, FOREIGN = "sold", "without_its_product", "not_sold"


@dataclass(frozen=True, slots=True)
class Example:
    """What was seen of one ranking. `right`: its first result is the very product. `kind`: SOLD, WITHOUT or FOREIGN."""

    kind: str
    right: bool
    signals: list[float]


def examples(asked: Asked, shop: Shop) -> list[Example]:
    """Of all photos that found anything."""
    logged = QueryLog.objects.filter(pk__in=[reply.query_id for _, reply in asked if reply.query_id])
    by_id = {str(key): ranking for key, ranking in logged.values_list("pk", "ranking")}
    found = []
    for each, reply in asked:
        ranking = by_id.get(reply.query_id, [])
        if each.sold:
            found += seen(SOLD, ranking, first_right(reply, each) == 0)
            found += seen(WITHOUT, [row for row in ranking if not names_any(row, each.right, shop)], False)
        else:
            found += seen(FOREIGN, ranking, False)
    return found


def names_any(row: list, right: dict[str, float], shop: Shop) -> bool:
    """Whether a logged result, or a listing folded into it, is one of the right ones."""
    return any(shop.sku_by_id.get(product_id) in right for product_id in (row[0], *row[3]))


def seen(kind: str, ranking: list, right: bool) -> list[Example]:
    ranked = [(row[1], row[2]) for row in ranking]
    if not any("image" in parts for _, parts in ranked):
        return []
    return [Example(kind, right, [round(float(value), 5) for value in signals(ranked)])]


def write(found: list[Example], path: Path) -> None:
    """JSON lines, for `python -m ml.train closeness`; the first names the signals."""
    lines = [{"names": list(SIGNALS)}, *map(asdict, found)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def figures(found: list[Example], card: dict) -> dict:
    """AUROC of sold against not sold, and what the page would have said; none where the bundle has no calibration."""
    fitted = card.get(CARD)
    counts = {kind: sum(each.kind == kind for each in found) for kind in (SOLD, WITHOUT, FOREIGN)}
    if fitted is None or not found:
        return {"queries": counts}
    values = {kind: np.array([each.signals for each in found if each.kind == kind]) for kind in counts}
    scores = {
        what: {kind: np.array([probability(row, fitted[what]) for row in rows]) for kind, rows in values.items()}
        for what in ("sold", "exact")
    }
    right = np.array([each.right for each in found if each.kind == SOLD], bool)
    exact = scores["exact"]
    others = np.concatenate([exact[SOLD][~right], exact[WITHOUT], exact[FOREIGN]])
    return {
        "queries": counts,
        "auroc_sold_against_not_sold": rounded(auroc(scores["sold"][SOLD], scores["sold"][FOREIGN])),
        "auroc_sold_against_without_its_product": rounded(auroc(exact[SOLD], exact[WITHOUT])),
        "auroc_first_is_right": rounded(auroc(exact[SOLD][right], others)),
        "said": {kind: said(scores["exact"][kind], scores["sold"][kind], fitted) for kind in counts if counts[kind]},
        "right_where_exact_was_said": share(right[exact[SOLD] >= fitted["exact"]["from"]]),
    }


def said(exact: np.ndarray, sold: np.ndarray, fitted: dict) -> dict[str, float]:
    """Shares of the three words that the page has."""
    kinds = [kind_of(one, other, fitted) for one, other in zip(exact, sold, strict=True)]
    return {kind: round(kinds.count(kind) / len(kinds), 4) for kind in ("exact", "similar", "nothing_close")}


def share(flags: np.ndarray) -> float | None:
    return round(float(flags.mean()), 4) if len(flags) else None


def rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)
