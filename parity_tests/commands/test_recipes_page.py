"""The page of recipes: its code is short, runs, computes what the bounded equations compute, and learns a text."""

import re

import numpy as np
import pytest
from hypothesis import example, given

from parity_tests.cases.recipes import BLOCK, EXAMPLE, PINNED_SPEC, RECIPE_SPECS, RESULTS, arguments, page, recipes
from parity_tests.comparison import assert_within
from parity_tests.oracles.bounded_recipes import BOUNDED
from parity_tests.oracles.bounds import arithmetic

MOST_LINES = 15
SECTION = re.compile(r"^## (.+)\n((?:(?!^## ).*\n)*)", re.MULTILINE)
SECTIONS = {title: BLOCK.findall(content) for title, content in SECTION.findall(page())}
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
    in_one_function = {"handed_over": "in_pieces", "truncated": "in_pieces"}
    compared = {in_one_function.get(name, name) for name in RESULTS}
    assert functions - compared == {"sentences", "learn_characters", "sample"}
    assert RESULTS.keys() == BOUNDED.keys()


@pytest.mark.parametrize("recipe", RESULTS)
@example(PINNED_SPEC)
@given(RECIPE_SPECS)
def test_a_recipe_computes_the_equations(recipe, spec):
    drawn, system = arguments(spec), arithmetic("numpy", spec.dtype)
    expected = BOUNDED[recipe](system, drawn)
    actual = RESULTS[recipe](drawn)
    assert actual.keys() == expected.keys()
    values = {name: quantity.value for name, quantity in expected.items()}
    assert_within(actual, values, {name: quantity.error for name, quantity in expected.items()}, spec.dtype)


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
    """How many sentences between the first and the last full stop the generator could have made, and how many of all."""
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
