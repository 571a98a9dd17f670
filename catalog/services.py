"""Writes. Every change of the catalog goes through here or through catalog/ingest/."""

from collections.abc import Iterable

from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import default_storage, storages
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.text import slugify
from procrastinate.contrib.django import app

from catalog.errors import UnknownProduct
from catalog.ingest.sources import UPLOAD
from catalog.models import Category, Image, Product
from catalog.priority import Priority
from catalog.review.kept import forget
from catalog.webhooks import outbox
from catalog.webhooks.models import Event

INSPECT_TASK = "catalog.inspect_image"
EMBED_TASK = "search.embed_image"  # by name: search stands above the catalog
PATH_SEPARATOR = " > "
DEFAULT_SELLER = "This shop"
COUNT_IF_LATE = """
    INSERT INTO catalog_lateday AS late (day, pictures)
    SELECT (now() AT TIME ZONE 'UTC')::date, 1 FROM catalog_image
    WHERE id = %s AND indexed_at - waiting_since > make_interval(secs => %s)
    ON CONFLICT (day) DO UPDATE SET pictures = late.pictures + 1
"""


def mark_indexed(image_id: int) -> bool:
    """Call it in the transaction that writes the vector: committed means searchable.

    True when the image is indexed now. False when its vector must not be kept: the image is gone, was rejected, or
    waits for another inspection.
    """
    inspected = Image.objects.filter(pk=image_id, status=Image.Status.INSPECTED)
    if inspected.update(status=Image.Status.INDEXED, indexed_at=timezone.now(), reason=""):
        count_if_late(image_id)
        announce_image(Event.IMAGE_SEARCHABLE, image_id)
        return True
    return Image.objects.filter(pk=image_id, status=Image.Status.INDEXED).exists()  # indexed again, by another bundle


def count_if_late(image_id: int) -> None:
    """A breach of settings.SIGHTLINE_FRESHNESS_SLA_S is counted where a deleted picture cannot take it back."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_IF_LATE, [image_id, settings.SIGHTLINE_FRESHNESS_SLA_S])


def mark_rejected(image_id: int, reason: str) -> bool:
    return _leave_queue(image_id, Image.Status.REJECTED, reason)


def mark_failed(image_id: int, reason: str) -> bool:
    return _leave_queue(image_id, Image.Status.FAILED, reason)


def _leave_queue(image_id: int, status: str, reason: str) -> bool:
    waiting = [Image.Status.PENDING, Image.Status.INSPECTED]
    with transaction.atomic():
        moved = Image.objects.filter(pk=image_id, status__in=waiting).update(status=status, reason=reason[:300])
        if moved:
            announce_image(Event.IMAGE_REJECTED, image_id)
    return moved == 1


def announce_image(event: Event, image_id: int) -> None:
    """Tell those who want to hear of pictures."""
    if webhooks := outbox.wanting(event):
        image = Image.objects.values("status", "reason", image_id=F("pk"), sku=F("product__sku")).get(pk=image_id)
        outbox.write(webhooks, event.value, [image])


def requeue(images) -> int:
    """Send rejected and failed pictures on their way once more, from the start."""
    return _start_again(images.filter(status__in=[Image.Status.REJECTED, Image.Status.FAILED]))


def fetch_again(image_ids: Iterable[int]) -> int:
    """Send indexed pictures whose stored file is broken on their way once more; until then their vectors are found."""
    return _start_again(Image.objects.filter(pk__in=list(image_ids), status=Image.Status.INDEXED))


@transaction.atomic
def encode_again(image_ids: Iterable[int]) -> list[int]:
    """Send indexed pictures, whose stored file is there, back to be encoded. Those that were sent; the old vector is
    found until then."""
    indexed = Image.objects.select_for_update().filter(pk__in=list(image_ids), status=Image.Status.INDEXED)
    sent = [pk for pk, file in indexed.values_list("pk", "file") if file and default_storage.exists(file)]
    Image.objects.filter(pk__in=sent).update(status=Image.Status.INSPECTED, waiting_since=Now(), attempts=0)
    if sent:
        app.configure_task(EMBED_TASK).batch_defer(*({"image_id": image_id} for image_id in sent))
    return sent


@transaction.atomic
def _start_again(images) -> int:
    waiting = list(images.select_for_update().values_list("pk", flat=True))
    Image.objects.filter(pk__in=waiting).update(status=Image.Status.PENDING, reason="", attempts=0)
    if waiting:
        priority = Priority.BY_HAND if len(waiting) == 1 else Priority.INSPECT
        inspect = app.configure_task(INSPECT_TASK, priority=priority)
        inspect.batch_defer(*({"image_id": image_id} for image_id in waiting))
    return len(waiting)


def category_for(path: str) -> Category | None:
    """The category at this path ("Furniture > Seating > Armchair"), made with its parents where they are missing."""
    names = names_in(path)
    category = Category.objects.filter(path=PATH_SEPARATOR.join(names)).first()
    if category or not names:
        return category
    for depth in range(1, len(names) + 1):
        here = PATH_SEPARATOR.join(names[:depth])
        category, _ = Category.objects.get_or_create(
            path=here, defaults={"name": names[depth - 1], "parent": category, "slug": free_slug(names[:depth])}
        )
    return category


def category_if_known(path: str) -> Category | None:
    """The category that category_for would find or make; one that is not there yet is not made."""
    path = PATH_SEPARATOR.join(names_in(path))
    return (Category.objects.filter(path=path).first() or Category(path=path)) if path else None


def names_in(path: str) -> list[str]:
    return [name.strip()[:120] for name in path.split(">") if name.strip()]


def free_slug(names: list[str]) -> str:
    """The last name alone where that is free, else with the names above it."""
    full = slugify("-".join(names))[:150] or "category"
    for slug in (slugify(names[-1])[:150], full, *(f"{full}-{number}" for number in range(2, 1000))):
        if slug and not Category.objects.filter(slug=slug).exists():
            return slug
    raise ValueError(f"no free slug for {names}")


def block_product(sku: str, blocked: bool = True) -> None:
    """Hide a product from every search, or show it again."""
    if not Product.objects.filter(sku=sku).update(blocked=blocked, updated_at=timezone.now()):
        raise UnknownProduct
    cache.delete("catalog.category_tree")


@transaction.atomic
@transaction.atomic
def delete_products(skus: Iterable[str]) -> int:
    """Delete products with their offers, pictures and vectors; files that nobody else shows go too."""
    products = Product.objects.filter(sku__in=list(skus))
    hold(products)
    delete_images(Image.objects.filter(product__in=products))
    deleted = products.count()
    products.delete()
    cache.delete("catalog.category_tree")
    return deleted


def hold(rows: QuerySet) -> None:
    """Until the transaction ends. First of all: what a worker writes of a row that it holds would otherwise be there
    when the row goes, and not when we looked for what goes along with it."""
    list(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))


@transaction.atomic
def delete_images(images: QuerySet[Image]) -> int:
    """Delete pictures and their vectors. Files are named by content, so one may serve several pictures."""
    hold(images)
    files = {file for file in images.values_list("file", flat=True) if file}
    uploads = set(images.filter(source__startswith=UPLOAD).values_list("source", flat=True))
    deleted = images.count()
    forget(images.values_list("pk", flat=True))
    images.delete()
    transaction.on_commit(lambda: delete_unused_files(files))
    transaction.on_commit(lambda: delete_unused_uploads(uploads))
    return deleted


def delete_unused_files(files: set[str]) -> None:
    used = set(Image.objects.filter(file__in=files).values_list("file", flat=True))
    for file in files - used:
        default_storage.delete(file)


def delete_unused_uploads(sources: set[str]) -> None:
    used = set(Image.objects.filter(source__in=sources).values_list("source", flat=True))
    for source in sources - used:
        storages["uploads"].delete(source.removeprefix(UPLOAD))
