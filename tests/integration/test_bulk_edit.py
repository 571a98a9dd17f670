"""Many products changed as one: the preview says what will change, all of it is one Edit, and one press undoes it."""

from decimal import Decimal

import pytest
from django.urls import reverse

from catalog.edits.bulk import BulkEdit, apply, preview
from catalog.edits.undo import undo
from catalog.errors import BulkRefused
from catalog.models import Edit, Image, Offer, Product, Seller
from catalog.services import category_for
from tests.people import person

pytestmark = pytest.mark.django_db
LIST = reverse("admin:catalog_product_changelist")
EVERY = Product.objects.all


@pytest.fixture(autouse=True)
def products():
    nord, west = Seller.objects.create(name="Nord"), Seller.objects.create(name="West")
    for number in range(4):
        product = Product.objects.create(sku=f"P{number}", title=f"Chair {number}", attributes={"color": "red"})
        Offer.objects.create(product=product, seller=nord, price=Decimal("10.05") * (number + 1))
        Offer.objects.create(product=product, seller=west, price=100)


@pytest.fixture
def admin(client):
    client.force_login(person("catalog-admin", username="ada"))
    return client


def state() -> list:
    offers = Offer.objects.order_by("pk").values_list("price", "availability")
    return [*Product.objects.order_by("sku").values_list("category__path", "attributes", "blocked"), *offers]


@pytest.mark.parametrize(
    ("edit", "rows"),
    [
        (lambda: BulkEdit(category=category_for("Furniture > Chair")), 4),
        (lambda: BulkEdit(without_category=True), 0),
        (lambda: BulkEdit(attributes={"color": "red", "style": "modern"}), 4),
        (lambda: BulkEdit(attributes={"color": ""}), 4),
        (lambda: BulkEdit(attributes={"color": "red"}), 0),
        (lambda: BulkEdit(percent=Decimal("-20")), 8),
        (lambda: BulkEdit(percent=Decimal("0.01")), 4),  # of 100, not of 40.20: that would be 40.204
        (lambda: BulkEdit(price=Decimal(100)), 4),
        (lambda: BulkEdit(price=Decimal(5), seller=Seller.objects.get(name="West")), 4),
        (lambda: BulkEdit(availability="preorder"), 8),
        (lambda: BulkEdit(blocked=True), 4),
        (lambda: BulkEdit(blocked=True, percent=Decimal(10), attributes={"style": "old"}), 16),
    ],
)
def test_the_preview_is_what_happens_and_undo_brings_it_back(edit, rows):
    edit = edit()
    before = state()
    planned = preview(EVERY(), edit)
    assert state() == before
    done = apply(EVERY(), edit, "ada")
    assert sum(part.rows for part in planned) == sum(part.rows for part in done) == rows
    assert (state() == before) == (rows == 0)
    assert sum(part.rows for part in preview(EVERY(), edit)) == 0 or edit.percent
    if rows:
        assert undo(Edit.objects.latest("pk"), "ada").left == 0
        assert state() == before


def test_prices_are_rounded_to_cents():
    apply(EVERY(), BulkEdit(percent=Decimal("10")), "ada")
    prices = Offer.objects.filter(seller__name="Nord").order_by("pk").values_list("price", flat=True)
    assert [str(price) for price in prices] == ["11.06", "22.11", "33.17", "44.22"]
    assert "P0: 11.06 → 5.53 EUR" in preview(EVERY(), BulkEdit(percent=Decimal(-50)))[0].examples


@pytest.mark.parametrize("percent", ["-100.01", "1000000000000"])
def test_a_price_out_of_range_changes_nothing(percent):
    before = state()
    with pytest.raises(BulkRefused):
        apply(EVERY(), BulkEdit(blocked=True, percent=Decimal(percent)), "ada")
    assert state() == before


def test_what_a_filter_chose_stays_chosen_while_it_is_changed():
    """Availability is what the rows were chosen by, and changes first."""
    Offer.objects.filter(seller__name="West").update(availability="out_of_stock")
    chosen = Product.objects.filter(offers__availability="out_of_stock")
    done = apply(chosen, BulkEdit(availability="in_stock", blocked=True, attributes={"style": "x"}), "ada")
    assert [part.rows for part in done] == [4, 4, 4]


def press(admin, **data):
    ids = list(Product.objects.order_by("pk").values_list("pk", flat=True))[:2]
    return admin.post(LIST + "?hidden=no", {"action": "edit_together", "_selected_action": ids, **data})


def test_the_page_asks_looks_and_does(admin):
    asked = press(admin)
    assert asked.status_code == 200 and asked.context["chosen"] == 2
    looked = press(admin, step="preview", percent="10", visibility="hide")
    assert looked.context["changes"] == 6 and "P0: 10.05 → 11.06 EUR" in looked.content.decode()
    assert not Product.objects.filter(blocked=True).exists()
    done = press(admin, step="apply", percent="10", visibility="hide")
    assert done.status_code == 302
    assert Product.objects.filter(blocked=True).count() == 2 and Edit.objects.latest("pk").who == "ada"


def test_all_that_match_the_filters_can_be_chosen(admin):
    Product.objects.filter(sku="P3").update(blocked=True)
    press(admin, step="apply", select_across="1", color="green")
    assert Product.objects.filter(attributes__color="green").count() == 3


@pytest.mark.parametrize(
    "wrong",
    [{}, {"price": "5", "percent": "5"}, {"price": "-1"}, {"percent": "-101"}, {"category": "999"}, {"price": "x"}],
)
def test_wrong_input_is_named_and_changes_nothing(admin, wrong):
    before = state()
    page = press(admin, step="apply", **wrong)
    assert page.status_code == 200 and page.context["form"].errors
    assert state() == before


def test_deleting_one_says_what_no_undo_brings_back(admin):
    sofa = Product.objects.get(sku="P0")
    where = reverse("admin:catalog_product_delete", args=[sofa.pk])
    assert "no undo brings" not in admin.get(where).content.decode()
    Image.objects.create(product=sofa, source="upload:products/x.jpg", file="products/x.jpg")
    assert "1 of its pictures was uploaded here, and no undo brings that one back" in admin.get(where).content.decode()


def test_deleting_together_is_looked_at_first_and_undone(admin):
    Image.objects.create(product=Product.objects.get(sku="P0"), source="upload:products/x.jpg", file="products/x.jpg")
    looked = press(admin, action="delete_together", step="preview")
    assert "1 of them have uploaded pictures" in looked.content.decode() and Product.objects.count() == 4
    press(admin, action="delete_together", step="apply")
    assert Product.objects.count() == 2
    undo(Edit.objects.latest("pk"), "ada")
    assert (Product.objects.count(), Offer.objects.count()) == (4, 8)
