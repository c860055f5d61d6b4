"""Can the interactive page be used: by mouse, finger, keyboard and screen reader, in both colour schemes and sizes?"""

import pytest
from axe_playwright_python.sync_playwright import Axe

from parity_tests.guide.browser import SCHEMES, SIZES, VIEWS, opened, state


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES)
def test_no_view_has_a_problem_for_assistive_software(browser, size, scheme):
    """axe-core finds no problem of any weight, and nothing is wider than the screen."""
    with opened(browser, "#t=12&back=9&c=1&image=25", size, scheme) as page:
        for view in VIEWS:
            page.evaluate("(view) => set({ view })", view)
            problems = Axe().run(page, options={"preload": False}).response["violations"]
            assert [(one["id"], one["impact"], one["nodes"][0]["html"]) for one in problems] == [], view
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, view
            assert page.locator("[role=tabpanel]:visible").count() == 1
            wide = "all => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent)"
            assert page.eval_on_selector_all(".term-value, .percent, .place", wide) == [], view


def test_buttons_step_and_scrub(browser):
    with opened(browser) as page:
        page.get_by_role("button", name="Go to the start").click()
        assert state(page)["t"] == 0
        for _ in range(3):
            page.get_by_role("button", name="One step on").click()
        page.get_by_role("button", name="One step back").click()
        assert state(page)["t"] == 2
        page.get_by_role("slider", name="Step t").fill("20")
        assert state(page)["t"] == 20
        assert "After 20 of 28 rows" in page.locator("#panel-forward").inner_text()
        page.get_by_role("button", name="Go to the end").click()
        assert state(page)["t"] == 28


def test_rows_that_are_not_read_yet_are_empty(browser):
    with opened(browser, "#t=11") as page:
        inked = """(() => {
            const { canvas } = forwardView.parts.lstm.maps.h;
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return Array.from({ length: 28 }, (_, row) => data[4 * row * canvas.width + 3] > 0);
        })()"""
        assert page.evaluate(inked) == [row < 11 for row in range(28)]


def test_playing_reads_to_the_end_and_stops(browser):
    with opened(browser, "#t=24") as page:
        page.get_by_role("button", name="Play").click()
        assert page.get_by_role("button", name="Pause").is_visible()
        page.get_by_role("button", name="Play").wait_for(timeout=10_000)
        assert state(page)["t"] == 28


def test_playing_backward_ends_before_the_first_step(browser):
    with opened(browser, "#view=backward&last=4&back=4") as page:
        page.get_by_role("button", name="Play").click()
        page.wait_for_function("state.back === 0 && !transport.timer", timeout=10_000)


def test_keys_step_and_choose_units_and_views(browser):
    with opened(browser, "#t=5&unit=63") as page:
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowUp")
        assert (state(page)["t"], state(page)["unit"]) == (6, 0)
        page.keyboard.press("Home")
        page.keyboard.press("ArrowLeft")
        assert state(page)["t"] == 0
        page.keyboard.press("Space")
        page.wait_for_function("state.t >= 2")
        page.keyboard.press("Space")
        assert page.get_by_role("button", name="Play").is_visible()
        page.get_by_role("tab", name="Forward").focus()
        page.keyboard.press("ArrowRight")
        assert state(page)["view"] == "lines"
        assert page.evaluate("document.activeElement.id") == "tab-lines"


def test_everything_can_be_reached_by_tab(browser):
    """Each control that is shown gets the focus, and shows it."""
    with opened(browser, "#view=break") as page:
        shown = "button:visible, input:visible, select:visible"
        expected = page.locator(shown).evaluate_all(
            "all => all.filter((one) => one.tabIndex >= 0 && !one.disabled).length"
        )
        reached = set()
        for _ in range(expected + 1):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
            outlined = "getComputedStyle(document.activeElement).outlineStyle"
            assert page.evaluate(f"document.activeElement === document.body ? 'solid' : {outlined}") == "solid"
        assert len(reached) >= expected


def test_a_click_on_a_map_chooses_the_unit_and_the_step(browser):
    with opened(browser) as page:
        field = page.locator("#panel-forward .rnn .field.pickable").nth(1)
        box = field.bounding_box()
        field.click(position={"x": box["width"] * 40.5 / 64, "y": box["height"] * 6.5 / 28})
        assert (state(page)["unit"], state(page)["t"]) == (40, 7)


def test_switches_plant_their_errors(browser):
    with opened(browser, "#view=break&image=3") as page:
        for one in page.evaluate("DATA.switches"):
            page.evaluate("set(UNCHANGED)")
            right = results_of_networks(page)
            page.get_by_role("switch", name=one["title"]).click()
            changed = [a != b for a, b in zip(right, results_of_networks(page), strict=True)]
            assert changed == [name in one["changes"] for name in ("rnn", "lstm")], one["key"]
            for change in one["changes"].values():
                shown = page.locator(f".switch:has(#switch-{one['key']})").inner_text()
                assert change["new"].split("  # ")[0] in shown
        page.get_by_role("button", name="Mend everything").click()
        assert not page.evaluate("isChanged()")


def test_each_view_says_that_the_networks_are_changed(browser):
    with opened(browser, "#W=1&scale=0.5") as page:
        notice = page.locator(".notice")
        assert "Transpose W; scale of W × 0.50" in notice.inner_text()
        notice.get_by_role("button", name="Mend").click()
        assert not notice.is_visible()


@pytest.mark.parametrize("view", VIEWS)
def test_on_paper_a_dark_page_is_light_and_has_no_buttons(browser, view):
    with opened(browser, f"#view={view}", scheme="dark") as page:
        dark = page.evaluate("colour('paper')")
        page.emulate_media(media="print", color_scheme="dark")
        assert max(dark) < 64 < 191 < min(page.evaluate("colour('paper')"))
        blank = "[...imagePanel.canvas.getContext('2d').getImageData(0, 0, 1, 1).data]"
        page.wait_for_function(f"{blank}[0] === 255")  # the pictures are drawn again
        assert (
            page.locator("#transport, #tabs, .picker, nav").evaluate_all(
                "all => all.filter((one) => one.offsetParent !== null).length"
            )
            == 0
        )
        assert page.locator("[role=tabpanel]:visible").count() == 1


def results_of_networks(page):
    """The states and gradients of both networks, as text."""
    return page.evaluate("NETWORKS.map((name) => JSON.stringify([passes()[name].h, gradients()[name].dh_t]))")


def test_sliders_scale_the_memory_and_open_the_forget_gate(browser):
    with opened(browser, "#view=break") as page:
        radius = page.evaluate("RADIUS")
        page.get_by_role("slider", name="Scale of W").fill("0.5")
        scaled = page.evaluate("spectralRadius(scaledParameters('rnn', state).W)")
        assert scaled == pytest.approx(radius / 2, rel=1e-12)  # halving rounds nothing
        page.get_by_role("slider", name="Bias of the forget gate").fill("6")
        smallest = "Math.min(...passes().lstm.f.slice(1).map((f) => Math.min(...f)))"
        opened_gate = page.evaluate(smallest)
        page.get_by_role("slider", name="Bias of the forget gate").fill("0")
        assert page.evaluate(smallest) < opened_gate
