"""Candidates for the likely cause that concern biases, the last column of each matrix if biases are declared."""

from collections.abc import Callable, Iterator
from itertools import combinations, permutations
from typing import Any

import numpy as np

from parity_tests.cases.recurrences import Case
from parity_tests.judging.results import Candidate, Results, with_changed
from parity_tests.judging.subject import PARAM_NAMES, Arrays


def of_biases(kind: str, right: Results) -> Iterator[Candidate]:
    """Errors that concern the last column of each matrix alone."""
    matrices = (
        {"U": "(1.1)"}
        if kind == "rnn"
        else dict(zip(PARAM_NAMES["lstm"], ["(2.1)", "(2.2)", "(2.3)", "(2.4)"], strict=True))
    )

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

    def replaced(**others: str) -> Callable[[Case], Any]:
        return with_columns(lambda params: {name: getattr(params, other)[:, -1] for name, other in others.items()})

    for name, equation in matrices.items():
        words = f"the bias in the last column of {name} is missing in {equation}"
        yield Candidate(words, with_changed(right, params=zero(name)))
    for one, other in combinations(matrices, 2):
        words = f"the biases in the last columns of {one} and {other} are exchanged"
        yield Candidate(words, with_changed(right, params=replaced(**{one: other, other: one})))
    for one, other in permutations(matrices, 2):
        words = f"the bias in the last column of {other} is used in place of that of {one}"
        yield Candidate(words, with_changed(right, params=replaced(**{one: other})))
    if kind == "rnn":
        words = "b is added twice in (1.1), and the bias in the last column of U is missing"
        yield Candidate(words, with_changed(right, params=with_columns(lambda params: {"U": params.b[:, 0]})))
        words = "the bias in the last column of U is added twice in (1.1), and b is missing"
        yield Candidate(words, with_changed(right, params=lambda case: case.params._replace(b=case.params.U[:, -1:])))
    else:
        words = "all biases, in the last columns of the matrices, are missing in (2.1) … (2.4)"
        yield Candidate(words, with_changed(right, params=zero(*matrices)))

    def first_example(case: Case) -> Arrays:
        initial = [state[:, :1] for state in case.initial]
        return right(
            case._replace(x=case.x[..., :1], initial=initial, dh=case.dh[..., :1], dc=[c[:, :1] for c in case.dc])
        )

    def last_columns(case: Case) -> Arrays:
        correct, other = right(case), first_example(case)
        new = {f"d{name}": np.hstack([correct[f"d{name}"][:, :-1], other[f"d{name}"][:, -1:]]) for name in matrices}
        return correct | new

    words = "the gradients of the biases are those of the first example alone: sum over the batch"
    yield Candidate(words, last_columns)
