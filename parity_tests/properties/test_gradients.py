"""Are the gradients the derivatives of the figures, every entry, and along any direction?"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from numpy_rnn import classifier
from parity_tests.cases.recurrences import DRAWS, arrays, case, cases, draws, readout_case
from parity_tests.comparison import assert_within
from parity_tests.implementations import OUR_RECURRENCES
from parity_tests.oracles import bounded_equations, complex_step, specification
from parity_tests.oracles.complex_step import part_of_bound, weighted


def inputs_of(recurrence, drawn):
    """All that L depends on, by name, each state for every example."""
    states = dict(zip(["h_init", "c_init"], drawn.initial, strict=False))
    B = drawn.x.shape[2]
    wide = {name: np.broadcast_to(state, (len(state), B)) for name, state in states.items()}
    return drawn.params._asdict() | {"x": drawn.x} | wide


def loss_of(recurrence, drawn):
    """L = Σ dh ∘ h + Σ dc ∘ c_T of the specification, which takes nested lists: its derivatives are the gradients."""

    def loss(**values):
        outputs = getattr(specification, recurrence.kind)(**values)
        if recurrence.kind == "rnn":
            return weighted(outputs[1:], drawn.dh.tolist())
        *_, c, h = outputs
        return weighted(h[1:], drawn.dh.tolist()) + weighted(c[-1], drawn.dc[0].tolist())

    return loss


def bounds_of(quantities, system, draw):
    """Those of an implementation, and of the complex step."""
    own = 1 + part_of_bound(draw.T, draw.H, draw.I, draw.B, draw.C, system.u)
    return {name: quantity.error * own for name, quantity in quantities.items()}


def prefixed(gradients):
    return {f"d{name}": value for name, value in gradients.items()}


@cases
def test_against_the_complex_step(recurrence, draw):
    drawn = case(recurrence.kind, draw)
    expected = complex_step.gradients(loss_of(recurrence, drawn), inputs_of(recurrence, drawn))
    bounds = bounds_of(recurrence.bounded(drawn), recurrence.arithmetic(np.float64), draw)
    assert_within(recurrence.gradients(drawn), prefixed(expected), bounds, np.float64)


@cases
def test_of_the_read_out_against_the_complex_step(read_out, draw):
    params, h, labels = readout_case(draw)
    expected = complex_step.gradients(
        lambda **values: specification.cross_entropy(**values, labels=labels), params._asdict() | {"h": h}
    )
    system = read_out.arithmetic(np.float64)
    bounds = bounds_of(bounded_equations.readout(system, params, h, labels), system, draw)
    actual = read_out.readout_results(params, h, labels)
    assert_within({name: actual[name] for name in prefixed(expected)}, prefixed(expected), bounds, np.float64)


@OUR_RECURRENCES
@cases
def test_of_the_whole_model_against_the_complex_step(ours, draw):
    drawn = case(ours.kind, draw)
    params, _, labels = readout_case(draw)
    inputs = inputs_of(ours, drawn)
    recurrent = list(inputs)

    def loss(**values):
        outputs = getattr(specification, ours.kind)(**{name: values[name] for name in recurrent})
        h = outputs if ours.kind == "rnn" else outputs[-1]
        return specification.cross_entropy(values["d"], values["V"], h[-1], labels)

    expected = prefixed(complex_step.gradients(loss, inputs | params._asdict()))
    model = classifier.Model(drawn.params, params)
    system = ours.arithmetic(np.float64)
    quantities = bounded_equations.classifier(ours.kind, system, model, drawn.x, drawn.initial, labels)
    _, gradients = classifier.loss_and_gradients(model, drawn.x, labels, *drawn.initial)
    actual = gradients.recurrence._asdict() | gradients.readout._asdict()
    assert_within(prefixed(actual), expected, bounds_of(quantities, system, draw), np.float64)


SIZES = st.tuples(st.integers(1, 6), st.integers(7, 30), st.integers(7, 30), st.integers(1, 9), st.just(2))
LARGE = draws(SIZES, st.sampled_from([0.05, 0.2]))


@given(LARGE)
def test_along_a_direction(recurrence, draw):
    """Where the sizes forbid to take every entry: one complex step in a random direction through all of them."""
    drawn = case(recurrence.kind, draw)
    inputs = inputs_of(recurrence, drawn)
    directions = dict(zip(inputs, arrays(draw, np.float64, *((1, v.shape) for v in inputs.values())), strict=True))

    def along(s):
        return loss_of(recurrence, drawn)(
            **complex_step.lists({name: value + s * directions[name] for name, value in inputs.items()})
        )

    (expected,) = along(complex_step.STEP * 1j).imag / complex_step.STEP
    gradients, bounded = recurrence.gradients(drawn), recurrence.bounded(drawn)
    derivative = sum(np.vdot(directions[name], gradients[f"d{name}"]) for name in inputs)
    bound = sum(np.vdot(np.abs(directions[name]), bounded[f"d{name}"].error) for name in inputs)
    size = sum(np.vdot(np.abs(directions[name]), bounded[f"d{name}"].most) for name in inputs)
    system = recurrence.arithmetic(np.float64)
    bound = (
        bound * (1 + part_of_bound(draw.T, draw.H, draw.I, draw.B, draw.C, system.u))
        + system.gamma(sum(value.size for value in inputs.values())) * size
    )
    assert_within({"dL": np.array(derivative)}, {"dL": expected}, {"dL": bound}, np.float64)


@cases
def test_are_linear_in_what_comes_from_outside(recurrence, draw):
    drawn = case(recurrence.kind, draw)
    other = case(recurrence.kind, draw._replace(seed=draw.seed + 1))
    system = recurrence.arithmetic(np.float64)
    trace = recurrence.forward(drawn)
    add = drawn._replace(dh=drawn.dh + other.dh, dc=[one + two for one, two in zip(drawn.dc, other.dc, strict=True)])
    second = drawn._replace(dh=other.dh, dc=other.dc)
    rounded = add._replace(
        dh=system.take(drawn.dh) + other.dh,
        dc=[system.take(one) + two for one, two in zip(drawn.dc, other.dc, strict=True)],
    )
    one, two = (recurrence.gradients(part, trace) for part in (drawn, second))
    bounds = [recurrence.bounded(part) for part in (drawn, second, rounded)]
    assert_within(
        recurrence.gradients(add, trace),
        {name: one[name] + two[name] for name in one},
        {name: (bounds[0][name] + bounds[1][name]).error + bounds[2][name].error for name in one},
        np.float64,
    )


@given(DRAWS, st.integers(-40, 40))
def test_are_exactly_linear_in_powers_of_two(recurrence, draw, exponent):
    drawn = case(recurrence.kind, draw)
    scaled = drawn._replace(dh=drawn.dh * 2.0**exponent, dc=[dc * 2.0**exponent for dc in drawn.dc])
    gradients = recurrence.gradients(scaled)
    for name, gradient in recurrence.gradients(drawn).items():
        np.testing.assert_array_equal(gradients[name], gradient * 2.0**exponent, err_msg=name)


@cases
def test_are_exactly_zero_for_nothing_from_outside(recurrence, draw):
    drawn = case(recurrence.kind, draw)
    nothing = drawn._replace(dh=np.zeros_like(drawn.dh), dc=[np.zeros_like(dc) for dc in drawn.dc])
    for name, gradient in recurrence.gradients(nothing).items():
        np.testing.assert_array_equal(gradient, np.zeros_like(gradient), err_msg=name)
