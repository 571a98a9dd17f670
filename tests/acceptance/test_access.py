"""axe-core finds no serious violation on any page, in light or dark; nothing is cut off on a narrow screen."""

from pathlib import Path

import pytest

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
RUN = """() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
    .then(found => found.violations.map(v => [v.impact, v.id, v.nodes.slice(0, 3).map(node => node.html)]))"""
PAGES = {
    "home": "/",
    "photo": "{photo}",
    "results": "{photo}?box=1",
    "filtered": "{photo}?box=1&q=blue&in_stock=true&price_max=900",
    "fallback": "{fallback}",
    "text": "/search/?q=blue",
    "text, empty": "/search/",
    "nothing": "/search/?q=blue&price_max=0.01",
    "wrong": "/search/?q=blue&price_min=9&price_max=1",
    "product": "/products/{product}/",
    "similar": "/products/{product}/similar/",
    "expired": "/photo/unknown/",
    "missing": "/nowhere/",
    "offline": "/offline/",
}


@pytest.fixture
def address(shop, keep):
    def fill(name: str) -> str:
        return PAGES[name].format(
            photo=keep([(120, 300, 720, 770), (860, 130, 1060, 780), (300, 420, 420, 540)]),
            fallback=keep([(180, 135, 1020, 765), (0, 0, 1200, 900)], fallback=True),
            product=shop.sql("SELECT min(id) FROM catalog_product")[0][0],
        )

    return fill


def serious(page) -> list:
    page.evaluate(AXE)
    return [found for found in page.evaluate(RUN) if found[0] in ("serious", "critical")]


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(visitor, address, name):
    page = visitor.page
    page.goto(address(name))
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if name in ("wrong", "expired", "missing"):
        visitor.expect_complaint("422|410|404")


@pytest.mark.parametrize("name", ["home", "results", "product", "expired"])
def test_axe_in_the_dark(visit, address, name):
    visitor = visit("phone", color_scheme="dark")
    visitor.page.goto(address(name))
    assert serious(visitor.page) == []
    if name == "expired":
        visitor.expect_complaint("410")


def test_axe_with_everything_open(page, address):
    page.goto(address("results"))
    page.locator("#adjust summary").click()
    assert serious(page) == []
    page.locator("#filters summary").click()
    assert serious(page) == []


@pytest.mark.parametrize("name", ["home", "results", "text", "product"])
def test_nothing_is_cut_off_at_320_pixels(visit, address, name):
    visitor = visit("phone", viewport={"width": 320, "height": 640})
    visitor.page.goto(address(name))
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_targets_are_large_enough_for_a_thumb(visit, address):
    page = visit("phone").page
    page.goto(address("results"))
    targets = page.locator("button:visible, summary:visible, .tag:visible, .top a:visible")
    boxes = [target.bounding_box() for target in targets.all()]
    assert min(min(box["width"], box["height"]) for box in boxes) >= 24
