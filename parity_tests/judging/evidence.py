"""The results of an implementation for a few cases beside the right ones, and their comparison with a candidate's."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from parity_tests.cases.recurrences import Case
from parity_tests.judging.subject import Arrays

Results = Callable[[Case], Arrays]

# Two results are the same if they differ by less than this part of the largest number.
SAME = {"float64": 1e-7, "float32": 1e-3}

# A second error may change this many of the quantities that a candidate changes too.
UNEXPLAINED = 2


@dataclass
class Evidence:
    """The cases, the implementation's results and the right ones for each; `names` are those to be explained."""

    dtype: str
    cases: list[Case]
    actual: list[Arrays]
    right: list[Arrays]
    names: list[str] = field(default_factory=list)

    @property
    def gradients(self) -> list[str]:
        """The names of the gradients that the implementation returns."""
        return [name for name in self.actual[0] if name.startswith("d")]

    def pairs(self, name: str) -> list[tuple[np.ndarray, np.ndarray]]:
        """The implementation's and the right array of a quantity for each case."""
        return [(one[name], other[name]) for one, other in zip(self.actual, self.right, strict=True)]

    def of(self, names: Iterable[str], cases: int | None) -> "Evidence":
        """The evidence of those of the names that the implementation returns, for the first cases or for all."""
        present = [name for name in names if name in self.actual[0]]
        return Evidence(self.dtype, self.cases[:cases], self.actual[:cases], self.right[:cases], present)

    def wrong(self) -> set[str]:
        """Those of the names whose quantity is wrong in a case, the initial states not counted."""
        return {name for name in self.names if not all(self.same(name, *pair) for pair in self.pairs(name))}

    def wrong_initial(self, state: str) -> bool:
        """Whether h[0] or c[0] is not the initial state."""
        return state in self.actual[0] and not all(self.close(a[0], b[0]) for a, b in self.pairs(state))

    def explained(self, results: Results) -> tuple[set[str], set[str]]:
        """The quantities that a candidate changes: those with the implementation's numbers in all cases, and others.

        A candidate with more of the others than `UNEXPLAINED`, or with less than twice as many that are explained, is
        not compared further; both sets are empty then.
        """
        changed: set[str] = set()
        differ: set[str] = set()
        for case, actual, right in zip(self.cases, self.actual, self.right, strict=True):
            try:
                with np.errstate(all="ignore"):
                    candidate = results(case)
            except Exception:  # an error that makes the code fail explains no numbers
                return set(), set()
            for name in self.names:
                if not self.same(name, candidate[name], right[name]):
                    changed.add(name)
                if not self.same(name, candidate[name], actual[name]):
                    differ.add(name)
                if len(changed & differ) > UNEXPLAINED:
                    return set(), set()
            if 3 * len(changed & differ) > len(changed):
                return set(), set()
        return changed - differ, changed & differ

    def same(self, name: str, one: np.ndarray, other: np.ndarray) -> bool:
        """Whether two arrays of a quantity are equal up to rounding, the initial states not counted."""
        return self.close(one[1:], other[1:]) if name in ("h", "c") else self.close(one, other)

    def close(self, one: np.ndarray, other: np.ndarray) -> bool:
        """Whether two arrays are equal up to rounding."""
        if one.shape != other.shape:
            return False
        with np.errstate(invalid="ignore"):
            difference = np.abs(one.astype(np.float64) - other)
        largest = max(np.abs(other).max(initial=0), 1e-30)
        return bool(np.all(difference <= SAME[self.dtype] * largest))
