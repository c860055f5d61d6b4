"""Are limits checked by name, and does every case that the judge draws follow them?"""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from parity_tests.cases.recurrences import CaseSpec
from parity_tests.comparison import is_vacuous
from parity_tests.judging.drawing import LONG, PINNED_LONG, SHORT, long_case, short_case
from parity_tests.judging.expectation import expectation
from parity_tests.judging.limits import FLAGS, ONLY, Limits, parse
from parity_tests.judging.refused import BadInput

KINDS = st.sampled_from(["rnn", "lstm"])
LIMITS = st.builds(
    Limits,
    min_T=st.integers(0, 3),
    min_B=st.integers(0, 3),
    clip=st.none() | st.sampled_from([1e-3, 5.0]),
    truncation=st.none() | st.integers(3, 30),
    **{name: st.booleans() for name in FLAGS},
).filter(lambda limits: not (limits.one_example and limits.min_B > 1))
MAKERS = st.sampled_from([short_case, long_case])


@pytest.mark.parametrize(
    ("given_limits", "message"),
    [
        (["float64"], "expected a dict, got list"),
        ({"min_t": 1}, "expected names of dtypes, min_T, .*, got 'min_t'; did you mean min_T?"),
        ({1: 1}, "expected names of .*, got 1$"),
        ({"dtypes": []}, r"""expected 'dtypes' to be a list of "float64" and "float32", got \[\]"""),
        ({"dtypes": ["float16"]}, r"expected 'dtypes' to be a list of .*, got \['float16'\]"),
        ({"dtypes": 64}, "expected 'dtypes' to be a list of .*, got 64"),
        ({"one_example": 1}, "expected 'one_example' to be True or False, got 1"),
        ({"min_T": -1}, "expected 'min_T' to be a whole number from 0 to 6, got -1"),
        ({"min_B": True}, "expected 'min_B' to be a whole number from 0 to 6, got True"),
        ({"min_B": 7}, "expected 'min_B' to be a whole number from 0 to 6, got 7"),
        ({"truncation": 0}, "expected 'truncation' to be a whole number of 1 or more, got 0"),
        ({"clip": 0}, "expected 'clip' to be a finite number above 0, got 0"),
        ({"clip": float("nan")}, "expected 'clip' to be a finite number above 0, got nan"),
        ({"clip": "5"}, "expected 'clip' to be a finite number above 0, got '5'"),
        (
            {"one_example": True, "min_B": 2},
            "expected limits that can hold together, got 'one_example' and 'min_B' above 1",
        ),
        ({"truncation": 2, "min_T": 3}, "expected limits that can hold together, got 'min_T' above 'truncation'"),
        ({"no_dc": True}, "expected 'no_dc' for an lstm only, got it for an rnn"),
        ({"zero_c_init": False}, "expected 'zero_c_init' for an lstm only, got it for an rnn"),
    ],
)
def test_a_wrong_limit_is_refused_by_name(given_limits, message):
    with pytest.raises(BadInput, match=rf"^LIMITS: {message}"):
        parse("rnn", given_limits)


def test_limits_of_another_kind_are_refused():
    with pytest.raises(BadInput, match=r"^LIMITS: expected 'zero_b' for an rnn only, got it for an lstm"):
        parse("lstm", {"zero_b": True})
    with pytest.raises(BadInput, match=r"^LIMITS: expected names of dtypes, got 'min_T'"):
        parse("readout", {"min_T": 1})


def test_limits_are_optional_and_checked_once():
    assert parse("rnn", None) == parse("rnn", {}) == Limits()
    limits = parse("rnn", {"dtypes": "float32", "clip": 5})
    assert (limits.dtypes, limits.clip) == (("float32",), 5.0)
    assert parse("rnn", limits) is limits


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"dtypes": ["float64"]}, ["float32"]),
        ({"min_T": 1}, ["T = 0"]),
        ({"min_T": 3, "min_B": 2}, ["T < 3", "B < 2"]),
        ({"one_example": True, "min_B": 1}, ["B other than 1"]),
        ({"one_hot": True, "zero_h_init": True}, ["inputs that are not one-hot", "h_init other than 0"]),
        ({"zero_c_init": True, "no_dc": True}, ["c_init other than 0", "dc"]),
        ({"last_step_only": True}, ["dh before the last step"]),
        ({"clip": 5, "truncation": 6}, ["clipping at 5", "more than 6 steps"]),
    ],
)
def test_limits_say_what_is_not_judged(limits, words):
    assert parse("lstm", limits | {"biases": True}).not_judged("lstm") == words
    assert parse("lstm", limits).not_judged("lstm") == [*words, "biases"]


@given(KINDS, MAKERS, st.sampled_from(["float32", "float64"]), LIMITS, st.one_of(SHORT, LONG))
def test_every_case_follows_the_limits(kind, make, dtype, limits, spec):
    assume(all(ONLY.get(name, kind) == kind for name in FLAGS if getattr(limits, name)))
    case = make(kind, spec, limits, dtype)
    (T, _, B), inputs = case.dh.shape, case.x.shape[1]
    assert all(array.dtype == dtype for array in case.arrays())
    assert limits.min_T <= T
    assert (limits.truncation or T) >= T
    assert min(max(spec.T, limits.min_T), limits.truncation or 100) == T
    assert B == 1 if limits.one_example else limits.min_B <= B
    assert inputs == spec.I + limits.biases
    assert not limits.biases or np.all(case.x[:, -1] == 1)
    x = case.x[:, : spec.I]
    assert not limits.one_hot or (np.all((x == 0) | (x == 1)) and np.all(x.sum(axis=1) == 1))
    zero = {"h_init": limits.zero_h_init, "c_init": limits.zero_c_init}
    assert all(np.all(state == 0) == zero[name] for name, state in case.states.items())
    assert not limits.zero_b or np.all(case.params.b == 0)
    assert all(np.all(dc == 0) == limits.no_dc for dc in case.dc)
    assert not limits.last_step_only or (np.all(case.dh[:-1] == 0) and np.any(case.dh[-1] != 0))
    if limits.clip and case.dh.size:
        values, _ = expectation(kind, case, gradients=True)
        assert sum(np.sum(np.square(v)) for name, v in values.items() if name.startswith("d")) < limits.clip**2


@given(KINDS, MAKERS, LIMITS, st.one_of(SHORT, LONG))
def test_no_pre_activation_exceeds_40(kind, make, limits, spec):
    assume(all(ONLY.get(name, kind) == kind for name in FLAGS if getattr(limits, name)))
    case = make(kind, spec, limits, "float64")
    x, states = np.abs(case.x), [np.maximum(np.abs(case.states["h_init"]), 1)]
    if kind == "rnn":
        b, W, U = map(np.abs, case.params)
        largest = (b + W @ states[0]).max(initial=0) + np.einsum("hi,tib->thb", U, x).max(initial=0)
    else:
        H = len(case.params[0])
        M = np.abs(np.stack(case.params))
        by_x = np.einsum("ghi,tib->gthb", M[:, :, H:], x).max(initial=0)
        largest = (M[:, :, :H] @ states[0]).max(initial=0) + by_x
    assert largest <= 40


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("spec", [*PINNED_LONG, CaseSpec(100, 3, 2, 1, 2, seed=8)])
def test_the_first_step_of_a_long_case_shows_in_every_gradient(kind, dtype, spec):
    """The gradients without the first step's share differ by more than ten times the bound."""
    case = long_case(kind, spec, Limits(), dtype)
    values, bounds = expectation(kind, case, gradients=True)
    assert not any(is_vacuous(values[name], bounds[name]) for name in values)
    states = [values[name][1].astype(dtype) for name in ("h", "c")[: len(case.initial)]]
    rest = case._replace(x=case.x[1:], dh=case.dh[1:], initial=states)
    later, _ = expectation(kind, rest, gradients=True)
    for name in [f"d{name}" for name in case.params._fields]:
        assert np.any(np.abs(values[name] - later[name]) > 10 * bounds[name]), name
