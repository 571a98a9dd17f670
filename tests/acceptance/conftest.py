"""One real shop and one real Chromium for all browser tests; every page must leave the console clean.

Tests wait with expect() or a promise in evaluate(): wait_for_function asks again by eval, which the site's content
security policy refuses.
"""

import re

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.acceptance.photos import Keeper, fake_camera_film

SIZES = {"phone": (390, 844), "desk": (1280, 800)}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
TIMEOUT_MS = 60_000  # generous: the machine may be busy with other things


@pytest.fixture(scope="package")  # the loop that Playwright runs in this thread must end before other tests begin
def browser(chromium_path, tmp_path_factory):
    film = fake_camera_film(tmp_path_factory.mktemp("camera") / "room.mjpeg")
    arguments = [*ARGUMENTS, f"--use-file-for-fake-video-capture={film}"]
    expect.set_options(timeout=TIMEOUT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def keep(shop) -> Keeper:
    return Keeper(shop)


@pytest.fixture(params=SIZES)
def size(request) -> str:
    return request.param


class Visitor:
    """A shopper with a browser of their own. `complaints` is what the console said; the fixture wants it empty."""

    def __init__(self, browser, url: str, size: str, **options):
        width, height = SIZES[size]
        phone = {"has_touch": True, "is_mobile": True} if size == "phone" else {}
        # A worker that fetches in the background would complain at any moment of a test that goes offline.
        options = {
            "service_workers": "block",
            "viewport": {"width": width, "height": height},
            "reduced_motion": "reduce",
            **phone,
            **options,
        }
        self.context = browser.new_context(base_url=url, **options)
        self.context.set_default_timeout(TIMEOUT_MS)
        self.complaints: list[str] = []
        self.uploads: list[str] = []
        self.page = self.new_page()

    def new_page(self) -> Page:
        page = self.context.new_page()
        page.on("console", self.listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: request.method == "POST" and self.uploads.append(request.url))
        return page

    def listen(self, message) -> None:
        if message.type in ("error", "warning") and "blocked by Playwright" not in message.text:
            self.complaints.append(message.text)

    def expect_complaint(self, pattern: str) -> None:
        """The browser itself logs every failed request; a test that wants a failure takes that line away."""
        assert any(re.search(pattern, line) for line in self.complaints), self.complaints
        self.complaints = [line for line in self.complaints if not re.search(pattern, line)]


@pytest.fixture
def visit(browser, shop):
    """visit(size, **context options) -> Visitor. At the end, no console may have complained."""
    visitors: list[Visitor] = []

    def start(size: str = "phone", **options) -> Visitor:
        visitors.append(Visitor(browser, shop.url, size, **options))
        return visitors[-1]

    yield start
    for visitor in visitors:
        visitor.context.close()
    assert [line for visitor in visitors for line in visitor.complaints] == []


@pytest.fixture
def phone(visit) -> Visitor:
    """For what does not depend on the size of the window."""
    return visit("phone")


@pytest.fixture
def visitor(visit, size) -> Visitor:
    return visit(size)


@pytest.fixture
def page(visitor) -> Page:
    return visitor.page
