"""A photo in: by either button, the live camera, the clipboard, a drop; and what happens when it goes wrong."""

import re

import pytest
from playwright.sync_api import expect

from tests.acceptance.photos import jpeg, lying_on_its_side, noise, room, upload_file

PHOTO_PAGE = re.compile(r"/photo/[\w-]{20,}/")
TO_DROP = """async (kind) => {
  const blob = await (await fetch(document.querySelector('.hero-photo img, link[rel="apple-touch-icon"]').src
    ?? '/samples/1/image.jpg')).blob();
  const data = new DataTransfer();
  data.items.add(new File([blob], 'room.jpg', {type: 'image/jpeg'}));
  const event = kind === 'paste'
    ? new ClipboardEvent('paste', {clipboardData: data, bubbles: true})
    : new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true});
  document.body.dispatchEvent(event);
}"""


def chooser(page):
    return page.get_by_label("Choose a photo")


def test_the_two_buttons_ask_for_camera_and_library(phone):
    page = phone.page
    page.goto("/")
    assert page.get_by_label("Take a photo").get_attribute("capture") == "environment"
    assert chooser(page).get_attribute("capture") is None


@pytest.mark.parametrize("button", ["Take a photo", "Choose a photo"])
def test_a_photo_from_either_button_leads_to_its_page(visitor, button):
    visitor.page.goto("/")
    visitor.page.get_by_label(button).set_input_files(upload_file(jpeg(room())))
    visitor.page.wait_for_url(PHOTO_PAGE)
    expect(visitor.page.get_by_alt_text("The photo that you sent")).to_be_visible()
    assert len(visitor.uploads) == 1


def test_a_large_photo_is_shrunk_before_it_is_sent(phone):
    phone.page.goto("/")
    original = noise(2400, 1800)
    with phone.page.expect_request(lambda request: request.method == "POST") as sent:
        chooser(phone.page).set_input_files(upload_file(original))
    phone.page.wait_for_url(PHOTO_PAGE)
    assert int(sent.value.all_headers()["content-length"]) < len(original) / 3
    assert phone.page.locator("#photo").get_attribute("data-width") == "1280"


def test_a_photo_that_lies_on_its_side_stands_upright(phone):
    page = phone.page
    page.goto("/")
    chooser(page).set_input_files(upload_file(lying_on_its_side()))
    page.wait_for_url(PHOTO_PAGE)
    photo = page.locator("#photo")
    assert int(photo.get_attribute("data-height")) > int(photo.get_attribute("data-width"))


def test_the_live_camera_of_a_computer(visit):
    visitor = visit("desk", permissions=["camera"])
    visitor.page.goto("/")
    visitor.page.get_by_text("Take a photo").click()
    expect(visitor.page.locator("#scan-video")).to_be_visible()
    expect(visitor.page.locator("#scan-video")).to_have_js_property("videoWidth", 640)
    visitor.page.get_by_role("button", name="Take the photo").click()
    visitor.page.wait_for_url(PHOTO_PAGE)
    assert visitor.page.locator("#photo").get_attribute("data-width") == "640"


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_paste_and_drop(visit, way):
    page = visit("desk").page
    page.goto("/")
    page.evaluate(TO_DROP, way)
    page.wait_for_url(PHOTO_PAGE)


def test_an_example_photo_is_one_tap(page):
    page.goto("/")
    page.get_by_role("button", name="Try this photo").click()
    page.wait_for_url(PHOTO_PAGE)


def test_choosing_twice_sends_once(phone):
    phone.page.goto("/")
    phone.page.evaluate("addEventListener('change', event => event.target.dispatchEvent(new Event('change')))")
    chooser(phone.page).set_input_files(upload_file(jpeg(room())))
    phone.page.wait_for_url(PHOTO_PAGE)
    assert len(phone.uploads) == 1


def test_what_is_no_photo_is_refused_in_words(phone):
    page = phone.page
    page.goto("/")
    chooser(page).set_input_files(upload_file(b"no picture at all", "notes.jpg"))
    expect(page.get_by_role("dialog")).to_contain_text("This photo cannot be used")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.url.endswith("/")
    phone.expect_complaint("422")


def test_offline_the_photo_is_kept_and_goes_out_later(phone):
    page = phone.page
    page.goto("/")
    phone.context.set_offline(True)
    chooser(page).set_input_files(upload_file(jpeg(room())))
    expect(page.get_by_role("dialog")).to_contain_text("You are offline")
    phone.context.set_offline(False)
    page.wait_for_url(PHOTO_PAGE)
    assert len(phone.uploads) == 1
    phone.complaints.clear()  # pictures further down the home page could not load meanwhile


def test_a_connection_that_breaks_can_be_tried_again(phone):
    page = phone.page
    page.goto("/")
    page.route("**/photo/", lambda route: route.abort(), times=1)
    chooser(page).set_input_files(upload_file(jpeg(room())))
    expect(page.get_by_role("dialog")).to_contain_text("did not get through")
    phone.expect_complaint("ERR_FAILED")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_url(PHOTO_PAGE)
