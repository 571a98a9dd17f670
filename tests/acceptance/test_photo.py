"""Boxes on the photo: tap one, tap another, move the frame, narrow the results."""

import re

import pytest
from playwright.sync_api import Page, expect

SOFA, LAMP, CUSHION = (120, 300, 720, 770), (860, 130, 1060, 780), (300, 420, 420, 540)


@pytest.fixture
def living_room(keep) -> str:
    return keep([SOFA, LAMP, CUSHION])


def tap(page: Page, number: int) -> None:
    page.locator(f'.box[value="{number}"] b').click()
    expect(page.locator("#results [data-box]")).to_have_attribute("data-box", str(number))


def numbers(page: Page) -> list[float]:
    return [float(side) for side in page.locator("#results [data-bbox]").get_attribute("data-bbox").split(",")]


def test_tap_one_then_another_with_one_photo(visitor, living_room):
    page = visitor.page
    page.goto(living_room)
    assert page.locator("button.box").count() == page.locator("button.chip").count() == 3
    tap(page, 1)
    expect(page.locator(".card").first).to_be_visible()
    expect(page.locator('.box[value="1"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#live")).to_contain_text(re.compile(r"\d+ (or more )?results"))
    tap(page, 2)
    expect(page.locator('.chip[value="2"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator('.box[value="1"]')).to_have_attribute("aria-pressed", "false")
    expect(page).to_have_url(re.compile(r"\?box=2$"))
    assert visitor.uploads == []


def test_back_and_reload_keep_the_choice(page, living_room):
    page.goto(living_room)
    tap(page, 1)
    tap(page, 2)
    page.go_back()
    expect(page.locator("#results [data-box]")).to_have_attribute("data-box", "1")
    expect(page.locator('.box[value="1"]')).to_have_attribute("aria-pressed", "true")
    page.go_back()
    expect(page.get_by_text("Tap what you like")).to_be_visible()
    expect(page.locator("#crop")).to_be_hidden()
    page.go_forward()
    page.reload()
    expect(page.locator('.box[value="1"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".card").first).to_be_visible()


def test_thirty_boxes_can_all_be_tapped(page, keep):
    large = [(x, y, x + 280, y + 400) for x in (20, 310, 600, 890) for y in (20, 470)]
    small = [(x + 60 + 90 * i, y + 130, x + 120 + 90 * i, y + 270) for x, y, _, _ in large for i in (0, 1)]
    tiny = [(x + 5, y + 5, x + 60, y + 50) for x, y, _, _ in large[:6]]
    page.goto(keep(small + large + tiny))
    assert page.locator("button.box").count() == page.locator("button.chip").count() == 30
    hidden = """() => [...document.querySelectorAll('.box')].filter(box => {
        const dot = box.querySelector('b').getBoundingClientRect();
        return document.elementFromPoint(dot.x + dot.width / 2, dot.y + dot.height / 2)?.closest('.box') !== box;
    }).map(box => box.value)"""
    assert page.evaluate(hidden) == []


def test_the_keyboard_moves_and_resizes_the_frame(page, living_room):
    page.clock.install()
    page.goto(f"{living_room}?box=1")
    searches = []
    page.on("request", lambda request: "bbox=" in request.url and searches.append(request.url))
    x1, y1, x2, y2 = numbers(page)
    page.get_by_role("application").focus()
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 60)  # a row of presses, however long they take here
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Shift+ArrowRight"):
        page.keyboard.press(key)
        page.clock.run_for(100)
    with page.expect_response(re.compile("bbox=")):
        for _ in range(5):
            page.clock.run_for(100)
    page.clock.resume()
    expect(page.locator("#results [data-box='']")).to_be_attached()
    assert numbers(page) == pytest.approx([x1 + 48, y1 + 18, x2 + 72, y2 + 18], abs=1)
    assert len(searches) == 1
    expect(page.get_by_role("application")).to_be_focused()
    expect(page).to_have_url(re.compile("bbox="))


def test_a_corner_can_be_dragged(page, living_room):
    page.goto(f"{living_room}?box=1")
    before = numbers(page)
    corner = page.locator("#crop .nw").bounding_box()
    page.mouse.move(corner["x"] + 8, corner["y"] + 8)
    page.mouse.down()
    page.mouse.move(corner["x"] + 38, corner["y"] + 28, steps=4)
    with page.expect_response(re.compile("bbox=")):
        page.mouse.up()
    expect(page.locator("#results [data-box='']")).to_be_attached()
    after = numbers(page)
    assert after[0] > before[0] + 10 and after[1] > before[1] + 5
    assert after[2:] == before[2:]


def test_the_frame_can_be_nudged_without_dragging(page, living_room):
    page.goto(f"{living_room}?box=1")
    before = numbers(page)
    page.get_by_text("Frame", exact=True).click()
    for _ in range(2):
        with page.expect_response(re.compile("bbox=")):
            page.get_by_role("link", name="Narrower").click()
        expect(page.get_by_role("link", name="Narrower")).to_be_focused()
    after = numbers(page)
    assert after[0] > before[0] and after[2] < before[2]


def test_refine_by_words_and_filters(page, living_room):
    page.goto(f"{living_room}?box=1")
    page.get_by_label("Refine by words").fill("in blue")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"box=1&q=in\+blue|q=in(\+|%20)blue"))
    expect(page.locator(".card").first).to_be_visible()
    page.locator("#filters summary").click()
    page.get_by_label("In stock only").check()
    page.get_by_label("To", exact=True).fill("400")
    page.get_by_role("button", name="Show results").click()
    expect(page.get_by_label("Remove: in stock")).to_be_visible()
    expect(page.get_by_label("Refine by words")).to_have_value("in blue")
    assert page.locator(".card.gone").count() == 0
    prices = [float(re.sub(r"[^\d.]", "", text)) for text in page.locator(".card .price").all_inner_texts()]
    assert prices and max(prices) <= 400
    page.get_by_label("Remove: in stock").click()
    expect(page.get_by_label("Remove: in stock")).to_have_count(0)
    assert "in_stock" not in page.url


def test_escape_closes_the_filters_and_nothing_is_lost(phone, living_room):
    page = phone.page
    page.goto(f"{living_room}?box=1")
    page.locator("#filters summary").click()
    page.get_by_label("To", exact=True).fill("400")
    page.keyboard.press("Escape")
    expect(page.locator("#filters")).not_to_have_attribute("open", "")
    expect(page.locator("#filters summary")).to_be_focused()
    page.locator("#filters summary").click()
    expect(page.get_by_label("To", exact=True)).to_have_value("400")


def test_more_results_come_by_scrolling(page, living_room):
    page.goto(f"{living_room}?box=1")
    first = page.locator(".card").count()
    more = page.get_by_role("link", name="Show more")
    assert "cursor=" in more.get_attribute("href")
    more.scroll_into_view_if_needed()
    expect(page.locator(".card").nth(first)).to_be_attached()
    assert "cursor=" not in page.url
    links = page.locator(".card a").evaluate_all("links => links.map(link => link.getAttribute('href').split('?')[0])")
    assert len(links) == len(set(links))


def test_without_a_single_object_the_page_says_so(phone, keep):
    page = phone.page
    page.goto(keep([(180, 135, 1020, 765), (0, 0, 1200, 900)], fallback=True))
    expect(page.get_by_text("We could not make out a single object")).to_be_visible()
    expect(page.locator("#crop")).to_be_visible()
    expect(page.locator(".card").first).to_be_visible()
    assert page.locator("button.box").count() == 0


def test_filters_that_nothing_fits(phone, living_room):
    page = phone.page
    page.goto(f"{living_room}?box=1&price_max=0.01")
    expect(page.get_by_role("heading", name="Nothing fits these filters")).to_be_visible()


def test_a_search_that_breaks_off_can_be_repeated(phone, living_room):
    page = phone.page
    page.goto(living_room)
    phone.context.set_offline(True)
    page.locator('.chip[value="1"]').click()
    expect(page.get_by_role("heading", name="You are offline")).to_be_visible()
    expect(page.locator("#offline-bar")).to_be_visible()
    phone.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".card").first).to_be_visible()
    expect(page.locator("#offline-bar")).to_be_hidden()
    phone.expect_complaint("ERR_INTERNET_DISCONNECTED|^htmx:")


def test_an_expired_photo_says_take_it_again(phone, keep):
    response = phone.page.goto(keep([SOFA], hours=-1))
    assert response.status == 410
    expect(phone.page.get_by_role("heading", name="This photo is gone").last).to_be_visible()
    phone.page.get_by_role("link", name="Take another photo").click()
    expect(phone.page.get_by_text("Take a photo")).to_be_visible()
    phone.expect_complaint("410")


@pytest.mark.parametrize("shape", [(1280, 200), (500, 1280), (40, 30)])
def test_odd_shapes_stay_usable(phone, keep, shape):
    page = phone.page
    width, height = shape
    page.goto(keep([(0, 0, width // 3, height), (width // 2, height // 4, width, height)], size=shape))
    tap(page, 2)
    box = page.locator("#crop").bounding_box()
    assert min(box["width"], box["height"]) >= 44
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
