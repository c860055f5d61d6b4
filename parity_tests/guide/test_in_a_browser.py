"""The guide in a real browser: no errors, no network, marks by mouse, keyboard and finger, and access for everyone."""

from itertools import product

import pytest

from parity_tests import requirements
from parity_tests.guide.site import PAGES, PHONE, SOURCE

requirements.need("guide")

from axe_playwright_python.sync_playwright import Axe  # noqa: E402

pytestmark = pytest.mark.slow

BESIDE = "docs/equation-beside-code"
# The notebook has outputs of Keras, in colours of their own; the pages of the API are made in the same way.
OTHERS = [
    "docs/recipes",
    "docs/reference/words",
    "docs/notebooks/solutions/2-lstm",
    "genindex",
    "docs/reference/tf_rnn",
]
SAME_KIND = ["docs/reference/numpy_rnn", "docs/reference/judge"]


@pytest.mark.parametrize(
    ("scheme", "name"),
    [*product(["light", "dark"], [*PAGES, *OTHERS, SOURCE]), *product(["light"], SAME_KIND)],
)
def test_axe_finds_nothing_serious(open_page, name, scheme):
    found = Axe().run(open_page(name, color_scheme=scheme)).response["violations"]
    serious = [one for one in found if one["impact"] != "minor"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in serious] == []


def test_formulas_have_a_size(open_page):
    sizes = open_page(BESIDE).evaluate(
        "[...document.querySelectorAll('math')].map(m => m.getBoundingClientRect().width)"
    )
    assert len(sizes) > 40
    assert min(sizes) > 3


def row(number, kind):
    return f'.beside-row[data-kind="{kind}"][data-numbers~="{number}"]'


def marked(page, kind):
    """The numbers of the marked rows of a kind, or of the marked parts of the figures."""
    selector = ".figure-part" if kind == "figure" else f'.beside-row[data-kind="{kind}"]'
    script = "all => all.filter(e => e.matches('.lit, .chosen')).map(e => e.dataset.numbers)"
    return set(page.eval_on_selector_all(selector, script))


def derivatives_of(page, number):
    script = "all => all.map(e => e.dataset.numbers)"
    return set(page.eval_on_selector_all(row(number, "derivative"), script))


# What marks a row of the page or a part of a figure, and what ends that.
WAYS = {
    "mouse": (lambda page, place: place.hover(), lambda page: page.mouse.move(0, 0)),
    "keyboard": (
        lambda page, place: place.focus(),
        lambda page: page.evaluate("document.activeElement.blur()"),
    ),
    "finger": (lambda page, place: place.tap(), lambda page: page.keyboard.press("Escape")),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("number", ["1.1", "1.2", "2.2", "2.5", "2.6", "3.1"])
def test_an_equation_marks_its_derivatives_and_its_place_in_the_figure(open_page, way, number):
    page = open_page(BESIDE, has_touch=way == "finger")
    mark, end = WAYS[way]
    place = page.locator(row(number, "forward")).locator("button").last
    place.scroll_into_view_if_needed()
    mark(page, place)
    assert number in {one for numbers in marked(page, "forward") for one in numbers.split()}
    assert marked(page, "derivative") == derivatives_of(page, number) != set()
    assert number in marked(page, "figure")
    assert page.faults == []
    end(page)
    assert marked(page, "derivative") == marked(page, "figure") == set()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("number", ["1.1", "2.4", "2.6"])
def test_a_part_of_a_figure_marks_its_equation_and_the_lines_of_its_derivatives(open_page, way, number):
    page = open_page(BESIDE, has_touch=way == "finger")
    mark, end = WAYS[way]
    place = page.locator(f'.figure-part[data-numbers="{number}"][role="button"]').first
    place.scroll_into_view_if_needed()
    mark(page, place)
    assert marked(page, "figure") == {number}
    assert number in marked(page, "forward")
    assert marked(page, "derivative") == derivatives_of(page, number)
    end(page)
    assert marked(page, "forward") == set()


def test_a_derivative_marks_its_equation_but_no_other_derivative(open_page):
    page = open_page(BESIDE)
    page.locator(row("2.5", "derivative")).first.hover()
    assert {"2.5"} == marked(page, "derivative") == marked(page, "figure")
    assert page.locator('.beside-row[data-kind="derivative"].lit').count() == 0


def test_a_click_keeps_the_marks_until_the_next_click_or_escape(open_page):
    page = open_page(BESIDE)
    button = page.locator(row("1.1", "forward")).locator("button")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    page.locator("h1").hover()
    assert marked(page, "figure") == {"1.1"}
    page.locator(row("1.2", "forward")).locator("button").click()
    assert button.get_attribute("aria-pressed") == "false"
    page.locator("h1").hover()
    assert marked(page, "figure") == {"1.2"}
    page.keyboard.press("Escape")
    assert marked(page, "figure") == set()


def test_enter_keeps_the_marks_of_a_part_of_a_figure(open_page):
    page = open_page(BESIDE)
    part = page.locator('.figure-part[data-numbers="1.2"][role="button"]').first
    part.focus()
    page.keyboard.press("Enter")
    assert part.get_attribute("aria-pressed") == "true"
    page.evaluate("document.activeElement.blur()")
    assert marked(page, "figure") == {"1.2"}


def test_on_a_phone_code_is_below_its_equation(open_page):
    place = "row => ['.beside-equation', '.beside-code'].map(s => row.querySelector(s).getBoundingClientRect())"
    for viewport, below in [(PHONE, True), ({"width": 1280, "height": 900}, False)]:
        equation, code = open_page(BESIDE, viewport=viewport).locator(".beside-row").first.evaluate(place)
        assert (code["top"] >= equation["bottom"]) == below


def test_a_line_number_leads_to_the_line(open_page):
    page = open_page(BESIDE)
    link = page.locator(".beside-code a.line-number").first
    number = link.inner_text()
    link.click()
    page.wait_for_url("**/rnn.py.html#*")
    assert page.evaluate("location.hash") == f"#L{number}"
    assert page.locator(f"#L{number}").count() > 0


def test_the_search_finds_a_page_from_the_file_system(open_page):
    page = open_page("search")
    page.goto(page.url + "?q=backpropagation")
    page.wait_for_selector(".search li a", timeout=15_000)
    assert page.faults == []


def test_the_colours_follow_the_choice_of_the_reader(open_page):
    colour = "getComputedStyle(document.body).backgroundColor"
    light, dark = (open_page(BESIDE, color_scheme=scheme).evaluate(colour) for scheme in ("light", "dark"))
    assert light != dark
    ink = "getComputedStyle(document.body).getPropertyValue('--figure-ink').trim()"
    assert open_page(BESIDE, color_scheme="dark").evaluate(ink) == "#e6edf3"
