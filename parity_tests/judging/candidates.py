"""Candidates for the likely cause: each computes what an implementation with a certain error returns for a case."""

import importlib
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain, permutations
from typing import Any

import numpy as np

from parity_tests.cases.recurrences import Case
from parity_tests.judging.bias_errors import of_biases
from parity_tests.judging.known_errors import known_errors, with_error
from parity_tests.judging.results import Candidate, Results, of, remembered, with_changed, without_ones
from parity_tests.judging.subject import Subject
from parity_tests.judging.truncations import at_the_end, cut, in_parts, in_windows

GATES = {"M_input": "i", "M_forget": "f", "M_output": "o", "M_modulated_input": "u"}


def candidates(subject: Subject, T: int) -> tuple[Candidate, ...]:
    """Possible causes, the more common ones first; truncations to less than T steps come last."""
    return _candidates(subject.kind, bool(subject.limits.biases), T)


@cache
def _candidates(kind: str, biases: bool, T: int) -> tuple[Candidate, ...]:
    right = of(importlib.import_module(f"numpy_rnn.{kind}"))
    parts = [undeclared_limits(kind, right), errors(kind)]
    if kind == "lstm":
        parts.append(orders_of_gates(right))
    if biases:
        parts.append(of_biases(kind, right))
    return tuple(
        Candidate(words, remembered(without_ones(results) if biases else results))
        for words, results in chain(*parts, truncations(right, T))
    )


def errors(kind: str) -> Iterator[Candidate]:
    """The known errors."""
    for error in known_errors(kind):
        yield Candidate(error.cause, of(with_error(error)))


def truncations(right: Results, T: int) -> Iterator[Candidate]:
    """Truncation to each number of steps from 2 to T - 1; that to 1 is a known error or one of the last step alone."""
    for steps in range(2, T):
        declared = f'if that is intended, declare "truncation": {steps} in LIMITS'
        words = f"backpropagation through time is truncated after {steps} steps"
        yield Candidate(f"{words}; {declared}", in_windows(right, steps))
        words = f"backward goes through the last {steps} steps alone"
        yield Candidate(f"{words}; {declared}", at_the_end(right, steps))
        words = f"gradients do not flow back from the last {steps} steps to those before them"
        yield Candidate(f"{words}; {declared}", cut(right, steps))
        words = f"gradients do not flow back from one part of {steps} steps to the part before it"
        yield Candidate(words, in_parts(right, steps))


def undeclared_limits(kind: str, right: Results) -> Iterator[Candidate]:
    """Limits that the implementation may have without declaring them; the results are right for a case that follows."""

    def declared(*names: str) -> str:
        pairs = [f'"{name}": True' for name in names]
        return f"if that is intended, declare {' and '.join(pairs)} in LIMITS"

    def zero(*indices: int) -> Callable[[Case], list[np.ndarray]]:
        return lambda case: [state * (k not in indices) for k, state in enumerate(case.initial)]

    def last(case: Case) -> np.ndarray:
        dh = np.zeros_like(case.dh)
        dh[-1] = case.dh[-1]
        return dh

    def no_dc(case: Case) -> list[np.ndarray]:
        return [0 * dc for dc in case.dc]

    def no_b(case: Case) -> Any:
        return case.params._replace(b=0 * case.params.b)

    def largest(case: Case) -> np.ndarray:
        return (case.x == case.x.max(axis=1, keepdims=True)).astype(case.x.dtype)

    words = f"h_init is ignored and taken as 0; {declared('zero_h_init')}"
    yield Candidate(words, with_changed(right, initial=zero(0)))
    if kind == "lstm":
        words = f"c_init is ignored and taken as 0; {declared('zero_c_init')}"
        yield Candidate(words, with_changed(right, initial=zero(1)))
        words = f"h_init and c_init are ignored and taken as 0; {declared('zero_h_init', 'zero_c_init')}"
        yield Candidate(words, with_changed(right, initial=zero(0, 1)))
        words = f"dc, which is ∂L/∂c_T from outside, is ignored; {declared('no_dc')}"
        yield Candidate(words, with_changed(right, dc=no_dc))
        words = f"dc is ignored, and dh is used at the last step only; {declared('no_dc', 'last_step_only')}"
        yield Candidate(words, with_changed(right, dc=no_dc, dh=last))
    else:
        yield Candidate(f"b is ignored and taken as 0; {declared('zero_b')}", with_changed(right, params=no_b))
        words = f"b and h_init are ignored and taken as 0; {declared('zero_b', 'zero_h_init')}"
        yield Candidate(words, with_changed(right, params=no_b, initial=zero(0)))
    yield Candidate(f"dh is used at the last step only; {declared('last_step_only')}", with_changed(right, dh=last))
    yield Candidate(f"x_t is taken as a one-hot column; {declared('one_hot')}", with_changed(right, x=largest))


def orders_of_gates(right: Results) -> Iterator[Candidate]:
    """The four matrices in each wrong order."""
    for order in permutations(GATES):
        wrong = [f"{name} for {gate}" for name, gate in zip(order, GATES.values(), strict=True) if GATES[name] != gate]
        if wrong:

            def changed(case: Case, order: tuple[str, ...] = order) -> Any:
                return type(case.params)(*(getattr(case.params, name) for name in order))

            words = f"the gates are in another order: {', '.join(wrong)} in (2.1) … (2.4)"
            yield Candidate(words, with_changed(right, params=changed))
