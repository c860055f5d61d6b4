"""Do the lines of code light up one after another, each with its equation and the numbers of the chosen unit?"""

import re

import pytest

from parity_tests.guide.browser import opened, state


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
                for (const [view, key] of [["lines", "line"], ["backward", "lineBack"]])
                    for (let line = 1; line < DATA.loops[net][PANELS[view].code.direction].length; line++) {
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
    {
        0: "0",
        0.12345: "0.123",
        -0.12345: "−0.123",
        12.345: "12.35",
        123.45: "123.5",
        0.0123: "0.0123",
        -0.00123: "−1.2·10⁻³",
        1e-17: "1.0·10⁻¹⁷",
        54321: "5.4·10⁴",
        0.9999999: "1.000",
        0.00999999: "0.0100",
    }.items(),
)
def test_how_numbers_are_written(shared_page, value, text):
    assert shared_page.evaluate("shown", value) == text
