"""Can every page be read on a phone, on a dark screen and on paper?"""

import io

import numpy as np
import pytest
from PIL import Image

from parity_tests import requirements
from parity_tests.guide.site import PHONE, SOURCE, all_pages

requirements.need("guide")
pytestmark = pytest.mark.slow

BESIDE = "docs/equation-beside-code"
DESKTOP = {"width": 1280, "height": 900}
PAPER = {"width": 680, "height": 960}  # an A4 page between its margins, in pixels of CSS
ON_PAPER = ["README", "docs/derivations", BESIDE, "docs/common-mistakes", "docs/benchmark/report", SOURCE]

# What lies beyond the right edge of the screen, and in nothing that can be scrolled but the page as a whole. Headings
# are not counted, because the theme's have a padding that is not seen.
CUT_OFF = """() => [...document.querySelectorAll("article :not(h1, h2, h3, h4)")].filter((one) => {
    const box = one.getBoundingClientRect();
    if (!box.width || box.right <= innerWidth + 1) return false;
    for (let around = one.parentElement; around.tagName !== "ARTICLE"; around = around.parentElement)
        if (["auto", "scroll"].includes(getComputedStyle(around).overflowX)) return false;
    return true;
}).map((one) => one.outerHTML.slice(0, 200))"""

# Whether a marked part of a figure is on the screen, with nothing above it.
SEEN = """() => [...document.querySelectorAll(".figure-part.lit")].some((part) => {
    const box = part.getBoundingClientRect();
    const shown = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return shown?.closest(".cell-figure") != null;
})"""


def test_every_page_loads_from_files_alone_and_fits_a_phone(guide, open_page):
    """No errors, no missing resources, no network, and nothing is cut off."""
    for name in all_pages(guide):
        page = open_page(name, viewport=PHONE)
        page.wait_for_load_state("load")
        if name == "index":  # leads to the first page of the guide at once
            page.wait_for_url("**/docs/index.html")
        assert page.evaluate(CUT_OFF) == [], name
        assert page.faults == [], name
        page.close()


def test_code_beside_an_equation_is_not_cut_off(open_page):
    for viewport in (PHONE, DESKTOP):
        page = open_page(BESIDE, viewport=viewport)
        wide = "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent)"
        assert page.eval_on_selector_all(".beside-code pre, .beside-equation", wide) == []


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_the_place_in_the_figure_is_in_view_when_its_row_is_chosen(open_page, viewport):
    """Also in the chapters that are longer than the screen, and in the one of the read-out."""
    page = open_page(BESIDE, viewport=viewport, has_touch=True)
    numbers: list[str] = []
    for row in page.locator(".beside-row").all():
        drawn = set((row.get_attribute("data-numbers") or "").split())
        drawn = {number for number in drawn if number[0] in "123"} - {"3.3"}  # the loss is no part of the network
        if not drawn:
            continue
        row.evaluate("row => row.scrollIntoView({ block: 'center', behavior: 'instant' })")
        row.locator("button").first.tap()
        assert page.evaluate(SEEN), drawn
        page.keyboard.press("Escape")
        numbers += drawn
    assert {"1.1", "2.6", "3.2"} <= set(numbers)


@pytest.mark.parametrize("name", ["README", "docs/common-mistakes", "docs/studies/report"])
def test_pictures_are_dark_on_dark_pages_and_light_on_light_ones(open_page, name):
    for scheme in ("dark", "light"):
        page = open_page(name, viewport=DESKTOP, color_scheme=scheme)
        for picture in page.locator("article img:visible").all():
            grey = np.asarray(Image.open(io.BytesIO(picture.screenshot(animations="disabled"))).convert("L"))
            assert (np.median(grey) < 64, np.median(grey) > 191) == (scheme == "dark", scheme == "light")
        page.close()


@pytest.mark.parametrize("name", ON_PAPER)
def test_on_paper_nothing_is_cut_off_and_there_is_no_navigation(open_page, name):
    page = open_page(name, viewport=PAPER, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    for part in (".skip-to-content", ".sidebar-drawer", ".toc-drawer", ".mobile-header", ".related-pages"):
        assert not page.locator(part).first.is_visible(), part
    wide = "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent.slice(0, 80))"
    assert page.eval_on_selector_all("pre, .formula, .table-wrapper", wide) == []
    assert page.evaluate(CUT_OFF) == []


def test_on_paper_a_figure_has_the_colours_of_light_pages(open_page):
    page = open_page(BESIDE, color_scheme="dark")
    ink = "getComputedStyle(document.body).getPropertyValue('--figure-ink').trim()"
    assert page.evaluate(ink) == "#e6edf3"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(ink) == "#1f2328"
