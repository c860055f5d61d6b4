"""Does the view of the backward pass show which pixels decided, and what each step contributed?"""

import numpy as np
import pytest

from parity_tests.guide.browser import opened
from parity_tests.guide.page_results import IMAGES


@pytest.mark.parametrize("place", [0, 25, 39])
def test_the_border_of_the_ink_separates_ink_from_paper(shared_page, place):
    """Each line of the path lies between a pixel with ink and one without, and each such pair has a line."""
    ink = np.pad(IMAGES.images[place] > 127, 1)
    path = shared_page.evaluate("(place) => outlineOf(IMAGES[place].pixels)", place)
    lines = {(int(row), int(column), direction) for column, row, direction in _lines(path)}
    rows, columns = np.nonzero(ink[1:, 1:-1] != ink[:-1, 1:-1])
    expected = {(row, column, "h") for row, column in zip(rows.tolist(), columns.tolist(), strict=True)}
    rows, columns = np.nonzero(ink[1:-1, 1:] != ink[1:-1, :-1])
    expected |= {(row, column, "v") for row, column in zip(rows.tolist(), columns.tolist(), strict=True)}
    assert lines == expected != set()


def _lines(path):
    for part in path.split("M")[1:]:
        place, direction = part[:-2], part[-2]
        yield (*place.split(), direction)


def test_the_border_is_drawn_over_the_gradient_of_both_networks(browser):
    with opened(browser, "#view=backward&image=3") as page:
        for name in ("rnn", "lstm"):
            assert page.evaluate(f"backwardView.outlines.{name}.getAttribute('d') === outlineOf(IMAGES[3].pixels)")
            field, outline = (
                page.evaluate(f"(({{ x, y, width, height }}) => [x, y, width, height])({one}.getBoundingClientRect())")
                for one in (
                    f"backwardView.pictures.{name}.canvas",
                    f"backwardView.outlines.{name}.ownerSVGElement",
                )
            )
            assert outline == field


@pytest.mark.parametrize("net", ["rnn", "lstm"])
def test_the_bars_of_the_steps_are_the_summands_of_the_entry(browser, net):
    """The note states their sum, which is the entry of the gradient."""
    with opened(browser, f"#view=backward&net={net}&unit=5&gate=i") as page:
        note = page.locator("#panel-backward .chart .note").last.inner_text()
        stated = note.partition("All steps add up to ")[2].partition(";")[0]
        matrix = "W" if net == "rnn" else "M_input"
        entry = f"gradients().{net}.params.{matrix}"
        k = page.evaluate(f"largestPixel({entry}.numbers.subarray(5 * {entry}.columns, 5 * {entry}.columns + H))")
        assert stated == page.evaluate(f"shown({entry}.at(5, {k}))")
        assert page.locator("#panel-backward .chart").last.locator("rect.bar").count() == 28
