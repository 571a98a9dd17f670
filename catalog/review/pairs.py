"""What a person says of products whose pictures look the same, and of what a product lacks."""

from collections.abc import Mapping, Sequence
from itertools import combinations

from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from catalog.errors import DecidedAlready, NothingTicked
from catalog.models import Category, Product
from catalog.review.models import Decision, PairVerdict

DUPLICATES, SUGGESTIONS = "duplicates", "suggestions"
DECLINED = "declined"
MARK = """UPDATE catalog_nearduplicate n SET decided = NOT n.decided
    FROM catalog_image a, catalog_image b, catalog_product p, catalog_product q
    WHERE a.id = n.image_id AND b.id = n.other_id AND p.id = a.product_id AND q.id = b.product_id
        AND p.sku = ANY(%(skus)s) AND q.sku = ANY(%(skus)s)
        AND n.decided <> EXISTS (SELECT FROM catalog_pairverdict v
            WHERE v.sku = least(p.sku COLLATE "C", q.sku COLLATE "C")
                AND v.other_sku = greatest(p.sku COLLATE "C", q.sku COLLATE "C"))"""


@transaction.atomic
def decide_pairs(skus: Sequence[str], verdict: str, by: str) -> Decision:
    """One verdict for every two of these SKUs. It counts for their products whatever pictures they get later."""
    pairs = [tuple(sorted(pair)) for pair in combinations(sorted(set(skus)), 2)]
    if not pairs or verdict not in PairVerdict.Verdict.values:
        raise NothingTicked
    before = []
    for sku, other_sku in pairs:
        row = PairVerdict.objects.select_for_update().filter(sku=sku, other_sku=other_sku).first()
        before.append([sku, other_sku, row.verdict if row else "", row.by if row else ""])
        PairVerdict.objects.update_or_create(sku=sku, other_sku=other_sku, defaults={"verdict": verdict, "by": by})
    mark_decided([sku for pair in pairs for sku in pair])
    detail = {"pairs": before}
    subject = ", ".join(sorted(set(skus)))[:300]
    return Decision.objects.create(by=by, queue=DUPLICATES, verdict=verdict, subject=subject, detail=detail)


def mark_decided(skus: Sequence[str]) -> None:
    """Call it where verdicts on any two of these SKUs, or their pictures, have changed."""
    with connection.cursor() as cursor:
        cursor.execute(MARK, {"skus": list(skus)})


@transaction.atomic
def accept_suggestion(product_id: int, category_id: int | None, attributes: Mapping[str, str], by: str) -> Decision:
    """Fill in what the product lacks; what somebody filled in meanwhile stays.

    Raises NothingTicked, and DecidedAlready where nothing is left to fill in.
    """
    if category_id is None and not attributes:
        raise NothingTicked
    product = Product.objects.select_for_update().defer("words").filter(pk=product_id).first()
    if product is None:
        raise DecidedAlready
    category = Category.objects.filter(pk=category_id).first() if product.category_id is None else None
    missing = {name: value for name, value in attributes.items() if value and not product.attributes.get(name)}
    if category is None and not missing:
        raise DecidedAlready
    detail = {"product": product.pk, "category": category and category.pk, "attributes": missing}
    if category is not None:
        product.category = category
    product.attributes = {**product.attributes, **missing}
    product.updated_at = timezone.now()
    product.save(update_fields=["category", "attributes", "updated_at"])
    cache.delete("catalog.category_tree")
    return Decision.objects.create(by=by, queue=SUGGESTIONS, verdict="accepted", subject=product.sku, detail=detail)


@transaction.atomic
def decline_suggestion(product_id: int, by: str) -> Decision:
    """Leave the product as it is, and do not ask again."""
    product = Product.objects.only("sku").filter(pk=product_id).first()
    if product is None:
        raise DecidedAlready
    return Decision.objects.create(by=by, queue=SUGGESTIONS, verdict=DECLINED, subject=product.sku)
