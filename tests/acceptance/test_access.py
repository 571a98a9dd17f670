"""axe-core finds no serious violation on any page, in light or dark; nothing is cut off on a narrow screen."""

from pathlib import Path

import pytest

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
RUN = """() => axe.run(document, {resultTypes: ['violations'],
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
    .then(found => found.violations.map(v => [v.impact, v.id, v.nodes.slice(0, 3).map(node => node.html)]))"""
PAGES = {
    "home": "/",
    "photo": "{photo}",
    "crowded photo": "{crowd}",
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
    "sign in": "/sign-in/",
}


REFUSED = {"wrong", "expired", "missing"}


@pytest.fixture
def addresses(shop, keep) -> dict[str, str]:
    photo = keep([(120, 300, 720, 770), (860, 130, 1060, 780), (300, 420, 420, 540)])
    fallback = keep([(180, 135, 1020, 765), (0, 0, 1200, 900)], fallback=True)
    product = shop.sql("SELECT min(id) FROM catalog_product")[0][0]
    crowd = keep([(x, y, x + 240, y + 200) for x in range(0, 900, 150) for y in range(0, 600, 150)])  # they overlap
    places = {"photo": photo, "crowd": crowd, "fallback": fallback, "product": product}
    return {name: path.format(**places) for name, path in PAGES.items()}


def serious(page) -> list:
    page.evaluate(AXE)
    return [found for found in page.evaluate(RUN) if found[0] in ("serious", "critical")]


def too_wide(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_axe_finds_nothing_serious_on_any_page(visitor, addresses):
    for name, address in addresses.items():
        visitor.page.goto(address)
        assert (name, serious(visitor.page), too_wide(visitor.page)) == (name, [], False)
        if name in REFUSED:
            visitor.expect_complaint("status of 4")


def test_axe_in_the_dark(visit, addresses):
    page = visit("phone", color_scheme="dark").page
    for name in ("home", "photo", "results", "product"):
        page.goto(addresses[name])
        assert (name, serious(page)) == (name, [])


def test_axe_with_everything_open(page, addresses):
    page.goto(addresses["results"])
    page.locator("#adjust summary").click()
    assert serious(page) == []
    page.locator("#filters summary").click()
    assert serious(page) == []


def test_nothing_is_cut_off_at_320_pixels(visit, addresses):
    page = visit("phone", viewport={"width": 320, "height": 640}).page
    for name in ("home", "photo", "results", "text", "product"):
        page.goto(addresses[name])
        assert (name, too_wide(page)) == (name, False)


def test_targets_are_large_enough_for_a_thumb(phone, addresses):
    page = phone.page
    page.goto(addresses["results"])
    targets = page.locator("button:visible, summary:visible, .tag:visible, .top a:visible")
    boxes = [target.bounding_box() for target in targets.all()]
    assert min(min(box["width"], box["height"]) for box in boxes) >= 24
