"""A catalog admin drops a feed, sees what it would change, runs it, and mends what was wrong."""

import csv

import pytest
from playwright.sync_api import Page, expect

from tests import shop as shops
from tests.acceptance.conftest import Visitor
from tests.acceptance.test_access import serious, too_wide

PAGE = "/manage/feeds/"
STAFF = (
    "from tests.people import person; u = person('catalog-admin', username='faye'); u.set_password('secret'); u.save()"
)


@pytest.fixture(scope="module")
def staffed_shop(shop):
    shop.manage("shell", "-c", STAFF)
    return shop


@pytest.fixture
def admin(browser, staffed_shop, size):
    visitor = Visitor(browser, staffed_shop.url, size, color_scheme="dark" if size == "phone" else "light")
    page = visitor.page
    page.goto(PAGE)
    page.fill("[name=username]", "faye")
    page.fill("[name=password]", "secret")
    page.click("form:has([name=password]) [type=submit], form:has([name=password]) button")
    page.wait_for_url(f"**{PAGE}")
    yield page
    visitor.context.close()
    assert visitor.complaints == []


def fits(page: Page) -> None:
    assert (page.url, serious(page), too_wide(page)) == (page.url, [], False)


def test_a_feed_from_the_drop_to_the_mended_row(admin, staffed_shop, tmp_path):
    """The worker runs when it is told to, so that nothing else in the shop changes."""
    page, work = admin, lambda: staffed_shop.manage("work", "--until-empty")
    with open(shops.part_of_demo(tmp_path / "demo.csv", products=60), newline="", encoding="utf-8") as file:
        known = next(csv.DictReader(file))
    feed = tmp_path / "feed.csv"
    feed.write_text(f"id,price\n{known['id']},{known['price']}\nNO-SUCH,1 EUR\n{known['id']},cheap\n")
    fits(page)
    page.set_input_files("#feed-file", feed)
    page.get_by_role("button", name="Check it").click()
    expect(page.locator("#now")).to_contain_text("Waits for the worker")
    work()
    expect(page.locator("#now")).to_contain_text("Checked: nothing has changed yet")
    wrong = page.get_by_role("link", name="Wrong 2")
    expect(wrong).to_be_visible()
    fits(page)
    page.get_by_role("button", name="Import 1 row").click()
    work()
    expect(page.locator("#now")).to_contain_text("Imported")
    wrong.click()
    expect(page.get_by_text("A new product needs a title.").first).to_be_visible()
    fits(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Get the error file").click()
    download.value.save_as(mended := tmp_path / "errors.csv")
    text = mended.read_text(encoding="utf-8-sig").replace("cheap", known["price"]).replace("NO-SUCH", known["id"])
    mended.write_text(text, encoding="utf-8-sig")
    page.set_input_files("#mended", mended)
    page.get_by_role("button", name="Check it").click()
    page.wait_for_url(lambda url: url.rstrip("/").split("/")[-1].isdecimal())
    work()
    expect(page.get_by_role("link", name="Unchanged 1")).to_be_visible()
    page.goto(PAGE)
    fits(page)
    page.goto(f"{PAGE}sources/new/")
    fits(page)
