"""Can the interactive page be used: by mouse, finger, keyboard and screen reader, in both colour schemes and sizes?"""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from hypothesis import given
from hypothesis import strategies as st

from parity_tests.guide.browser import SCHEMES, SIZES, opened

VIEWS = "forward", "lines", "backward", "break"
LOOKS = [(view, size, scheme) for view in VIEWS for size in SIZES for scheme in SCHEMES]
# How a drawn line and a heat map without and with later rows look is seen on screenshots, not tested.


def state(page):
    return page.evaluate("({ ...state })")


@pytest.mark.parametrize(("view", "size", "scheme"), LOOKS)
def test_no_look_has_a_serious_problem(browser, view, size, scheme):
    """axe-core finds no problem of any weight, and nothing is wider than the screen."""
    with opened(browser, f"#view={view}&t=12&back=9&c=1&image=25", size, scheme) as page:
        problems = Axe().run(page, options={"preload": False}).response["violations"]
        assert [(one["id"], one["impact"], one["nodes"][0]["html"]) for one in problems] == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert page.locator("[role=tabpanel]:visible").count() == 1


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
        expected = page.locator(shown).evaluate_all("all => all.filter((one) => one.tabIndex >= 0 && !one.disabled).length")
        reached = set()
        for _ in range(expected + 1):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
            outlined = "getComputedStyle(document.activeElement).outlineStyle"
            assert page.evaluate(f"document.activeElement === document.body ? 'solid' : {outlined}") == "solid"
        assert len(reached) >= expected


def test_lines_light_up_one_after_another(browser):
    with opened(browser, "#view=lines&net=lstm&t=3&line=1") as page:
        lit = page.locator("#panel-lines [aria-current=step] .line-code")
        code = [line.strip() for line in page.evaluate("DATA.loops.lstm.forward.map(({ code }) => code)")][1:]
        seen = []
        for _ in range(len(code) + 1):
            seen.append(lit.inner_text().strip())
            page.keyboard.press("ArrowRight")
        assert seen == [*code, code[0]]
        assert state(page)["t"] == 4


def test_lines_light_up_on_the_way_back(browser):
    with opened(browser, "#view=backward&net=rnn&back=5&byLine=1&lineBack=7") as page:
        page.keyboard.press("ArrowRight")
        assert (state(page)["back"], state(page)["lineBack"]) == (4, 1)
        page.keyboard.press("ArrowLeft")
        assert (state(page)["back"], state(page)["lineBack"]) == (5, 7)


def test_each_line_is_explained_with_the_numbers_of_the_unit(browser):
    """Every line of both loops has an explanation at every step, without a gap, that ends with the line's result."""
    with opened(browser) as page:
        texts = page.evaluate("""() => {
            const texts = [];
            for (const net of NETWORKS) for (const t of [1, 2, 14, 28]) for (const unit of [0, 17, 63])
                for (const [view, key, direction] of [["lines", "line", "forward"], ["backward", "lineBack", "backward"]])
                    for (let line = 1; line < DATA.loops[net][direction].length; line++) {
                        set({ view, net, t, back: t, unit, [key]: line });
                        texts.push(PANELS[view].code.explanation.textContent);
                    }
            return texts;
        }""")
        assert len(texts) == 2 * 12 * (2 + 7 + 8 + 16) / 2
        assert [text for text in texts if re.search("undefined|NaN|null|∞", text) or "=" not in text] == []


def test_the_numbers_of_the_cell_state(browser):
    with opened(browser, "#view=lines&net=lstm&t=9&unit=23&line=7") as page:
        text = page.locator("#panel-lines .calculation").inner_text()
        i, u, f, before, after = page.evaluate(
            "(({ i, u, f, c }) => [i[9], u[9], f[9], c[8], c[9]].map((v) => shown(v[23])))(passes().lstm)"
        )
        assert text.replace("(", "").replace(")", "").endswith(f"= {i} · {u} + {f} · {before}\n= {after}")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.12345, "0.123"), (-0.12345, "−0.123"), (12.345, "12.35"), (123.45, "123.5"), (0.0123, "0.0123")]
    + [(-0.00123, "−1.2·10⁻³"), (1e-17, "1.0·10⁻¹⁷"), (54321, "5.4·10⁴"), (0.9999999, "1.000"), (0.00999999, "0.0100")],
)
def test_how_numbers_are_written(shared_page, value, text):
    assert shared_page.evaluate("shown", value) == text


def test_a_click_on_a_map_chooses_the_unit_and_the_step(browser):
    with opened(browser) as page:
        field = page.locator("#panel-forward .rnn .field.pickable").nth(1)
        box = field.bounding_box()
        field.click(position={"x": box["width"] * 40.5 / 64, "y": box["height"] * 6.5 / 28})
        assert (state(page)["unit"], state(page)["t"]) == (40, 7)


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
    assert {key: before[key] for key in expected if key != "back"} == {key: expected[key] for key in expected if key != "back"}


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


def test_switches_plant_their_errors(browser):
    with opened(browser, "#view=break&image=3") as page:
        for one in page.evaluate("DATA.switches"):
            page.evaluate("set(UNCHANGED)")
            right = page.evaluate("JSON.stringify([passes(), gradients()].map((both) => NETWORKS.map((name) => both[name])))")
            page.get_by_role("switch", name=one["title"]).click()
            wrong = page.evaluate("JSON.stringify([passes(), gradients()].map((both) => NETWORKS.map((name) => both[name])))")
            changed = [a != b for a, b in zip(gradients_by_network(right), gradients_by_network(wrong), strict=True)]
            assert changed == [name in one["changes"] for name in ("rnn", "lstm")], one["key"]
            for change in one["changes"].values():
                assert change["new"].split("  # ")[0] in page.locator(f"#panel-break .switch:has(#switch-{one['key']})").inner_text()
        page.get_by_role("button", name="Mend everything").click()
        assert not page.evaluate("isChanged()")


def gradients_by_network(both):
    passes, gradients = json.loads(both)
    return [[passes[k]["h"], gradients[k]["dh_t"]] for k in range(2)]


def test_sliders_scale_the_memory_and_open_the_forget_gate(browser):
    with opened(browser, "#view=break") as page:
        radius = page.evaluate("RADIUS")
        page.get_by_role("slider", name="Scale of W").fill("0.5")
        scaled = page.evaluate("spectralRadius(scaledParameters('rnn', state).W)")
        assert scaled == pytest.approx(radius / 2, rel=1e-6)
        page.get_by_role("slider", name="Bias of the forget gate").fill("6")
        smallest = "Math.min(...passes().lstm.f.slice(1).map((f) => Math.min(...f)))"
        opened_gate = page.evaluate(smallest)
        page.get_by_role("slider", name="Bias of the forget gate").fill("0")
        assert page.evaluate(smallest) < opened_gate
