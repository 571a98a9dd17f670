"""Take back what an Edit did, as far as nobody has changed it since.

A changed field gets its old value back if it still holds what the Edit made of it. A deleted row comes back with its
id; a picture of it is fetched and inspected anew, and an uploaded one stays gone, as its file was deleted with it. A
row that the Edit made is deleted, unless it was changed since.
"""

from dataclasses import dataclass

from django.core.cache import cache
from django.db import IntegrityError, connection
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Length
from procrastinate.contrib.django import app

from catalog.edits.sql import changed_back, changed_columns
from catalog.errors import NothingToUndo, StillRunning, UndoClashes
from catalog.feeds.models import Import
from catalog.history import recorded
from catalog.ingest.sources import UPLOAD
from catalog.models import Category, Edit, Image, Offer, Product, Seller
from catalog.services import INSPECT_TASK, delete_images, delete_products

PARENTS_FIRST = (Seller, Category, Product, Offer, Image)
BATCH_ROWS = 1000
UNDER_WAY = (Import.State.RUNNING, Import.State.PAUSED)


@dataclass(frozen=True, slots=True)
class Undone:
    """Rows. left: changed again since, or in the way; at least one field of each stays as it is."""

    restored: int = 0
    left: int = 0

    def __add__(self, other: "Undone") -> "Undone":
        return Undone(self.restored + other.restored, self.left + other.left)


@dataclass(frozen=True, slots=True)
class Part:
    """The recorded rows of one Edit in one table; with history_id, one of them alone."""

    model: type
    edit_id: int
    history_id: int | None = None

    def rows(self, kind: str) -> QuerySet:
        """kind: "+" made, "~" changed, "-" deleted."""
        rows = self.model.history.filter(edit_id=self.edit_id, history_type=kind)
        return rows.filter(history_id=self.history_id) if self.history_id else rows


def undo(edit: Edit, who: str, user=None) -> Undone:
    """All that the Edit did. Raises NothingToUndo, StillRunning and UndoClashes."""
    return take_back([Part(model, edit.pk) for model in PARENTS_FIRST], edit, who, user)


def undo_row(model: type, history_id: int, who: str, user=None) -> Undone:
    """One recorded row of one table. Raises NothingToUndo, StillRunning and UndoClashes."""
    row = model.history.filter(history_id=history_id).first()
    edit = Edit.objects.filter(pk=row.edit_id).first() if row else None
    if edit is None:
        raise NothingToUndo
    return take_back([Part(model, edit.pk, history_id)], edit, who, user)


def take_back(parts: list[Part], edit: Edit, who: str, user) -> Undone:
    """In an order that keeps every reference whole: what was deleted, what was changed, what was made."""
    try:
        with recorded(who, f"Undo: {edit}"[:300], user, undoes=edit):
            Edit.objects.select_for_update().get(pk=edit.pk)  # two who undo it at once take turns
            if edit.imports.filter(state__in=UNDER_WAY).exists():  # it would go on above what was taken back
                raise StillRunning
            done = sum((make_again(part) for part in parts), Undone())
            done += sum((change_back(part) for part in parts), Undone())
            done += sum((delete_made(part) for part in reversed(parts)), Undone())
    except IntegrityError as clash:
        raise UndoClashes from clash
    if not done.restored and not done.left:
        raise NothingToUndo
    cache.delete("catalog.category_tree")
    return done


def make_again(part: Part) -> Undone:
    rows = part.rows("-").filter(~Exists(part.model.objects.filter(pk=OuterRef("id")))).order_by("history_id")
    restored = left = 0
    batch: list = []
    for row in rows.iterator(BATCH_ROWS):
        batch.append(row.instance)
        if len(batch) == BATCH_ROWS:
            restored, left, batch = restored + insert(part.model, batch), left + len(batch), []
    restored, left = restored + insert(part.model, batch), left + len(batch)
    return Undone(restored, left - restored)


def insert(model: type, rows: list) -> int:
    """How many found their place: a product whose SKU is taken by now does not, nor what belonged to it."""
    if model in (Offer, Image):
        there = set(Product.objects.filter(pk__in={row.product_id for row in rows}).values_list("pk", flat=True))
        rows = [row for row in rows if row.product_id in there]
    if model is Image:
        rows = [row for row in rows if not row.source.startswith(UPLOAD)]
    model.objects.bulk_create(rows, ignore_conflicts=True)
    placed = list(model.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    if model is Image and placed:
        app.configure_task(INSPECT_TASK).batch_defer(*({"image_id": image_id} for image_id in placed))
    return len(placed)


def change_back(part: Part) -> Undone:
    """Newest first where the Edit changed a row several times."""
    asked, done, depth = [part.edit_id, part.history_id, part.history_id], Undone(), 1
    with connection.cursor() as cursor:
        cursor.execute(changed_columns(part.model), asked)
        columns = [name for (name,) in cursor.fetchall()]
        if not columns:
            return done
        statement = changed_back(part.model, columns)
        while True:
            cursor.execute(statement, [*asked, depth])
            rows, restored, whole = cursor.fetchone()
            if not rows:
                return done
            done, depth = done + Undone(restored, rows - whole), depth + 1


def delete_made(part: Part) -> Undone:
    """Unless somebody else has changed it since, or something else needs it."""
    later = part.model.history.filter(id=OuterRef("id"), history_id__gt=OuterRef("history_id"))
    made = part.rows("+").filter(Exists(part.model.objects.filter(pk=OuterRef("id"))))
    ids = list(made.filter(~Exists(later.exclude(edit_id=part.edit_id))).values_list("id", flat=True))
    all_made = made.count()
    if part.model is Category:  # what is deepest first, for a parent is protected while it has children
        deepest = part.model.objects.filter(pk__in=ids).order_by(Length("path").desc())
        batches = [[pk] for pk in deepest.values_list("pk", flat=True)]
    else:
        batches = [ids[start : start + BATCH_ROWS] for start in range(0, len(ids), BATCH_ROWS)]
    deleted = sum(delete_rows(part.model.objects.filter(pk__in=batch)) for batch in batches)
    return Undone(deleted, all_made - deleted)


def delete_rows(rows: QuerySet) -> int:
    """Those that nothing else needs."""
    if rows.model is Product:
        return delete_products(rows.values_list("sku", flat=True))
    if rows.model is Image:
        return delete_images(rows)
    unused = {Category: {"children": None, "products": None}, Seller: {"offers": None}}.get(rows.model, {})
    ids = list(rows.filter(**unused).values_list("pk", flat=True))
    rows.model.objects.filter(pk__in=ids).delete()
    return len(ids)
