"""The page of recipes: its code is short, runs, computes what the bounded equations compute, and learns a text."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given

from parity_tests import comparison
from parity_tests.cases import recipes as cases
from parity_tests.cases.recipes import BLOCK, EXAMPLE, PINNED_SPEC, RECIPE_SPECS, RESULTS, arguments, page, recipes
from parity_tests.comparison import assert_within
from parity_tests.oracles.bounded_recipes import BOUNDED
from parity_tests.oracles.bounds import arithmetic

MOST_LINES = 15
SECTION = re.compile(r"^## (.+)\n((?:(?!^## ).*\n)*)", re.MULTILINE)
SECTIONS = {title: BLOCK.findall(content) for title, content in SECTION.findall(page())}
FUNCTIONS = {name: name for name in RESULTS} | dict.fromkeys(["handed_over", "truncated"], "in_pieces")
NOUNS, VERBS = "(cat|bird|fish|mouse)", "(sees|finds|follows|forgets)"


@pytest.mark.parametrize("title", SECTIONS)
def test_a_recipe_has_at_most_fifteen_lines(title):
    lines = [line for block in SECTIONS[title] for line in block.splitlines() if line.strip()]
    assert 0 < len(lines) <= MOST_LINES
    assert all(len(line) <= 120 and ";" not in line for line in lines)


def test_recipes_use_the_public_api_alone():
    names = vars(recipes())
    for module, name in re.findall(r"(?<![.\w])(adam|classifier|lstm|readout)\.(\w+)", "".join(BLOCK.findall(page()))):
        assert not name.startswith("_")
        assert hasattr(names[module], name), f"{module}.{name}"
    imports = [line for block in BLOCK.findall(page()) for line in block.splitlines() if re.match("import|from", line)]
    assert imports == BLOCK.findall(page())[0].splitlines()


def test_every_recipe_is_compared():
    functions = set(re.findall(r"^def (\w+)", page(), re.MULTILINE))
    assert functions - set(FUNCTIONS.values()) == {"sentences", "learn_characters", "sample"}
    assert RESULTS.keys() == BOUNDED.keys()


def assert_equations(recipe, spec):
    drawn, system = arguments(spec), arithmetic("numpy", spec.dtype)
    expected = BOUNDED[recipe](system, drawn)
    actual = RESULTS[recipe](drawn)
    assert actual.keys() == expected.keys()
    values = {name: quantity.value for name, quantity in expected.items()}
    assert_within(actual, values, {name: quantity.error for name, quantity in expected.items()}, spec.dtype)


@pytest.mark.parametrize("recipe", RESULTS)
@example(PINNED_SPEC)
@given(RECIPE_SPECS)
def test_a_recipe_computes_the_equations(recipe, spec):
    assert_equations(recipe, spec)


@pytest.mark.parametrize(
    ("recipe", "right", "wrong"),
    [
        ("stacked", "with_ones(below.h[1:])", "with_ones(below.h[:-1])"),
        ("stacked", "lower, below, of_above.x[:, :-1]", "lower, below, of_above.x[::-1, :-1]"),
        ("bidirectional", "back.h[:0:-1]", "back.h[1:]"),
        ("bidirectional", "back, dh_back[::-1]", "back, dh_back"),
        ("bidirectional", "of_back.x[::-1]", "of_back.x"),
        ("several_lengths", "dh[lengths - 1, :", "dh[-1, :"),
        ("several_lengths", "trace.h[lengths, :", "trace.h[-1, :"),
        ("masked", "np.argsort(~mask", "np.argsort(mask"),
        ("masked", "np.put_along_axis(dx, order, gradients.x, axis=0)", "dx = gradients.x"),
        ("every_step", ".transpose(1, 0, 2).reshape(H, T * B)", ".reshape(H, T * B)"),
        ("every_step", "outside.h.reshape(H, T, B)", "outside.h.reshape(H, B, T).transpose(0, 2, 1)"),
        ("step_by_step", "h, c = trace.h[-1], trace.c[-1]", "h = trace.h[-1]"),
        ("handed_over", "dh_piece[-1] += dh_next", "dh_piece[0] += dh_next"),
        ("handed_over", "dh_piece, dc_next)", "dh_piece)"),
        ("truncated", "if hand_over:", "if True:"),
        ("learned_state", ".sum(axis=1, keepdims=True) for", ".mean(axis=1, keepdims=True) for"),
        ("squared_error", "2 * error / error.size", "2 * error / len(error)"),
        ("squared_error", "dh[-1] = V.T @ dz", "dh[0] = V.T @ dz"),
    ],
)
def test_a_mistake_in_a_recipe_is_found(recipe, right, wrong, monkeypatch):
    (function,) = [block for block in BLOCK.findall(page()) if right in block and f"def {FUNCTIONS[recipe]}(" in block]
    names = dict(vars(recipes()))
    exec(compile(function.replace(right, wrong), "recipes.md", "exec"), names)
    monkeypatch.setattr(comparison, "LEDGER", {})
    monkeypatch.setattr(cases, "recipes", lambda: SimpleNamespace(**names))
    with pytest.raises(AssertionError, match="expected"):
        assert_equations(recipe, PINNED_SPEC)


@example(PINNED_SPEC)
@given(RECIPE_SPECS)
def test_prediction_step_by_step_has_the_bits_of_the_whole_sequence(spec):
    drawn = arguments(spec)
    by_steps = RESULTS["step_by_step"](drawn)["y"]
    h = recipes().lstm.forward(drawn.params, drawn.x, *np.zeros((2, spec.H, 1), spec.dtype)).h[1:]
    for t, y in enumerate(by_steps):
        np.testing.assert_array_equal(y, recipes().readout.forward(drawn.read_out, h[t]))


@example(PINNED_SPEC)
@given(RECIPE_SPECS)
def test_padded_and_masked_steps_have_no_gradient(spec):
    drawn = arguments(spec)
    _, gradients = recipes().several_lengths(drawn.params, drawn.x, drawn.lengths, drawn.dh[-1])
    padded = np.arange(spec.T)[:, np.newaxis] >= drawn.lengths
    assert (gradients.x.transpose(0, 2, 1)[padded] == 0).all()
    _, _, dx = recipes().masked(drawn.params, drawn.x, drawn.mask, drawn.dh[-1])
    assert (dx.transpose(0, 2, 1)[~drawn.mask] == 0).all()


def sentences_in(text):
    """Between the first and the last full stop: how many sentences the generator can make, and how many there are."""
    between = text.split(".")[1:-1]
    right = [one for one in between if re.fullmatch(f" the {NOUNS} {VERBS} the {NOUNS}", one)]
    return len(right), len(between)


def test_a_few_updates_learn_the_letters():
    rng = np.random.default_rng(0)
    text = recipes().sentences(200, rng)
    assert 4_000 < len(text) < 6_000
    assert sentences_in(f". {text}") == (200, 200)
    model, letters, loss = recipes().learn_characters(text, 100, rng)
    assert loss < 0.4
    sampled = recipes().sample(model, letters, 400, rng)
    assert len(sampled) == 400
    assert sentences_in(sampled)[0] >= 3


@pytest.mark.slow
def test_the_whole_run_of_the_page(capsys):
    (run,) = [block for block in BLOCK.findall(page()) if block.startswith(EXAMPLE)]
    names = dict(vars(recipes()))
    exec(compile(run, "recipes.md", "exec"), names)
    loss, text = capsys.readouterr().out.splitlines()
    (shown,) = re.findall(r"^```text\n(.*?)^```", page(), re.MULTILINE | re.DOTALL)
    assert 3 * np.log(4) / 26 - 0.05 < float(loss) < 0.3
    assert len(text) == len(shown.splitlines()[1]) == 100
    for sentences in (text, shown.splitlines()[1]):
        assert sentences_in(sentences)[0] >= 3
