"""Does every equation of the docstrings have a numbered line of code, forward and, in reverse order, backward?"""

import ast
from itertools import pairwise

import pytest

from guide_pages.numbered_lines import calculates, equation_numbers, stated
from parity_tests import ROOT

MODULES = ["rnn", "lstm", "readout", "adam", "clipping", "parallel"]


def source_of(module):
    return (ROOT / "numpy_rnn" / f"{module}.py").read_text(encoding="utf-8")


def comments(source, function):
    """The comments of a function."""
    lines = source.splitlines()[function.lineno - 1 : function.end_lineno]
    return [line.partition("#")[2].strip() for line in lines if "#" in line]


def without_number(source, function):
    """The lines with arithmetic but no number, in the time loop or, if there is none, in the whole function."""
    loops = [node for node in function.body if isinstance(node, ast.For)]
    statements = [node for part in loops or [function] for node in part.body if calculates(node)]
    lines = [source.splitlines()[node.lineno - 1].strip() for node in statements]
    return [line for line in lines if not equation_numbers(line.partition("#")[2])]


def forward_faults(source, equations, functions):
    """Faults of the equation numbers in all functions except `backward`."""
    for function in functions:
        texts = comments(source, function)
        first = [equation_numbers(text)[0] for text in texts if equation_numbers(text)]
        yield from (f"{late} above {early}" for late, early in pairwise(first) if late > early)
        if function.name == "forward":
            yield from (f"no number: {line}" for line in without_number(source, function))
    alone = {text for function in functions for text in comments(source, function)}
    yield from (f"no line: {pair}" for pair in equations if "({}.{})".format(*pair) not in alone)


def backward_faults(source, equations, function):
    """Faults of the equation numbers in `backward`."""
    derived = [pair for text in comments(source, function) if "∂" in text for pair in equation_numbers(text)]
    first = list(dict.fromkeys(derived))
    yield from (f"{early} above {late}" for early, late in pairwise(first) if early < late)
    yield from (f"not differentiated: {pair}" for pair in equations if pair not in first)


def faults(source):
    """Faults of the equation numbers of a module."""
    equations = [pair for pair, _ in stated(source)]
    functions = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    backward = functions.pop("backward", None)
    found = [] if equations and equations == sorted(set(equations)) else [f"docstring: {equations}"]
    found += [f"not stated: {pair}" for pair in equation_numbers(source) if pair not in equations]
    found += forward_faults(source, equations, functions.values())
    found += backward_faults(source, equations, backward) if backward else []
    return found


@pytest.mark.parametrize("module", MODULES)
def test_equations_and_numbered_lines_correspond(module):
    assert faults(source_of(module)) == []


@pytest.mark.parametrize(
    ("module", "equations"),
    [
        ("rnn", (1, 2)),
        ("lstm", (2, 6)),
        ("readout", (3, 3)),
        ("adam", (4, 4)),
        ("clipping", (5, 2)),
        ("parallel", (6, 2)),
    ],
)
def test_all_equations_are_found(module, equations):
    chapter, count = equations
    assert [pair for pair, _ in stated(source_of(module))] == [(chapter, number) for number in range(1, count + 1)]


@pytest.mark.parametrize("module", ["rnn", "lstm", "readout"])
def test_a_module_of_equations_is_short(module):
    # Room for the types and docstrings that belong here; the code beside them is much shorter.
    assert len(source_of(module).splitlines()) <= 220


@pytest.mark.parametrize(
    ("module", "right", "wrong", "fault"),
    [
        ("rnn", "  # (1.2)", "", "no line: (1, 2)"),
        ("rnn", "  # (1.2)", "", "no number: h[t] = np.tanh(a)"),
        ("rnn", "  # (1.2)", "  # (1.3)", "not stated: (1, 3)"),
        ("rnn", "from (1.2);", "from (2.1);", "not stated: (2, 1)"),
        ("rnn", "  # (1.1)", "  # (1.2)", "no line: (1, 1)"),
        ("rnn", "∂(1.2)/∂a", "∂(1.1)/∂a", "not differentiated: (1, 2)"),
        ("rnn", "(1.1)\n    h_t", "(1.2)\n    h_t", "docstring: [(1, 2), (1, 2)]"),
        ("lstm", "f_t[:] = sigmoid(a_f)  # (2.2)", "f_t[:] = sigmoid(a_f)", "no number: f_t[:] = sigmoid(a_f)"),
        ("lstm", "# (2.5)", "# (2.6)", "no line: (2, 5)"),
        ("lstm", "  # (2.1)\n", "  # (2.6)\n", "(2, 6) above (2, 2)"),
        ("lstm", "∂(2.4)/∂a_u", "∂(2.1)/∂a_u", "(2, 1) above (2, 3)"),
        ("lstm", "∂(2.4) … ∂(2.1)/∂z", "∂(2.4) … ∂(2.0)/∂z", "not stated: (2, 0)"),
        ("readout", "through (3.2)", "", "not differentiated: (3, 2)"),
        ("readout", "  # (3.3)", "", "no line: (3, 3)"),
        ("clipping", "  # (5.2)", "", "no line: (5, 2)"),
        ("parallel", "  # (6.2)", "", "no line: (6, 2)"),
        ("adam", "  # (4.3)", "", "no line: (4, 3)"),
        ("adam", "  # (4.1)", "  # (4.4)", "(4, 4) above (4, 2)"),
    ],
)
def test_a_missing_or_wrong_number_is_found(module, right, wrong, fault):
    source = source_of(module)
    assert right in source
    assert fault in faults(source.replace(right, wrong, 1))
