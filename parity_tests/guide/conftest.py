"""The built guide, one browser for all tests of this room, and the interactive page in it."""

import pytest

from parity_tests.guide import site


@pytest.fixture(scope="session")
def guide(tmp_path_factory):
    """The folder of the built guide."""
    folder = tmp_path_factory.mktemp("guide") / "site"
    site.build(folder)
    return folder


@pytest.fixture(scope="session")
def browser():
    from parity_tests.guide.browser import chromium

    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def shared_page(browser):
    """A page for tests that only call its functions."""
    from parity_tests.guide.browser import opened

    with opened(browser) as page:
        yield page


@pytest.fixture
def open_page(guide, browser):
    """Opens a page of the guide from the file system, and notes what goes wrong on it."""
    contexts = []

    def opened(name, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.faults = []
        page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("requestfailed", lambda request: page.faults.append(f"failed: {request.url}"))
        page.on("request", lambda one: page.faults.append(one.url) if one.url.startswith(("http", "ws")) else None)
        page.goto((guide / f"{name}.html").as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
