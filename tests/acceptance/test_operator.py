"""An operator at the index: builds, watches, promotes, rolls back. In a shop with a worker of its own."""

import os
import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.conftest import Visitor
from tests.acceptance.test_access import serious, too_wide

PAGE = "/operator/index/"
BUILT_MS = 240_000
BUILDING = "20250101-000000-abcdef"
STAFF = "from django.contrib.auth import get_user_model as m; m().objects.create_superuser('ada', '', 'secret')"


@pytest.fixture(scope="module")
def index_shop(stocked_shop, tmp_path_factory):
    """A shop whose web server follows the database and whose worker runs."""
    os.environ["SIGHTLINE_FOLLOW"] = "1"
    shop = stocked_shop.copy("index", tmp_path_factory.mktemp("index-shop"))
    try:
        shop.manage("shell", "-c", STAFF)
        shop.serve()
        shop.start("work")
        yield shop
    finally:
        del os.environ["SIGHTLINE_FOLLOW"]
        shop.close()


# told(words): when a socket has said them, and the page has done with what it said.
TELLING = """{
    const said = [], Before = WebSocket;
    window.WebSocket = class extends Before {
        constructor(address) { super(address); this.addEventListener("message", ({data}) => said.push(data)); }
    };
    window.told = (words) => new Promise((done) => {
        const look = () => setTimeout(said.some((one) => one.includes(words)) ? done : look, 50);
        look();
    });
}"""


@pytest.fixture
def operator(browser, index_shop, size):
    visitors = []

    def sign_in(**options) -> Page:
        visitor = Visitor(browser, index_shop.url, size, **options)
        visitors.append(visitor)
        page = visitor.page
        page.goto(PAGE)
        page.fill("#id_username", "ada")
        page.fill("#id_password", "secret")
        page.click("[type=submit]")
        page.wait_for_url(f"**{PAGE}")
        visitor.complaints.clear()  # Django's form has no icon, which the browser misses
        return page

    yield sign_in
    for visitor in visitors:
        visitor.context.close()
    assert [line for visitor in visitors for line in visitor.complaints] == []


def build(page: Page) -> str:
    """The id of the generation that was built while the page was watched, without a reload."""
    before = set(page.locator("#panels tbody a.id").all_inner_texts())
    page.evaluate("""() => { window.seen = []; new MutationObserver(() => {
        window.seen.push(document.querySelector('#now .run-head').innerText) }).observe(
        document.getElementById('now'), {childList: true}) }""")
    page.get_by_role("button", name="Build anew").click()
    expect(page.locator("#said")).to_contain_text("The worker will build a generation.")
    expect(page.get_by_role("link", name="Promote")).to_be_visible(timeout=BUILT_MS)
    expect(page.locator("#now")).to_contain_text("Nothing is being built.", timeout=BUILT_MS)
    assert any("Nothing" not in words for words in page.evaluate("window.seen"))
    (new,) = set(page.locator("#panels tbody a.id").all_inner_texts()) - before
    return new


def confirm(page: Page, link: str, button: str, said: str) -> None:
    page.get_by_role("link", name=link).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("?")
    assert (serious(page), too_wide(page)) == ([], False)
    page.get_by_role("button", name=button).click()
    expect(page.locator("#said")).to_contain_text(said)


def live_row(page: Page):
    return page.locator("#panels tr", has=page.locator(".mark-state.live")).first


def test_build_promote_and_roll_back(operator, index_shop):
    page = operator()
    first = build(page)
    confirm(page, "Promote", "Promote it", f"{first} answers now.")
    expect(live_row(page)).to_contain_text(first)
    second = build(page)
    confirm(page, "Promote", "Promote it", f"{second} answers now.")
    confirm(page, "Roll back to it", "Roll back", f"{first} answers again.")
    expect(live_row(page)).to_contain_text(first)
    expect(page.locator("#shards-title")).to_contain_text(first)
    done = index_shop.sql("SELECT verb, actor FROM search_event ORDER BY id DESC LIMIT 5")
    assert ("rollback", "ada") in done and ("promote", "ada") in done
    assert (serious(page), too_wide(page)) == ([], False)


def building(shop, done: int) -> None:
    progress = f'{{"stage": "reading rows", "done": {done}, "total": 4}}'
    shop.sql(
        "INSERT INTO search_generation (id, bundle_id, state, watermark, rows, bytes_disk, bytes_ram, manifest, recall,"
        f" progress, error, created_at, heartbeat_at) SELECT '{BUILDING}', id, 'building', '', 0, 0, 0, '{{}}', '{{}}',"
        f" '{progress}', '', now(), now() FROM search_bundle ON CONFLICT (id) DO UPDATE SET progress = '{progress}',"
        " heartbeat_at = now() RETURNING 1"
    )


@pytest.fixture
def builder(index_shop):
    """Holds what a builder holds: without it the worker takes the row of `building` for what a killed one left."""
    index_shop.sql("SELECT pg_advisory_lock(hashtextextended('sightline.build:' || id, 0)) FROM search_bundle")
    yield
    index_shop.sql(f"DELETE FROM search_generation WHERE id = '{BUILDING}' RETURNING 1")
    index_shop.sql("SELECT pg_advisory_unlock_all()")


def test_progress_moves_and_nothing_else_does(operator, index_shop, builder):
    page = operator()
    expect(page.locator("#now")).to_contain_text("Nothing is being built.", timeout=BUILT_MS)
    top = page.locator("#panels").bounding_box()["y"]
    for done in (1, 3):
        building(index_shop, done)
        expect(page.locator("#now .run-head .num")).to_have_text(f"{done} of 4 · {done * 25}%")
        assert page.locator("#panels").bounding_box()["y"] == top


@pytest.mark.parametrize("refused", [True, False], ids=["refused", "swallowed"])
def test_without_a_socket_it_asks(operator, index_shop, builder, refused):
    page = operator()
    page.route_web_socket(re.compile("operator/index/live"), lambda socket: socket.close() if refused else None)
    page.reload()
    building(index_shop, 2)
    expect(page.locator("#now .run-head .num")).to_have_text("2 of 4 · 50%")


def test_an_open_field_is_left_alone(operator, index_shop, builder):
    page = operator()
    page.locator("#pin-category").focus()
    page.locator("#pin-category").select_option(index=1)
    chosen = page.locator("#pin-category").input_value()
    building(index_shop, 1)
    expect(page.locator("#now .run-head .num")).to_have_text("1 of 4 · 25%")
    assert page.locator("#pin-category").input_value() == chosen
    page.get_by_role("button", name="Keep it hot").click()
    expect(page.locator("#said")).to_contain_text("stays in the hot tier")
    page.get_by_role("button", name="Unpin").first.click()
    expect(page.locator("#said")).to_contain_text("Unpinned")


def test_a_pressed_button_is_not_taken_away(operator, index_shop, builder):
    """The list is fetched because it is old, and comes while somebody presses what is in it."""
    page = operator()
    button = page.get_by_role("button", name="Keep it hot")
    button.scroll_into_view_if_needed()
    page.evaluate("document.getElementById('pin-category').selectedIndex = 1")
    page.evaluate("() => { window.come = new Promise(done => addEventListener('htmx:afterRequest', () => done())) }")

    def press_first(route) -> None:
        if route.request.headers.get("hx-target") == "panels":
            box = button.bounding_box()
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            page.mouse.down()
        route.continue_()

    page.route(re.compile(f"{PAGE}$"), press_first)
    building(index_shop, 1)
    page.evaluate("window.come")
    page.unroute_all()
    page.mouse.up()
    expect(page.locator("#said")).to_contain_text("stays in the hot tier")
    page.get_by_role("button", name="Unpin").first.click()
    expect(page.locator("#said")).to_contain_text("Unpinned")


def test_news_wait_while_something_is_pressed(operator, index_shop, builder):
    """What is replaced between the press of a link and its release is never clicked."""
    page = operator()
    page.add_init_script(TELLING)
    page.reload()
    building(index_shop, 1)
    number = page.locator("#now .run-head .num")
    expect(number).to_have_text("1 of 4 · 25%")
    number.hover()
    page.mouse.down()
    building(index_shop, 3)
    page.evaluate("told('75%')")
    assert number.inner_text() == "1 of 4 · 25%"
    page.mouse.up()
    expect(number).to_have_text("3 of 4 · 75%")


def wait_until_idle(shop) -> None:
    """What the test before asked for need not be done yet."""
    deadline = time.monotonic() + BUILT_MS / 1000
    while shop.sql("SELECT 1 FROM procrastinate_jobs WHERE lock = 'search.index' AND status IN ('todo', 'doing')"):
        assert time.monotonic() < deadline, "the worker does not come to an end"
        time.sleep(0.1)


def test_without_scripts(operator, index_shop):
    page = operator(java_script_enabled=False)
    wait_until_idle(index_shop)
    page.get_by_role("button", name="Merge").click()
    expect(page.locator("#said")).to_contain_text("The worker will merge a generation.")
    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_role("heading", name="Generations")).to_be_visible()


def test_axe_in_the_dark_and_on_a_narrow_screen(operator):
    assert serious(operator(color_scheme="dark")) == []
    assert not too_wide(operator(viewport={"width": 320, "height": 640}))
