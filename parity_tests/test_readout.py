"""Are the probabilities and the loss those of their closed forms, exact where these are exact, and free of overflow?"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numpy_rnn import classifier, lstm, readout, rnn
from numpy_rnn.activations import sigmoid, softmax
from parity_tests.numpy_cases import DOORS, DTYPES, SEEDS, SIZES, draw, eps, flat, model

MODELS = pytest.mark.parametrize(("kind", "name"), [(rnn, "rnn"), (lstm, "lstm")])
WHOLE = st.lists(st.integers(-1000, 1000), min_size=1, max_size=10)


def with_logits(z):
    """A read-out and an h such that V h + d are exactly these logits (C, B)."""
    return readout.Params(np.zeros_like(z[:, :1]), np.eye(len(z), dtype=z.dtype)), z


def probabilities(z):
    return readout.forward(*with_logits(z))


def loss(z, labels):
    params, h = with_logits(z)
    return readout.cross_entropy(params, h, np.array(labels))


def as_column(logits, dtype):
    return np.array(logits, dtype)[:, None]


@DTYPES
@given(SIZES, SEEDS, st.sampled_from([1, 100, 1e30]))
def test_probabilities_add_up_to_one(dtype, sizes, seed, scale):
    z = scale * np.random.default_rng(seed).uniform(-1, 1, (sizes["C"], sizes["B"])).astype(dtype)
    y = probabilities(z.astype(dtype))
    assert y.dtype == dtype
    assert np.all(y >= 0)
    # C quotients and C - 1 sums of at most 1, each rounded, and the same again for the divisor.
    np.testing.assert_allclose(y.sum(axis=0), 1, rtol=0, atol=2 * sizes["C"] * eps(dtype))


@DTYPES
@pytest.mark.parametrize("logits", [[1e4, 0], [-1e4, 0], [0, 1e4, -1e4], [1e4, *[0] * 9], [*[-1e4] * 9, 1e4]])
def test_the_loss_of_huge_logits_is_exact(dtype, logits):
    # Beside the one largest logit the exponentials of the others underflow to 0.
    expected = [max(logits) - logit for logit in logits]
    z = as_column(logits, dtype)
    assert [loss(z, [label]) for label in range(len(logits))] == expected
    mean = loss(np.repeat(z, len(logits), axis=1), range(len(logits)))
    assert mean == pytest.approx(sum(expected) / len(logits), rel=len(logits) * eps(dtype), abs=0)


@DTYPES
@given(WHOLE, st.integers(-1000, 1000), st.data())
def test_adding_a_number_to_all_logits_changes_nothing(dtype, logits, shift, data):
    z, labels = as_column(logits, dtype), np.array([data.draw(st.integers(0, len(logits) - 1))])
    shifted = z + dtype(shift)  # exact: whole numbers
    np.testing.assert_array_equal(probabilities(shifted), probabilities(z))
    assert loss(shifted, labels) == loss(z, labels)
    params, h = with_logits(z)
    by_d = params._replace(d=np.full_like(params.d, shift))
    assert readout.cross_entropy(by_d, h, labels) == loss(z, labels)


@DTYPES
@given(SIZES, SEEDS)
def test_the_gradient_of_the_logits_adds_up_to_zero(dtype, sizes, seed):
    arrays = draw(DOORS["readout.backward"], sizes, np.random.default_rng(seed), dtype)
    gradients = DOORS["readout.backward"].call(arrays)
    # For each example: the probabilities add up to 1 within 2 C eps, less 1; over B of them the sums round again.
    bound = (3 * sizes["C"] + sizes["B"]) * eps(dtype)
    assert abs(gradients.params.d.sum()) <= bound
    np.testing.assert_allclose(gradients.params.V.sum(axis=0), 0, rtol=0, atol=bound)


@DTYPES
@given(st.integers(1, 10), st.integers(1, 5), st.floats(-100, 100, width=32), st.data())
def test_equal_logits_leave_all_classes_equally_likely(dtype, C, B, logit, data):
    labels = np.array(data.draw(st.lists(st.integers(0, C - 1), min_size=B, max_size=B)))
    z = np.full((C, B), logit, dtype)
    np.testing.assert_array_equal(probabilities(z), np.full_like(z, 1 / dtype(C)))
    # log C, and the mean of B copies of it.
    assert loss(z, labels) == pytest.approx(np.log(C), rel=(B + 4) * eps(dtype), abs=0)


@DTYPES
def test_softmax_and_sigmoid_at_their_limits(dtype):
    huge = np.finfo(dtype).max / 2
    np.testing.assert_array_equal(softmax(as_column([huge, 0, -huge], dtype)), as_column([1, 0, 0], dtype))
    np.testing.assert_array_equal(sigmoid(np.array([-huge, 0, huge], dtype)), np.array([0, 0.5, 1], dtype))


@MODELS
@given(SIZES, SEEDS, st.floats(-1, 1, width=32))
def test_an_initial_state_as_a_number_or_as_an_array(kind, name, sizes, seed, state):
    arrays = draw(DOORS[f"{name}: loss_and_gradients"], sizes, np.random.default_rng(seed))
    x, labels, parameters = arrays["x"], arrays["labels"], model(kind, arrays)

    def results(**states):
        return classifier.predict(parameters, x, **states), classifier.loss_and_gradients(
            parameters, x, labels, **states
        )

    names = ["h_init", "c_init"] if kind is lstm else ["h_init"]
    by_number = results(**dict.fromkeys(names, state))
    for width in (1, sizes["B"]):
        by_array = results(**dict.fromkeys(names, np.full((sizes["H"], width), state)))
        for one, other in zip(flat(by_number), flat(by_array), strict=True):
            np.testing.assert_array_equal(one, other)
    for one, other in zip(flat(results()), flat(results(**dict.fromkeys(names, 0))), strict=True):
        np.testing.assert_array_equal(one, other)
