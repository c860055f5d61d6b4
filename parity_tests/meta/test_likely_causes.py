"""Does the judge name the likely cause of each known error, and no cause where it knows none?"""

from types import SimpleNamespace

import numpy as np
import pytest

from parity_tests import judge
from parity_tests.cases.recurrences import STATES
from parity_tests.cases.wrong_implementations import (
    cause,
    error,
    implementation,
    right,
    with_biases,
    with_case,
    with_results,
)
from parity_tests.judging import causes
from parity_tests.judging.candidates import candidates, truncations
from parity_tests.judging.causes import likely_cause
from parity_tests.judging.known_errors import known_errors, with_error
from parity_tests.judging.loading import from_module
from parity_tests.judging.results import of

KINDS = pytest.mark.parametrize("kind", ["rnn", "lstm"])


@KINDS
def test_each_known_error_has_its_own_words(kind, monkeypatch):
    every = candidates(from_module(kind, right(kind)), T=2)
    monkeypatch.setattr(causes, "candidates", lambda subject, T: every)
    errors = known_errors(kind)
    assert len(errors) >= 70
    found = {one.cause: cause(kind, with_error(one)) for one in errors}
    assert {words: other for words, other in found.items() if words != other} == {}


@KINDS
def test_words_are_a_fragment_of_a_sentence(kind):
    for one in known_errors(kind):
        first = one.cause.split()[0]
        assert first[0].islower() or not first.isalpha() or first in {"W", "U", "σ", "ReLU"}, one.cause
        assert not one.cause.endswith((".", ",", ":")), one.cause


@KINDS
@pytest.mark.parametrize("limits", [{}, {"dtypes": ["float32"]}, {"one_example": True}, {"biases": True}])
def test_a_right_implementation_has_no_cause(kind, limits):
    results = of(right(kind))
    assert cause(kind, with_biases(kind, results) if "biases" in limits else right(kind), **limits) == ""


def test_a_read_out_has_no_cause():
    assert likely_cause(from_module("readout", right("readout"))) == ""


@KINDS
def test_an_implementation_that_raises_has_no_cause(kind):
    assert cause(kind, SimpleNamespace(forward=lambda *_: 1 / 0, backward=None or print)) == ""


@KINDS
def test_results_that_are_not_finite_have_no_cause(kind):
    nan = with_results(kind, lambda named, case: {name: np.nan * value for name, value in named.items()})
    assert cause(kind, nan) == ""


@KINDS
def test_causes_in_float32(kind):
    for one in known_errors(kind)[::20]:
        assert cause(kind, with_error(one), dtypes=["float32"]) == one.cause


@pytest.mark.parametrize(("kind", "words"), [("rnn", "W is transposed in"), ("lstm", "x_t is above h_{t-1} in z_t")])
def test_a_wrong_forward_is_explained_whatever_backward_does(kind, words):
    forward = error(kind, words).forward
    backward = lambda params, trace, *_: {"dx": np.ones_like(trace.x)}  # noqa: E731
    assert words in cause(kind, SimpleNamespace(forward=forward, backward=backward))


@KINDS
@pytest.mark.parametrize("steps", [3, 6, 27])
def test_truncation_is_named(kind, steps):
    *whole, in_parts = (one for one in truncations(of(right(kind)), 28) if f" {steps} steps" in one.words)
    assert len(whole) == 3
    for way in whole:
        assert cause(kind, implementation(kind, way.results)) == way.words
        assert f'declare "truncation": {steps} in LIMITS' in way.words
    found = cause(kind, implementation(kind, in_parts.results))
    assert found == in_parts.words or (steps == 27 and found.startswith("backpropagation through time is truncated"))


@pytest.mark.parametrize(
    "words", ["U is not transposed in dx", "dU is transposed", "dU and dW are exchanged", "h_{t-1} W"]
)
def test_a_cause_that_needs_square_matrices_is_named(words):
    assert words in cause("rnn", error("rnn", words))


def test_the_verdict_names_a_cause_that_needs_square_matrices():
    code = error("rnn", "U is not transposed in dx")
    verdict = judge("rnn", code)
    assert verdict.exit_code == 3
    assert verdict.advice == "likely cause: U is not transposed in dx: ∂(1.1)/∂x gives Uᵀ da_t"


def zero(name):
    """Makes a case whose h_init or c_init is 0."""
    return lambda case: case._replace(
        initial=[0 * state if one == name else state for one, state in zip(STATES["lstm"], case.initial, strict=False)]
    )


def last_step_only(case):
    dh = np.zeros_like(case.dh)
    dh[-1] = case.dh[-1]
    return case._replace(dh=dh)


def no_dc(case):
    return case._replace(dc=[0 * dc for dc in case.dc])


UNDECLARED = [
    ("rnn", zero("h_init"), "zero_h_init"),
    ("lstm", zero("h_init"), "zero_h_init"),
    ("lstm", zero("c_init"), "zero_c_init"),
    ("lstm", lambda case: zero("h_init")(zero("c_init")(case)), 'zero_h_init": True and "zero_c_init'),
    ("rnn", lambda case: case._replace(params=case.params._replace(b=0 * case.params.b)), "zero_b"),
    ("lstm", no_dc, "no_dc"),
    ("rnn", last_step_only, "last_step_only"),
    ("lstm", last_step_only, "last_step_only"),
    ("lstm", lambda case: no_dc(last_step_only(case)), 'no_dc": True and "last_step_only'),
    ("rnn", lambda case: case._replace(x=1.0 * (case.x == case.x.max(axis=1, keepdims=True))), "one_hot"),
]


@pytest.mark.parametrize(("kind", "change", "limit"), UNDECLARED, ids=[f"{one[0]} {one[2]}" for one in UNDECLARED])
def test_an_undeclared_limit_is_named(kind, change, limit):
    found = cause(kind, with_case(kind, change))
    assert found.endswith(f'if that is intended, declare "{limit}": True in LIMITS'), found


@pytest.mark.parametrize("limit", ["zero_h_init", "zero_c_init"])
def test_an_undeclared_limit_is_named_if_the_given_state_is_returned(limit):
    name = limit.removeprefix("zero_")

    def results(case):
        named = of(right("lstm"))(zero(name)(case))
        named[name[0]][0] = case.states[name]
        return named

    assert f'declare "{limit}": True' in cause("lstm", implementation("lstm", results))


def test_a_wrong_initial_state_in_the_result_is_named():
    for kind, name in ("rnn", "h"), ("lstm", "h"), ("lstm", "c"):
        wrong = with_results(
            kind, lambda named, case, name=name: {name: np.concatenate([[0 * named[name][0]], named[name][1:]])}
        )
        assert cause(kind, wrong) == f"{name}[0] in the result of forward is not {name}_init"


@KINDS
def test_random_gradients_have_no_cause(kind):
    rng = np.random.default_rng(0)
    wrong = with_results(
        kind,
        lambda named, case: {name: rng.normal(size=value.shape) for name, value in named.items() if name[0] == "d"},
    )
    assert cause(kind, wrong) == ""
