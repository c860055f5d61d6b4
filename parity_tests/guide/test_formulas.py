"""Formulas as MathML, docstrings as they are written, and the lines to which links lead."""

import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity_tests import ROOT, requirements

requirements.need("guide")

from guide_pages import docstrings, repository  # noqa: E402
from guide_pages.mathml import chain, mathml  # noqa: E402
from guide_pages.typography import JOINER, SPACE, kept_together  # noqa: E402

FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$`\n]+?)\$", re.DOTALL)
PAGES = ["derivations.md", "derivations-lstm.md", "derivations-readout-adam.md", "shards.md"]
PAGES += ["equation-beside-code.md", "common-mistakes.md"]


@pytest.mark.parametrize("page", PAGES)
def test_every_formula_of_a_page_is_mathml(page):
    formulas = FORMULA.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))
    assert formulas
    for block, inline in formulas:
        root = ElementTree.fromstring(mathml(block or inline, block=bool(block)))
        assert root.tag.endswith("math")
        assert "".join(root.itertext()).strip()


def test_a_prime_and_a_tag_are_shown():
    assert "&#x02032;" in mathml(r"\tanh'(a)")
    assert mathml("tanh′(a)") == mathml("tanh'(a)")
    assert "(1.1)" in mathml(r"a = b \tag{1.1}", block=True)


def test_spaces_are_those_of_printed_mathematics():
    """As LaTeX sets them: a thin space after log, none after a sign and none around ∂ and a prime."""
    assert re.search("log</mi><mspace[^>]*/><msub><mi>y", mathml(r"\log y_k"))
    assert "mspace" not in mathml(r"\log(y)") + mathml(r"\tanh^2(a)")
    assert '<mo form="prefix">&#x02212;' in mathml(r"L = -\log y_k")
    assert '<mo form="prefix">' not in mathml("a - b")
    assert "<mi>&#x02202;</mi>" in mathml(r"\partial L / \partial v")
    assert not re.search("<msup>(?:(?!</msup>).)*&#x02032;", mathml(r"\tanh'(a)"))


def test_a_chain_of_equations_may_break_before_each_equals_sign_but_the_first():
    assert chain("a = b = c = d") == ["a = b", "= c", "= d"]
    assert chain("a = b") == ["a = b"]
    assert chain(r"\sum_{t = 1}^{T = 2} a = b") == [r"\sum_{t = 1}^{T = 2} a = b"]


@given(st.text(st.sampled_from("ab TH0128 ,.%()–=≤+Fig")))
def test_texts_keep_their_letters(text):
    assert kept_together(text).replace(SPACE, " ").replace(JOINER, "") == text


@pytest.mark.parametrize(
    ("text", "kept"),
    {
        "94.2 % (93.1–94.8 %)": "94.2~% (93.1^–^94.8~%)",
        "x (T, I, B) and c (T+1, H, B)": "x (T,~I,~B) and c (T+1,~H,~B)",
        "B = 128 and H 64 in Fig. 1": "B~=~128 and H~64 in Fig.~1",
        "one, two (or three)": "one, two (or three)",
    }.items(),
)
def test_what_belongs_together_stays_in_a_line(text, kept):
    assert kept_together(text) == kept.replace("~", SPACE).replace("^", JOINER)


def test_a_letter_that_ends_a_sentence_begins_no_list():
    lines = ["Makes it.", "", "Parameters", "----------", "hidden_dim : int", "    H."]
    assert docstrings.with_literal_blocks(lines)[-1] == "    H\\."


def test_aligned_lines_are_rows_with_equally_many_cells():
    lines = ["a &= b + 1 & (1.1)", r"\tanh(c) &= d & (1.2)", "e &= f & (1.3)"]
    root = ElementTree.fromstring(mathml(r"\begin{aligned}" + r"\\".join(lines) + r"\end{aligned}", block=True))
    rows = [row for row in root.iter() if row.tag == "mtr"]
    assert [len(row) for row in rows] == [3, 3, 3]
    assert [re.sub(r"\s", "", "".join(row.itertext())) for row in rows] == ["a=b+1(1.1)", "tanh(c)=d(1.2)", "e=f(1.3)"]


@pytest.mark.parametrize("latex", [r"a \nosuchcommand b", r"a & b"])
def test_what_cannot_be_typeset_is_refused(latex):
    with pytest.raises(ValueError, match="expected LaTeX that can be typeset, got"):
        mathml(latex)


def test_an_indented_block_of_a_docstring_keeps_its_lines():
    lines = [
        "Sums.",
        "",
        "    a = b",
        "",
        "    c = d",
        "",
        "Text.",
        "",
        "Parameters",
        "----------",
        "a : int",
        "    One.",
    ]
    marked = docstrings.with_literal_blocks(lines)
    assert marked == [*lines[:2], "::", "", *lines[2:]]


def test_a_link_with_the_name_of_a_function_leads_to_its_line():
    path = ROOT / "numpy_rnn" / "rnn.py"
    anchor = repository.line_of(path, "backward")
    assert path.read_text(encoding="utf-8").splitlines()[int(anchor[1:]) - 1].startswith("def backward(")
    assert repository.line_of(path, "no_such_function") == ""
    assert repository.line_of(ROOT / "pyproject.toml", "name") == ""
