"""The likely cause of wrong results: a known error, or an undeclared limit, that gives the same numbers.

The results of the implementation for a few cases are compared with those of `numpy_rnn` with one error in it, or for
a changed case. A cause is named only if every quantity of every case is equal, up to rounding.
"""

import importlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from parity_tests.cases.recurrences import STATES, Case, CaseSpec
from parity_tests.judging.drawing import long_case, short_case
from parity_tests.judging.known_errors import known_errors, with_error
from parity_tests.judging.refused import BadInput, Raised
from parity_tests.judging.subject import Arrays, Subject

# Different sizes, so that different errors give different numbers.
SPECS = [CaseSpec(4, 3, 2, 5, 2, seed=1), CaseSpec(5, 4, 3, 2, 2, seed=2, states=2.0)]
LONG_SPEC = CaseSpec(28, 3, 2, 2, 2, seed=3)
# Two results are the same if they differ by less than this part of the largest number.
SAME = {"float64": 1e-7, "float32": 1e-3}

Results = Callable[[Case], Arrays]


class Candidate(NamedTuple):
    """A possible cause, in words, and the results that it leads to for a case."""

    words: str
    results: Results


def likely_cause(subject: Subject) -> str:
    """The words of the candidate that gives the same results as the implementation; empty if there is none."""
    if subject.kind == "readout":
        return ""
    dtype = subject.limits.dtypes[0]
    cases = [short_case(subject.kind, spec, subject.limits, dtype) for spec in SPECS]
    cases.append(long_case(subject.kind, LONG_SPEC, subject.limits, dtype))
    try:
        actual = [subject.results(case) for case in cases]
    except (Raised, BadInput):
        return ""
    right = of(importlib.import_module(f"numpy_rnn.{subject.kind}"))
    if subject.limits.biases:
        right = without_ones(right)
    for candidate in candidates(subject, right):
        results = without_ones(candidate.results) if subject.limits.biases else candidate.results
        if all(same(one, results, case, dtype) for one, case in zip(actual, cases, strict=True)):
            return candidate.words
    return of_quantities(actual, [right(case) for case in cases], cases, dtype)


def of(module: Any) -> Results:
    """A function that returns the outputs and gradients of a module like `numpy_rnn.rnn`, by name."""

    def results(case: Case) -> Arrays:
        trace = module.forward(case.params, case.x, *case.initial)
        gradients = module.backward(case.params, trace, case.dh, *case.dc)
        inputs = {name: getattr(gradients, name) for name in ("x", *STATES["lstm" if case.dc else "rnn"])}
        named = {f"d{name}": value for name, value in (gradients.params._asdict() | inputs).items()}
        return {name: value for name, value in trace._asdict().items() if name != "x"} | named

    return results


def without_ones(results: Results) -> Results:
    """The results without the gradient of the last input, which is 1 in cases with biases."""

    def changed(case: Case) -> Arrays:
        named = results(case)
        return named | {"dx": named["dx"][:, :-1]}

    return changed


def same(actual: Arrays, results: Results, case: Case, dtype: str) -> bool:
    """Whether the results of a candidate equal those of the implementation."""
    with np.errstate(all="ignore"):
        try:
            candidate = results(case)
        except Exception:  # an error that makes the code fail explains no numbers
            return False
        return all(close(actual[name], candidate[name], dtype) for name in actual)


def close(one: np.ndarray, other: np.ndarray, dtype: str) -> bool:
    """Whether two arrays are equal up to rounding."""
    if one.shape != other.shape:
        return False
    difference = np.abs(one.astype(np.float64) - other)
    return bool(np.all(difference <= SAME[dtype] * max(np.abs(other).max(initial=0), 1e-30)))


def candidates(subject: Subject, right: Results) -> Iterator[Candidate]:
    """Possible causes, the more common ones first."""
    yield from undeclared_limits(subject, right)
    for error in known_errors(subject.kind):
        yield Candidate(error.cause, of(with_error(error)))
    for steps in range(1, LONG_SPEC.T):
        words = f"backpropagation through time is truncated after {steps} steps; if that is intended, declare"
        words += f' "truncation": {steps} in LIMITS'
        yield Candidate(words, in_windows(right, steps))
        words = f"gradients do not flow back from one part of {steps} steps to the part before it"
        yield Candidate(words, in_parts(right, steps))


def undeclared_limits(subject: Subject, right: Results) -> Iterator[Candidate]:
    """Limits that the implementation may have without declaring them; the results are right for a case that follows."""

    def declared(name: str) -> str:
        return f'if that is intended, declare "{name}": True in LIMITS'

    def changed(**arrays: Callable[[Case], Any]) -> Results:
        return lambda case: right(case._replace(**{name: change(case) for name, change in arrays.items()}))

    def zero(index: int) -> Callable[[Case], list[np.ndarray]]:
        return lambda case: [state * (k != index) for k, state in enumerate(case.initial)]

    def last(case: Case) -> np.ndarray:
        dh = np.zeros_like(case.dh)
        dh[-1] = case.dh[-1]
        return dh

    yield Candidate(f"h_init is ignored and taken as 0; {declared('zero_h_init')}", changed(initial=zero(0)))
    if subject.kind == "lstm":
        yield Candidate(f"c_init is ignored and taken as 0; {declared('zero_c_init')}", changed(initial=zero(1)))
        both = changed(initial=lambda case: [0 * state for state in case.initial])
        words = 'h_init and c_init are ignored and taken as 0; if that is intended, declare "zero_h_init": True and '
        yield Candidate(f'{words}"zero_c_init": True in LIMITS', both)
        no_dc = changed(dc=lambda case: [0 * dc for dc in case.dc])
        yield Candidate(f"dc, which is ∂L/∂c_T from outside, is ignored; {declared('no_dc')}", no_dc)
    else:
        no_b = changed(params=lambda case: case.params._replace(b=0 * case.params.b))
        yield Candidate(f"b is ignored and taken as 0; {declared('zero_b')}", no_b)
    yield Candidate(f"dh is used at the last step only; {declared('last_step_only')}", changed(dh=last))


def in_windows(right: Results, steps: int) -> Results:
    """The sum over t of the gradients through dh_t, each through the last `steps` steps before t only."""

    def results(case: Case) -> Arrays:
        whole = right(case)
        T = len(case.x)
        summed = {name: np.zeros_like(value) for name, value in whole.items() if name.startswith("d")}
        for t in range(1, T + 1):
            first = max(0, t - steps)
            dh = np.zeros_like(case.dh[first:t])
            dh[-1] = case.dh[t - 1]
            part = of_steps(right, case, whole, first, t, dh, case.dc if t == T else [0 * dc for dc in case.dc])
            add_part(summed, part, first, t)
        return whole | summed

    return results


def in_parts(right: Results, steps: int) -> Results:
    """The sum of the gradients of consecutive parts of the sequence, each of `steps` steps."""

    def results(case: Case) -> Arrays:
        whole = right(case)
        T = len(case.x)
        summed = {name: np.zeros_like(value) for name, value in whole.items() if name.startswith("d")}
        for first in range(0, T, steps):
            last = min(first + steps, T)
            dc = case.dc if last == T else [0 * dc for dc in case.dc]
            part = of_steps(right, case, whole, first, last, case.dh[first:last], dc)
            add_part(summed, part, first, last)
        return whole | summed

    return results


def of_steps(
    right: Results, case: Case, whole: Arrays, first: int, last: int, dh: np.ndarray, dc: list[np.ndarray]
) -> Arrays:
    """The results of steps first + 1 … last, from the states that the whole sequence has there."""
    initial = [whole[name][first] for name in "hc"[: len(case.initial)]]
    return right(case._replace(x=case.x[first:last], initial=initial, dh=dh, dc=dc))


def add_part(summed: Arrays, part: Arrays, first: int, last: int) -> None:
    """Adds the gradients of a part; those of the initial states count only if it begins at the first step."""
    for name in summed:
        if name == "dx":
            summed[name][first:last] += part[name]
        elif not name.endswith("_init") or first == 0:
            summed[name] += part[name]


def of_quantities(actual: list[Arrays], right: list[Arrays], cases: list[Case], dtype: str) -> str:
    """A simple relation between each wrong quantity and the right one that holds in all cases, in words."""
    found = []
    for name in actual[0]:
        pairs = [(one[name], other[name]) for one, other in zip(actual, right, strict=True)]
        if not all(close(one, other, dtype) for one, other in pairs):
            words = next(
                (
                    words
                    for words, relation in relations()
                    if all(
                        close(one, relation(other, case), dtype)
                        for (one, other), case in zip(pairs, cases, strict=True)
                    )
                ),
                None,
            )
            if words is None:
                return ""
            found.append(f"{name} {words}")
    return ", ".join(found)


def relations() -> Iterator[tuple[str, Callable[[np.ndarray, Case], np.ndarray]]]:
    """Simple wrong functions of a right quantity, which take the case too."""
    yield "is always 0", lambda right, case: np.zeros_like(right)
    yield "has the wrong sign", lambda right, case: -right
    yield "is divided by the number of examples", lambda right, case: right / case.x.shape[2]
    yield "is multiplied by the number of examples", lambda right, case: right * case.x.shape[2]
    yield "is divided by the number of steps", lambda right, case: right / len(case.x)
    yield "is divided by the number of steps and of examples", lambda r, case: r / (len(case.x) * case.x.shape[2])
    yield "is transposed", lambda right, case: right.T
    yield "is twice as large", lambda right, case: 2 * right
    yield "is half as large", lambda right, case: right / 2
