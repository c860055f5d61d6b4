"""Do the studies train on the sequences, from the models and towards the gradients that they say?"""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numpy_rnn import classifier, lstm, readout, rnn
from numpy_rnn.activations import sigmoid
from numpy_rnn.experiments import EXPERIMENTS
from numpy_rnn.sequences import from_images, grey
from numpy_rnn.training import new_model
from parity_tests.cases.public_functions import flat
from parity_tests.cases.recurrences import SEEDS
from studies.initial_state import _jacobian_norm
from studies.memory_gradients import sizes
from studies.recipes import Plan, Recipe

RECIPES = st.builds(
    Recipe,
    recurrence=st.sampled_from(["rnn", "lstm"]),
    hidden_dim=st.integers(1, 300),
    seed=st.integers(0, 30),
    epochs=st.integers(1, 30),
    scan=st.sampled_from(["rows", "columns"]),
    initial_state=st.sampled_from(["zeros", "learned", "random"]),
    delay=st.integers(0, 120),
    noise=st.booleans(),
    parts=st.sampled_from([1, 2, 4, 7, 14, 28]),
    permuted=st.booleans(),
    forget_bias=st.sampled_from([None, 0.0, 1.0, 3.0]),
    images=st.sampled_from([6_000, 60_000]),
)


def random_images(seed, N=3):
    return np.random.default_rng(seed).integers(0, 256, (N, 28, 28), np.uint8)


@given(RECIPES, RECIPES)
def test_other_recipes_have_other_names(one, other):
    assert (one.name == other.name) == (one == other)
    assert "/" not in one.name


@given(SEEDS)
def test_the_default_reads_images_as_they_are(seed):
    images = random_images(seed)
    np.testing.assert_array_equal(Recipe().prepared(images), images)


@given(SEEDS, RECIPES)
def test_sequences(seed, recipe):
    images = random_images(seed)
    before = images.copy()
    prepared = recipe.prepared(images)
    np.testing.assert_array_equal(images, before)
    inputs = 28 // recipe.parts + (recipe.forget_bias is not None)
    assert (prepared.shape, prepared.dtype) == ((3, recipe.steps, inputs), np.uint8)
    assert recipe.steps == 28 * recipe.parts + recipe.delay
    if recipe.forget_bias is not None:
        assert np.all(grey(prepared)[:, :, -1] == 1)
        prepared = prepared[:, :, :-1]
    digit, after = np.split(prepared, [28 * recipe.parts], axis=1)
    if recipe.permuted:
        for image, own in zip(images, digit, strict=True):
            assert sorted(own.ravel()) == sorted(image.ravel())
    else:
        np.testing.assert_array_equal(digit.reshape(images.shape), images)
    if not recipe.noise:
        assert not after.any()
    elif after.size > 500:
        assert 100 < after.mean() < 155
        assert np.any(after[0] != after[1])


def test_all_images_are_permuted_alike():
    numbered = np.arange(784, dtype=np.int64).reshape(1, 28, 28)
    order = Recipe(permuted=True).prepared(numbered).ravel()
    images = random_images(0)
    for image, own in zip(images, Recipe(permuted=True, parts=4).prepared(images), strict=True):
        np.testing.assert_array_equal(own.ravel(), image.ravel()[order])
    assert np.mean(order == np.arange(784)) < 0.02


@given(RECIPES)
def test_a_model_fits_its_sequences(recipe):
    model = recipe.new_model(np.random.default_rng(recipe.seed))
    classifier.check(model)
    x = from_images(grey(recipe.prepared(random_images(0))), recipe.scan if recipe.parts == 1 else "rows")
    if recipe.scan == "rows" or x.shape[1] == x.shape[0]:
        assert classifier.predict(model, x).shape == (10, 3)
    assert bool(model.initial) == (recipe.initial_state == "learned")


def test_an_open_forget_gate_and_nothing_else_begins_elsewhere():
    plain: Any
    opened: Any
    plain, opened = (
        Recipe("lstm", 64, forget_bias=bias).new_model(np.random.default_rng(0)).recurrence for bias in (None, 3.0)
    )
    assert np.all(opened.M_forget[:, -1] == 3)
    assert opened.M_forget.shape[1] == plain.M_forget.shape[1] + 1
    for name, value in opened._asdict().items():
        others = value[:, :-1] if name == "M_forget" else value
        assert np.abs(others).max() < 0.05 * 6
    blank = np.zeros((1, 29, 1), np.float32)
    blank[:, -1] = 1
    trace = lstm.forward(opened, blank, *np.zeros((2, 64, 1), np.float32))
    np.testing.assert_allclose(trace.f, sigmoid(np.array([3.0])).item(), rtol=1e-6)


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=EXPERIMENTS)
def test_the_exercises_own_recipes_are_its_experiments(experiment):
    recipe = Recipe(experiment.recurrence, experiment.hidden_dim, 5, scan=experiment.scan)
    ours, theirs = recipe.new_model(np.random.default_rng(5)), new_model(experiment, np.random.default_rng(5))
    for one, other in zip(flat(ours), flat(theirs), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_plan_takes_no_more_seeds_than_asked_for():
    assert [recipe.seed for recipe in Plan(20).recipes(3)] == [0, 1, 2]
    assert [recipe.seed for recipe in Plan(2).recipes(3, hidden_dim=5)] == [0, 1]
    quick = Plan(2, quick=True).recipes(3, epochs=20)
    assert {(recipe.images, recipe.epochs) for recipe in quick} == {(6_000, 2)}
    assert list(Plan(2, quick=True).some([1, 2, 3, 4, 5])) == [1, 3, 5]
    assert list(Plan(2).some([1, 2, 3, 4, 5])) == [1, 2, 3, 4, 5]


def small_model(kind, seed):
    rng = np.random.default_rng(seed)
    model = classifier.Model(kind.init(rng, 3, 4, np.float64), readout.init(rng, 4, 5, np.float64))
    large = [value * 10 for value in model.recurrence]
    x = rng.uniform(-1, 1, (6, 3, 7))
    return model._replace(recurrence=kind.Params(*large)), x, rng.integers(0, 5, 7)


@pytest.mark.parametrize("kind", [rnn, lstm])
@given(SEEDS)
def test_gradients_by_the_states_are_those_of_the_rest_of_the_sequence(kind, seed):
    """∂L/∂h_t is what BPTT over the steps behind t gives for its initial state."""
    model, x, labels = small_model(kind, seed)
    trace: Any = classifier.forward(model, x)
    found = sizes(model, x, labels)
    assert set(found) == ({"h"} if kind is rnn else {"h", "c"})
    outside = readout.backward(model.readout, trace.h[-1], labels).h
    for t in range(len(x)):
        dh = np.zeros_like(trace.h[t + 1 :])
        dh[-1] = outside
        states = {"h_init": trace.h[t]} | ({"c_init": trace.c[t]} if kind is lstm else {})
        rest = kind.forward(model.recurrence, x[t:], **states)
        gradients = kind.backward(model.recurrence, rest, dh)
        assert found["h"][t] == pytest.approx(np.sqrt(np.mean(gradients.h_init**2)), rel=1e-9)
        if kind is lstm and t == 0:
            assert found["c"][0] == pytest.approx(np.sqrt(np.mean(gradients.c_init**2)), rel=1e-9)
    assert found["h"][-1] == pytest.approx(np.sqrt(np.mean(outside**2)), rel=1e-12)


@given(SEEDS)
def test_the_norm_of_the_jacobian_is_that_of_the_product(seed):
    model, x, _ = small_model(rnn, seed)
    x = np.repeat(x[:, :, :1], 20, axis=2)
    trace = classifier.forward(model, x)
    product = np.eye(4)
    for t in range(1, len(x) + 1):
        product = np.diag(1 - trace.h[t, :, 0] ** 2) @ model.recurrence.W @ product
        assert _jacobian_norm(model, trace, t) == pytest.approx(np.linalg.norm(product, 2), rel=1e-9)
