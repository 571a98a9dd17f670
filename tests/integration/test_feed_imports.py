"""An import from the file to the catalog: checked first, then run, and nothing is lost on the way."""

import csv
import io
import zipfile

import pytest
from django.core.files.base import ContentFile

from catalog.edits.undo import undo
from catalog.errors import FeedUnreadable, FolderRefused, ImportStateConflict, MissingGuard
from catalog.feeds import job, queries, services
from catalog.feeds.job import store as storing
from catalog.feeds.models import FeedSource, Import, ImportProblem, ImportRow
from catalog.feeds.moves import State
from catalog.feeds.problems import error_file
from catalog.ingest.chunks import chunks
from catalog.models import Image, Offer, Product
from tests.conftest import picture

pytestmark = pytest.mark.django_db(transaction=True)
HEADER = ["id", "title", "price", "color", "product_type", "image_link"]


def table(rows: list[list[str]], header: list[str] = HEADER) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode()


def lamp(number: int, **cells: str) -> list[str]:
    row = {"id": f"L-{number}", "title": f"Lamp {number}", "price": "5 EUR", "color": "brass", "product_type": "Lamps"}
    row["image_link"] = f"https://shop.example/{number}.jpg"
    return [{**row, **cells}[name] for name in HEADER]


def checked(content: bytes, **how) -> Import:
    started = services.start_import(actor="ada", file=ContentFile(content), name="feed.csv", **how)
    job.work(started.pk)
    return Import.objects.get(pk=started.pk)


def finished(content: bytes, **how) -> Import:
    found = checked(content, **how)
    services.run(found.pk, "ada", accept_missing=True)
    job.work(found.pk)
    found.refresh_from_db()
    assert found.state == State.FINISHED
    return found


def mended(found: Import, mend) -> bytes:
    rows = list(csv.reader(io.StringIO("".join(error_file(found)))))
    return table([mend(row) for row in rows[1:]], rows[0])


def test_a_dry_run_says_what_will_change_and_changes_nothing():
    finished(table([lamp(1), lamp(2), lamp(3)]))
    rows = [lamp(1), lamp(2, price="6 EUR", color="steel", product_type="Home > Lamps"), lamp(4), lamp(5, price="?")]
    found = checked(table(rows))
    assert found.state == State.CHECKED
    expected = {"new": 1, "changed": 1, "unchanged": 1, "wrong": 1, "repeated": 0, "missing": 1, "scope": 3}
    assert found.found == expected
    (changed,) = queries.differences(found.pk, "changed")
    assert changed.changes == {
        "price": ["5.00", "6.00"],
        "color": ["brass", "steel"],
        "product_type": ["Lamps", "Home > Lamps"],
    }
    assert [row.sku for row in queries.differences(found.pk, "missing")] == ["L-3"]
    assert [(row.line, row.sku) for row in queries.problems(found.pk)] == [(5, "L-5")]
    assert Product.objects.count() == 3
    assert Offer.objects.filter(price=6).count() == 0


def test_a_dry_run_and_a_run_agree():
    finished(table([lamp(n) for n in range(30)]))
    rows = [lamp(n, color="steel" if n % 3 else "brass", price=f"{5 + n % 2} EUR") for n in range(10, 50)]
    found = finished(table(rows))
    assert {name: found.counts[name] for name in ("new", "changed", "unchanged")} == {
        name: found.found[name] for name in ("new", "changed", "unchanged")
    }


def test_wrong_rows_can_be_mended_and_uploaded_as_they_are():
    rows = [lamp(1), lamp(2, price="=cheap"), lamp(3, title=""), lamp(4), lamp(4, title="The later one")]
    found = finished(table(rows))
    assert (found.counts["wrong"], found.counts["repeated"], found.counts["new"]) == (2, 1, 2)
    assert Product.objects.get(sku="L-4").title == "The later one"
    content = mended(found, lambda row: [cell.replace("'=cheap", "7 EUR") or "Mended" for cell in row])
    again = finished(content)
    assert (again.counts["wrong"], again.missing, again.found["missing"]) == (0, "keep", 0)
    assert Offer.objects.get(product__sku="L-2").price == 7
    assert Product.objects.get(sku="L-3").title == "Mended"
    assert Product.objects.get(sku="L-4").title == "The later one"


def test_an_import_goes_on_where_it_was_killed(monkeypatch):
    """The process ends between two chunks, and in the middle of one."""
    monkeypatch.setattr(chunks, "__defaults__", (0, 10))
    found = checked(table([lamp(n) if n % 7 else lamp(n, price="?") for n in range(60)]))
    services.run(found.pk, "ada")
    stored, store = [], storing.store

    def dies(chunk, how):
        stored.append(chunk.rows)
        counts = store(chunk, how)
        if len(stored) in (2, 4):
            raise KeyboardInterrupt
        return counts

    monkeypatch.setattr(storing, "store", dies)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            job.work(found.pk)
    job.work(found.pk)
    found.refresh_from_db()
    assert found.state == State.FINISHED
    assert (found.counts["rows"], found.counts["new"], found.counts["wrong"]) == (60, 51, 9)
    assert Product.objects.count() == 51
    assert ImportProblem.objects.filter(of=found).count() == 9


def test_two_workers_on_one_import_do_each_row_once(monkeypatch):
    monkeypatch.setattr(chunks, "__defaults__", (0, 10))
    found = checked(table([lamp(n) for n in range(40)]))
    services.run(found.pk, "ada")
    monkeypatch.setattr(storing, "store_chunk", stalled(storing.store_chunk, found.pk))
    job.work(found.pk)
    found.refresh_from_db()
    assert (found.state, found.counts["rows"], found.counts["new"]) == (State.FINISHED, 40, 40)


def stalled(store_chunk, import_id: int):
    """A worker that stops for long before its second chunk, while another one carries on."""
    state = {"inside": False, "chunks": 0}

    def slow(found, chunk, start):
        state["chunks"] += 1
        if state["chunks"] == 2 and not state["inside"]:
            state["inside"] = True
            job.work(import_id)
        return store_chunk(found, chunk, start)

    return slow


def test_pause_resume_and_cancel():
    found = checked(table([lamp(1)]))
    services.run(found.pk, "ada")
    assert services.pause(found.pk, "ada").state == State.PAUSED
    job.work(found.pk)
    assert not Product.objects.exists()
    with pytest.raises(ImportStateConflict):
        services.pause(found.pk, "ada")
    services.resume(found.pk, "ada")
    job.work(found.pk)
    assert Product.objects.count() == 1
    with pytest.raises(ImportStateConflict):
        services.cancel(found.pk, "ada")
    other = checked(table([lamp(2)]))
    assert services.cancel(other.pk, "ada").state == State.CANCELLED


def test_a_feed_that_would_empty_the_shop_asks_first():
    source = FeedSource.objects.create(name="Main", missing="delete")
    finished(table([lamp(n) for n in range(30)]), source=source)
    found = checked(table([lamp(1)]), source=source, run_when_checked=True)
    assert (found.state, found.found["missing"]) == (State.CHECKED, 29)
    with pytest.raises(MissingGuard):
        services.run(found.pk, "ada")
    assert Product.objects.count() == 30
    services.run(found.pk, "ada", accept_missing=True)
    job.work(found.pk)
    assert list(Product.objects.values_list("sku", flat=True)) == ["L-1"]


def test_what_is_missing_is_sold_out_and_other_feeds_products_stay():
    mine, other = (FeedSource.objects.create(name=name, missing="out_of_stock") for name in "ab")
    finished(table([lamp(1), lamp(2)]), source=mine)
    finished(table([lamp(3)]), source=other)
    found = finished(table([lamp(1)]), source=mine)
    assert found.counts["missing"] == 1
    sold_out = Offer.objects.filter(availability="out_of_stock").values_list("product__sku", flat=True)
    assert list(sold_out) == ["L-2"]


def test_a_wrong_row_is_not_missing():
    source = FeedSource.objects.create(name="Main", missing="delete")
    finished(table([lamp(1), lamp(2)]), source=source)
    found = finished(table([lamp(1), lamp(2, price="?")]), source=source)
    assert (found.found["missing"], Product.objects.count()) == (0, 2)


def test_stock_and_price_only():
    finished(table([lamp(1)]))
    rows = [lamp(1, title="Another name", price="9 EUR"), lamp(2)]
    found = finished(table(rows), part="offers")
    assert (found.counts["changed"], found.counts["wrong"]) == (1, 1)
    product = Product.objects.get()
    assert (product.title, product.offers.get().price) == ("Lamp 1", 9)


def test_a_draft_is_hidden_and_shown_again_but_a_persons_block_stays():
    header = ["id", "title", "hidden"]
    finished(table([["A", "a", "true"], ["B", "b", "false"]], header))
    Product.objects.filter(sku="B").update(blocked=True)
    finished(table([["A", "a", "false"], ["B", "b", "false"]], header))
    assert dict(Product.objects.values_list("sku", "blocked")) == {"A": False, "B": True}


def test_a_column_that_nobody_knows_can_be_mapped_and_is_remembered():
    source = FeedSource.objects.create(name="Odd")
    content = table([["A", "Sofa"]], ["code", "benennung"])
    found = checked(content, source=source)
    assert (found.state, found.columns) == (State.UPLOADED, ["code", "benennung"])
    assert "id" in found.reason
    services.map_columns(found.pk, {"code": "id", "benennung": "title"})
    job.work(found.pk)
    found.refresh_from_db()
    assert (found.state, found.found["new"]) == (State.CHECKED, 1)
    assert checked(content, source=source).found["new"] == 1


def test_columns_that_cannot_be_are_refused_before_the_import_is_touched():
    found = checked(table([["A", "Sofa"]], ["code", "benennung"]))
    for wrong in ({"code": "title"}, {"code": "id", "benennung": "id"}, {"code": "sku"}):
        with pytest.raises(FeedUnreadable):
            services.map_columns(found.pk, wrong)
    found.refresh_from_db()
    assert (found.state, found.mapping) == (State.UPLOADED, {})
    services.map_columns(found.pk, {"code": "id", "benennung": "title"})


def test_a_row_that_a_later_one_replaced_does_not_come_back_with_the_mended_rows():
    found = finished(table([lamp(1, title="Old"), lamp(1, title="New"), lamp(2, price="cheap")]))
    assert (found.counts["new"], found.counts["wrong"], found.counts["repeated"]) == (1, 1, 1)
    again = finished(mended(found, lambda row: [cell.replace("cheap", "6 EUR") for cell in row]))
    assert (again.counts["new"], again.counts["changed"], again.counts["repeated"]) == (1, 0, 1)
    assert Product.objects.get(sku="L-1").title == "New"
    renamed = finished(mended(found, lambda row: [{"cheap": "6 EUR", "L-1": "L-9"}.get(cell, cell) for cell in row]))
    assert (renamed.counts["new"], renamed.counts["repeated"]) == (1, 0)


def test_a_mended_item_of_xml_still_leaves_alone_what_it_did_not_hold():
    finished(table([lamp(1)]))
    items = "<item><id>L-1</id><price>cheap</price></item><item><id>L-2</id><title>Lamp</title><brand>X</brand></item>"
    found = finished(f"<rss><channel>{items}</channel></rss>".encode())
    for _ in range(2):  # also when some of them are wrong once more
        found = finished(mended(found, lambda row: row))
        assert found.counts["wrong"] == 1
    again = finished(mended(found, lambda row: [cell.replace("cheap", "6 EUR") for cell in row]))
    assert (again.counts["changed"], again.counts["wrong"]) == (1, 0)
    product = Product.objects.get(sku="L-1")
    assert (product.title, product.attributes, product.images.count()) == ("Lamp 1", {"color": "brass"}, 1)
    assert product.offers.get().price == 6


def zipped(files: dict[str, bytes], link: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        if link:
            info = zipfile.ZipInfo(link)
            info.external_attr = 0o120777 << 16
            archive.writestr(info, "/etc/passwd")
    return out.getvalue()


def test_a_zip_brings_its_pictures():
    files = {"shop/feed.csv": table([lamp(1, image_link="images/lamp.jpg")]), "shop/images/lamp.jpg": picture()}
    found = finished(zipped(files | {"__MACOSX/shop/._feed.csv": b"x", "shop/readme.txt": b"hello"}))
    image = Image.objects.get()
    assert (found.counts["new"], image.source) == (1, "images/lamp.jpg")
    assert image.folder.startswith(str(services.folder_of(found.pk)))
    assert image.fingerprint


def test_a_zip_can_be_mapped_and_checked_again():
    files = {"feed.csv": table([["A", "Sofa", "a.jpg"]], ["code", "title", "image_link"]), "a.jpg": picture()}
    found = checked(zipped(files))
    assert found.state == State.UPLOADED
    services.map_columns(found.pk, {"code": "id", "title": "title", "image_link": "image_link"})
    job.work(found.pk)
    services.check_again(found.pk)
    job.work(found.pk)
    found.refresh_from_db()
    assert (found.state, found.found["new"], found.reason) == (State.CHECKED, 1, "")


def test_a_shopify_product_with_a_wrong_variant_is_mended():
    header = ["Handle", "Title", "Option1 Name", "Option1 Value", "Variant SKU", "Variant Price", "Image Src"]
    rows = [
        ["tee", "Tee", "Color", "Red", "T-1", "19.90", "https://shop.example/1.jpg"],
        ["tee", "", "", "Blue", "T-2", "cheap", "https://shop.example/2.jpg"],
        ["mug", "Mug", "Title", "Default Title", "M-1", "9.00", ""],
    ]
    found = finished(table(rows, header))
    assert (found.counts["new"], found.counts["wrong"]) == (2, 1)
    again = finished(mended(found, lambda row: [cell.replace("cheap", "21.50") for cell in row]))
    assert (again.format, again.counts["new"], again.counts["unchanged"]) == ("shopify", 1, 1)
    blue = Product.objects.get(sku="T-2")
    assert (blue.title, blue.group_id, blue.attributes, blue.images.count()) == ("Tee", "tee", {"color": "Blue"}, 2)


@pytest.mark.parametrize(
    "content",
    [
        zipped({"../../outside.csv": b"id,title\n"}),
        zipped({"/etc/outside.csv": b"id,title\n"}),
        zipped({"a\\..\\..\\outside.csv": b"id,title\n"}),
        zipped({"feed.csv": b"id,title\nA,a\n"}, link="images/a.jpg"),
        zipped({"readme.txt": b"nothing here"}),
        zipped({"feed.csv": b"id,title\nA,a\n"})[:60],
        b"\x1f\x8b but no gzip",
        b"",
    ],
    ids=["climbs", "absolute", "backslashes", "link", "no feed", "cut short", "no gzip", "empty"],
)
def test_hostile_and_broken_archives_are_refused(content, settings):
    if not content:
        with pytest.raises(Exception, match="empty"):
            checked(content)
        return
    found = checked(content)
    assert (found.state, bool(found.reason)) == (State.FAILED, True)
    assert not Product.objects.exists()


def test_a_zip_bomb_is_refused_before_it_grows(settings):
    settings.SIGHTLINE_FEED_MAX_BYTES = 1024 * 1024
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("feed.csv", b"0" * 5 * 1024 * 1024)
    found = checked(out.getvalue())
    assert (found.state, "more than 1 MB" in found.reason) == (State.FAILED, True)


def test_folders_are_read_inside_of_the_allowed_ones_only(tmp_path, settings):
    settings.SIGHTLINE_FEED_FOLDERS = [str(tmp_path / "inbox")]
    (tmp_path / "inbox" / "shop").mkdir(parents=True)
    (tmp_path / "inbox" / "shop" / "feed.csv").write_bytes(table([lamp(1, image_link="a.jpg")]))
    (tmp_path / "inbox" / "out").symlink_to("/etc")
    for location in ("/etc", "../", str(tmp_path), "out", "nowhere"):
        with pytest.raises(FolderRefused):
            services.start_import(actor="ada", folder=location)
    found = services.start_import(actor="ada", folder="shop")
    job.work(found.pk)
    found.refresh_from_db()
    assert (found.state, found.folder) == (State.CHECKED, str(tmp_path / "inbox" / "shop"))


def test_an_upload_in_pieces_survives_repeated_and_lost_ones():
    content = table([lamp(1), lamp(2)])
    begun = services.begin_upload(actor="ada", name="feed.csv", size=len(content))
    assert services.append_upload(begun.pk, 0, content[:10]) == 10
    assert services.append_upload(begun.pk, 0, content[:10]) == 10
    with pytest.raises(ImportStateConflict, match="byte 10"):
        services.append_upload(begun.pk, 20, content[20:])
    assert services.append_upload(begun.pk, 10, content[10:]) == len(content)
    job.work(begun.pk)
    begun.refresh_from_db()
    assert (begun.state, begun.found["new"]) == (State.CHECKED, 2)


def test_pages_of_differences_take_constant_queries(django_assert_num_queries):
    found = checked(table([lamp(n) for n in range(120)]))
    with django_assert_num_queries(1):
        first = queries.differences(found.pk, "new", limit=50)
    with django_assert_num_queries(1):
        second = queries.differences(found.pk, "new", after=first[-1].pk, limit=100)
    assert len(first) + len(second) == 120
    assert ImportRow.objects.filter(of=found).count() == 120


def test_an_import_is_one_edit_of_the_history_and_can_be_undone(monkeypatch):
    monkeypatch.setattr(chunks, "__defaults__", (0, 1))
    finished(table([lamp(1), lamp(2)]))
    found = finished(table([lamp(1, price="6 EUR"), lamp(2, color="steel")]))
    assert (found.edit.who, found.edit.what) == ("ada", f"Import {found.pk}: feed.csv")
    undo(found.edit, "ada")
    assert Offer.objects.get(product__sku="L-1").price == 5
    assert Product.objects.get(sku="L-2").attributes["color"] == "brass"
