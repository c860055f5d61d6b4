"""Is a drawn digit centred and scaled as MNIST's are, and can it be drawn by mouse and finger?"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity_tests.guide.browser import opened

# Strokes of digits on a pad of 28 × 28.
SEVEN = [[[8, 6], [20, 6], [12, 24]]]
ONE = [[[14, 4], [14, 25]]]
ZERO = [[[14 + 6 * np.cos(a), 14 + 9 * np.sin(a)] for a in np.linspace(0, 2 * np.pi, 30)]]
DIGITS = {7: SEVEN, 1: ONE, 0: ZERO}
COORDINATES = st.integers(0, 112).map(lambda k: k / 4)
POINTS = st.lists(st.tuples(COORDINATES, COORDINATES).map(list), min_size=1, max_size=5)
STROKES = st.lists(POINTS, min_size=1, max_size=3)


def image_of(page, strokes):
    pixels = page.evaluate("(strokes) => Array.from(imageOf(strokes))", np.asarray(strokes, object).tolist())
    return np.array(pixels, float).reshape(28, 28)


@given(STROKES)
def test_the_centre_of_mass_is_the_centre_and_the_size_is_that_of_the_box(shared_page, strokes):
    """The picture is rendered at tenths of pixels, so its centre and its edges are exact to about a tenth."""
    image = image_of(shared_page, strokes)
    places = np.arange(28) + 0.5
    mass = image.sum()
    assert image.sum(axis=0) @ places / mass == pytest.approx(14, abs=0.2)
    assert image.sum(axis=1) @ places / mass == pytest.approx(14, abs=0.2)
    inked = [np.flatnonzero(image.sum(axis=axis)) for axis in (0, 1)]
    extents = [line[-1] - line[0] + 1 for line in inked]
    assert max(extents) <= 22  # 20, and a pixel in part at either side
    points = np.concatenate([np.array(stroke) for stroke in strokes])
    if np.any(points != points[0]):
        assert max(extents) >= 20


@given(STROKES, st.integers(-20, 20), st.integers(-20, 20), st.sampled_from([0.5, 2, 4]))
def test_place_and_size_on_the_pad_do_not_matter(shared_page, strokes, right, down, factor):
    moved = [[[factor * (x + right), factor * (y + down)] for x, y in stroke] for stroke in strokes]
    np.testing.assert_allclose(image_of(shared_page, moved), image_of(shared_page, strokes), rtol=0, atol=3)


def test_nothing_drawn_is_no_image(shared_page):
    assert shared_page.evaluate("imageOf([])") is None


@pytest.mark.parametrize("digit", DIGITS)
def test_a_digit_drawn_by_mouse_is_read(browser, digit):
    with opened(browser, "#image=4") as page:
        page.get_by_role("button", name="Draw a digit").click()
        box = page.locator(".pad").bounding_box()
        for stroke in DIGITS[digit]:
            points = [(box["x"] + x / 28 * box["width"], box["y"] + y / 28 * box["height"]) for x, y in stroke]
            page.mouse.move(*points[0])
            page.mouse.down()
            for point in points[1:]:
                page.mouse.move(*point, steps=4)
            page.mouse.up()
        page.get_by_role("button", name="Done").click()
        assert page.evaluate("state.image") == -1
        assert page.evaluate("largest(passes().lstm.y[28])") == digit
        address = page.evaluate("location.hash")
        drawn = page.evaluate("Array.from(state.drawn)")
    with opened(browser, address) as page:
        assert page.evaluate("Array.from(pixelsShown())") == drawn


def test_a_finger_draws_and_does_not_scroll(browser):
    with opened(browser, "", "phone", has_touch=True, is_mobile=True) as page:
        page.get_by_role("button", name="Draw a digit").tap()
        box = page.locator(".pad").bounding_box()
        session = page.context.new_cdp_session(page)
        points = [{"x": box["x"] + x / 28 * box["width"], "y": box["y"] + y / 28 * box["height"]} for x, y in ONE[0]]
        session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[:1]})
        for share in np.linspace(0, 1, 10):
            between = {axis: (1 - share) * points[0][axis] + share * points[1][axis] for axis in "xy"}
            session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [between]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert page.evaluate("scrollY") == 0
        assert page.evaluate("largest(passes().lstm.y[28])") == 1


def test_clear_and_another_image(browser):
    with opened(browser) as page:
        page.get_by_role("button", name="Draw a digit").click()
        page.locator(".pad").click()
        assert page.evaluate("state.image") == -1
        page.get_by_role("button", name="Clear").click()
        assert page.evaluate("state.image") == 0
        page.get_by_role("button", name="Test image 1: a 2").click()
        assert page.evaluate("state.image") == 1
        assert not page.locator(".pad").is_visible()
