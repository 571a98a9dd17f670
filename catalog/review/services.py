"""What a person decides about pictures and sellers. Each decision is one transaction, and one row of the log.

Every function takes the name of who decided. A decision about a picture becomes a rule, so that it still counts when
the picture is fetched again, leaves the feed and comes back, or is sent for another product.
"""

from collections.abc import Iterable, Sequence
from itertools import chain

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from catalog.errors import DecidedAlready, NotOverridable
from catalog.ingest.inspect import store
from catalog.models import Image, Seller
from catalog.priority import Priority
from catalog.review.kept import read_kept
from catalog.review.models import Decision, Inspection, PictureRule
from catalog.review.rules import Look, look_alikes, standing_verdict, take_turn
from catalog.services import EMBED_TASK, announce_image
from catalog.webhooks.models import Event

Status, Cause, Verdict = Image.Status, Inspection.Cause, PictureRule.Verdict
SHOWN = (Status.INSPECTED, Status.INDEXED)
TAKEN_OUT = "A person took this picture out."


@transaction.atomic
def allow_picture(image_id: int, by: str, queue: str = "") -> Decision:
    """Show a picture that was held or rejected, or accept one that was warned of. Raises NotOverridable."""
    image, found = locked(image_id)
    if image.status in SHOWN:
        return settle(image, found, by, queue, Verdict.ALLOW)
    if image.status not in (Status.HELD, Status.REJECTED):
        raise DecidedAlready
    if found is None or not has_look(image) or standing_verdict(Look.of(image), image.product.sku) == Verdict.BLOCK:
        raise NotOverridable
    file = published(image, found)
    decision = settle(image, found, by, queue, Verdict.ALLOW)
    Image.objects.filter(pk=image.pk).update(
        status=Status.INSPECTED, reason="", file=file, inspected_at=timezone.now(), waiting_since=timezone.now()
    )
    app.configure_task(EMBED_TASK, priority=Priority.BY_HAND).defer(image_id=image.pk)
    return decision


def published(image: Image, found: Inspection) -> str:
    """The public name of a picture that was set aside. Raises NotOverridable where there is none to publish."""
    if not found.kept and found.cause == Cause.PERSON and image.file:  # it was public until somebody took it out
        return image.file
    try:
        return store(read_kept(found.kept))
    except FileNotFoundError:
        raise NotOverridable from None


@transaction.atomic
def reject_picture(image_id: int, by: str, queue: str = "") -> Decision:
    """Take a picture out for good: out of every search within a second, and again when it comes again."""
    image, found = locked(image_id)
    if image.status not in (*SHOWN, Status.HELD, Status.REJECTED):
        raise DecidedAlready
    decision = settle(image, found, by, queue, Verdict.REJECT)
    refuse(image)
    return decision


@transaction.atomic
def block_picture(image_id: int, by: str, queue: str = "") -> Decision:
    """Nobody may show this picture: whatever looks the same leaves every search within a second, and is refused."""
    take_turn()
    image, found = locked(image_id)
    if not has_look(image):
        raise NotOverridable
    alike = [pk for pk, _, _ in look_alikes(Look.of(image), settings.SIGHTLINE_BLOCK_DISTANCE)]
    same = Image.objects.filter(pk__in=alike) | Image.objects.filter(sha256=image.sha256)
    newly = list(same.filter(blocked=False).values_list("pk", flat=True))
    decision = settle(image, found, by, queue, Verdict.BLOCK, hidden=newly)
    Image.objects.filter(pk__in=newly).update(blocked=True)
    if image.status == Status.HELD:
        refuse(image)
    return decision


@transaction.atomic
def block_seller(seller_id: int, blocked: bool, by: str) -> Decision:
    """Hide a seller's offers, and what nobody else offers, within a second; or show them again."""
    seller = Seller.objects.select_for_update().filter(pk=seller_id).first()
    if seller is None:
        raise DecidedAlready
    detail = {"seller": seller.pk, "before": seller.blocked}
    Seller.objects.filter(pk=seller_id).update(blocked=blocked)
    cache.delete("catalog.category_tree")
    verdict = "block" if blocked else "unblock"
    return Decision.objects.create(by=by, queue="sellers", verdict=verdict, subject=seller.name, detail=detail)


@transaction.atomic
def withdraw_rule(rule_id: int, by: str) -> Decision:
    """Take a picture off the blocklist. What it hid is shown again, unless another rule hides it."""
    rule = PictureRule.objects.select_for_update().filter(pk=rule_id, withdrawn_at=None).first()
    if rule is None:
        raise DecidedAlready
    PictureRule.objects.filter(pk=rule.pk).update(withdrawn_at=timezone.now())
    look = Look(rule.sha256, rule.phash, bytes(rule.thumbnail))
    alike = {pk for pk, _, _ in look_alikes(look, settings.SIGHTLINE_BLOCK_DISTANCE)}
    alike |= set(Image.objects.filter(sha256=rule.sha256).values_list("pk", flat=True))
    hidden = show_again(alike & hidden_by_blocks())
    detail = {"withdrew": rule.pk, "shown": hidden}
    return Decision.objects.create(by=by, queue="blocklist", verdict="unblock", subject=rule.sku, detail=detail)


def hidden_by_blocks() -> set[int]:
    """Pictures that a block ever hid. What somebody hid by hand is not for the blocklist to show."""
    blocks = Decision.objects.filter(verdict=Verdict.BLOCK, detail__has_key="hidden")
    return set(chain.from_iterable(blocks.values_list("detail__hidden", flat=True)))


def show_again(image_ids: Iterable[int]) -> list[int]:
    """Unblock those that no block in force speaks against. Returns which."""
    blocked = Image.objects.filter(pk__in=list(image_ids), blocked=True).select_related("product")
    free = [image.pk for image in blocked if standing_verdict(Look.of(image), image.product.sku) != Verdict.BLOCK]
    Image.objects.filter(pk__in=free).update(blocked=False)
    return free


def locked(image_id: int) -> tuple[Image, Inspection | None]:
    """The picture with its product, until the transaction ends, and what inspection found. Raises DecidedAlready."""
    image = (
        Image.objects.select_for_update(of=("self",))
        .select_related("product")
        .defer("product__words")
        .filter(pk=image_id)
        .first()
    )
    if image is None:
        raise DecidedAlready
    return image, Inspection.objects.filter(image=image_id).first()


def settle(
    image: Image, found: Inspection | None, by: str, queue: str, verdict: str, hidden: Sequence[int] = ()
) -> Decision:
    """The rule, the closed warning and the line in the log, with all that an undo has to know."""
    rule = make_rule(image, by, verdict)
    before = {"status": image.status, "reason": image.reason, "file": image.file}
    detail = {"image": image.pk, "before": before, "rule": rule.pk if rule else None, "hidden": list(hidden)}
    if found is not None:
        detail["found"] = {"cause": found.cause, "open": found.open}
        cause = Cause.PERSON if verdict == Verdict.REJECT else found.cause
        Inspection.objects.filter(pk=found.pk).update(open=False, cause=cause)
    elif verdict == Verdict.REJECT:
        Inspection.objects.create(image=image, cause=Cause.PERSON)
        detail["found"] = None
    return Decision.objects.create(by=by, queue=queue, verdict=verdict, subject=image.product.sku, detail=detail)


def has_look(image: Image) -> bool:
    """Whether it was ever read."""
    return bool(image.sha256) and image.phash is not None


def make_rule(image: Image, by: str, verdict: str) -> PictureRule | None:
    """None for what could never be read, which has no look."""
    if not has_look(image):
        return None
    return PictureRule.objects.create(
        verdict=verdict, sha256=image.sha256, phash=image.phash, thumbnail=bytes(image.thumbnail or b""),
        sku=image.product.sku, by=by,
    )  # fmt: skip


def refuse(image: Image) -> None:
    """The reason stays, where it was held or rejected before; else a person did it."""
    Image.objects.filter(pk=image.pk).update(status=Status.REJECTED, reason=image.reason or TAKEN_OUT)
    if image.status != Status.REJECTED:
        announce_image(Event.IMAGE_REJECTED, image.pk)
