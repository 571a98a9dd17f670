"""Raters at their keyboards: two finish a project of forty tasks, with undo, skips, and a tab closed in the middle."""

from statistics import median

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.conftest import Visitor
from tests.acceptance.test_access import serious, too_wide

PROJECTS = """
from tests.judging import demo_projects
demo_projects()
"""
SCREEN, END = ".screen", "#nothing:not([hidden])"
KEYS = ("a", "ArrowLeft", "l", "ArrowRight", "t", "x")
SENT = """() => new Promise(done => {
    const kept = () => Object.keys(localStorage).filter(name => name.startsWith("label:"));
    const look = () => kept().every(name => localStorage[name] === "[]") ? done() : setTimeout(look, 50);
    look();
})"""


@pytest.fixture(scope="module")
def projects(shop) -> dict[str, int]:
    """A project of each kind over the shop's own pictures, two raters and a lead."""
    shop.manage("shell", "-c", PROJECTS)
    return {kind: pk for pk, kind in shop.sql("SELECT id, kind FROM labeling_project ORDER BY id DESC")}


@pytest.fixture
def enter(browser, shop):
    """enter(name, path) -> Visitor who is signed in, and was led back to that page."""
    visitors = []

    def sign_in(name: str, path: str, size: str = "desk", **options) -> Visitor:
        visitor = Visitor(browser, shop.url, size, **options)
        visitors.append(visitor)
        visitor.page.goto(path)
        visitor.page.fill("[name=username]", name)
        visitor.page.fill("[name=password]", "secret")
        visitor.page.keyboard.press("Enter")
        visitor.page.wait_for_url(shop.url + path)
        return visitor

    yield sign_in
    for visitor in visitors:
        visitor.context.close()
    assert [line for visitor in visitors for line in visitor.complaints] == []


def judging(projects: dict[str, int], kind: str) -> str:
    return f"/label/projects/{projects[kind]}/judge/"


def screen_id(page: Page) -> str | None:
    """Of the screen that can be judged now; None at the end."""
    page.wait_for_selector(f"{SCREEN}[data-shown], {END}")
    shown = page.locator(SCREEN)
    return shown.get_attribute("data-screen") if shown.count() else None


def press(page: Page, key: str) -> None:
    """And wait until the next screen is there."""
    before = screen_id(page)
    page.keyboard.press(key)
    other = f'{SCREEN}:not([data-screen="{before}"])'
    page.wait_for_selector(f"{other}[data-shown], {END}")


def sent(page: Page) -> None:
    """Returns when the server has answered every verdict: a page's network is called idle for good once it was."""
    page.evaluate(SENT)


def paints_ms(page: Page) -> list[float]:
    return page.evaluate("performance.getEntriesByName('key-to-task').map(entry => entry.duration)")


def test_two_raters_finish_forty_tasks_by_keyboard(enter, shop, projects):
    path = judging(projects, "side_by_side")
    ann, bob = enter("ann", path), enter("bob", path)
    paints = []
    for number in range(12):
        press(ann.page, KEYS[number % len(KEYS)])
        press(bob.page, KEYS[(number + 1) % len(KEYS)])
    for page in (ann.page, bob.page):  # undo goes back one by one, and the same tasks are judged anew
        shown = screen_id(page)
        for _ in range(2):
            page.keyboard.press("z")
        expect(page.locator(SCREEN)).not_to_have_attribute("data-screen", shown)
        page.keyboard.press("3")
        expect(page.locator("[name=reason]:checked")).to_have_count(1)
        press(page, "t")
        press(page, "x")
        assert screen_id(page) == shown
    press(bob.page, "s")
    press(bob.page, "s")
    paints += paints_ms(ann.page)
    close_in_the_middle(ann, path)
    while screen_id(ann.page):
        press(ann.page, "l")
    while screen_id(bob.page):
        press(bob.page, "a")
    expect(bob.page.locator("#nothing")).to_contain_text("You skipped 2")
    bob.page.keyboard.press("r")
    bob.page.wait_for_selector(f"{SCREEN}[data-shown]")
    press(bob.page, "t")
    press(bob.page, "t")
    for page in (ann.page, bob.page):
        paints += paints_ms(page)
        page.reload()
        expect(page.locator("#nothing-title")).to_have_text("All of it is judged")
    done = (
        "SELECT count(*), min(done), max(done), min(taken), max(taken) FROM labeling_task WHERE gold IS NULL"
        f" AND project_id = {projects['side_by_side']}"
    )
    assert shop.sql(done) == [(40, 2, 2, 2, 2)]
    verdicts = f"""SELECT count(*) FROM labeling_verdict v JOIN labeling_assignment a ON a.id = v.assignment_id
        JOIN labeling_task t ON t.id = a.task_id WHERE t.project_id = {projects["side_by_side"]}"""
    assert shop.sql(f"{verdicts} AND a.current_id = v.id AND a.counts") == [(80,)]
    assert shop.sql(f"{verdicts} AND v.undoes_id IS NOT NULL") == [(6,)]  # two of each, and two skips
    assert shop.sql(f"{verdicts} AND v.value = 'tie' AND v.reasons = '{{shape}}'") == [(2,)]
    print(f"median from a key to the next task painted: {median(paints):.1f} ms of {len(paints)}")
    assert median(paints) < 100


def close_in_the_middle(visitor: Visitor, path: str) -> None:
    """The connection goes, three tasks are judged all the same, the tab is closed: nothing is lost."""
    page = visitor.page
    sent(page)
    visitor.context.set_offline(True)
    for key in ("a", "l", "t"):
        press(page, key)
    expect(page.locator("#waiting")).to_contain_text("wait in this browser")
    waiting = screen_id(page)
    page.close()
    visitor.context.set_offline(False)
    visitor.page = visitor.new_page()
    visitor.page.goto(path)
    assert screen_id(visitor.page) == waiting
    # The browser says of each failed request that it failed; the tab may be gone before it does.
    visitor.complaints = [line for line in visitor.complaints if "ERR_INTERNET_DISCONNECTED" not in line]


def test_keys_belong_to_what_is_open(enter, projects):
    page = enter("ann", judging(projects, "same_product")).page
    shown = screen_id(page)
    for key, dialog in (("g", "#guidelines"), ("?", "#keys"), ("Space", "#zoom")):
        page.keyboard.press(key)
        expect(page.locator(dialog)).to_be_visible()
        for other in ("1", "s", "z", "4", "ArrowRight"):
            page.keyboard.press(other)
        assert (serious(page), screen_id(page)) == ([], shown)
        page.keyboard.press("Escape")
        expect(page.locator(dialog)).to_be_hidden()
    press(page, "2")
    assert screen_id(page) != shown


def test_who_is_faster_than_the_network_is_not_told_that_nothing_is_left(enter, projects):
    page = enter("bob", judging(projects, "same_product")).page
    held = []
    page.route(f"**{page.locator('#stage').get_attribute('data-sync')}", lambda route: held.append(route), times=1)
    page.reload()  # and what it asks for at once is not answered yet
    before = screen_id(page)
    page.keyboard.press("2")
    expect(page.locator("#coming")).to_be_visible()
    expect(page.locator("#nothing")).to_be_hidden()
    held[0].continue_()
    page.wait_for_selector(f'{SCREEN}[data-shown]:not([data-screen="{before}"])')


def test_grading_by_key_and_undoing_across_screens(enter, shop, projects):
    page = enter("ann", judging(projects, "grade")).page
    first = screen_id(page)
    page.keyboard.press("4")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("s")
    press(page, "2")
    page.keyboard.press("z")
    expect(page.locator(SCREEN)).to_have_attribute("data-screen", first)
    expect(page.locator(".grade[aria-pressed=true]")).to_have_count(1)
    press(page, "5")
    sent(page)
    values = "SELECT v.value FROM labeling_assignment a JOIN labeling_verdict v ON v.id = a.current_id WHERE a.screen"
    assert sorted(shop.sql(f"{values} = '{first}'")) == [("4",), ("5",), ("skip",)]


def test_by_finger_and_without_scripts(enter, projects):
    path = judging(projects, "same_product")
    page = enter("bob", path, "phone").page
    for name in ("Variant", "Different"):
        before = screen_id(page)
        page.get_by_role("button", name=name).tap()
        page.wait_for_selector(f'{SCREEN}[data-shown]:not([data-screen="{before}"])')
    page.locator(".tile").first.tap()
    expect(page.locator("#zoom")).to_be_visible()
    sent(page)
    plain = enter("bob", path, "phone", java_script_enabled=False).page
    before = plain.locator(SCREEN).get_attribute("data-screen")
    plain.get_by_role("button", name="Undo").click()
    plain.get_by_role("button", name="Cannot tell").click()
    assert plain.locator(SCREEN).get_attribute("data-screen") == before
    assert plain.get_by_role("button", name="Zoom").count() == 0


def test_a_lead_makes_a_project_in_a_few_clicks(enter, shop, projects, size):
    page = enter("lead", "/label/", size).page
    page.get_by_role("link", name="New project").click()
    page.get_by_label("Name").fill(f"Made on a {size}")
    page.get_by_text("Grade", exact=True).click()
    page.get_by_label("Queries").select_option("demo")
    page.get_by_label("At most").fill("2")
    assert (serious(page), too_wide(page)) == ([], False)
    page.get_by_role("button", name="Make the project").click()
    expect(page.locator("#now")).to_contain_text("Waiting for the worker")
    worker = shop.start("work")
    expect(page.locator("#now")).to_contain_text("Raters are at it", timeout=240_000)
    worker.terminate()
    assert (serious(page), too_wide(page)) == ([], False)


def test_axe_finds_nothing_serious_on_any_page(enter, projects, size):
    for scheme in ("light", "dark"):
        lead = enter("lead", "/label/", size, color_scheme=scheme).page
        side = projects["side_by_side"]
        parts = ("", "guidelines/", "guidelines/edit/", "close/", "judge/")
        pages = [f"/label/projects/{side}/{part}" for part in parts]
        for path in ("/label/", *pages, judging(projects, "grade"), judging(projects, "same_product")):
            lead.goto(path)
            assert (path, serious(lead), too_wide(lead)) == (path, [], False)
