"""Equations beside code: a number without a line, a line without a number, or another equation is a fault."""

import re

import pytest

from guide_pages.numbered_lines import numbered_lines
from parity_tests import ROOT, requirements

requirements.need("guide")

from guide_pages import beside_code, inline_figures  # noqa: E402

PAGE = (ROOT / "docs" / "equation-beside-code.md").read_text(encoding="utf-8")
TABLE = re.compile(r":::\{beside-code\} (\w+) (\w+)\n(.*?)\n:::", re.DOTALL)
ROW = re.compile(r"^\| (.+?) \| (.+?) \|$", re.MULTILINE)
TABLES = {(module, function): ROW.findall(body)[1:] for module, function, body in TABLE.findall(PAGE)}


def source_of(module):
    return (ROOT / "numpy_rnn" / f"{module}.py").read_text(encoding="utf-8")


def rows_of(module, function):
    """The keys and formulas of a table of the page."""
    rows = TABLES[module, function][0 if TABLES[module, function][0][0] != "---" else 1 :]
    return [(key, " ".join(re.findall(r"\$(.+?)\$", equation))) for key, equation in rows]


def faults(module, function, source=None, rows=None):
    lines, found = numbered_lines(source or source_of(module), function)
    return found + beside_code.row_faults(rows or rows_of(module, function), lines, source or source_of(module))


def test_the_page_has_a_table_for_every_function_with_equations():
    with_equations = [
        (module, function)
        for module, functions in {"rnn": 2, "lstm": 2, "readout": 3, "adam": 1}.items()
        for function in ("forward", "cross_entropy", "backward", "step")
        if f"\ndef {function}(" in source_of(module)
    ]
    assert len(with_equations) == 8
    assert set(TABLES) == set(with_equations)


@pytest.mark.parametrize(("module", "function"), TABLES)
def test_equations_and_lines_correspond(module, function):
    assert faults(module, function) == []


@pytest.mark.parametrize(("module", "function"), TABLES)
def test_a_number_without_a_line_and_a_line_without_a_number_are_faults(module, function):
    rows = rows_of(module, function)
    for row in rows:
        assert f"no equation: {row[0]}" in faults(module, function, rows=[one for one in rows if one != row])
    assert "no line of code: (9.9)" in faults(module, function, rows=[*rows, ("(9.9)", "a")])


@pytest.mark.parametrize(("module", "function"), TABLES)
def test_each_line_whose_number_is_missing_is_a_fault(module, function):
    source = source_of(module)
    lines, _ = numbered_lines(source, function)
    text = source.splitlines(keepends=True)
    for line in lines:
        number = next(number for number, code in line.lines.items() if "#" in text[number - 1])
        changed = [*text]
        changed[number - 1] = changed[number - 1].partition("  #")[0] + "\n"
        found = faults(module, function, "".join(changed))
        assert any(f"no line of code: {key}" in found for key in line.keys), line


@pytest.mark.parametrize(
    ("module", "function", "right", "wrong", "fault"),
    [
        ("rnn", "forward", "h_{t-1}", "h_t", "not equation (1.1) of the docstring: a_t = b + W h_t + U x_t"),
        ("rnn", "backward", r"U^\top", "U", "not in the docstring: dx_t = U da_t"),
        ("rnn", "backward", "h_{t-1}^", "h_t^", r"not in the docstring: dW = \sum_t da_t h_t^\top"),
        (
            "lstm",
            "forward",
            "f_t",
            "o_t",
            r"not equation (2.5) of the docstring: c_t = i_t \circ u_t + o_t \circ c_{t-1}",
        ),
        ("lstm", "backward", "dc_t", "dh_t", r"not in the docstring: df_t = dh_t \circ c_{t-1}"),
        ("adam", "step", "g^2", "g", r"not equation (4.2) of the docstring: v \leftarrow v + (1 - \beta_2) (g - v)"),
    ],
)
def test_another_equation_is_a_fault(module, function, right, wrong, fault):
    rows = [(key, latex.replace(right, wrong)) for key, latex in rows_of(module, function)]
    assert fault in faults(module, function, rows=rows)


@pytest.mark.parametrize(
    ("module", "function", "right", "wrong", "fault"),
    [
        ("rnn", "forward", "h[t] = np.tanh(a)", "h[t] *= 2\n        h[t] = np.tanh(a)", "no number: h[t] *= 2"),
        ("lstm", "backward", "do = dh_t * tanh_c", "q = 2 * f_t\n        do = dh_t * tanh_c", "no number: q = 2 * f_t"),
    ],
)
def test_a_new_line_without_a_number_is_a_fault(module, function, right, wrong, fault):
    assert fault in faults(module, function, source_of(module).replace(right, wrong, 1))


def test_a_helper_is_shown_with_the_line_that_reads_it():
    lines, _ = numbered_lines(source_of("lstm"), "backward")
    (shown,) = [line for line in lines if line.keys == ("∂(2.6)/∂c",)]
    assert "tanh_c = np.tanh(c[t])" in shown.lines.values()


def test_an_equation_without_a_part_of_a_figure_is_a_fault(monkeypatch):
    lines, _ = numbered_lines(source_of("lstm"), "forward")
    assert beside_code.figure_faults(lines) == []
    drawn = inline_figures.drawn()
    monkeypatch.setattr(inline_figures, "drawn", lambda: drawn - {(2, 5)})
    assert beside_code.figure_faults(lines) == ["not in a figure: (2.5)"]
