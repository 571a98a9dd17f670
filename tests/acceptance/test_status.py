"""A catalog admin watches pictures become searchable, and sees how shoppers will find a product."""

import re
import shutil

import pytest
from playwright.sync_api import Page, expect

from tests import shop as shops
from tests.acceptance.conftest import Visitor
from tests.acceptance.test_access import serious, too_wide

PAGE = "/manage/status/"
LIVE_MS = 120_000
# The news of a list have three versions one after the other: which of them are fetched at once, and which in the end.
FRESHENED = """async () => {
    const { freshener } = await import("/static/js/live.js");
    const made = (version) => Object.assign(document.createElement("div"),
        { innerHTML: `<i data-version="${version}"></i>` });
    const news = made(0), list = made(0), fetched = [], link = document.getElementById("refresh");
    link.addEventListener("click", (event) => {
        event.preventDefault(), event.stopImmediatePropagation();
        list.innerHTML = news.innerHTML;
        fetched.push(Number(news.firstChild.dataset.version));
    }, { capture: true });
    const refresh = freshener({ news: () => news, list: () => list, busy: () => false, apartMs: 500 });
    for (const version of [1, 2, 3]) { news.innerHTML = made(version).innerHTML; refresh(); }
    const atOnce = [...fetched];
    await new Promise((done) => setTimeout(done, 800));
    return [atOnce, fetched];
}"""
STAFF = (
    "from tests.people import person; u = person('catalog-admin', username='cleo'); u.set_password('secret'); u.save()"
)


@pytest.fixture(scope="module")
def staffed_shop(shop):
    """The shop of all browser tests, which no worker runs in, with an account."""
    shop.manage("shell", "-c", STAFF)
    return shop


@pytest.fixture
def admin(browser, staffed_shop):
    visitors = []

    def sign_in(size: str = "desk", **options) -> Page:
        visitor = Visitor(browser, staffed_shop.url, size, **options)
        visitors.append(visitor)
        page = visitor.page
        page.goto(PAGE)
        page.fill("[name=username]", "cleo")
        page.fill("[name=password]", "secret")
        page.click("form:has([name=password]) [type=submit], form:has([name=password]) button")
        page.wait_for_url(f"**{PAGE}")
        return page

    yield sign_in
    for visitor in visitors:
        visitor.context.close()
    assert [line for visitor in visitors for line in visitor.complaints] == []


def test_a_new_picture_goes_live_without_a_reload(admin, staffed_shop, tmp_path):
    page = admin()
    expect(page.locator("#now")).to_contain_text("No worker is running")
    expect(page.locator("#now")).to_contain_text("The index agrees with the catalog")
    page.evaluate("window.unloaded = false")
    feed = tmp_path / "feed.csv"
    shutil.copy(next((shops.DEMO / "images").glob("*-2.jpg")), tmp_path / "new.jpg")
    feed.write_text("id,title,image_link\nNEW-1,Brand new thing,new.jpg\n")
    try:
        staffed_shop.manage("import_feed", str(feed))
        row = page.locator(".pic", has_text="NEW-1")
        expect(row).to_contain_text("Next in the queue", timeout=LIVE_MS)
        worker = staffed_shop.start("work")
        expect(row).to_contain_text(re.compile(r"Live in [\d.]+ "), timeout=LIVE_MS)
        expect(page.locator("#now")).not_to_contain_text("No worker is running")
        assert page.evaluate("window.unloaded") is False
        worker.terminate()
        worker.wait()
        staffed_shop.running.remove(worker)
    finally:
        staffed_shop.manage("shell", "-c", "from catalog.services import delete_products as d; d(['NEW-1'])")


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_every_page_is_for_everybody(admin, staffed_shop, size):
    sku = staffed_shop.sql("SELECT min(sku) FROM catalog_product")[0][0]
    page = admin(size, color_scheme="dark" if size == "phone" else "light")
    for address in (PAGE, f"{PAGE}?state=failed", f"{PAGE}{sku}/", f"/manage/products/{sku}/findability/"):
        page.goto(address)
        assert (address, serious(page), too_wide(page)) == (address, [], False)


def test_another_picture_is_looked_at_in_place(admin, staffed_shop):
    sku = staffed_shop.sql(
        "SELECT p.sku FROM catalog_product p JOIN catalog_image i ON i.product_id = p.id GROUP BY p.sku"
        " HAVING count(*) > 1 ORDER BY p.sku LIMIT 1"
    )[0][0]
    page = admin()
    page.goto(f"/manage/products/{sku}/findability/")
    expect(page.locator("#seen-title")).to_have_text("What is seen in picture 1")
    page.get_by_role("link", name="Picture 2").click()
    expect(page.locator("#seen-title")).to_have_text("What is seen in picture 2")
    expect(page).to_have_url(re.compile(r"picture=\d+"))


def test_the_last_of_many_changes_is_fetched_too(admin):
    assert admin().evaluate(FRESHENED) == [[1], [1, 3]]
