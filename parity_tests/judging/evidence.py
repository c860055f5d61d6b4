"""The results of an implementation for a few cases beside the right ones, and their comparison with a candidate's."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from parity_tests.cases.recurrences import Case
from parity_tests.judging.results import Results
from parity_tests.judging.subject import Arrays

# Two results are the same if they differ by less than this part of the largest number.
SAME = {"float64": 1e-7, "float32": 1e-3}

# A second error may change this many of the quantities that a candidate changes too.
UNEXPLAINED = 2
# The columns of a matrix of an LSTM, and of U if biases are declared.
BLOCKS = ("for h", "for x", "for the biases")


class Match(NamedTuple):
    """Parts of quantities that a candidate explains, others that it changes in another way, and the block, if any."""

    explained: set[str]
    others: set[str]
    block: str = ""


@dataclass
class Evidence:
    """The cases, the implementation's results and the right ones for each; `names` are those to be explained."""

    dtype: str
    biases: bool
    cases: list[Case]
    actual: list[Arrays]
    right: list[Arrays]
    names: list[str] = field(default_factory=list)

    @property
    def gradients(self) -> list[str]:
        """The names of the gradients that the implementation returns."""
        return [name for name in self.actual[0] if name.startswith("d")]

    def of(self, names: Iterable[str], cases: int | None) -> "Evidence":
        """The evidence of those of the names that the implementation returns, for the first cases or for all."""
        present = [name for name in names if name in self.actual[0]]
        return replace(
            self, cases=self.cases[:cases], actual=self.actual[:cases], right=self.right[:cases], names=present
        )

    def pairs(self, name: str) -> list[tuple[np.ndarray, np.ndarray]]:
        """The implementation's and the right array of a quantity for each case, without the initial state."""
        return [(later(name, a[name]), later(name, b[name])) for a, b in zip(self.actual, self.right, strict=True)]

    def parts(self, name: str, value: np.ndarray) -> Arrays:
        """The parts of a quantity: the blocks of columns of a matrix, or the array itself."""
        end = value.shape[1] - self.biases
        bounds = [0, len(value), end] if name.startswith("dM_") else [0, 0, end] if name == "dU" and self.biases else []
        if not bounds:
            return {name: value}
        ends = zip(BLOCKS, bounds, [*bounds[1:], value.shape[1]], strict=True)
        return {f"{name} {block}": value[:, start:stop] for block, start, stop in ends if start < stop}

    def wrong(self) -> set[str]:
        """The parts of the quantities that are wrong in a case."""
        return {
            part
            for name in self.names
            for actual, right in self.pairs(name)
            for part in self.different(name, actual, right)
        }

    def different(self, name: str, one: np.ndarray, other: np.ndarray) -> set[str]:
        """The parts in which two arrays of a quantity differ by more than rounding."""
        if one.shape != other.shape:
            return set(self.parts(name, one))
        others = self.parts(name, other)
        return {part for part, value in self.parts(name, one).items() if not self.close(value, others[part])}

    def wrong_initial(self, state: str) -> bool:
        """Whether h[0] or c[0] is not the initial state."""
        return state in self.actual[0] and not all(
            self.close(a[state][0], b[state][0]) for a, b in zip(self.actual, self.right, strict=True)
        )

    def matches(self, results: Results) -> list[Match]:
        """What a candidate explains in all cases: of all quantities, and of each block of columns alone."""
        changed: set[str] = set()
        differ: set[str] = set()
        found: list[Match] = []
        for case, actual, right in zip(self.cases, self.actual, self.right, strict=True):
            try:
                with np.errstate(all="ignore"):
                    candidate = results(case)
            except Exception:  # an error that makes the code fail explains no numbers
                return []
            for name in self.names:
                value = later(name, candidate[name])
                changed |= self.different(name, value, later(name, right[name]))
                differ |= self.different(name, value, later(name, actual[name]))
                if self.hopeless(changed & differ):
                    return []
            found = [Match(changed - differ, changed & differ)]
            for block in BLOCKS:
                inside = {part for part in changed if part.endswith(block)}
                found.append(Match(inside - differ, inside & differ, block))
            found = [match for match in found if changed and acceptable(match)]
            if changed and not found:
                return []
        return found

    def hopeless(self, others: set[str]) -> bool:
        """Whether these parts are too many to be unexplained, and a part of each block is among them."""
        blocks = BLOCKS[: 2 + self.biases] if "dM_input" in self.names else BLOCKS[1:] if self.biases else ()
        found = all(any(part.endswith(block) for part in others) for block in blocks)
        return len(quantities(others)) > UNEXPLAINED and found

    def close(self, one: np.ndarray, other: np.ndarray) -> bool:
        """Whether two arrays are equal up to rounding."""
        if one.shape != other.shape:
            return False
        with np.errstate(invalid="ignore"):
            difference = np.abs(one.astype(np.float64) - other)
        largest = max(np.abs(other).max(initial=0), 1e-30)
        return bool(np.all(difference <= SAME[self.dtype] * largest))


def later(name: str, value: np.ndarray) -> np.ndarray:
    """The array of a quantity without the initial state."""
    return value[1:] if name in ("h", "c") else value


def acceptable(match: Match) -> bool:
    """Whether a candidate explains anything, and leaves nothing, or little of all quantities, unexplained."""
    left = quantities(match.others)
    few = len(left) <= UNEXPLAINED and 2 * len(left) <= len(quantities(match.explained) - left)
    return bool(match.explained) and (not left or (few and not match.block))


def quantities(parts: Iterable[str]) -> set[str]:
    """The quantities to which the parts belong."""
    return {part.partition(" ")[0] for part in parts}
