"""Feeds of other systems, as those systems write them."""

from decimal import Decimal

import pytest

from catalog.errors import FeedUnreadable, NotMapped
from catalog.ingest.columns import fields_of
from catalog.ingest.read import recognise
from catalog.ingest.text import escape_formula, plain_text, unescape_formula
from catalog.ingest.validate import RowRefused, validate

SHOPIFY_OLD = (
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,"
    "Option2 Value,Option3 Name,Option3 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,"
    "Variant Inventory Qty,Variant Inventory Policy,Variant Fulfillment Service,Variant Price,"
    "Variant Compare At Price,Variant Barcode,"
    "Image Src,Image Position,Image Alt Text,Gift Card,Variant Image,Price / International,Status\n"
    'tee,Tee,"<p>Soft &amp; light.</p><ul><li>Cotton</li></ul>",Fjord,Apparel > Shirts,Shirts,"a, b",true,Color,Red,'
    "Size,S,,,'0012,200,shopify,3,deny,manual,19.90,29.90,'4006381333931,https://cdn.example/1.jpg,1,,false,"
    "https://cdn.example/red.jpg,,active\n"
    "tee,,,,,,,,,Blue,,M,,,,200,shopify,0,continue,manual,21.50,,,https://cdn.example/2.jpg?v=1,2,,,"
    "https://cdn.example/blue.jpg,,\n"
    "tee,,,,,,,,,,,,,,,,,,,,,,,https://cdn.example/red.jpg,3,,,,,\n"
    "mug,Mug,,Fjord,,Mugs,,true,Title,Default Title,,,,,,300,,7,deny,manual,9.00,,,,,,false,,,draft\n"
)
SHOPIFY_NEW = (
    "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,Barcode,"
    "Option1 name,Option1 value,Option1 Linked To,Price,Compare-at price,Inventory tracker,Inventory quantity,"
    "Continue selling when out of stock,Product image URL,Image position,Image alt text,Variant image URL,Gift card,"
    "Color (product.metafields.shopify.color-pattern)\n"
    "Alpha lamp,alpha,A lamp,Acme,Home > Lamps,Lamp,,TRUE,Active,AL-1,4006381333931,Title,Default Title,,10.00,,"
    "shopify,0,DENY,https://cdn.example/a.jpg,1,,,FALSE,brass\n"
    "Beta lamp,beta,A lamp,Acme,Home > Lamps,Lamp,,TRUE,Active,,,Size,Big,,12.00,,shopify,-2,TRUE,,,,,FALSE,\n"
    ",beta,,,,,,,,,,,Small,,11.00,,,5,FALSE,,,,,,\n"
)
RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel>
<title>The shop</title><link>https://shop.example</link><description>All of it</description>
<item>
  <g:id>TV_1</g:id><title>plain title</title><g:title><![CDATA[Sofa & chair <b>set</b>]]></g:title>
  <g:description>&lt;p&gt;Two &lt;b&gt;things&lt;/b&gt;.&lt;/p&gt;</g:description>
  <g:link>https://shop.example/1</g:link><g:image_link>https://cdn.example/w_20,h_30/1.jpg</g:image_link>
  <g:additional_image_link>https://cdn.example/2.jpg</g:additional_image_link>
  <g:additional_image_link>https://cdn.example/3.jpg?a=1,2</g:additional_image_link>
  <g:availability>in stock</g:availability><g:price>159.00 USD</g:price>
  <g:shipping><g:country>US</g:country><g:price>14.95 USD</g:price></g:shipping>
  <g:google_product_category>436</g:google_product_category><g:product_type>Home &gt; Sofas</g:product_type>
  <g:brand>Fjord</g:brand><g:gtin>4006381333931</g:gtin><g:item_group_id>G1</g:item_group_id><g:size>XL</g:size>
</item>
<item><g:id>TV_2</g:id><title>Lamp</title><g:price>20 EUR</g:price><g:sale_price>15 EUR</g:sale_price></item>
</channel></rss>"""
ATOM = """<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">
<title>Shop</title><link href="https://shop.example/" rel="alternate"/><updated>2026-01-01T00:00:00Z</updated>
<entry><title>Red wool sweater</title><link href="https://shop.example/s.html"/><summary>Warm.</summary>
<id>tag:shop.example,2026:1</id><g:id>S-1</g:id><g:image_link>https://shop.example/s.jpg</g:image_link>
<g:price>25 EUR</g:price><g:availability>https://schema.org/OutOfStock</g:availability></entry></feed>"""


@pytest.fixture
def feed(tmp_path):
    def write(content: str | bytes, mapping=None):
        path = tmp_path / "feed"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return recognise(path, mapping)

    return write


def listings(feed):
    return [validate(row) for row in feed.rows()]


def test_shopifys_old_export(feed):
    red, blue, mug = listings(feed(SHOPIFY_OLD))
    assert (red.sku, blue.sku, mug.sku) == ("0012", "tee-blue-m", "mug")
    assert red.product == {
        "title": "Tee",
        "description": "Soft & light.\nCotton",
        "brand": "Fjord",
        "group_id": "tee",
        "gtin": "4006381333931",
    }
    assert (red.category, mug.category) == ("Apparel > Shirts", "Mugs")
    assert (red.attributes, blue.attributes) == ({"color": "Red", "size": "S"}, {"color": "Blue", "size": "M"})
    assert red.offer == {"price": Decimal("19.90"), "currency": "EUR", "availability": "in_stock", "quantity": 3}
    assert (blue.offer["availability"], blue.offer["quantity"]) == ("backorder", 0)
    assert (mug.offer["availability"], mug.offer["quantity"]) == ("in_stock", None)
    assert red.first_image == "https://cdn.example/red.jpg"
    assert red.more_images == ("https://cdn.example/1.jpg", "https://cdn.example/2.jpg?v=1")
    assert blue.first_image == "https://cdn.example/blue.jpg"
    assert (red.hidden, mug.hidden) == (False, True)


def test_shopifys_new_export(feed):
    alpha, big, small = listings(feed(SHOPIFY_NEW))
    assert (alpha.sku, big.sku, small.sku) == ("AL-1", "beta-big", "beta-small")
    assert alpha.attributes == {"color": "brass"}
    assert (big.product["title"], small.product["title"], small.product["group_id"]) == (
        "Beta lamp",
        "Beta lamp",
        "beta",
    )
    found = [(one.offer["availability"], one.offer["quantity"]) for one in (alpha, big, small)]
    assert found == [("out_of_stock", 0), ("backorder", 0), ("in_stock", None)]  # the last one is not tracked


def test_a_wrong_variant_brings_its_group_along(feed):
    rows = list(feed(SHOPIFY_OLD.replace("19.90", "cheap")).rows())
    with pytest.raises(RowRefused):
        validate(rows[0])
    assert [line for line, _ in rows[0].beside] == [2, 3, 4]
    assert rows[2].beside == ()


def test_googles_rss(feed):
    sofa, lamp = listings(feed(RSS))
    assert (sofa.sku, sofa.product["title"]) == ("TV_1", "Sofa & chair set")
    assert sofa.product["description"] == "Two things."
    assert sofa.offer == {"price": Decimal("159.00"), "currency": "USD", "availability": "in_stock"}
    assert sofa.category == "Home > Sofas"
    assert sofa.first_image == "https://cdn.example/w_20,h_30/1.jpg"
    assert sofa.more_images == ("https://cdn.example/2.jpg", "https://cdn.example/3.jpg?a=1,2")
    assert lamp.offer["price"] == Decimal("15")
    assert (lamp.first_image, lamp.category) == (None, None)  # what an item does not say is left alone


def test_googles_atom(feed):
    (sweater,) = listings(feed(ATOM))
    assert (sweater.sku, sweater.product["description"]) == ("S-1", "Warm.")
    assert sweater.offer["availability"] == "out_of_stock"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "utf-8-sig"])
def test_xml_of_any_encoding(feed, encoding):
    named = RSS.replace("UTF-8", encoding.removesuffix("-sig")).replace("Lamp", "Möbel\x0b")
    assert listings(feed(named.encode(encoding)))[1].product["title"] == "Möbel"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (RSS.replace("Fjord", "Fjord & Co"), "line 13"),
        (RSS[:700], "broken in line"),
        ("<html><body>Not found</body></html>", "web page"),
        ('<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><rss><item><id>&d;</id></item></rss>', "entities"),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><rss><item><id>&b;</id></item></rss>', "entities"),
    ],
)
def test_bad_xml_is_refused_in_words(feed, content, words):
    with pytest.raises(FeedUnreadable, match=words):
        listings(feed(content))


def test_a_quote_that_is_never_closed_takes_one_row_along(feed):
    rows = list(feed('id,title,brand\nA,Lamp,Fjord\nB,"Sofa,Fjord\nC,Chair,Fjord\nD,Desk,"Fjord"\n').rows())
    assert [(row.line, row.cells["id"], bool(row.broken)) for row in rows] == [
        (2, "A", False),
        (3, "B", True),
        (4, "C", False),
        (5, "D", False),
    ]


def test_rows_are_not_merged_by_quotes_that_fit_together(feed):
    """The next row's quote closes the open one, and the number of cells is right."""
    rows = list(feed('id,title,brand\nA,"Lamp,X\nB,"Sofa",Y\nC,"Desk,X\nD,"Chair,X\nE,"two\nlines, more",Z\n').rows())
    assert [(row.line, row.cells["id"], bool(row.broken)) for row in rows] == [
        (2, "A", True),
        (3, "B", False),
        (4, "C", True),
        (5, "D", True),
        (6, "E", False),
    ]


def test_excels_separator_line_and_windows_line_ends(feed):
    (row,) = feed(b"sep=;\r\nid;title\r\nA;M\xf6bel\r\n").rows()
    assert (row.line, row.cells) == (3, {"id": "A", "title": "Möbel"})


def test_columns_can_be_mapped(feed):
    content = "code;benennung;title\nA;Sofa;internal\n"
    with pytest.raises(NotMapped):
        feed(content)
    (row,) = feed(content, {"code": "id", "Benennung": "title"}).rows()
    assert row.cells == {"id": "A", "title": "Sofa"}


def test_a_field_goes_to_the_column_with_the_best_claim():
    assert fields_of(["sku", "id"], {}) == ["", "id"]  # called exactly so
    assert fields_of(["sku", "id"], {"SKU": "id"}) == ["id", ""]  # chosen
    assert fields_of(["product_id", "sku"], {}) == ["", "id"]  # the usual name first
    assert fields_of(["id", "images", "image"], {}) == ["id", "additional_image_link", "image_link"]
    with pytest.raises(FeedUnreadable, match="title"):
        fields_of(["id", "title", "Title"], {})
    with pytest.raises(FeedUnreadable, match="title"):
        fields_of(["id", "a", "b"], {"a": "title", "b": "title"})


@pytest.mark.parametrize("cell", ["=1+1", "+49", "-3", "@cmd", "'=1", "'", "''", "plain", "", "'s Gravenhage", "\t=1"])
def test_formula_marks_survive_a_round_trip(cell):
    written = escape_formula(cell)
    assert unescape_formula(written) == cell
    assert not written.startswith(("=", "+", "-", "@", "\t"))


def test_only_markup_is_taken_out():
    assert plain_text("width < 40 cm, a > b") == "width < 40 cm, a > b"
    assert plain_text("<P>One<br/>two</P><script>alert(1)</script>") == "One\ntwo"
    assert plain_text("Fish &amp; chips &#233;") == "Fish & chips é"
    assert plain_text("AT&T") == "AT&T"


@pytest.mark.parametrize(
    ("cell", "sources"),
    [
        ("a.jpg,b.jpg", ("a.jpg", "b.jpg")),
        ("https://a.example/w_1,h_2/x.jpg,http://b.c/y.jpg", ("https://a.example/w_1,h_2/x.jpg", "http://b.c/y.jpg")),
        ("https://a.example/x.jpg , b.jpg", ("https://a.example/x.jpg", "b.jpg")),
        ("http://b.c/1.jpg|http://b.c/2.jpg;http://b.c/3.jpg", tuple(f"http://b.c/{n}.jpg" for n in (1, 2, 3))),
    ],
)
def test_addresses_with_commas_stay_whole(feed, cell, sources):
    (row,) = feed(f'id,additional_image_link\nA,"{cell}"\n').rows()
    assert validate(row).more_images == sources


@pytest.mark.parametrize(
    ("cell", "price"),
    [
        ("$1,299.00", "1299.00 USD"),
        ("12,50 €", "12.50 EUR"),
        ("1 299,00 SEK", "1299.00 SEK"),
        ("$19.99 USD", "19.99 USD"),
        ("$19.99 CAD", "19.99 CAD"),
        ("C$19.99", "19.99 CAD"),
        ("US$19.99", "19.99 USD"),
        ("12,50 zł", "12.50 PLN"),
        ("15.0000 USD", "15.00 USD"),
    ],
)
def test_prices_as_shops_write_them(feed, cell, price):
    (row,) = feed(f'id,price\nA,"{cell}"\n').rows()
    offer = validate(row, "GBP").offer
    assert f"{offer['price']} {offer['currency']}" == price


def test_a_sale_counts_while_it_is_on(feed):
    head = "id,price,sale_price,sale_price_effective_date\n"
    over, on = "2020-01-01T00:00Z/2020-02-01T00:00Z", "2020-01-01T00:00-0800/2099-02-01T00:00-0800"
    rows = listings(feed(f"{head}A,10 EUR,5 EUR,{over}\nB,10 EUR,5 EUR,{on}\n"))
    assert [row.offer["price"] for row in rows] == [10, 5]


def test_xml_that_forgot_to_declare_its_prefix(feed):
    content = RSS.replace(' xmlns:g="http://base.google.com/ns/1.0"', "")
    assert listings(feed(content))[0].product["title"] == "Sofa & chair set"


def test_other_vocabularies_in_xml_are_left_out(feed):
    content = RSS.replace('version="2.0"', 'version="2.0" xmlns:media="http://search.yahoo.com/mrss/"', 1)
    content = content.replace("<item>", "<item><media:title>Wrong</media:title>", 1)
    assert listings(feed(content))[0].product["title"] == "Sofa & chair set"


def test_quotes_are_only_text_where_tabs_part_the_cells(feed):
    rows = list(feed('id\ttitle\tbrand\nA\t"12 inch pan\tFjord\nB\t"Sofa"\tFjord\nC\t7" nail\tX\n').rows())
    assert [row.cells["title"] for row in rows] == ['"12 inch pan', "Sofa", '7" nail']


@pytest.mark.parametrize("html", ["<p>Soft <![foo bar]]>sofa</p>", "<p>Soft <![ x><b>sofa</b>", "<p>Soft <!x>sofa"])
def test_markup_that_no_browser_knows_stops_nothing(html):
    assert plain_text(html) == "Soft sofa"


def test_numbers_that_are_none_are_wrong_in_their_row_alone(tmp_path):
    huge = SHOPIFY_OLD.replace(",shopify,3,", f",shopify,{'9' * 5000},").replace("1.jpg,1,", f"1.jpg,{'9' * 5000},")
    (tmp_path / "feed.csv").write_text(huge)
    first, *others = recognise(tmp_path / "feed.csv").rows()
    with pytest.raises(RowRefused, match="not a whole number"):
        validate(first)
    assert [validate(row).sku for row in others] == ["tee-blue-m", "mug"]
