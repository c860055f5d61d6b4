"""Candidates for the likely cause: each computes what an implementation with a certain error returns for a case."""

import importlib
from collections.abc import Callable, Iterator
from itertools import chain, combinations, permutations
from typing import Any, NamedTuple

import numpy as np

from parity_tests.cases.recurrences import STATES, Case
from parity_tests.judging.evidence import Results
from parity_tests.judging.known_errors import known_errors, with_error
from parity_tests.judging.subject import Arrays, Subject
from parity_tests.judging.truncations import at_the_end, in_parts, in_windows
from parity_tests.oracles.specification import OUTPUTS

GATES = {"M_input": "i", "M_forget": "f", "M_output": "o", "M_modulated_input": "u"}


class Candidate(NamedTuple):
    """A possible cause, in words, and the results that it leads to for a case."""

    words: str
    results: Results


def candidates(subject: Subject, T: int) -> Iterator[Candidate]:
    """Possible causes, the more common ones first; truncations to less than T steps come last."""
    right = of(importlib.import_module(f"numpy_rnn.{subject.kind}"))
    parts = [undeclared_limits(subject.kind, right), errors(subject.kind)]
    if subject.kind == "lstm":
        parts.append(orders_of_gates(right))
    if subject.limits.biases:
        parts.append(of_biases(subject.kind, right))
    for words, results in chain(*parts, truncations(right, T)):
        yield Candidate(words, without_ones(results) if subject.limits.biases else results)


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
        words = f"gradients do not flow back from one part of {steps} steps to the part before it"
        yield Candidate(words, in_parts(right, steps))


def right_results(subject: Subject) -> Results:
    """A function that returns the right results for a case, with the dx that the implementation has to return."""
    results = of(importlib.import_module(f"numpy_rnn.{subject.kind}"))
    return without_ones(results) if subject.limits.biases else results


def of(module: Any) -> Results:
    """A function that returns the outputs and gradients of a module like `numpy_rnn.rnn`, by name."""

    def results(case: Case) -> Arrays:
        kind = "lstm" if case.dc else "rnn"
        trace = module.forward(case.params, case.x, *case.initial)
        outputs = {name: getattr(trace, name).copy() for name in OUTPUTS[kind]}
        gradients = module.backward(case.params, trace, case.dh, *case.dc)
        inputs = {name: getattr(gradients, name) for name in ("x", *STATES[kind])}
        return outputs | {f"d{name}": value for name, value in (gradients.params._asdict() | inputs).items()}

    return results


def without_ones(results: Results) -> Results:
    """The results without the gradient of the last input, which is 1 in cases with biases."""

    def changed(case: Case) -> Arrays:
        named = results(case)
        return named | {"dx": named["dx"][:, :-1]}

    return changed


def with_changed(right: Results, **arrays: Callable[[Case], Any]) -> Results:
    """The right results for a case with changed arrays."""
    return lambda case: right(case._replace(**{name: change(case) for name, change in arrays.items()}))


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


def of_biases(kind: str, right: Results) -> Iterator[Candidate]:
    """Errors that concern the last column of each matrix alone, which holds the biases if these are declared."""
    matrices = {"U": "(1.1)"} if kind == "rnn" else dict(zip(GATES, ["(2.1)", "(2.2)", "(2.3)", "(2.4)"], strict=True))

    def with_columns(change: Callable[[Any], dict[str, np.ndarray]]) -> Callable[[Case], Any]:
        """The parameters with other last columns."""

        def changed(case: Case) -> Any:
            new = {name: getattr(case.params, name).copy() for name in matrices}
            for name, column in change(case.params).items():
                new[name][:, -1] = column
            return case.params._replace(**new)

        return changed

    def zero(*names: str) -> Callable[[Case], Any]:
        return with_columns(lambda params: {name: 0 * getattr(params, name)[:, -1] for name in names})

    def exchanged(one: str, other: str) -> Callable[[Case], Any]:
        return with_columns(lambda params: {one: getattr(params, other)[:, -1], other: getattr(params, one)[:, -1]})

    for name, equation in matrices.items():
        words = f"the bias in the last column of {name} is missing in {equation}"
        yield Candidate(words, with_changed(right, params=zero(name)))
    for one, other in combinations(matrices, 2):
        words = f"the biases in the last columns of {one} and {other} are exchanged"
        yield Candidate(words, with_changed(right, params=exchanged(one, other)))
    if len(matrices) > 1:
        words = "all biases, in the last columns of the matrices, are missing in (2.1) … (2.4)"
        yield Candidate(words, with_changed(right, params=zero(*matrices)))

    def first_example(case: Case) -> Arrays:
        initial = [state[:, :1] for state in case.initial]
        return right(
            case._replace(x=case.x[..., :1], initial=initial, dh=case.dh[..., :1], dc=[c[:, :1] for c in case.dc])
        )

    def columns_of(results: Results) -> Results:
        """The right results, with the last column of each matrix's gradient as in other results."""

        def changed(case: Case) -> Arrays:
            correct, other = right(case), results(case)
            new = {f"d{name}": np.hstack([correct[f"d{name}"][:, :-1], other[f"d{name}"][:, -1:]]) for name in matrices}
            return correct | new

        return changed

    words = "the gradients of the biases are those of the first example alone: sum over the batch"
    yield Candidate(words, columns_of(first_example))
    for cause, results in errors(kind):
        yield Candidate(f"in the gradients of the biases, the last columns: {cause}", columns_of(results))
