"""Pages in a headless Chromium, which fail a test if they report an error or use a network."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from parity_tests import ROOT

SEE_IT_RUN = ROOT / "docs" / "see-it-run"
NAMES = "chromium", "chromium-browser", "google-chrome"
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
SCHEMES = "light", "dark"


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser that is installed; without one the test is skipped, with the reason."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"needs a browser, and finds none of {', '.join(NAMES)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, address: str = "", size: str = "desktop", scheme="light", **options) -> Iterator[Page]:
    """The interactive page, opened as a file; `address` is what follows index.html.

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
    page.on("request", lambda request: foreign(request.url, folder) and problems.append(f"asked for {request.url}"))
    page.goto(f"{folder}/index.html{address}")
    yield page
    context.close()
    assert not problems, problems


def foreign(url: str, folder: str) -> bool:
    """Whether an address is neither a file of the folder nor written out in the page itself."""
    return not url.startswith((f"{folder}/", "data:"))
