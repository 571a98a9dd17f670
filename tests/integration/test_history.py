"""Who changed what: whatever way of writing, the history has it; one change, and an Edit as a whole, can be undone."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.edits import log
from catalog.edits.undo import undo, undo_row
from catalog.errors import NothingToUndo, StillRunning, UndoClashes
from catalog.feeds.models import Import
from catalog.history import by, recorded, recorded_in, start_edit
from catalog.models import Category, Edit, Image, Offer, Product, Seller
from catalog.services import category_for, delete_products
from catalog.tasks import forget_history

pytestmark = pytest.mark.django_db
TRACKED = (Category, Seller, Product, Offer, Image)


@pytest.fixture
def product():
    with recorded("feed Autumn", "import"):
        product = Product.objects.create(sku="A", title="Sofa", attributes={"color": "blue"})
        seller = Seller.objects.create(name="S")
        Offer.objects.create(product=product, seller=seller, price="249.00")
        Image.objects.create(product=product, source="https://shop.example/a.jpg", status="indexed")
    return product


def last_edit() -> Edit:
    return Edit.objects.latest("pk")


def test_every_tracked_column_is_in_its_trigger():
    """A field that is tracked but not in the trigger would be NULL in the history, or refuse the row."""
    for model in TRACKED:
        with connection.cursor() as cursor:
            cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = %s", [f"{model._meta.db_table}_recorded"])
            source = cursor.fetchone()[0]
        columns = {field.column for field in model.history.model.tracked_fields if not field.primary_key}
        assert {name for name in columns if f"n.{name}" in source and f"o.{name}" in source} == columns


def test_every_way_of_writing_is_recorded(product):
    user = get_user_model().objects.create_user("ada", first_name="Ada")
    with recorded(by(user), "form", user):
        product.title = "Couch"
        product.save()
    with recorded("token shop", "API"):
        Offer.objects.filter(product=product).update(price=200, availability="out_of_stock")
    product.brand = "Nord"
    with recorded("feed"):
        Product.objects.bulk_update([product], ["brand"])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_image SET blocked = true WHERE product_id = %s", [product.pk])
    found = [(change.edit.who, change.kind, [f.name for f in change.fields]) for change in log.of_product(product.pk)]
    assert found[:4] == [
        ("", "changed", ["blocked"]),
        ("feed", "changed", ["brand"]),
        ("token shop", "changed", ["availability", "price"]),
        ("Ada", "changed", ["title"]),
    ]
    assert {(who, kind) for who, kind, _ in found[4:]} == {("feed Autumn", "made")}
    record = Product.history.filter(history_user_id=user.pk).get()
    assert (record.history_user, record.title, record.before) == (user, "Couch", {"title": "Sofa"})
    assert record.instance.title == "Couch"  # the library reads what the trigger wrote


def test_nothing_is_written_where_nothing_changes(product):
    before = Edit.objects.count()
    with recorded("ada", "form"):
        product.save()
        Image.objects.update(status="inspected", attempts=3)
        Product.objects.filter(sku="none").update(title="x")
    assert Edit.objects.count() == before


def test_an_import_of_several_transactions_is_one_edit(product):
    edit = start_edit("feed Autumn", "import 12")
    for price in (1, 2):
        with recorded_in(edit):
            Offer.objects.filter(product=product).update(price=price)
    assert log.counts([edit.pk]) == {edit.pk: {"offer": 2}}
    assert undo(edit, "ada").restored == 2  # both steps, the last first
    assert Offer.objects.get().price == Decimal("249.00")


def test_who_is_forgotten_after_its_block_and_after_an_error(product):
    with recorded("outer"):
        with recorded("inner"):
            Product.objects.update(brand="1")
        Product.objects.update(brand="2")
    with pytest.raises(ZeroDivisionError), recorded("broken"):
        Product.objects.update(brand="3" if 1 / 0 else "")
    Product.objects.update(brand="4")
    assert [edit.who for edit in Edit.objects.order_by("pk")][1:] == ["inner", "outer", ""]


def test_a_change_is_undone_alone_and_redone(product):
    with recorded("ada", "form"):
        Product.objects.update(title="Couch", brand="Nord")
        Offer.objects.update(price=1)
    row = Product.history.filter(edit_id=last_edit().pk).get()
    assert undo_row(Product, row.history_id, "bob").restored == 1
    product.refresh_from_db()
    assert (product.title, product.brand, Offer.objects.get().price) == ("Sofa", "", 1)
    undone = last_edit()
    assert (undone.who, undone.undoes.what) == ("bob", "form")
    undo(undone, "bob")
    product.refresh_from_db()
    assert (product.title, product.brand) == ("Couch", "Nord")


def test_what_was_changed_since_is_left_alone(product):
    Product.objects.create(sku="B", title="Chair")
    with recorded("ada", "bulk"):
        Product.objects.update(brand="Nord", blocked=True)
    bulk = last_edit()
    Product.objects.filter(sku="B").update(brand="West")
    done = undo(bulk, "ada")
    assert (done.restored, done.left) == (2, 1)
    assert set(Product.objects.values_list("sku", "brand", "blocked")) == {("A", "", False), ("B", "West", False)}
    with pytest.raises(NothingToUndo):
        undo_row(Product, 10**9, "ada")


def test_a_deleted_product_comes_back_with_offers_and_pictures(product):
    product.category = category_for("Furniture > Sofa")
    product.save()
    Image.objects.create(product=product, source="upload:products/x.jpg", status="indexed", file="products/x.jpg")
    with recorded("ada", "delete"):
        delete_products(["A"])
    ProcrastinateJob.objects.all().delete()
    undo(last_edit(), "ada")
    again = Product.objects.get(sku="A")
    assert (again.pk, again.category.path, again.attributes) == (product.pk, "Furniture > Sofa", {"color": "blue"})
    assert again.offers.get().price == Decimal("249.00")
    image = again.images.get()  # the uploaded one's file was deleted with it
    assert (image.source, image.status, image.alt) == ("https://shop.example/a.jpg", "pending", "")
    assert ProcrastinateJob.objects.get().task_name == "catalog.inspect_image"


def test_a_taken_sku_is_not_overwritten(product):
    with recorded("ada", "delete"):
        delete_products(["A"])
    deleted = last_edit()
    Product.objects.create(sku="A", title="Another")
    done = undo(deleted, "ada")
    assert (done.restored, done.left) == (0, 3)  # nor do its offer and picture hang in the air
    with recorded("ada", "rename"):
        Product.objects.update(sku="C")
    renamed = last_edit()
    Product.objects.create(sku="A", title="Third")
    with pytest.raises(UndoClashes):
        undo(renamed, "ada")
    assert set(Product.objects.values_list("sku", flat=True)) == {"A", "C"}


def test_undo_of_what_was_made_deletes_it_unless_it_was_changed(product):
    with recorded("ada", "import"):
        Product.objects.create(sku="B", title="Chair")
        Product.objects.create(sku="C", title="Lamp")
        category_for("Lamps")
    made = last_edit()
    Product.objects.filter(sku="C").update(title="Floor lamp")
    done = undo(made, "ada")
    assert (done.restored, done.left) == (2, 1)
    assert set(Product.objects.values_list("sku", flat=True)) == {"A", "C"} and not Category.objects.exists()


def test_old_history_is_forgotten(product):
    Edit.objects.update(at=timezone.now() - timedelta(days=91))
    with recorded("ada"):
        Product.objects.update(title="Couch")
    assert forget_history() == 4
    assert [change.edit.who for change in log.of_product(product.pk)] == ["ada"]
    assert Edit.objects.get().who == "ada"


def test_an_import_is_undone_when_it_has_ended(product):
    found = Import.objects.create(name="feed.csv", state="paused", edit=start_edit("ada", "Import"))
    with recorded_in(found.edit):
        Offer.objects.update(price=5)
    with pytest.raises(StillRunning):
        undo(found.edit, "ada")
    assert Offer.objects.get().price == 5
    Import.objects.update(state="cancelled")
    undo(found.edit, "ada")
    assert Offer.objects.get().price == 249


def test_edits_are_forgotten_some_at_a_time(monkeypatch):
    monkeypatch.setattr("catalog.edits.forget.BATCH_EDITS", 2)
    first = start_edit("ada")
    Edit.objects.bulk_create(Edit(who="program", undoes=first) for _ in range(4))
    Edit.objects.update(at=timezone.now() - timedelta(days=100))
    kept = start_edit("ada")
    forget_history()
    assert Edit.objects.get() == kept
