"""Implementations of a recurrence with chosen results, and the likely cause that the judge names for them."""

import importlib
from types import SimpleNamespace

import numpy as np

from parity_tests.cases.recurrences import Case
from parity_tests.judging.causes import likely_cause
from parity_tests.judging.known_errors import known_errors, with_error
from parity_tests.judging.loading import from_module
from parity_tests.judging.results import of


def right(kind):
    return importlib.import_module(f"numpy_rnn.{kind}")


def implementation(kind, results):
    """An implementation that returns what `results` computes for a case."""

    def forward(params, x, *initial):
        nothing = np.zeros((len(x), *initial[0].shape), x.dtype)
        return results(Case(params, x, list(initial), nothing, [0 * c for c in initial[1:]])) | {"given": [x, initial]}

    def backward(params, trace, dh, *dc):
        x, initial = trace["given"]
        named = results(Case(params, x, list(initial), dh, list(dc) or [0 * c for c in initial[1:]]))
        return {name: value for name, value in named.items() if name.startswith("d")}

    return SimpleNamespace(forward=forward, backward=backward)


def with_results(kind, change):
    """The right implementation with other results: `change` takes those by name, and the case."""

    def results(case):
        named = of(right(kind))(case)
        return named | change(named, case)

    return implementation(kind, results)


def with_case(kind, change):
    """The right implementation, called with what `change` makes of the case."""
    return implementation(kind, lambda case: of(right(kind))(change(case)))


def with_biases(kind, results):
    """An implementation with biases: the gradient of the last input is left out."""
    return implementation(kind, lambda case: (named := results(case)) | {"dx": named["dx"][:, :-1]})


def functions(kind, change=dict, without=()):
    """`forward` and `backward` of the right implementation, whose results by name `change` changes.

    The results in `without` are None.
    """
    code = implementation(kind, lambda case: change(of(right(kind))(case)) | dict.fromkeys(without))
    return code.forward, code.backward


def scaled(name, factor):
    """A change that multiplies one quantity."""
    return lambda named: named | {name: named[name] * factor}


def truncated(kind, way, steps, without=()):
    """`forward` and `backward` of an implementation whose backpropagation ends after some steps."""
    truncation = way(of(right(kind)), steps)
    code = implementation(kind, lambda case: truncation(case) | dict.fromkeys(without))
    return code.forward, code.backward


def wrong_quantities(verdict):
    """The names of the wrong quantities, in the verdict's order."""
    assert verdict.failure is not None
    return [one.quantity for one in verdict.failure.wrong]


def cause(kind, judged, **limits):
    return likely_cause(from_module(kind, judged, limits))


def error(kind, words):
    """The module with the only known error whose cause contains these words."""
    (found,) = {one.cause: one for one in known_errors(kind) if words in one.cause}.values()
    return with_error(found)
