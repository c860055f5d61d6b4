"""Pages in a headless Chromium, which fail a test if they report an error or use a network."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from interactive.recording import BROWSERS, browser_path
from parity_tests import ROOT

SEE_IT_RUN = ROOT / "docs" / "see-it-run"
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
SCHEMES = "light", "dark"
VIEWS = "forward", "lines", "backward", "break"


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser that is installed; without one the test is skipped, with the reason."""
    path = browser_path()
    if path is None:
        pytest.skip(f"needs a browser, and finds none of {', '.join(BROWSERS)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Browser, address: str = "", size: str = "desktop", scheme="light", planted=None, **options
) -> Iterator[Page]:
    """The interactive page, opened as a file; `address` is what follows index.html.

    `planted` is a file of the page with a text in it and another one that takes its place.
    Afterwards it asserts that the page reported nothing to the console, and asked for nothing but its own files.
    """
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **options)
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on("requestfailed", lambda request: problems.append(f"failed: {request.url}"))
    folder = SEE_IT_RUN.as_uri()

    def note_foreign(request) -> None:
        if not request.url.startswith((f"{folder}/", "data:")):
            problems.append(f"asked for {request.url}")

    page.on("request", note_foreign)
    if planted:
        file, old, new = planted
        source = (SEE_IT_RUN / file).read_text("utf-8")
        assert source.count(old) == 1, planted
        page.route(
            f"**/{file}", lambda route: route.fulfill(body=source.replace(old, new), content_type="text/javascript")
        )
    page.goto(f"{folder}/index.html{address}")
    yield page
    context.close()
    assert not problems, problems


def state(page: Page) -> dict[str, Any]:
    """What the page shows, as its own variable holds it."""
    return page.evaluate("({ ...state })")
