"""A feed changes the catalog, and only where it differs."""

import csv
import hashlib
import os
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from catalog.ingest import upsert
from catalog.ingest.run import import_feed
from catalog.models import Image, Offer, Product
from tests.conftest import picture

pytestmark = pytest.mark.django_db(transaction=True)

SOFA = {
    "id": "S-1",
    "title": "Lund sofa in green velvet",
    "description": "A sofa.",
    "brand": "Fjord",
    "item_group_id": "LUND",
    "color": "green",
    "material": "velvet",
    "product_type": "Furniture > Seating > Sofa",
    "price": "899.00 EUR",
    "availability": "in stock",
    "quantity": "3",
    "seller": "Fjord & Co",
    "image_link": "sofa-1.jpg",
    "additional_image_link": "sofa-2.jpg,sofa-3.jpg",
}
LAMP = {**SOFA, "id": "L-1", "title": "Brass lamp", "product_type": "Lighting", "image_link": "lamp.jpg"}
LAMP["additional_image_link"] = ""


@pytest.fixture
def errors(tmp_path):
    return tmp_path / "errors.csv"


def numbers(report):
    counts = report.counts
    return counts.new, counts.changed, counts.unchanged, report.wrong


def test_a_row_becomes_a_product_with_offer_category_and_pictures(feed, errors):
    report = import_feed(feed([SOFA, LAMP]), errors)
    assert numbers(report) == (2, 0, 0, 0)
    sofa = Product.objects.get(sku="S-1")
    assert (sofa.title, sofa.brand, sofa.group_id) == (SOFA["title"], "Fjord", "LUND")
    assert sofa.attributes == {"color": "green", "material": "velvet"}
    assert (sofa.category.name, sofa.category.parent.path) == ("Sofa", "Furniture > Seating")
    offer = sofa.offers.get()
    assert (offer.price, offer.currency, offer.quantity, offer.seller.name) == (Decimal("899"), "EUR", 3, "Fjord & Co")
    images = sofa.images.values_list("position", "source", "status")
    assert list(images) == [(n, f"sofa-{n + 1}.jpg", "pending") for n in range(3)]
    assert not errors.exists()


def test_importing_again_changes_nothing(feed, errors):
    path = feed([SOFA, LAMP])
    import_feed(path, errors)
    before = list(Product.objects.order_by("id").values("id", "updated_at"))
    report = import_feed(path, errors)
    assert numbers(report) == (0, 0, 2, 0)
    assert report.counts.images == 0
    assert list(Product.objects.order_by("id").values("id", "updated_at")) == before
    assert Image.objects.count() == 4


def test_a_missing_column_leaves_values_alone_and_an_empty_cell_clears(feed, errors):
    import_feed(feed([SOFA]), errors)
    report = import_feed(feed([{"id": "S-1", "price": "799", "brand": "", "color": ""}]), errors)
    assert numbers(report) == (0, 1, 0, 0)
    sofa = Product.objects.get(sku="S-1")
    assert (sofa.title, sofa.brand, sofa.attributes) == (SOFA["title"], "", {"material": "velvet"})
    offer = sofa.offers.get()
    assert (offer.price, offer.availability, offer.quantity) == (Decimal("799"), "in_stock", 3)
    assert sofa.images.count() == 3


def test_pictures_follow_the_feed(feed, errors, tmp_path):
    import_feed(feed([SOFA]), errors)
    Image.objects.update(status="indexed", fingerprint="old", sha256="0" * 64)
    Image.objects.filter(source="sofa-1.jpg").update(source="https://shop.example/1.jpg", fingerprint="")
    cells = {"image_link": "https://shop.example/1.jpg", "additional_image_link": "sofa-3.jpg,new.jpg"}
    report = import_feed(feed([{**SOFA, **cells}]), errors)
    assert report.counts.images == 2
    images = Image.objects.values_list("position", "source", "status")
    assert list(images) == [
        (0, "https://shop.example/1.jpg", "indexed"),
        (1, "sofa-3.jpg", "pending"),  # the file is another one now
        (2, "new.jpg", "pending"),
    ]


def test_a_touched_file_with_the_same_picture_is_not_inspected_again(feed, errors, tmp_path):
    path = feed([SOFA])
    import_feed(path, errors)
    for image in Image.objects.all():
        image.sha256 = hashlib.sha256((tmp_path / image.source).read_bytes()).hexdigest()
        image.status = "indexed"
        image.save()
        os.utime(tmp_path / image.source, (1, 1))
    report = import_feed(path, errors)
    assert numbers(report) == (0, 0, 1, 0)
    assert report.counts.images == 0
    (tmp_path / "sofa-2.jpg").write_bytes(picture(seed=99))
    assert import_feed(path, errors).counts.images == 1


def test_wrong_rows_are_listed_and_the_rest_goes_on(feed, errors):
    rows = [SOFA, {**LAMP, "price": "cheap"}, {**LAMP, "id": "L-2"}, {**LAMP, "id": "S-1", "title": "Later sofa"}]
    report = import_feed(feed(rows), errors)
    assert numbers(report) == (2, 0, 0, 1)
    assert report.duplicates == 1
    with open(errors, newline="") as file:
        listed = [(row[0], row[1], row[2]) for row in csv.reader(file)]
    assert [(row[0], row[2]) for row in listed] == [("error_line", "id"), ("2", "S-1"), ("3", "L-1")]
    assert "line 5" in listed[1][1] and "cheap" in listed[2][1]
    assert Product.objects.get(sku="S-1").title == "Later sofa"


def test_a_row_that_cannot_be_stored_stands_alone(feed, errors):
    rows = [{**LAMP, "id": f"L-{n}"} for n in range(7)]
    import_feed(feed(rows), errors)
    prices = [{"id": f"L-{n}", "price": "5"} for n in range(7)]
    prices.insert(3, {"id": "unknown", "price": "5"})  # a new product, and the feed has no titles
    report = import_feed(feed(prices, "prices.csv"), errors)
    assert numbers(report) == (0, 7, 0, 1)
    assert "needs a title" in errors.read_text()


def test_the_number_of_queries_does_not_grow_with_the_rows(feed, errors, django_assert_max_num_queries):
    path = feed([{**LAMP, "id": f"L-{n}"} for n in range(50)])
    import_feed(path, errors)
    with django_assert_max_num_queries(12):
        import_feed(path, errors)


def test_the_seller_of_a_row_is_the_only_one(feed, errors):
    import_feed(feed([SOFA]), errors)
    report = import_feed(feed([{**SOFA, "seller": "Another"}]), errors)
    assert numbers(report) == (0, 1, 0, 0)
    assert [offer.seller.name for offer in Offer.objects.all()] == ["Another"]


def test_an_empty_price_takes_the_offer_away(feed, errors):
    import_feed(feed([SOFA]), errors)
    import_feed(feed([{**SOFA, "price": ""}]), errors)
    assert not Offer.objects.exists()


def test_the_command_prints_a_summary(feed, errors, capsys):
    call_command("import_feed", feed([SOFA]), errors=errors)
    assert "1 new, 0 changed, 0 unchanged, 0 wrong" in capsys.readouterr().out
    with pytest.raises(CommandError, match="header line"):
        call_command("import_feed", errors.parent / "sofa-1.jpg", errors=errors)


def test_jobs_and_rows_are_one_transaction(feed, errors, monkeypatch):
    def fails(*_, **__):
        raise RuntimeError("the power went")

    monkeypatch.setattr(upsert.inspect_image, "batch_defer", fails)
    with pytest.raises(RuntimeError):
        import_feed(feed([SOFA]), errors)
    assert not Product.objects.exists()


def test_the_command_takes_a_currency_and_what_columns_mean(tmp_path):
    (tmp_path / "feed.csv").write_text("code;benennung;price\nA;Sofa;5\n")
    with pytest.raises(CommandError, match="--map"):
        call_command("import_feed", str(tmp_path / "feed.csv"))
    for wrong in ("code", "code=article"):
        with pytest.raises(CommandError, match="COLUMN=FIELD"):
            call_command("import_feed", str(tmp_path / "feed.csv"), "--map", wrong)
    call_command("import_feed", str(tmp_path / "feed.csv"), "--map=code=id", "--map=benennung=title", "--currency=USD")
    assert Offer.objects.get(product__sku="A").currency == "USD"


def test_an_error_file_can_be_imported_from_where_it_lies(tmp_path, settings):
    settings.VAR_DIR = tmp_path
    (tmp_path / "feed.csv").write_text("id,title,price\nA,Sofa,cheap\n")
    call_command("import_feed", str(tmp_path / "feed.csv"))
    (listed,) = (tmp_path / "import-errors").iterdir()
    listed.write_text(listed.read_text().replace("A,Sofa,cheap", "A,Sofa,5 EUR"))
    with pytest.raises(CommandError, match="--errors"):
        call_command("import_feed", str(listed), "--errors", str(listed))
    call_command("import_feed", str(listed))
    assert listed.exists() and Product.objects.get().sku == "A"
