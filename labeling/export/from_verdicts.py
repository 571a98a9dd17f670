"""Hard negatives that raters named: judged different, graded 0, of the wrong category, both bad."""

from collections.abc import Iterable, Mapping

from labeling import pictures
from labeling.export.golden import box_in
from labeling.export.judgments import DIFFERENT, SAME_SKU, Judgment, grades, same_products, sides, standing
from labeling.export.pairs import Anchor, Pair
from labeling.models import Project, Query, Reason, Task, Verdict

DIFFERENT_WEIGHT, GRADE_0_WEIGHT, SIDES_WEIGHT = 1.0, 0.7, 0.4  # how directly it was said
RIGHT_GRADE = 4  # from here on a result may stand for what was looked for
SOURCE_DIFFERENT, SOURCE_GRADE = "judged different", "graded 0"
SOURCE_CATEGORY, SOURCE_BOTH_BAD = "wrong category", "both bad"


def pairs_from_verdicts(projects: Iterable[Project] | None = None) -> list[Pair]:
    """Weighted by how many of the raters agreed."""
    rows = standing(projects)
    pairs, graded, preferred = same_products(rows), grades(rows), sides(rows)
    queries = {each.query for each in (*pairs, *graded, *preferred) if each.query is not None}
    known = Query.objects.select_related("batch").in_bulk(queries)
    anchors = {pk: anchor_of(query) for pk, query in known.items()}
    right = right_answers(known, pairs, graded)
    return [
        *differing(pairs, anchors, right),
        *zeros(graded, anchors, right),
        *lost(preferred, anchors, right),
    ]


def anchor_of(query: Query) -> Anchor:
    if not query.photo:
        return Anchor(text=query.text)
    try:
        bbox = box_in(pictures.read(query.photo), query) if query.bbox else None
    except FileNotFoundError:  # the guard says that it is gone
        bbox = None
    return Anchor(query.photo, bbox, query.text)


def right_answers(known: Mapping[int, Query], pairs: list[Judgment], graded: list[Judgment]) -> dict[int, str]:
    """The sku that each query looked for: as its set says, as raters said, or as they graded best."""
    right = {pk: next((sku for sku, grade in query.known.items() if grade >= 5), "") for pk, query in known.items()}
    for each in sorted(graded, key=lambda each: int(each.choice)):
        if each.query is not None and int(each.choice) >= RIGHT_GRADE and not known[each.query].known:
            right[each.query] = each.sku_a
    right |= {each.query: each.sku_b for each in pairs if each.query is not None and each.choice == SAME_SKU}
    return {pk: sku for pk, sku in right.items() if sku}


def differing(pairs: list[Judgment], anchors: Mapping[int, Anchor], right: Mapping[int, str]) -> list[Pair]:
    return [
        Pair(
            SOURCE_DIFFERENT,
            anchors.get(each.query, Anchor()),
            each.sku_a if each.query is None else right.get(each.query, ""),
            each.sku_b,
            DIFFERENT_WEIGHT * each.agreed,
            each.verdicts,
        )
        for each in pairs
        if each.choice == DIFFERENT
    ]


def zeros(graded: list[Judgment], anchors: Mapping[int, Anchor], right: Mapping[int, str]) -> list[Pair]:
    return [
        Pair(
            SOURCE_CATEGORY if Reason.CATEGORY in each.reasons else SOURCE_GRADE,
            anchors.get(each.query, Anchor()),
            right.get(each.query, ""),
            each.sku_a,
            GRADE_0_WEIGHT * each.agreed,
            each.verdicts,
        )
        for each in graded
        if each.choice == "0"
    ]


def lost(preferred: list[Judgment], anchors: Mapping[int, Anchor], right: Mapping[int, str]) -> list[Pair]:
    """The first results: of both lists where both are bad, of the one that lost where its category was wrong."""
    named = {each.task: each for each in preferred}
    tasks = Task.objects.filter(pk__in=named).select_related("list_a", "list_b")
    found = []
    for task in tasks:
        each = named[task.pk]
        for source, items in losers(each, task):
            if items and items[0]["sku"] != right.get(each.query):
                weight = SIDES_WEIGHT * each.agreed
                anchor, positive = anchors.get(each.query, Anchor()), right.get(each.query, "")
                found.append(Pair(source, anchor, positive, items[0]["sku"], weight, each.verdicts))
    return found


def losers(each: Judgment, task: Task) -> list[tuple[str, list[dict]]]:
    a, b = task.list_a.items, task.list_b.items
    if each.choice == Verdict.Value.BOTH_BAD:
        return [(SOURCE_BOTH_BAD, a), (SOURCE_BOTH_BAD, b)]
    if each.choice not in ("a", "b") or Reason.CATEGORY not in each.reasons:
        return []
    won, other = (a, b) if each.choice == "a" else (b, a)
    same = won and other and won[0].get("category") == other[0].get("category")
    return [] if same else [(SOURCE_CATEGORY, other)]
