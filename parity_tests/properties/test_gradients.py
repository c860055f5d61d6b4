"""Are the gradients the derivatives of the equations, for every entry and along any direction?"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from numpy_rnn import classifier
from parity_tests.cases.decorators import given_case_specs
from parity_tests.cases.recurrences import CASE_SPECS, arrays, case_specs, make_case, make_readout_case
from parity_tests.comparison import assert_within
from parity_tests.implementations import OUR_RECURRENCES
from parity_tests.oracles import bounded_equations, complex_step, expected, specification
from parity_tests.oracles.complex_step import part_of_bound


def bounds_of(quantities, system, spec):
    """The sums of the bounds of an implementation and of the complex step."""
    factor = 1 + part_of_bound(spec.T, spec.H, spec.I, spec.B, spec.C, system.u)
    return {name: quantity.error * factor for name, quantity in quantities.items()}


def prefixed(gradients):
    return {f"d{name}": value for name, value in gradients.items()}


@given_case_specs
def test_against_the_complex_step(recurrence, spec):
    case = make_case(recurrence.kind, spec)
    bounds = expected.bounds(recurrence.kind, case, recurrence.arithmetic(np.float64), recurrence.bounded(case))
    assert_within(recurrence.gradients(case), expected.gradients(recurrence.kind, case), bounds, np.float64)


@given_case_specs
def test_of_the_read_out_against_the_complex_step(read_out, spec):
    params, h, labels = make_readout_case(spec)
    exact = complex_step.gradients(
        lambda **values: specification.cross_entropy(**values, labels=labels), params._asdict() | {"h": h}
    )
    system = read_out.arithmetic(np.float64)
    bounds = bounds_of(bounded_equations.readout(system, params, h, labels), system, spec)
    actual = read_out.readout_results(params, h, labels)
    assert_within({name: actual[name] for name in prefixed(exact)}, prefixed(exact), bounds, np.float64)


@OUR_RECURRENCES
@given_case_specs
def test_of_the_whole_model_against_the_complex_step(ours, spec):
    case = make_case(ours.kind, spec)
    params, _, labels = make_readout_case(spec)
    inputs = case.inputs()
    recurrent = list(inputs)

    def loss(**values):
        outputs = getattr(specification, ours.kind)(**{name: values[name] for name in recurrent})
        h = outputs if ours.kind == "rnn" else outputs[-1]
        return specification.cross_entropy(values["d"], values["V"], h[-1], labels)

    exact = prefixed(complex_step.gradients(loss, inputs | params._asdict()))
    model = classifier.Model(case.params, params)
    system = ours.arithmetic(np.float64)
    quantities = bounded_equations.classifier(ours.kind, system, model, case.x, case.initial, labels)
    _, gradients = classifier.loss_and_gradients(model, case.x, labels, ours.module.Initial(*case.initial))
    actual = gradients.recurrence._asdict() | gradients.readout._asdict()
    assert_within(prefixed(actual), exact, bounds_of(quantities, system, spec), np.float64)


SIZES = st.tuples(st.integers(1, 6), st.integers(7, 30), st.integers(7, 30), st.integers(1, 9), st.just(2))
LARGE = case_specs(SIZES, st.sampled_from([0.05, 0.2]))


@given(LARGE)
def test_along_a_direction(recurrence, spec):
    """For sizes at which every entry would take too long: one complex step along a random direction."""
    case = make_case(recurrence.kind, spec)
    inputs = case.inputs()
    directions = dict(zip(inputs, arrays(spec, np.float64, *((1, v.shape) for v in inputs.values())), strict=True))

    def along(s):
        return expected.loss_of(recurrence.kind, case)(
            **complex_step.lists({name: value + s * directions[name] for name, value in inputs.items()})
        )

    (exact,) = along(complex_step.STEP * 1j).imag / complex_step.STEP
    gradients, bounded = recurrence.gradients(case), recurrence.bounded(case)
    derivative = sum(np.vdot(directions[name], gradients[f"d{name}"]) for name in inputs)
    bound = sum(np.vdot(np.abs(directions[name]), bounded[f"d{name}"].error) for name in inputs)
    size = sum(np.vdot(np.abs(directions[name]), bounded[f"d{name}"].most) for name in inputs)
    system = recurrence.arithmetic(np.float64)
    bound = (
        bound * (1 + part_of_bound(spec.T, spec.H, spec.I, spec.B, spec.C, system.u))
        + system.gamma(sum(value.size for value in inputs.values())) * size
    )
    assert_within({"dL": np.array(derivative)}, {"dL": exact}, {"dL": bound}, np.float64)


@given_case_specs
def test_linear_in_the_upstream_gradients(recurrence, spec):
    case = make_case(recurrence.kind, spec)
    other = make_case(recurrence.kind, spec._replace(seed=spec.seed + 1))
    system = recurrence.arithmetic(np.float64)
    trace = recurrence.forward(case)
    both = case._replace(dh=case.dh + other.dh, dc=[one + two for one, two in zip(case.dc, other.dc, strict=True)])
    second = case._replace(dh=other.dh, dc=other.dc)
    rounded = both._replace(
        dh=system.take(case.dh) + other.dh,
        dc=[system.take(one) + two for one, two in zip(case.dc, other.dc, strict=True)],
    )
    one, two = (recurrence.gradients(part, trace) for part in (case, second))
    bounds = [recurrence.bounded(part) for part in (case, second, rounded)]
    assert_within(
        recurrence.gradients(both, trace),
        {name: one[name] + two[name] for name in one},
        {name: (bounds[0][name] + bounds[1][name]).error + bounds[2][name].error for name in one},
        np.float64,
    )


@given(CASE_SPECS, st.integers(-40, 40))
def test_exactly_linear_in_powers_of_two(recurrence, spec, exponent):
    case = make_case(recurrence.kind, spec)
    scaled = case._replace(dh=case.dh * 2.0**exponent, dc=[dc * 2.0**exponent for dc in case.dc])
    gradients = recurrence.gradients(scaled)
    for name, gradient in recurrence.gradients(case).items():
        np.testing.assert_array_equal(gradients[name], gradient * 2.0**exponent, err_msg=name)


@given_case_specs
def test_exactly_zero_for_upstream_gradients_of_zero(recurrence, spec):
    case = make_case(recurrence.kind, spec)
    zero = case._replace(dh=np.zeros_like(case.dh), dc=[np.zeros_like(dc) for dc in case.dc])
    for name, gradient in recurrence.gradients(zero).items():
        np.testing.assert_array_equal(gradient, np.zeros_like(gradient), err_msg=name)
