"""The catalog in the admin: lists, filters, forms; what they change goes the catalog's way and is in the history."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.admin.base import CappedPaginator
from catalog.history import recorded
from catalog.models import Category, Edit, Image, Offer, Product, Seller
from catalog.services import category_for
from catalog.tasks import undo_edit
from tests.people import person

pytestmark = pytest.mark.django_db
LIST = reverse("admin:catalog_product_changelist")


@pytest.fixture
def admin(client):
    client.force_login(person("catalog-admin", username="ada"))
    return client


@pytest.fixture
def image():
    seat, lamp = category_for("Furniture > Sofa"), category_for("Lamps")
    nord, west = Seller.objects.create(name="Nord"), Seller.objects.create(name="West")
    sofa = Product.objects.create(sku="SL-1", title="Blue velvet sofa", category=seat, gtin="4006381333931")
    chair = Product.objects.create(sku="SL-2", title="Oak chairs", brand="Nordhem", group_id="G7")
    Product.objects.create(sku="SL-3", title="Paper lamp", category=lamp, blocked=True)
    Offer.objects.create(product=sofa, seller=nord, price=249)
    Offer.objects.create(product=sofa, seller=west, price=199, availability="out_of_stock")
    Offer.objects.create(product=chair, seller=west, price=80, quantity=0)
    Image.objects.create(product=chair, source="b.jpg", file="products/b.jpg", status="indexed")
    return Image.objects.create(product=sofa, source="a.jpg", file="products/a.jpg", status="failed", reason="gone")


def listed(client, **asked) -> list[str]:
    response = client.get(LIST, asked)
    assert response.status_code == 200
    return [product.sku for product in response.context["cl"].result_list]


@pytest.mark.parametrize("model", ["product", "image", "category", "seller", "edit"])
def test_lists_open(admin, image, model):
    assert admin.get(reverse(f"admin:catalog_{model}_changelist"), {"q": "a"}).status_code == 200


@pytest.mark.parametrize("model", ["product", "image", "category", "seller", "edit"])
def test_forms_open(admin, image, model):
    row = {"product": Product, "image": Image, "category": Category, "seller": Seller, "edit": Edit}[
        model
    ].objects.first()
    assert admin.get(reverse(f"admin:catalog_{model}_change", args=[row.pk])).status_code == 200
    if model in ("product", "category", "seller"):
        assert admin.get(reverse(f"admin:catalog_{model}_add")).status_code == 200


@pytest.mark.parametrize(
    ("asked", "skus"),
    [
        ({}, ["SL-3", "SL-2", "SL-1"]),
        ({"q": "velvet sof"}, ["SL-1"]),
        ({"q": "chair"}, ["SL-2"]),
        ({"q": "nordh"}, ["SL-2"]),
        ({"q": "sl-"}, ["SL-3", "SL-2", "SL-1"]),
        ({"q": "SL-2"}, ["SL-2"]),
        ({"q": "4006381333931"}, ["SL-1"]),
        ({"q": "G7"}, ["SL-2"]),
        ({"q": "'); & | ! :* \\"}, []),
        ({"state": "failed"}, ["SL-1"]),
        ({"state": "searchable"}, ["SL-2"]),
        ({"state": "waiting"}, []),
        ({"state": "none"}, ["SL-3"]),
        ({"category": "furniture"}, ["SL-1"]),
        ({"category": "none"}, ["SL-2"]),
        ({"stock": "in"}, ["SL-1"]),
        ({"stock": "out"}, ["SL-2"]),
        ({"stock": "none"}, ["SL-3"]),
        ({"hidden": "yes"}, ["SL-3"]),
        ({"state": "nonsense", "seller": "x", "stock": "?"}, ["SL-3", "SL-2", "SL-1"]),
    ],
)
def test_search_and_filters(admin, image, asked, skus):
    assert listed(admin, **asked) == skus


def test_the_chosen_category_is_shown_as_chosen_and_names_are_escaped(admin, image):
    category_for("Furniture > Beds & <i")
    page = admin.get(LIST, {"category": "furniture"}).content.decode()
    assert '<option value="furniture" selected>Furniture</option>' in page and "Beds &amp; &lt;i</option>" in page


def test_filter_by_seller_and_by_what_a_photo_found(admin, image):
    ids = dict(Product.objects.values_list("sku", "pk"))
    west = Seller.objects.get(name="West")
    assert listed(admin, seller=west.pk) == ["SL-2", "SL-1"]
    assert listed(admin, found=f"{ids['SL-1']},{ids['SL-3']},x") == ["SL-1", "SL-3"]


def test_a_blocked_sellers_offers_stay_in_the_list_and_say_so(admin, image):
    Seller.objects.update(blocked=True)
    assert "Seller blocked" in admin.get(LIST, {"q": "SL-1"}).content.decode()
    Seller.objects.filter(name="Nord").update(blocked=False)
    page = admin.get(LIST, {"q": "SL-1"}).content.decode()
    assert "249.00 EUR +1" in page and "Seller blocked" not in page


def test_query_count_of_the_lists_does_not_grow(admin, image):
    def queries(name: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert admin.get(reverse(f"admin:catalog_{name}_changelist")).status_code == 200
        return len(captured)

    lists = ("product", "image", "category", "seller", "edit")
    few = {name: queries(name) for name in lists}
    seller = Seller.objects.get(name="Nord")
    for number in range(20):
        product = Product.objects.create(sku=f"N{number}", title="One more", category=category_for(f"Shelf {number}"))
        Offer.objects.create(product=product, seller=seller, price=1)
        Image.objects.create(product=product, source="x.jpg", file="products/x.jpg")
        Seller.objects.create(name=f"S{number}")
        Edit.objects.create(who="x")
    assert {name: queries(name) for name in lists} == few


def test_a_long_list_is_not_counted_to_its_end(monkeypatch, image):
    monkeypatch.setattr("catalog.admin.base.COUNTED_ROWS", 2)
    paginator = CappedPaginator(Product.objects.order_by("-pk"), 1)
    assert (str(paginator.count), paginator.num_pages) == ("more than 2", 3)


def form_of(product: Product, **changes) -> dict:
    offers = product.offers.order_by("pk")
    data = {name: getattr(product, name) for name in ("sku", "title", "brand", "group_id", "gtin", "description")}
    data |= {"category": product.category_id or "", **product.attributes}
    data |= {"offers-TOTAL_FORMS": len(offers), "offers-INITIAL_FORMS": len(offers)}
    for number, offer in enumerate(offers):
        for name in ("id", "seller_id", "price", "currency", "availability", "quantity"):
            data[f"offers-{number}-{name.removesuffix('_id')}"] = (
                getattr(offer, name) if getattr(offer, name) is not None else ""
            )
        data[f"offers-{number}-product"] = product.pk
    return data | changes


def test_a_form_is_one_edit_with_its_author(admin, image):
    product = image.product
    product.attributes = {"fit": "slim"}
    product.save()
    data = form_of(product, title="Blue couch", color="blue", **{"offers-0-price": "259.50"})
    response = admin.post(reverse("admin:catalog_product_change", args=[product.pk]), data)
    assert response.status_code == 302, response.context["errors"]
    product.refresh_from_db()
    assert (product.title, product.attributes) == ("Blue couch", {"fit": "slim", "color": "blue"})
    edit = Edit.objects.latest("pk")
    assert (edit.who, edit.what, edit.user.username) == ("ada", "Product form", "ada")
    assert admin.post(reverse("admin:catalog_edit_undo", args=[edit.pk]), {"back": LIST}).url == LIST
    product.refresh_from_db()
    assert (product.title, product.attributes) == ("Blue velvet sofa", {"fit": "slim"})
    assert {str(offer.price) for offer in product.offers.all()} == {"249.00", "199.00"}
    history = admin.get(reverse("admin:catalog_product_history", args=[product.pk])).content.decode()
    assert "Blue couch" in history and "Undo: Product form" in history


def test_a_large_undo_is_the_workers(admin, image, monkeypatch):
    monkeypatch.setattr("catalog.web.history.AT_ONCE_ROWS", 0)
    with recorded("feed"):
        Product.objects.update(brand="New")
    edit = Edit.objects.latest("pk")
    for _ in range(2):
        page = admin.post(reverse("admin:catalog_edit_undo", args=[edit.pk]), follow=True)
        assert "the worker&#x27;s to undo" in page.content.decode()
    job = ProcrastinateJob.objects.get(task_name="catalog.undo_edit")
    assert Product.objects.filter(brand="New").count() == 3
    undo_edit(**job.args)
    undo_edit(**job.args)  # the second has nothing left to do
    assert not Product.objects.filter(brand="New").exists()
    assert Edit.objects.latest("pk").undoes == edit


def test_wrong_values_are_named_and_nothing_is_lost(admin, image):
    data = form_of(image.product, sku="SL-2", **{"offers-0-price": "-1"})
    page = admin.post(reverse("admin:catalog_product_change", args=[image.product_id]), data)
    text = page.content.decode()
    assert page.status_code == 200 and "already exists" in text and 'value="-1"' in text
    assert Product.objects.get(pk=image.product_id).sku == "SL-1"


def test_a_failed_picture_is_tried_again(admin, image):
    data = {"action": "try_again", "_selected_action": [image.pk]}
    admin.post(reverse("admin:catalog_image_changelist"), data)
    image.refresh_from_db()
    assert (image.status, image.reason) == ("pending", "")
    assert ProcrastinateJob.objects.get().task_name == "catalog.inspect_image"


def test_products_are_blocked_together(admin, image):
    data = {"action": "block", "_selected_action": [image.product_id]}
    admin.post(LIST, data)
    assert Product.objects.get(sku="SL-1").blocked and not Product.objects.get(sku="SL-2").blocked


def test_a_product_is_deleted_with_its_pictures(admin, image):
    door = reverse("admin:catalog_product_delete", args=[image.product_id])
    page = admin.get(door).content.decode()
    assert "SL-1 Blue velvet sofa" in page and "Images: 1" in page
    assert "permission" not in page and "object (" not in page
    admin.post(door, {"post": "yes"})
    assert not Product.objects.filter(pk=image.product_id).exists()
    assert not Image.objects.filter(pk=image.pk).exists()


def test_without_the_permission_nothing_opens_and_nothing_changes(client, image):
    client.force_login(person("operator"))
    before = Edit.objects.count()
    undo = reverse("admin:catalog_edit_undo", args=[Edit.objects.first().pk])
    upload = reverse("admin:catalog_product_pictures", args=[image.product_id, "remove"])
    for path in (LIST, reverse("admin:catalog_product_change", args=[image.product_id])):
        assert client.get(path, follow=True).status_code == 403
    for path in (undo, upload, LIST, reverse("find_by_photo")):
        data = {"image": image.pk, "action": "block", "_selected_action": [image.product_id]}
        assert client.post(path, data, follow=True).status_code == 403
    assert Edit.objects.count() == before and Image.objects.count() == 2


def test_the_sidebar_follows_the_permissions(admin, client, image):
    page = admin.get(LIST).content.decode()
    assert "/admin/catalog/category/" in page and "/operator/index/" not in page
    client.force_login(person("owner"))
    page = client.get(LIST).content.decode()
    assert "/operator/index/" in page and "/admin/auth/user/" in page
    client.force_login(person("operator"))
    assert client.get("/admin/", follow=True).status_code == 403


def test_the_admins_policy_is_its_own(admin, image):
    policy = admin.get(LIST).headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval';" in policy + ";" and "'unsafe-inline'" not in policy.split("script-src")[1]
    assert "unsafe-eval" not in admin.get("/").headers["Content-Security-Policy"]
    assert "<script>" not in admin.get(LIST).content.decode()


def test_the_tree_is_renamed_moved_and_deleted(admin, image):
    top = Category.objects.get(path="Furniture")
    url = reverse("admin:catalog_category_change", args=[top.pk])
    below = reverse("admin:catalog_category_change", args=[Category.objects.get(path="Furniture > Sofa").pk])
    assert admin.post(url, {"name": "Home > x", "below": ""}).status_code == 200
    assert (
        admin.post(url, {"name": "Home", "below": Category.objects.get(path="Furniture > Sofa").pk}).status_code == 200
    )
    assert admin.post(url, {"name": "Home", "below": Category.objects.get(path="Lamps").pk}).status_code == 302
    assert set(Category.objects.values_list("path", flat=True)) == {"Lamps", "Lamps > Home", "Lamps > Home > Sofa"}
    assert Category.objects.get(pk=top.pk).slug == "furniture"  # links of shoppers go on working
    assert admin.post(below, {"name": "Sofas", "below": ""}).status_code == 302
    assert Product.objects.get(sku="SL-1").category.path == "Sofas"
    lamps = Category.objects.get(path="Lamps")
    delete = reverse("admin:catalog_category_delete", args=[lamps.pk])
    assert "2 categories" not in admin.get(delete).content.decode()
    admin.post(delete, {"into": Category.objects.get(path="Sofas").pk})
    assert set(Category.objects.values_list("path", flat=True)) == {"Sofas"}
    assert Product.objects.get(sku="SL-3").category.path == "Sofas"
    admin.post(reverse("admin:catalog_edit_undo", args=[Edit.objects.latest("pk").pk]))
    assert Product.objects.get(sku="SL-3").category.path == "Lamps"
    assert admin.post(reverse("admin:catalog_category_add"), {"name": "Desks", "below": ""}).status_code == 302
    assert Category.objects.get(path="Desks").slug == "desks"
