"""Gradients by backpropagation through time that is truncated, in one of four ways."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from parity_tests.cases.recurrences import Case
from parity_tests.judging.results import Results
from parity_tests.judging.subject import Arrays


def in_windows(right: Results, steps: int) -> Results:
    """The sum over t of the gradients through dh_t, each through the last `steps` steps before t only."""

    def results(case: Case) -> Arrays:
        whole = right(case)
        T = len(case.x)
        summed = zeros(whole)
        for t in range(1, T + 1):
            dc = case.dc if t == T else [0 * dc for dc in case.dc]
            if case.dh[t - 1].any() or any(one.any() for one in dc):
                first = max(0, t - steps)
                dh = np.zeros_like(case.dh[first:t])
                dh[-1] = case.dh[t - 1]
                add_part(summed, of_steps(right, case, whole, first, t, dh, dc), first, t)
        return whole | summed

    return results


def in_parts(right: Results, steps: int) -> Results:
    """The sum of the gradients of consecutive parts of the sequence, each of `steps` steps."""
    return of_parts(right, lambda T: list(range(0, T, steps)))


def cut(right: Results, steps: int) -> Results:
    """The sum of the gradients of two parts of the sequence, where the second one has `steps` steps."""
    return of_parts(right, lambda T: [0, T - steps] if steps < T else [0])


def of_parts(right: Results, starts: Callable[[int], list[int]]) -> Results:
    """The sum of the gradients of the parts of the sequence that begin after these numbers of steps."""

    def results(case: Case) -> Arrays:
        whole = right(case)
        T = len(case.x)
        summed = zeros(whole)
        for first, last in pairwise([*starts(T), T]):
            dc = case.dc if last == T else [0 * dc for dc in case.dc]
            dh = case.dh[first:last]
            if dh.any() or any(one.any() for one in dc):
                add_part(summed, of_steps(right, case, whole, first, last, dh, dc), first, last)
        return whole | summed

    return results


def at_the_end(right: Results, steps: int) -> Results:
    """The gradients of the last `steps` steps alone; those of the initial states are for the state before these."""

    def results(case: Case) -> Arrays:
        whole = right(case)
        T = len(case.x)
        first = max(0, T - steps)
        part = of_steps(right, case, whole, first, T, case.dh[first:], case.dc)
        summed = zeros(whole)
        add_part(summed, part, first, T)
        return whole | summed | {name: value for name, value in part.items() if name.endswith("_init")}

    return results


def zeros(whole: Arrays) -> Arrays:
    """A 0 for each gradient."""
    return {name: np.zeros_like(value) for name, value in whole.items() if name.startswith("d")}


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
