"""Feeds that were not made here: as shops really have them, with what is odd about each."""

import csv
import io
from decimal import Decimal

import pytest

from catalog.errors import FeedUnreadable
from catalog.ingest import delimited
from catalog.ingest.delimited import MAX_LINE_CHARS
from catalog.ingest.read import recognise
from catalog.ingest.rows import MAX_COLUMNS, MAX_FIELD_CHARS
from catalog.ingest.text import plain_text
from catalog.ingest.validate import RowRefused, validate

CDN = "https://cdn.example/"
WOOCOMMERCE = (
    'ID,Type,SKU,"GTIN, UPC, EAN, or ISBN",Name,Published,"Visibility in catalog",Description,"In stock?",Stock,'
    '"Sale price","Regular price",Categories,Tags,Images,Parent\n'
    '44,variable,tee,,V-Neck,1,visible,<p>One.</p>\\n<p>Two</p>,1,,,20,"Clothing, Clothing > Shirts",,'
    f'"{CDN}1.jpg, {CDN}2.jpg",\n'
    "47,simple,,,Belt,-1,visible,,backorder,,55,65,Accessories,,,\n"
    "48,simple,cap,,Cap,0,visible,,0,-2,,18,Accessories,,,\n"
)
META = (
    "# Required | A unique id of the item,# Required | A title,# Optional,# Optional,# Optional,# Optional\n"
    "id,title,availability,price,visibility,image_link\n"
    f"FB_1,Shirt,available for order,$10.00 USD,published,{CDN}1.jpg\n"
    "FB_2,Bag,discontinued,12.00USD,staging,\n"
)
MAGENTO = 'sku,name,price,qty,is_in_stock,visibility\n24-MB01,Bag,34.000000,100.0000,1,"Catalog, Search"\n'
PRESTASHOP = (
    '"Product ID";"Name";"Category";"Price (tax excl.)";"Price (tax incl.)";"Quantity"\n'
    '"1";"Mug ""Best""";"Men";"23.900000";"28,68 €";"-3"\n'
)


@pytest.fixture
def feed(tmp_path):
    def write(content: str | bytes, mapping=None):
        path = tmp_path / "feed"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return recognise(path, mapping)

    return write


def listings(feed):
    return [validate(row) for row in feed.rows()]


def test_woocommerces_export(feed):
    tee, belt, cap = listings(feed(WOOCOMMERCE))
    assert (tee.sku, tee.category, tee.product["description"]) == ("44", "Clothing > Shirts", "One.\nTwo")
    assert (tee.first_image, tee.more_images) == (CDN + "1.jpg", (CDN + "2.jpg",))
    assert [one.hidden for one in (tee, belt, cap)] == [False, True, True]
    assert [one.offer["availability"] for one in (tee, belt, cap)] == ["in_stock", "backorder", "out_of_stock"]
    assert (tee.offer["price"], belt.offer["price"]) == (20, 55)
    mapped = feed(WOOCOMMERCE, {"SKU": "id", "Stock": "quantity", "Parent": "item_group_id"})
    assert next(iter(mapped.rows())).cells["id"] == "tee"


def test_metas_template_with_remarks_above_the_header(feed):
    shirt, bag = listings(feed(META))
    assert shirt.offer == {"price": Decimal("10.00"), "currency": "USD", "availability": "backorder"}
    assert [(one.line, one.sku, one.hidden) for one in (shirt, bag)] == [(3, "FB_1", False), (4, "FB_2", True)]


def test_magentos_and_prestashops_exports(feed):
    (bag,) = listings(feed(MAGENTO))
    offer = {"price": Decimal("34.00"), "currency": "EUR", "availability": "in_stock", "quantity": 100}
    assert (bag.offer, bag.hidden) == (offer, False)
    (mug,) = listings(feed(PRESTASHOP, {"Price (tax incl.)": "price"}))
    assert mug.offer == {"price": Decimal("28.68"), "currency": "EUR", "quantity": 0}  # oversold: none left


def test_blank_lines_and_delimiters_that_trail(feed):
    rows = list(feed("\ufeff\r\n,,,\r\nid,title,price,\r\n\r\nA,One,1,\r\nB,Two,2\r\n,,,\r\nC,Three,3,,,\r\n").rows())
    assert [(row.line, row.cells["id"], row.broken) for row in rows] == [(5, "A", ""), (6, "B", ""), (8, "C", "")]


@pytest.mark.parametrize(
    "long",
    ["x" * (MAX_LINE_CHARS + 10), f'"{"x" * (MAX_LINE_CHARS * 2)}"', '"' + ("y, z\n" * (MAX_FIELD_CHARS // 4)) + '"'],
    ids=["a line", "a line in quotes", "many lines"],
)
def test_a_cell_that_is_too_long_is_wrong_in_its_row_alone(feed, long):
    rows = list(feed(f"id,title,description,price\nA,One,,1\nB,Two,{long},2\nC,Three,,3\n").rows())
    assert [row.cells["id"] for row in rows] == ["A", "B", "C"]
    assert [("longer" in row.broken, row.broken == "") for row in rows] == [(False, True), (True, False), (False, True)]


def test_rows_after_a_quote_that_is_never_closed_are_not_taken_for_a_long_text(feed, monkeypatch):
    monkeypatch.setattr(delimited, "MAX_FIELD_CHARS", 5000)
    others = "".join(f"{n},Lamp,text,3\n" for n in range(1000))
    rows = list(feed(f'id,title,description,price\nA,"One,,1\n{others}').rows())
    assert [bool(row.broken) for row in rows[:3]] == [True, False, False]
    assert len(rows) == others.count("\n") + 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n", "empty"),
        (b"\n<!DOCTYPE html>\n<html><head><script>a && b</script></head></html>", "web page"),
        (b'{"error": {"message": "token", "code": 190}}', "JSON"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "workbook"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"id,title" + b",x" * 5000, f"5002 columns. At most {MAX_COLUMNS}"),
    ],
)
def test_what_is_no_feed_is_refused_in_words_of_its_own(feed, content, words):
    with pytest.raises(FeedUnreadable, match=words):
        feed(content)


def test_an_item_without_an_id_is_wrong_alone(feed):
    first, second = feed("<rss><item><title>Sofa</title></item><item><id>B</id><title>Lamp</title></item></rss>").rows()
    with pytest.raises(RowRefused, match="id is empty"):
        validate(first)
    assert validate(second).sku == "B"


def test_an_item_may_say_more_than_we_ask_for(feed):
    content = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:goo="http://base.google.com/ns/1.0"><entry><goo:id>A</goo:id>'
        "<title>One</title><category term='x'/><published>2026-01-01T00:00:00Z</published><goo:sku>S</goo:sku>"
        "<goo:product_type>A &gt; B</goo:product_type><goo:image_link>https://c.example/1.jpg</goo:image_link>"
        "<goo:image_link>https://c.example/2.jpg</goo:image_link></entry></feed>"
    )
    (one,) = listings(feed(content))
    assert (one.sku, one.category, one.hidden) == ("A", "A > B", None)
    assert (one.first_image, one.more_images) == ("https://c.example/1.jpg", ("https://c.example/2.jpg",))


@pytest.mark.parametrize(
    ("cell", "path"),
    [
        ("Clothes > Shirts, Clothes", "Clothes > Shirts"),
        ("Clothes, Clothes > Shirts > Long", "Clothes > Shirts > Long"),
        ("Food, Beverages & Tobacco > Food Items", "Food, Beverages & Tobacco > Food Items"),
        ("Home > Pots, Pans", "Home > Pots, Pans"),
    ],
)
def test_of_several_category_paths_the_deepest_counts(feed, cell, path):
    (one,) = listings(feed(f'id,product_type\nA,"{cell}"\n'))
    assert one.category == path


def test_a_barcode_that_a_spreadsheet_has_shortened_stays_as_it_is(feed):
    out = io.StringIO()
    rows = [["Handle", "Title", "Variant SKU", "Variant Price", "Variant Barcode"]]
    rows += [["a", "A", "1", "5,50", "4,00638E+12"], ["b", "B", "2", "5", "1,2"]]
    csv.writer(out, delimiter=";").writerows(rows)
    assert [one.product["gtin"] for one in listings(feed(out.getvalue()))] == ["4,00638E+12", "1"]


def test_markup_of_other_kinds_is_taken_out_too():
    assert plain_text("<section>Soft</section><hr><small>and light</small>") == "Soft\nand light"
    assert plain_text("size < small > none") == "size < small > none"
