"""The whole job with JavaScript off."""

import re

import pytest
from playwright.sync_api import expect

from tests.acceptance.photos import jpeg, room, upload_file


@pytest.fixture
def page(visit, size):
    return visit(size, java_script_enabled=False).page


def test_from_photo_to_product(page, keep):
    page.goto("/")
    page.locator(".picks input[type=file]").last.set_input_files(upload_file(jpeg(room())))
    page.get_by_role("button", name="Look for it").click()
    page.wait_for_url(re.compile(r"/photo/[\w-]{20,}/"))
    expect(page.get_by_alt_text("The photo that you sent")).to_be_visible()

    page.goto(keep([(120, 300, 720, 770), (860, 130, 1060, 780)]))
    page.locator('.box[value="2"]').click()
    page.wait_for_url(re.compile(r"box=2"))
    expect(page.locator(".card").first).to_be_visible()
    page.get_by_text("Frame", exact=True).click()
    page.get_by_role("link", name="Wider").click()
    page.wait_for_url(re.compile("bbox="))
    page.get_by_label("Refine by words").fill("in green")
    page.get_by_role("button", name="Refine").click()
    page.wait_for_url(re.compile("q=in"))
    page.get_by_role("link", name="Show more").click()
    page.wait_for_url(re.compile("cursor="))
    page.locator(".card a").first.click()
    page.wait_for_url(re.compile("/products/"))
    page.get_by_role("link", name="More like this").click()
    expect(page.locator(".card").first).to_be_visible()


def test_no_photo_chosen(visit):
    visitor = visit("phone", java_script_enabled=False)
    visitor.page.goto("/")
    visitor.page.get_by_role("button", name="Look for it").click()
    expect(visitor.page.get_by_role("heading", name="No photo came with that").last).to_be_visible()
    visitor.expect_complaint("422")
