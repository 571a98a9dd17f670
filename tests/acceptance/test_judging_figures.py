"""A lead settles disagreements by keyboard and reads the report; a rater reads their own figures."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.conftest import Visitor
from tests.acceptance.test_access import serious, too_wide

MADE = """
from tests import judged, judging
from tests.people import person
project = judging.project(tasks=6, k=2)
judging.ask_with_photo(project)
for name, role in (("berta", "rater"), ("clara", "rater"), ("lou", "lead")):
    user = person(role, username=name)
    user.set_password("secret")
    user.save()
from django.contrib.auth.models import User
raters = [User.objects.get(username=name) for name in ("berta", "clara")]
judged.give_all(project, raters, "bb ab at bb ba aa")
print(project.pk)
"""


@pytest.fixture(scope="module")
def project(shop) -> str:
    return shop.manage("shell", "-c", MADE).split()[-1]


@pytest.fixture
def signed_in(browser, shop, project, size):
    visitors = []

    def sign_in(name: str, path: str) -> Page:
        visitor = Visitor(browser, shop.url, size)
        visitors.append(visitor)
        page = visitor.page
        page.goto(path)
        page.fill("input[name=username]", name)
        page.fill("input[name=password]", "secret")
        press(page, "Enter")
        return page

    yield sign_in
    for visitor in visitors:
        visitor.context.close()
    assert [line for visitor in visitors for line in visitor.complaints] == []


def test_a_lead_settles_by_keyboard_what_raters_differ_on(signed_in, project, size):
    page = signed_in("lou", f"/label/adjudicate/?project={project}")
    left = page.locator(".judge-progress")
    expect(left).to_have_text(re.compile("3 to settle"))
    picture = page.get_by_alt_text("What is inside the frame")
    expect(picture).to_have_js_property("complete", True)
    asked = picture.bounding_box()
    assert min(asked["width"], asked["height"]) > 100
    assert serious(page) == [] and not too_wide(page)
    page.keyboard.press("r")
    expect(page.locator(".raters-said li").first).to_be_visible()
    press(page, "a")
    expect(left).to_have_text(re.compile("2 to settle"))
    press(page, "s")
    press(page, "t")
    expect(left).to_have_text(re.compile("1 to settle"))
    page.locator("input[name=why]").fill("tax")  # keys of a word settle nothing
    page.keyboard.press("Escape")
    press(page, "z")
    expect(left).to_have_text(re.compile("2 to settle"))
    press(page, "z")
    expect(left).to_have_text(re.compile("3 to settle"))


def press(page: Page, key: str) -> None:
    """A key that leads to another page, until that one listens to keys."""
    with page.expect_navigation():
        page.keyboard.press(key)


def test_the_report_and_a_raters_own_figures_are_whole(signed_in, project):
    page = signed_in("lou", f"/label/projects/{project}/report/")
    expect(page.locator("#answer-title")).to_be_visible()
    assert page.locator(".decisive > li").count() == 3
    assert serious(page) == [] and not too_wide(page)
    page.goto("/label/raters/")
    expect(page.get_by_role("rowheader", name="berta")).to_be_visible()
    assert serious(page) == [] and not too_wide(page)
    for path in ("/label/verdicts/", "/label/golden/", "/label/datasets/", "/label/queries/draw/"):
        page.goto(path)
        assert (path, serious(page), too_wide(page)) == (path, [], False)
    page = signed_in("clara", "/label/me/")
    expect(page.get_by_role("heading", name="My figures")).to_be_visible()
    assert serious(page) == [] and not too_wide(page)
