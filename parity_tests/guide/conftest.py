"""The site and the browser of the tests of this folder."""

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
    """A browser without a window."""
    path = site.browser_path()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()
