"""Text search, the product page, and what lies around them."""

import re

from playwright.sync_api import expect

UNTIL_IT_IS_SERVED = """new Promise(done => {
    const worker = navigator.serviceWorker;
    worker.addEventListener("controllerchange", () => done(true));
    if (worker.controller) done(true);
})"""


def words_of_the_catalog(shop) -> str:
    return shop.sql("SELECT title FROM catalog_product ORDER BY id LIMIT 1")[0][0]


def test_search_by_words_from_the_home_page(page, shop):
    title = words_of_the_catalog(shop)
    page.goto("/")
    page.get_by_label("Or describe it").fill(title)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/search/"))
    expect(page.locator(".card .title").first).to_have_text(title)
    expect(page).to_have_title(re.compile(re.escape(title[:20])))


def test_a_product_page_and_what_is_like_it(page, shop):
    page.goto("/search/?q=" + words_of_the_catalog(shop).replace(" ", "+"))
    title = page.locator(".card .title").first.inner_text()
    page.locator(".card a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.locator(".facts .price.big")).to_have_text(re.compile(r"€[\d,.]+"))
    assert page.locator(".gallery-strip img").count() >= 2
    page.locator("#similar").scroll_into_view_if_needed()
    expect(page.locator("#similar .card").first).to_be_visible()
    assert title not in page.locator("#similar .card .title").all_inner_texts()[:1]
    page.get_by_role("link", name="Back to the results").click()
    expect(page).to_have_url(re.compile("/search/"))


def test_a_click_on_a_result_is_recorded_with_its_rank(phone, shop):
    page = phone.page
    page.goto("/search/?q=blue")
    before = shop.sql("SELECT count(*) FROM search_click")[0][0]
    page.locator(".card a").nth(2).click()
    page.wait_for_url(re.compile("/products/"))
    assert shop.sql("SELECT count(*) FROM search_click")[0][0] == before + 1
    assert shop.sql("SELECT rank FROM search_click ORDER BY id DESC LIMIT 1") == [(3,)]


def test_variants_lead_to_each_other(phone, shop):
    page = phone.page
    (here,), (there,) = shop.sql(
        "UPDATE catalog_product SET group_id = 'two of a kind' WHERE id IN"
        " (SELECT id FROM catalog_product ORDER BY id DESC LIMIT 2) RETURNING id"
    )
    page.goto(f"/products/{here}/")
    page.locator(".variants a").click()
    page.wait_for_url(f"**/products/{there}/")
    expect(page.locator(".variants a")).to_have_attribute("href", f"/products/{here}/")


def test_browsing_a_category(phone):
    page = phone.page
    page.goto("/")
    name = page.locator(".categories a span").first.inner_text()
    page.locator(".categories a").first.click()
    expect(page.get_by_label(f"Remove: {name}")).to_be_visible()
    expect(page.locator(".card").first).to_be_visible()


def test_a_wrong_price_is_explained(phone):
    page = phone.page
    page.goto("/search/?q=blue&price_min=9&price_max=1")
    expect(page.get_by_role("alert").first).to_contain_text("cannot be lower")
    phone.expect_complaint("422")


def test_a_page_that_is_not_there(phone):
    response = phone.page.goto("/nowhere/")
    assert response.status == 404
    expect(phone.page.get_by_role("heading", name="Nothing here")).to_be_visible()
    phone.expect_complaint("404")


def test_offline_the_service_worker_has_a_page(visit):
    visitor = visit("phone", service_workers="allow")
    page = visitor.page
    page.goto("/")
    page.evaluate(UNTIL_IT_IS_SERVED)
    visitor.context.set_offline(True)
    page.goto("/search/?q=lamp")
    expect(page.get_by_role("heading", name="You are offline")).to_be_visible()
    visitor.context.set_offline(False)
    visitor.complaints.clear()  # what the browser says of the requests that failed on purpose


def test_it_can_be_installed(phone):
    page = phone.page
    page.goto("/")
    manifest = page.request.get(page.locator('link[rel="manifest"]').get_attribute("href")).json()
    assert manifest["display"] == "standalone"
    assert all(page.request.get(icon["src"]).ok for icon in manifest["icons"])


def test_pages_carry_no_foreign_or_inline_script(phone):
    page = phone.page
    headers = page.goto("/").headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert page.locator("script:not([src])").count() == 0
    sources = page.locator("script[src]").evaluate_all("scripts => scripts.map(script => new URL(script.src).origin)")
    assert set(sources) == {page.evaluate("location.origin")}
