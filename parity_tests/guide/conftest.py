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
