"""Do the probabilities and the loss equal their closed forms, exactly where these are exact, and without overflow?"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numpy_rnn import classifier, readout
from numpy_rnn.activations import sigmoid, softmax
from parity_tests.cases.decorators import DTYPES, given_case_specs
from parity_tests.cases.recurrences import CASE_SPECS, make_case, make_readout_case
from parity_tests.comparison import assert_same_bits, assert_within
from parity_tests.implementations import OUR_RECURRENCES
from parity_tests.oracles import bounded_equations

WHOLE = st.lists(st.integers(-1000, 1000), min_size=1, max_size=10)


def with_logits(z):
    """The parameters of a read-out and an h for which V h + d is exactly these logits (C, B)."""
    return readout.Params(np.zeros_like(z[:, :1]), np.eye(len(z), dtype=z.dtype)), z


def probabilities(read_out, z):
    return read_out.module.forward(*with_logits(z))


def loss(read_out, z, labels):
    params, h = with_logits(z)
    return read_out.module.cross_entropy(params, h, np.array(labels))


def as_column(logits, dtype):
    return np.array(logits, dtype)[:, None]


@DTYPES
@given_case_specs
def test_probabilities_sum_to_one(read_out, dtype, spec):
    params, h, labels = make_readout_case(spec, dtype)
    y = read_out.module.forward(params, h)
    assert np.all(y >= 0)
    bound = bounded_equations.readout(read_out.arithmetic(dtype), params, h, labels)["y"].sum(axis=0).error
    assert_within({"Σ y": y.sum(axis=0)}, {"Σ y": np.ones(spec.B)}, {"Σ y": bound}, dtype)


@DTYPES
@given(CASE_SPECS)
def test_probabilities_of_huge_logits_sum_to_one(read_out, dtype, spec):
    z = (1e30 * np.random.default_rng(spec.seed).uniform(-1, 1, (spec.C, spec.B))).astype(dtype)
    y = probabilities(read_out, z)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, np.eye(spec.C)[:, z.argmax(axis=0)])


@DTYPES
@pytest.mark.parametrize("logits", [[1e4, 0], [-1e4, 0], [0, 1e4, -1e4], [1e4, *[0] * 9], [*[-1e4] * 9, 1e4]])
def test_the_loss_of_huge_logits_is_exact(read_out, dtype, logits):
    # Relative to the largest logit, the exponentials of all others underflow to 0.
    expected = [max(logits) - logit for logit in logits]
    z = as_column(logits, dtype)
    assert [loss(read_out, z, [label]) for label in range(len(logits))] == expected
    mean = loss(read_out, np.repeat(z, len(logits), axis=1), range(len(logits)))
    bound = read_out.arithmetic(dtype).gamma(len(logits) + 1) * sum(expected) / len(logits)
    assert_within({"loss": mean}, {"loss": sum(expected) / len(logits)}, {"loss": bound}, dtype)


@DTYPES
@given(WHOLE, st.integers(-1000, 1000), st.data())
def test_adding_a_number_to_all_logits_changes_nothing(read_out, dtype, logits, shift, data):
    z, labels = as_column(logits, dtype), np.array([data.draw(st.integers(0, len(logits) - 1))])
    shifted = z + dtype(shift)  # exact, because these are integers
    np.testing.assert_array_equal(probabilities(read_out, shifted), probabilities(read_out, z))
    assert loss(read_out, shifted, labels) == loss(read_out, z, labels)
    params, h = with_logits(z)
    by_d = params._replace(d=np.full_like(params.d, shift))
    assert read_out.module.cross_entropy(by_d, h, labels) == loss(read_out, z, labels)


@DTYPES
@given_case_specs
def test_the_gradient_of_the_logits_sums_to_zero(read_out, dtype, spec):
    params, h, labels = make_readout_case(spec, dtype)
    gradients = read_out.module.backward(params, h, labels).params
    bounded = bounded_equations.readout(read_out.arithmetic(dtype), params, h, labels)
    # The gradient of one class is minus the sum over all other classes.
    first = {"dd": gradients.d[:1], "dV": gradients.V[:1]}
    others = {"dd": -gradients.d[1:].sum(axis=0, keepdims=True), "dV": -gradients.V[1:].sum(axis=0, keepdims=True)}
    bounds = {name: bounded[name].sum(axis=0).error[None] for name in first}
    assert_within(first, others, bounds, dtype)


@DTYPES
@given(st.integers(1, 10), st.integers(1, 5), st.floats(-100, 100, width=32), st.data())
def test_equal_logits_give_equal_probabilities(read_out, dtype, C, B, logit, data):
    labels = np.array(data.draw(st.lists(st.integers(0, C - 1), min_size=B, max_size=B)))
    z = np.full((C, B), logit, dtype)
    np.testing.assert_array_equal(probabilities(read_out, z), np.full_like(z, 1 / dtype(C)))
    if C == 1:
        assert loss(read_out, z, labels) == 0
    else:
        params, h = with_logits(z)
        bound = bounded_equations.readout(read_out.arithmetic(dtype), params, h, labels)["loss"].error
        assert_within({"loss": loss(read_out, z, labels)}, {"loss": np.log(C)}, {"loss": bound}, dtype)


@DTYPES
def test_softmax_and_sigmoid_at_their_limits(dtype):
    huge = np.finfo(dtype).max / 2
    np.testing.assert_array_equal(softmax(as_column([huge, 0, -huge], dtype)), as_column([1, 0, 0], dtype))
    np.testing.assert_array_equal(sigmoid(np.array([-huge, 0, huge], dtype)), np.array([0, 0.5, 1], dtype))


@OUR_RECURRENCES
@given(CASE_SPECS, st.floats(-1, 1, width=32))
def test_an_initial_state_as_a_number_or_as_an_array(ours, spec, state):
    case = make_case(ours.kind, spec)
    params, _, labels = make_readout_case(spec)
    model = classifier.Model(case.params, params)

    def results(initial=None):
        return classifier.predict(model, case.x, initial), classifier.loss_and_gradients(model, case.x, labels, initial)

    def every(value):
        return ours.module.Initial(*(value for _ in ours.module.Initial._fields))

    by_number = results(every(state))
    for width in (1, spec.B):
        by_array = results(every(np.full((spec.H, width), state)))
        assert_same_bits(by_number, by_array)
    assert_same_bits(results(), results(every(0)))
