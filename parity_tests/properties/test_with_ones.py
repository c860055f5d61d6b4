"""Does `with_ones` append an input that is always 1, and is an input without it refused where a model has biases?"""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numpy_rnn import classifier, lstm, rnn, sequences, training
from numpy_rnn.images import classify_images
from parity_tests.cases.decorators import DTYPES, given_case_specs
from parity_tests.cases.models import BOTH_RECURRENCES, random_model, random_split
from parity_tests.cases.recurrences import make_case
from parity_tests.comparison import assert_within
from parity_tests.refusals import refused


@DTYPES
@given(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)))
def test_an_input_of_ones_is_appended(dtype, shape):
    x = np.random.default_rng(0).uniform(2, 3, shape).astype(dtype)
    before = x.copy()
    longer = sequences.with_ones(x)
    T, I, B = shape
    assert (longer.shape, longer.dtype, longer.base) == ((T, I + 1, B), dtype, None)
    np.testing.assert_array_equal(longer[:, :I], before)
    np.testing.assert_array_equal(longer[:, I], np.ones((T, B)))
    longer[...] = 0
    np.testing.assert_array_equal(x, before)


@DTYPES
@given_case_specs
def test_the_last_column_acts_like_b(an_rnn, dtype, spec):
    """The RNN has a bias in its equations, so both ways to write one give the same outputs and gradients."""
    case = make_case("rnn", spec, dtype)
    b, W, U = case.params
    column = case._replace(params=rnn.Params(0 * b, W, np.hstack([U, b])), x=sequences.with_ones(case.x))
    ours, other = an_rnn.results(case), an_rnn.results(column)
    bounds = an_rnn.errors(case, dtype)
    dU, dx = other["dU"], other["dx"]
    other |= {"db": dU[:, -1:], "dU": dU[:, :-1], "dx": dx[:, :-1]}
    assert_within(other, ours, {name: 2 * bound for name, bound in bounds.items()}, dtype)


@pytest.mark.parametrize(
    ("x", "error", "expected", "got"),
    [
        (np.zeros((2, 3)), ValueError, "shape (T, I, B)", "(2, 3)"),
        (np.zeros((2, 3, 4), int), TypeError, "float32 or float64", "int64"),
        ([[[0.0]]], TypeError, "a NumPy array of float32 or float64", "list"),
    ],
)
def test_what_can_not_have_an_input_of_ones(x, error, expected, got):
    with refused(error, "x", expected, got):
        sequences.with_ones(x)


@BOTH_RECURRENCES
def test_inputs_without_the_ones_are_refused(kind):
    model, x = random_model(kind, I=4), np.zeros((2, 3, 5), np.float32)
    states = [np.zeros((4, 1), np.float32) for _ in kind.Initial._fields]
    for call in (
        lambda x: kind.forward(model.recurrence, x, *states),
        lambda x: classifier.predict(model, x),
        lambda x: classifier.loss_and_gradients(model, x, np.zeros(5, int)),
    ):
        with refused(ValueError, "x", "shape (2, 4, B), which sequences.with_ones gives for a model", "(2, 3, 5)"):
            call(x)
        call(sequences.with_ones(x))
        for other in (x[:, :2], np.zeros((2, 5, 5), np.float32), x[0]):
            with pytest.raises(
                ValueError, match=rf"^x: expected shape \([2T], 4, B\), got {re.escape(str(other.shape))}$"
            ):
                call(other)


@BOTH_RECURRENCES
@pytest.mark.parametrize(("scan", "axis"), [("rows", 2), ("columns", 1)])
def test_images_for_a_model_with_biases_are_refused(kind, scan, axis):
    images, labels = random_split(6)
    I = images.shape[axis] + 1
    model = random_model(kind, I=I)
    shape = f"(B, rows, {I})" if scan == "rows" else f"(B, {I}, columns)"
    words = f"shape {shape} for the model and a scan of {scan}, or for biases classifier.predict"
    begun: Any = training.begin(model, np.random.default_rng(0))
    for call in (
        lambda: classify_images(model, images, scan),
        lambda: training.fit(begun, images, labels, scan, batch_size=2),
    ):
        with refused(ValueError, "images", words, images.shape):
            call()
    with pytest.raises(ValueError, match=rf"^images: expected shape .* and a scan of {scan}, got \("):
        classify_images(random_model(kind, I=I + 1), images, scan)
    predicted = classifier.predict(model, sequences.with_ones(sequences.from_images(sequences.grey(images), scan)))
    assert predicted.shape == (5, 6)


def test_what_can_not_be_detected_is_documented():
    words = " ".join(str(sequences.with_ones.__doc__).split())
    assert "It can't detect an x whose last input is another number" in words
    model = random_model(lstm, I=4)
    assert classifier.predict(model, np.full((2, 4, 5), 2, np.float32)).shape == (5, 5)
