"""Does clipping scale all gradients together, only if their global norm is too large, and does a training use it?"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numpy_rnn import adam, classifier, clipping, training
from numpy_rnn.experiments import EXPERIMENTS
from numpy_rnn.sequences import from_images, grey
from parity_tests.cases.decorators import DTYPES
from parity_tests.cases.public_functions import flat
from parity_tests.cases.recurrences import SEEDS
from parity_tests.cases.trees import PARTS_OF_A_NORM, Pair, all_numbers, random_tree
from parity_tests.comparison import assert_same_bits, assert_within
from parity_tests.oracles import bounded_equations
from parity_tests.oracles.bounds import arithmetic
from parity_tests.refusals import refused


def norm_of(numbers):
    """The length of a vector, with one rounding of the sum."""
    return math.sqrt(math.fsum(float(number) ** 2 for number in numbers))


@DTYPES
@given(SEEDS, PARTS_OF_A_NORM)
def test_against_the_formula(dtype, seed, part):
    tree = random_tree(np.random.default_rng(seed), dtype)
    numbers = all_numbers(tree).astype(np.float64)
    N = norm_of(numbers)
    clip_norm = part * N
    expected = numbers * min(1.0, clip_norm / N)
    bounded = bounded_equations.clipped(arithmetic("numpy", dtype), all_numbers(tree), clip_norm)
    actual = all_numbers(clipping.clip(tree, clip_norm))
    assert_within({"g": actual}, {"g": expected}, {"g": 2 * bounded.error}, dtype)
    assert clipping.global_norm(tree) == pytest.approx(N, rel=1e-14)


@DTYPES
@given(SEEDS, st.floats(1.0, 1e30))
def test_gradients_within_the_norm_keep_their_bits(dtype, seed, factor):
    tree = random_tree(np.random.default_rng(seed), dtype)
    assert_same_bits(clipping.clip(tree, clipping.global_norm(tree) * factor), tree)


@DTYPES
@given(SEEDS, st.floats(1e-3, 0.999), st.sampled_from([1e-10, 1.0, 1e10]))
def test_the_length_after_clipping(dtype, seed, part, size):
    tree = adam.tree_map(lambda g: g * dtype(size), random_tree(np.random.default_rng(seed), dtype))
    clip_norm = part * clipping.global_norm(tree)
    after = clipping.clip(tree, clip_norm)
    # Each of the entries is rounded twice.
    assert clipping.global_norm(after) == pytest.approx(clip_norm, rel=4 * float(np.finfo(dtype).eps))
    assert [np.sign(one).tolist() for one in flat(after)] == [np.sign(one).tolist() for one in flat(tree)]


def test_float32_squares_that_overflow_do_not():
    tree = Pair(np.full((2, 2), 1e30, np.float32), np.zeros(1, np.float32))
    assert clipping.global_norm(tree) == pytest.approx(2e30)
    np.testing.assert_allclose(clipping.clip(tree, 1.0).first, 0.5)


def test_zeros_stay_zeros():
    tree = Pair(np.zeros(3), np.zeros((2, 1)))
    assert_same_bits(clipping.clip(tree, 1e-300), tree)


@DTYPES
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_gradient_that_is_not_finite_makes_all_nan(dtype, value):
    tree = Pair(np.array([1.0, value], dtype), np.ones((2, 2), dtype))
    with np.errstate(invalid="ignore"):
        after = clipping.clip(tree, 1.0)
    assert all(np.isnan(one).all() and one.dtype == dtype for one in flat(after))


@DTYPES
@given(SEEDS, PARTS_OF_A_NORM)
def test_form_and_dtype_are_kept_and_no_argument_is_changed(dtype, seed, part):
    tree = random_tree(np.random.default_rng(seed), dtype)
    copies = tuple(array.copy() for array in flat(tree))
    for array in flat(tree):
        array.flags.writeable = False
    after = clipping.clip(tree, part)
    assert_same_bits(tuple(flat(tree)), copies)
    assert type(after) is type(after.first) is Pair
    assert [(one.dtype, one.shape) for one in flat(after)] == [(dtype, one.shape) for one in flat(tree)]
    assert not any(np.shares_memory(one, other) for one, other in zip(flat(after), flat(tree), strict=True))


@pytest.mark.parametrize("clip_norm", [0, -1.0, np.nan, np.inf, "1", None, True])
def test_wrong_norms(clip_norm):
    with refused(ValueError, "clip_norm", "a finite number above 0", repr(clip_norm)):
        clipping.clip(Pair(np.ones(2), np.ones(1)), clip_norm)


@pytest.mark.parametrize(
    ("tree", "name"),
    [([1.0], "gradients"), ((np.ones(2), np.ones(2)), "gradients"), (Pair(np.ones(2), 1.0), "gradients.second")],
)
def test_wrong_trees(tree, name):
    for call in (clipping.global_norm, lambda tree: clipping.clip(tree, 1.0)):
        with refused(TypeError, name, "NumPy arrays in NamedTuples", ""):
            call(tree)


def small_training(name):
    """A training before its first step, with images (N, 28, 28) and labels (N,)."""
    rng = np.random.default_rng(3)
    model = training.new_model(EXPERIMENTS[name]._replace(hidden_dim=4), rng)
    return training.begin(model, rng), rng.integers(0, 256, (12, 28, 28), np.uint8), rng.integers(0, 10, 12)


@pytest.mark.parametrize("name", ["rnn-64", "lstm-128"])
@pytest.mark.parametrize("clip_norm", [1e-7, 0.1, 100.0])
def test_a_training_clips_before_each_step_of_adam(name, clip_norm):
    begun, images, labels = small_training(name)
    steps: list[training.Training] = []
    training.fit(begun, images, labels, epochs=1, batch_size=4, on_step=steps.append, clip_norm=clip_norm)
    model, optimizer = begun.model, begun.optimizer
    for state, batch in zip(steps, steps[0].batches, strict=True):
        x = from_images(grey(images[batch]), "rows")
        _, gradients = classifier.loss_and_gradients(model, x, labels[batch])
        model, optimizer = adam.step(model, clipping.clip(gradients, clip_norm), optimizer)
        assert_same_bits((state.model, state.optimizer), (model, optimizer))


@pytest.mark.parametrize("name", ["rnn-64", "lstm-128"])
def test_a_training_without_clipping_is_one_with_a_large_norm(name):
    ends = []
    for clip_norm in (None, 1e30, 1e-7):
        begun, images, labels = small_training(name)
        ends.append(training.fit(begun, images, labels, epochs=2, batch_size=4, clip_norm=clip_norm))
    assert_same_bits(ends[0].model, ends[1].model)
    assert ends[0].model.readout.V.tobytes() != ends[2].model.readout.V.tobytes()
