"""A catalog admin at work in a real browser: finds, filters, looks at a bulk edit, puts pictures in order."""

import pytest
from playwright.sync_api import Page, expect

from tests import shop as shops
from tests.acceptance.conftest import Visitor
from tests.acceptance.test_access import serious, too_wide

LIST = "/admin/catalog/product/"
ADMIN = (
    "from django.contrib.auth.models import User as u; from webapp import roles;"
    " a = u.objects.create_user('catalog-ada', password='a secret of ada'); roles.give(a, ['catalog-admin'])"
)

# As the page itself does while a picture waits.
LOOK = """() => {
    window.looked = new Promise(done => addEventListener("htmx:afterRequest", () => done(), {once: true}));
    const url = document.getElementById("picture-order").getAttribute("hx-post").replace("/reorder/", "/look/");
    htmx.ajax("GET", url, {source: "#pictures", target: "#pictures", swap: "outerHTML"});
}"""


@pytest.fixture(scope="module")
def account(shop):
    shop.manage("shell", "-c", ADMIN)


@pytest.fixture
def admin(account, visit, size):
    def sign_in(**options) -> Page:
        visitor: Visitor = visit(size, **options)
        visitor.page.goto(LIST)
        visitor.page.fill("input[name=username]", "catalog-ada")
        visitor.page.fill("input[name=password]", "a secret of ada")
        visitor.page.locator("form:has(input[name=password]) button").click()
        visitor.page.wait_for_url(f"**{LIST}")
        return visitor.page

    return sign_in


def fine(page: Page) -> None:
    assert (page.url, serious(page), too_wide(page)) == (page.url, [], False)


def test_find_filter_and_look_at_a_bulk_edit(admin):
    page = admin()
    fine(page)
    page.get_by_role("button", name="Filters").click()
    expect(page.locator("#changelist-filter select[name=state]")).to_be_visible()
    fine(page)
    page.keyboard.press("Escape")
    for box in page.locator("input.action-select").all()[:2]:
        box.check()
    page.select_option("select[name=action]", "edit_together")
    page.get_by_role("button", name="Run").click()
    page.get_by_label("Price by percent").fill("10")
    page.get_by_role("button", name="Look first").click()
    expect(page.get_by_role("button", name="Change 2 rows")).to_be_visible()
    fine(page)
    page.get_by_role("link", name="Back to the list").click()
    with page.expect_navigation(url="**found=**"):
        page.set_input_files("#find-by-photo input[type=file]", shops.DEMO / "images" / "SL-0001-1.jpg")
    expect(page.locator("#result_list .field-name").first).to_contain_text("SL-0001")


def test_pictures_of_one_product_by_keyboard(admin):
    page = admin()
    page.locator("#result_list .field-name a").first.click()
    cards = page.locator("#pictures .sl-picture")
    first = cards.first.get_attribute("data-image")
    for key, place in (("ArrowRight", 1), ("ArrowLeft", 0)):
        page.locator(f"[data-image='{first}'] [data-handle]").focus()
        page.evaluate("document.getElementById('pictures').dataset.old = ''")
        page.keyboard.press(key)
        expect(page.locator("#pictures[data-old]")).to_have_count(0)
        expect(page.locator("#pictures .sl-said")).to_contain_text("in their new order")
        expect(cards.nth(place)).to_have_attribute("data-image", first)
        expect(page.locator(f"[data-image='{first}'] :focus")).to_be_visible()
    page.get_by_label("Alternative text").first.fill("From the front")
    page.locator(".sl-alt button").first.click()
    expect(page.locator("#pictures .sl-said")).to_contain_text("is saved")
    fine(page)
    page.goto(page.url.split("change/")[0] + "history/")
    expect(page.locator("main, #content").first).to_contain_text("From the front")
    fine(page)


def test_what_is_typed_is_not_overwritten_by_news_of_the_pictures(admin):
    """A page with pictures that wait asks for them every two seconds; an answer may be under way when typing begins."""
    page = admin()
    with page.expect_navigation():
        page.locator("#result_list .field-name a").first.click()
    held = []
    page.route("**/pictures/look/", lambda route: held.append(route))
    page.evaluate(LOOK)
    field = page.get_by_label("Alternative text").first
    before = field.input_value()
    field.press("End")
    field.press_sequentially("a")
    with page.expect_event("requestfinished", lambda request: request.url.endswith("/pictures/look/")):
        held[0].continue_()
    page.evaluate("window.looked")
    field.press_sequentially("b")
    expect(field).to_have_value(before + "ab")
    page.unroute_all()
    page.get_by_role("heading", name="Pictures").click()  # nobody types any more
    page.evaluate(LOOK)
    page.evaluate("window.looked")
    expect(page.get_by_label("Alternative text").first).to_have_value(before)


def test_in_the_dark(admin):
    page = admin(color_scheme="dark")
    fine(page)
    for path in ("catalog/category/", "catalog/edit/", "catalog/seller/", "catalog/image/"):
        page.goto(f"/admin/{path}")
        fine(page)
