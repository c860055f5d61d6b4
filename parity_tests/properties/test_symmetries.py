"""Do examples keep to themselves, and do outputs and gradients follow when units or inputs change places or signs?"""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from parity_tests.cases.recurrences import DRAWS, SEEDS, case, cases
from parity_tests.comparison import assert_within
from parity_tests.oracles.bounds import stack

# The axes of every quantity, and of its gradient: H or I, units or inputs; Z, units above inputs; h, units whose sign
# does not count, for σ has no sign.
AXES = {
    "x": ".I.",
    **dict.fromkeys(["h", "c", "u", "dh", "dc"], ".H."),
    **dict.fromkeys("ifo", ".h."),
    **dict.fromkeys(["h_init", "c_init"], "H."),
    "b": "H.",
    "W": "HH",
    "U": "HI",
    **dict.fromkeys(["M_input", "M_forget", "M_output"], "hZ"),
    "M_modulated_input": "HZ",
}


def moved(name, array, units, inputs):
    """The array with its units and inputs in another order and with other signs, each given as (order, signs)."""
    H = len(units[0])
    both = np.append(units[0], H + inputs[0]), np.append(units[1], inputs[1])
    moves = {"H": units, "h": (units[0], np.ones(H)), "I": inputs, "Z": both}
    axes = AXES[name]
    for axis, letter in enumerate(axes[-array.ndim :]):
        if letter != ".":
            order, signs = moves[letter]
            shape = [1] * array.ndim
            shape[axis] = -1
            array = np.take(array, order, axis) * signs.reshape(shape)
    return array


def assert_follows(recurrence, drawn, units, inputs):
    """All of it, moved, gives all results, moved."""
    states = [
        moved(name, state, units, inputs) for name, state in zip(["h_init", "c_init"], drawn.initial, strict=False)
    ]
    params = type(drawn.params)(*(moved(name, value, units, inputs) for name, value in drawn.params._asdict().items()))
    other = drawn._replace(
        params=params,
        x=moved("x", drawn.x, units, inputs),
        initial=states,
        dh=moved("dh", drawn.dh, units, inputs),
        dc=[moved("dc", dc, units, inputs) for dc in drawn.dc],
    )
    results = recurrence.results(drawn)
    own, others = recurrence.errors(drawn), recurrence.errors(other)
    plain = {name: name.removeprefix("d") for name in results}
    assert_within(
        recurrence.results(other),
        {name: moved(plain[name], value, units, inputs) for name, value in results.items()},
        {name: others[name] + np.abs(moved(plain[name], own[name], units, inputs)) for name in results},
        np.float64,
    )


def as_they_are(n):
    return np.arange(n), np.ones(n)


@given(DRAWS, st.randoms(use_true_random=False))
def test_units_in_another_order(recurrence, draw, random):
    assume(draw.H > 1)
    order = np.array(random.sample(range(draw.H), draw.H))
    assert_follows(recurrence, case(recurrence.kind, draw), (order, np.ones(draw.H)), as_they_are(draw.I))


@given(DRAWS, st.randoms(use_true_random=False))
def test_inputs_in_another_order(recurrence, draw, random):
    assume(draw.I > 1)
    order = np.array(random.sample(range(draw.I), draw.I))
    assert_follows(recurrence, case(recurrence.kind, draw), as_they_are(draw.H), (order, np.ones(draw.I)))


@given(DRAWS, SEEDS)
def test_units_and_inputs_with_other_signs(recurrence, draw, seed):
    rng = np.random.default_rng(seed)
    signs = [(np.arange(n), rng.choice([-1.0, 1.0], n)) for n in (draw.H, draw.I)]
    assert_follows(recurrence, case(recurrence.kind, draw), *signs)


@cases
def test_an_rnn_of_the_negative_is_the_negative(an_rnn, draw):
    drawn = case("rnn", draw)
    negative = drawn._replace(
        params=drawn.params._replace(b=-drawn.params.b), x=-drawn.x, initial=[-drawn.initial[0]], dh=-drawn.dh
    )
    results, errors = an_rnn.results(drawn), an_rnn.errors(drawn)
    expected = {name: value if name in ("dW", "dU") else -value for name, value in results.items()}
    twice = {name: 2 * errors[name] for name in results}
    assert_within(an_rnn.results(negative), expected, twice, np.float64)


def examples(drawn, order):
    """The case of these examples alone."""

    def of(state):
        return state[:, order] if state.shape[1] > 1 else state

    return drawn._replace(
        x=drawn.x[:, :, order],
        initial=[of(state) for state in drawn.initial],
        dh=drawn.dh[:, :, order],
        dc=[dc[:, order] for dc in drawn.dc],
    )


def is_batched(name):
    return name in "ifouch" or name in ("dx", "dh_init", "dc_init")


@given(DRAWS, st.randoms(use_true_random=False))
def test_examples_in_another_order(recurrence, draw, random):
    assume(draw.B > 1)
    order = random.sample(range(draw.B), draw.B)
    drawn = case(recurrence.kind, draw)
    other = examples(drawn, order)
    results = recurrence.results(drawn)
    own, others = recurrence.errors(drawn), recurrence.errors(other)

    def ordered(name, value):
        return value[..., order] if is_batched(name) else value

    assert_within(
        recurrence.results(other),
        {name: ordered(name, value) for name, value in results.items()},
        {name: others[name] + ordered(name, own[name]) for name in results},
        np.float64,
    )


@cases
def test_an_example_alone_is_as_in_its_batch(recurrence, draw):
    drawn = case(recurrence.kind, draw)
    results, bounds = recurrence.results(drawn), recurrence.errors(drawn)
    for n in range(draw.B):
        alone = examples(drawn, [n])
        errors = recurrence.errors(alone)
        actual = {name: value for name, value in recurrence.results(alone).items() if is_batched(name)}
        assert_within(
            actual,
            {name: results[name][..., n : n + 1] for name in actual},
            {name: errors[name] + bounds[name][..., n : n + 1] for name in actual},
            np.float64,
            where=f" of example {n}",
        )


@cases
def test_the_gradient_of_a_batch_is_the_sum_over_its_examples(recurrence, draw):
    drawn = case(recurrence.kind, draw)
    singles = [examples(drawn, [n]) for n in range(draw.B)]
    parts = [recurrence.gradients(single) for single in singles]
    bounded = [recurrence.bounded(single) for single in singles]
    whole = recurrence.errors(drawn)
    actual = {name: value for name, value in recurrence.gradients(drawn).items() if not is_batched(name)}
    assert_within(
        actual,
        {name: sum(part[name] for part in parts) for name in actual},
        {name: whole[name] + stack(part[name] for part in bounded).sum(axis=0).error for name in actual},
        np.float64,
    )
