"""Does a link reproduce what the page shows, and does the page open at any address?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity_tests.guide.browser import SIZES, VIEWS, opened, state

STATES = st.fixed_dictionaries(
    {
        "view": st.sampled_from(VIEWS),
        "image": st.integers(0, 39),
        "t": st.integers(0, 28),
        "back": st.integers(0, 28),
        "unit": st.integers(0, 63),
        "net": st.sampled_from(["rnn", "lstm"]),
        "line": st.integers(1, 8),
        "lineBack": st.integers(1, 16),
        "last": st.integers(1, 28),
        "label": st.none() | st.integers(0, 9),
        "gate": st.sampled_from("ifou"),
        "scale": st.integers(0, 60).map(lambda k: k / 20),
        "forgetBias": st.integers(-12, 12).map(lambda k: k / 2),
        **dict.fromkeys(["c", "dh", "W", "h_init", "byLine"], st.booleans()),
    }
)


@given(STATES)
def test_a_link_reproduces_the_state(shared_page, expected):
    shared_page.evaluate("(changes) => set({ ...FIRST, ...changes })", expected)
    before = state(shared_page)
    assert shared_page.evaluate("fromHash(location.hash)") == before
    assert before == before | expected | {"back": min(expected["back"], expected["last"])}


@given(st.dictionaries(st.sampled_from(["view", "t", "unit", "image", "drawn", "scale", "label", "?"]), st.text()))
def test_an_address_that_means_nothing_is_left_out(shared_page, parts):
    shared_page.evaluate("(parts) => { location.hash = new URLSearchParams(parts) }", parts)
    shared_page.evaluate("set(fromHash(location.hash))")
    found = state(shared_page)
    assert found["view"] in VIEWS
    assert (0 <= found["t"] <= 28, 0 <= found["unit"] <= 63, -1 <= found["image"] <= 39) == (True, True, True)


def test_a_link_opens_what_was_copied(browser):
    with opened(browser, "#view=backward&image=21&back=6&unit=5") as page:
        address = page.evaluate("location.hash")
    with opened(browser, address) as page:
        shown = state(page)
        assert (shown["view"], shown["image"], shown["back"], shown["unit"]) == ("backward", 21, 6, 5)
        assert page.get_by_role("tab", name="Backward").get_attribute("aria-selected") == "true"


@pytest.mark.parametrize("size", SIZES)
def test_the_button_copies_a_link_that_opens_the_same_state(browser, size):
    permissions = ["clipboard-read", "clipboard-write"]
    with opened(browser, "#view=lines&image=7", size, permissions=permissions) as page:
        page.keyboard.press("ArrowRight")
        page.get_by_role("button", name="Copy link").click()
        page.get_by_role("button", name="Copied").wait_for()
        expected, link = state(page), page.evaluate("navigator.clipboard.readText()")
    with opened(browser, f"#{link.partition('#')[2]}", size) as page:
        assert state(page) == expected
