"""Results for a case by name, of `numpy_rnn`, of a module like it, or for a changed case."""

import importlib
import pickle
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from parity_tests.cases.recurrences import Case, named_gradients
from parity_tests.judging.subject import Arrays, Subject
from parity_tests.oracles.specification import OUTPUTS

Results = Callable[[Case], Arrays]


class Candidate(NamedTuple):
    """A possible cause, in words, and the results that it leads to for a case."""

    words: str
    results: Results


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
        return outputs | named_gradients(kind, gradients)

    return results


def without_ones(results: Results) -> Results:
    """The results without the gradient of the last input, which is 1 in cases with biases."""

    def changed(case: Case) -> Arrays:
        named = results(case)
        return named | {"dx": named["dx"][:, :-1]}

    return changed


def remembered(results: Results) -> Results:
    """The same results, computed once for each of the last ten cases; nobody may write into them.

    The judge compares each wrong implementation with the same candidates, for the same few cases.
    """

    @lru_cache(maxsize=10)
    def computed(pickled: bytes) -> Arrays:
        return results(pickle.loads(pickled))

    return lambda case: computed(pickle.dumps(case))


def with_changed(right: Results, **arrays: Callable[[Case], Any]) -> Results:
    """The right results for a case with changed arrays."""
    return lambda case: right(case._replace(**{name: change(case) for name, change in arrays.items()}))
