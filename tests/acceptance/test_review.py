"""A catalog admin reviews pictures by keyboard alone; every queue passes axe and fits every screen."""

import pytest
from playwright.sync_api import expect

from tests.acceptance.test_access import serious, too_wide

PAGE = "/manage/review/"
QUEUES = ("held", "duplicates", "suggestions", "warnings", "rejected", "blocklist", "history")
OTHERS = (
    "/manage/demand/",
    "/manage/demand/?list=unseen",
    "/manage/tokens/",
    "/manage/webhooks/",
    "/manage/feeds/sources/new/",
    "/admin/catalog/product/add/",
)
CASES = """
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from catalog.models import Image, NearDuplicate, Product
from catalog.review.kept import keep, note
from ml.inspect.flaws import Flaw
from ml.inspect.safety import Part
from webapp import roles
user = User.objects.create_user('reviewer', password='secret')
roles.give(user, ['catalog-admin'])
first, second, third, fourth, fifth = Image.objects.filter(position=0).order_by('pk')[:5]
Image.objects.filter(pk=first.pk).update(status='held', reason='The picture may be explicit.')
note(first.pk, 'safety', parts=[Part('FEET_EXPOSED', 0.6, (20, 20, 90, 90))], kept=keep(default_storage.open(first.file).read()))
NearDuplicate.objects.create(image=third, other=second, bits=0, distance=0)
note(fourth.pk, warnings=[Flaw('blurred', 'The picture is blurred: not one edge in it is sharp.')])
Image.objects.filter(pk=fifth.pk).update(status='rejected', reason='The picture is not where the feed says.')
Product.objects.filter(pk=fourth.product_id).update(category=None, attributes={})
"""  # noqa: E501 - run by the shell of the shop


@pytest.fixture(scope="module")
def cases(shop):
    """One of each kind; what the tests leave of it disturbs nobody: a picture more or less."""
    shop.manage("shell", "-c", CASES)
    return shop


@pytest.fixture
def reviewer(cases, visit):
    def sign_in(size: str = "desk", **options):
        page = visit(size, **options).page
        page.goto(PAGE)
        page.fill("#id_username", "reviewer")
        page.fill("#id_password", "secret")
        page.click("[type=submit]")
        page.wait_for_url(f"**{PAGE}*/")
        page.wait_for_load_state()  # or the first key comes before the script that hears it
        return page

    return sign_in


def test_cases_are_decided_and_taken_back_by_keyboard(reviewer):
    page = reviewer()
    said, title = page.locator("#review .said"), page.locator("#case-title")
    expect(page.locator(".veiled")).to_be_visible()
    held = title.inner_text()
    page.keyboard.press("v")
    expect(page.locator(".framed img")).to_have_css("filter", "none")
    page.keyboard.press("y")
    expect(said).to_contain_text("is shown.")
    expect(title).to_have_text("Nothing waits here")
    page.keyboard.press("u")
    expect(said).to_contain_text("Taken back")
    expect(title).to_have_text(held)
    assert page.url.split("?")[0].endswith("/held/")
    page.goto(PAGE + "duplicates/")
    page.keyboard.press("2")
    page.keyboard.press("s")
    expect(said).to_contain_text("at least two look-alikes")
    page.keyboard.press("d")
    expect(said).to_contain_text("different.")
    expect(title).to_have_text("Nothing waits here")
    page.keyboard.press("u")
    expect(title).to_have_text("2 products, one picture?")


def test_every_queue_passes_axe_and_fits(reviewer, size):
    """And pages of the same person that have no browser test of their own."""
    page = reviewer(size, color_scheme="dark" if size == "phone" else "light")
    for path in (*(f"{PAGE}{queue}/" for queue in QUEUES), *OTHERS):
        page.goto(path)
        assert (path, serious(page), too_wide(page)) == (path, [], False)


def test_it_works_without_scripts(reviewer):
    page = reviewer(java_script_enabled=False)
    page.goto(PAGE + "warnings/")
    page.get_by_role("button", name="It is fine").click()
    assert "is shown." in page.locator("#review .said").inner_text()
    page.get_by_role("button", name="Undo").click()
    assert "Taken back" in page.locator("#review .said").inner_text()
