"""Taking back the last decision: everything becomes what it was, unless somebody has changed it since."""

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from catalog.errors import NoDecision
from catalog.models import Image, Product, Seller
from catalog.priority import Priority
from catalog.review.models import Decision, Inspection, PairVerdict, PictureRule
from catalog.review.pairs import mark_decided
from catalog.review.services import show_again
from catalog.services import EMBED_TASK

UNDO = "undo"


def last_decision(by: str) -> Decision | None:
    """The latest one of this person that was not taken back yet."""
    return Decision.objects.filter(by=by, undone_by=None, undoes=None).order_by("-pk").first()


@transaction.atomic
def undo_last(by: str) -> Decision:
    """Raises NoDecision."""
    decision = last_decision(by)
    if decision is None:
        raise NoDecision
    take_back(decision)
    return Decision.objects.create(by=by, queue=decision.queue, verdict=UNDO, subject=decision.subject, undoes=decision)


def take_back(decision: Decision) -> None:
    detail = decision.detail
    if "image" in detail:
        restore_picture(detail)
    elif "pairs" in detail:
        restore_pairs(detail["pairs"])
    elif "seller" in detail:
        Seller.objects.filter(pk=detail["seller"]).update(blocked=detail["before"])
        cache.delete("catalog.category_tree")
    elif "withdrew" in detail:
        PictureRule.objects.filter(pk=detail["withdrew"]).update(withdrawn_at=None)
        Image.objects.filter(pk__in=detail["shown"]).update(blocked=True)
    elif "product" in detail:
        restore_product(detail)


def restore_picture(detail: dict) -> None:
    """The state before, unless the picture is gone or was fetched again since. What was indexed is encoded again."""
    if detail["rule"]:
        PictureRule.objects.filter(pk=detail["rule"]).update(withdrawn_at=timezone.now())
    show_again(detail["hidden"])
    image = Image.objects.select_for_update().filter(pk=detail["image"]).first()
    if image is None or image.status == Image.Status.PENDING:
        return
    found = detail.get("found")
    if found:
        Inspection.objects.filter(image=image).update(**found)
    elif "found" in detail:
        Inspection.objects.filter(image=image).delete()
    before = dict(detail["before"])
    if before["status"] == image.status:
        return
    if before["status"] == Image.Status.INDEXED:
        before["status"] = Image.Status.INSPECTED
    Image.objects.filter(pk=image.pk).update(**before)
    if before["status"] == Image.Status.INSPECTED:
        app.configure_task(EMBED_TASK, priority=Priority.BY_HAND).defer(image_id=image.pk)


def restore_pairs(pairs: list) -> None:
    for sku, other_sku, verdict, by in pairs:
        rows = PairVerdict.objects.filter(sku=sku, other_sku=other_sku)
        if verdict:
            rows.update(verdict=verdict, by=by)
        else:
            rows.delete()
    mark_decided([sku for pair in pairs for sku in pair[:2]])


def restore_product(detail: dict) -> None:
    """Empty again what was filled in, where it still says so."""
    product = Product.objects.select_for_update().defer("words").filter(pk=detail["product"]).first()
    if product is None:
        return
    if detail["category"] and product.category_id == detail["category"]:
        product.category = None
    kept = {name: value for name, value in product.attributes.items() if detail["attributes"].get(name) != value}
    product.attributes, product.updated_at = kept, timezone.now()
    product.save(update_fields=["category", "attributes", "updated_at"])
    cache.delete("catalog.category_tree")
