"""Are examples independent, and do results follow a permutation or a change of signs of units and inputs?"""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from parity_tests.cases.decorators import given_case_specs
from parity_tests.cases.recurrences import CASE_SPECS, SEEDS, make_case
from parity_tests.comparison import assert_within
from parity_tests.oracles.bounds import stack
from parity_tests.oracles.specification import OUTPUTS

# The axes of every quantity and of its gradient: H for units, I for inputs, Z for units followed by inputs, and h for
# units whose signs don't change, because they are gates.
AXES = {
    "x": ".I.",
    **dict.fromkeys(["h", "c", "u", "dh", "dc"], ".H."),
    **dict.fromkeys(["i", "f", "o"], ".h."),
    **dict.fromkeys(["h_init", "c_init"], "H."),
    "b": "H.",
    "W": "HH",
    "U": "HI",
    **dict.fromkeys(["M_input", "M_forget", "M_output"], "hZ"),
    "M_modulated_input": "HZ",
}


def permuted(name, array, units, inputs):
    """The array `name` after its units and inputs changed order and signs; each change is a pair (order, signs)."""
    H = len(units[0])
    both = np.append(units[0], H + inputs[0]), np.append(units[1], inputs[1])
    changes = {"H": units, "h": (units[0], np.ones(H)), "I": inputs, "Z": both}
    axes = AXES[name]
    for axis, letter in enumerate(axes[-array.ndim :]):
        if letter != ".":
            order, signs = changes[letter]
            shape = [1] * array.ndim
            shape[axis] = -1
            array = np.take(array, order, axis) * signs.reshape(shape)
    return array


def assert_equivariant(recurrence, case, units, inputs):
    """The permuted case gives the permuted results."""
    states = [permuted(name, state, units, inputs) for name, state in case.states.items()]
    params = type(case.params)(*(permuted(name, value, units, inputs) for name, value in case.params._asdict().items()))
    other = case._replace(
        params=params,
        x=permuted("x", case.x, units, inputs),
        initial=states,
        dh=permuted("dh", case.dh, units, inputs),
        dc=[permuted("dc", dc, units, inputs) for dc in case.dc],
    )
    results = recurrence.results(case)
    errors, errors_of_other = recurrence.errors(case), recurrence.errors(other)
    plain = {name: name.removeprefix("d") for name in results}
    assert_within(
        recurrence.results(other),
        {name: permuted(plain[name], value, units, inputs) for name, value in results.items()},
        {name: errors_of_other[name] + np.abs(permuted(plain[name], errors[name], units, inputs)) for name in results},
        np.float64,
    )


def unchanged(n):
    """The order and signs that change nothing."""
    return np.arange(n), np.ones(n)


@given(CASE_SPECS, st.randoms(use_true_random=False))
def test_units_in_another_order(recurrence, spec, random):
    assume(spec.H > 1)
    order = np.array(random.sample(range(spec.H), spec.H))
    assert_equivariant(recurrence, make_case(recurrence.kind, spec), (order, np.ones(spec.H)), unchanged(spec.I))


@given(CASE_SPECS, st.randoms(use_true_random=False))
def test_inputs_in_another_order(recurrence, spec, random):
    assume(spec.I > 1)
    order = np.array(random.sample(range(spec.I), spec.I))
    assert_equivariant(recurrence, make_case(recurrence.kind, spec), unchanged(spec.H), (order, np.ones(spec.I)))


@given(CASE_SPECS, SEEDS)
def test_units_and_inputs_with_other_signs(recurrence, spec, seed):
    rng = np.random.default_rng(seed)
    signs = [(np.arange(n), rng.choice([-1.0, 1.0], n)) for n in (spec.H, spec.I)]
    assert_equivariant(recurrence, make_case(recurrence.kind, spec), *signs)


@given_case_specs
def test_an_rnn_with_all_signs_reversed(an_rnn, spec):
    case = make_case("rnn", spec)
    negative = case._replace(
        params=case.params._replace(b=-case.params.b), x=-case.x, initial=[-case.initial[0]], dh=-case.dh
    )
    results, errors = an_rnn.results(case), an_rnn.errors(case)
    expected = {name: value if name in ("dW", "dU") else -value for name, value in results.items()}
    twice = {name: 2 * errors[name] for name in results}
    assert_within(an_rnn.results(negative), expected, twice, np.float64)


def examples(case, order):
    """The case with only these examples, in this order."""

    def select(state):
        return state[:, order] if state.shape[1] > 1 else state

    return case._replace(
        x=case.x[:, :, order],
        initial=[select(state) for state in case.initial],
        dh=case.dh[:, :, order],
        dc=[dc[:, order] for dc in case.dc],
    )


def is_batched(name):
    """Whether a quantity has an entry for each example, on its last axis."""
    return name in OUTPUTS["lstm"] or name in ("dx", "dh_init", "dc_init")


@given(CASE_SPECS, st.randoms(use_true_random=False))
def test_examples_in_another_order(recurrence, spec, random):
    assume(spec.B > 1)
    order = random.sample(range(spec.B), spec.B)
    case = make_case(recurrence.kind, spec)
    other = examples(case, order)
    results = recurrence.results(case)
    errors, errors_of_other = recurrence.errors(case), recurrence.errors(other)

    def ordered(name, value):
        return value[..., order] if is_batched(name) else value

    assert_within(
        recurrence.results(other),
        {name: ordered(name, value) for name, value in results.items()},
        {name: errors_of_other[name] + ordered(name, errors[name]) for name in results},
        np.float64,
    )


@given_case_specs
def test_an_example_alone_is_as_in_its_batch(recurrence, spec):
    case = make_case(recurrence.kind, spec)
    results, bounds = recurrence.results(case), recurrence.errors(case)
    for n in range(spec.B):
        alone = examples(case, [n])
        errors = recurrence.errors(alone)
        actual = {name: value for name, value in recurrence.results(alone).items() if is_batched(name)}
        assert_within(
            actual,
            {name: results[name][..., n : n + 1] for name in actual},
            {name: errors[name] + bounds[name][..., n : n + 1] for name in actual},
            np.float64,
            where=f" of example {n}",
        )


@given_case_specs
def test_the_gradient_of_a_batch_is_the_sum_over_its_examples(recurrence, spec):
    case = make_case(recurrence.kind, spec)
    singles = [examples(case, [n]) for n in range(spec.B)]
    parts = [recurrence.gradients(single) for single in singles]
    bounded = [recurrence.bounded(single) for single in singles]
    whole = recurrence.errors(case)
    actual = {name: value for name, value in recurrence.gradients(case).items() if not is_batched(name)}
    assert_within(
        actual,
        {name: sum(part[name] for part in parts) for name in actual},
        {name: whole[name] + stack(part[name] for part in bounded).sum(axis=0).error for name in actual},
        np.float64,
    )
