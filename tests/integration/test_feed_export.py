"""What goes out comes back as it was."""

import pytest
from django.core.files.base import ContentFile

from catalog.feeds import job, services
from catalog.feeds.export import FORMATS
from catalog.feeds.models import Import
from catalog.models import Image, Offer, Product, Seller

pytestmark = pytest.mark.django_db(transaction=True)
TITLES = ["=HYPERLINK(1)", "+49 lamp", "-3 lamp", "@home", "'quoted", "'=x", 'A "quoted", lamp', "Möbel & <b>old</b>"]


@pytest.fixture
def catalog():
    seller = Seller.objects.create(name="Fjord & Co")
    for number, title in enumerate(TITLES):
        attributes = {"color": ("red", "blue")[number % 2], "size": str(number)}
        product = Product.objects.create(sku=f"S/{number}", title=title, group_id="G" if number < 2 else "")
        Product.objects.filter(pk=product.pk).update(attributes=attributes, brand="=Brand", gtin=f"00{number}")
        Offer.objects.create(product=product, seller=seller, price=f"{number}.50", quantity=number)
        address = f"https://shop.example/w_1,h_2/{number}.jpg"
        Image.objects.create(product=product, source=address, position=0, status="indexed", file="products/a.jpg")
        Image.objects.create(product=product, source=f"images/{number}.jpg", position=1, status="indexed", folder="/x")
        Image.objects.filter(product=product, position=1).update(file=f"products/{number}.jpg")
    Offer.objects.filter(quantity=0).update(availability="out_of_stock")
    Product.objects.filter(sku="S/3").update(blocked=True)


def out(name: str) -> bytes:
    return "".join(FORMATS[name].parts(lambda path: f"https://our.example{path}")).encode()


def brought_back(content: bytes) -> Import:
    found = services.start_import(actor="ada", file=ContentFile(content), name="again")
    job.work(found.pk)
    found.refresh_from_db()
    assert found.state == "checked", found.reason
    return found


def test_no_cell_is_a_formula(catalog):
    for name in ("sightline", "google-csv", "google-tsv", "shopify"):
        text = out(name).decode()
        assert not any(f"{mark}{start}" in text for mark in ",\t" for start in ("=", "+49", "-3", "@home")), name


@pytest.mark.parametrize("name", ["sightline", "google-csv", "google-tsv", "google-xml"])
def test_into_the_same_catalog_it_changes_nothing(catalog, name):
    found = brought_back(out(name))
    changed = list(found.rows.filter(kind="changed").values_list("sku", "changes"))
    told = len(TITLES) - (name != "sightline")  # what is hidden is not told to Google
    entities = 1  # "<b>" in a title is markup to every reader
    assert (found.found["unchanged"] + len(changed), found.found["wrong"]) == (told, 0)
    assert [list(changes) for _, changes in changed] == [["title"]] * entities


def test_shopifys_rows_hold_groups_options_and_stock(catalog):
    found = brought_back(out("shopify"))
    assert (found.format, found.found["wrong"], found.found["new"]) == ("shopify", 0, 0)
    changed = dict(found.rows.filter(kind="changed").values_list("sku", "changes"))
    assert {name for changes in changed.values() for name in changes} <= {"pictures", "title"}


def test_into_an_empty_catalog_it_makes_the_same(catalog):
    content, before = (
        out("sightline"),
        list(Product.objects.order_by("sku").values_list("sku", "title", "gtin", "attributes")),
    )
    Product.objects.all().delete()
    found = brought_back(content)
    services.run(found.pk, "ada")
    job.work(found.pk)
    after = list(Product.objects.order_by("sku").values_list("sku", "title", "gtin", "attributes"))
    markup = [row for row in before if "<b>" in row[1]]
    assert [row for row in after if row in before] == [row for row in before if row not in markup]
    assert Offer.objects.filter(seller__name="Fjord & Co").count() == len(TITLES)
    assert list(Product.objects.filter(blocked=True).values_list("sku", flat=True)) == ["S/3"]
