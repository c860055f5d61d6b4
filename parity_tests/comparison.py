"""Comparisons: `assert_within` a bound, strictly in dtype and shape, and `assert_same_bits`.

Every comparison with a bound is recorded: the end of a test run shows for each property the largest error as a part of
its bound, how many cases it compared, and how many it rejected because their bound was vacuous, that is, so large that
any result would pass.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import hypothesis
import numpy as np

# A bound is vacuous above this part of the largest expected number, which counts as at least SMALLEST: underflow can
# leave numbers so close to 0 that no bound is below a thousandth of them.
VACUOUS = 1e-3
SMALLEST = 1e-20

# How many properties the table at the end of a test run shows besides those that failed.
TIGHTEST = 5

# The time t of the first entry of each array over time.
FIRST_STEP = {"h": 0, "c": 0, "i": 1, "f": 1, "o": 1, "u": 1, "dx": 1, "x": 1}


@dataclass
class Entry:
    """Counts of one property's comparisons, and its largest error as a part of the bound, with the quantity."""

    cases: int = 0
    vacuous: int = 0
    ratio: float = 0.0
    quantity: str = "–"


LEDGER: dict[str, Entry] = {}


def assert_within(
    actual: Mapping[str, Any], expected: Mapping[str, Any], bounds: Mapping[str, Any], dtype: Any, where: str = ""
) -> None:
    """Asserts that each quantity of `actual` has the expected dtype and shape, and lies within its bound.

    `expected` and `bounds` hold an array of the same shape for each quantity. A plain float, the loss, has no dtype.
    The AssertionError names the quantity, followed by `where`, the time step and the entry. A vacuous bound makes
    Hypothesis reject the case and draw another one; outside of Hypothesis it is an error.
    """
    node = os.environ.get("PYTEST_CURRENT_TEST", "none::none").partition(" ")[0]
    entry = LEDGER.setdefault(property_of(node), Entry())
    worst = 0.0
    for name, value in actual.items():
        bound = np.asarray(bounds[name]) * (1 + 2.0**-20)  # The bound itself was rounded.
        exact = np.asarray(expected[name])
        assert exact.shape == bound.shape, f"{name}{where}: expected {exact.shape} and bound {bound.shape} don't fit"
        _assert_form(name, value, bound.shape, dtype, where)
        if is_vacuous(exact, bound):
            entry.vacuous += 1
            assert hypothesis.currently_in_test_context(), f"{name}{where}: the bound {bound.max():.3g} is vacuous"
            hypothesis.reject()
        ratio = _assert_entries(name, np.asarray(value), exact, bound, where)
        worst = max(worst, ratio)
        if ratio >= entry.ratio:
            entry.ratio, entry.quantity = ratio, name
    entry.cases += 1
    if hypothesis.currently_in_test_context():
        hypothesis.target(worst, label=f"error / bound{where}")


def ratios(actual: Mapping[str, Any], expected: Mapping[str, Any], bounds: Mapping[str, Any]) -> dict[str, float]:
    """The largest error of each quantity as a part of its bound; above 1 where `assert_within` raises."""
    return {name: difference(name, value, expected[name], bounds[name]).ratio for name, value in actual.items()}


def _assert_form(name: str, value: Any, shape: tuple[int, ...], dtype: Any, where: str) -> None:
    if isinstance(value, float) and shape == ():
        return
    assert isinstance(value, np.ndarray), f"{name}{where}: expected a NumPy array, got {type(value).__name__}"
    assert value.dtype == dtype, f"{name}{where}: expected dtype {np.dtype(dtype)}, got {value.dtype}"
    assert value.shape == shape, f"{name}{where}: expected shape {shape}, got {value.shape}"


class Difference(NamedTuple):
    """The entry of a quantity whose error is the largest part of its bound, and how many entries exceed theirs."""

    quantity: str
    place: tuple[int, ...]
    expected: float
    bound: float
    got: float
    ratio: float
    wrong: int
    entries: int
    relative: float  # the largest error as a part of the largest expected number

    def where(self) -> str:
        """The place in words, such as ` at t = 2, entry (0, 1)`; empty for a single number."""
        return _show(self.quantity, self.place)


def difference(name: str, value: Any, exact: np.ndarray, bound: np.ndarray) -> Difference:
    """Compares a quantity entry by entry with its expected values and bounds, arrays of one shape; NaN is wrong."""
    value = np.asarray(value)
    error = np.asarray(np.abs(value.astype(np.longdouble) - exact))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(error == 0, 0, error / bound).astype(float)
    if not ratio.size:
        return Difference(name, (), 0.0, 0.0, 0.0, 0.0, 0, 0, 0.0)
    ratio[np.isnan(ratio)] = np.inf
    error[np.isnan(error)] = np.inf
    place = tuple(int(number) for number in np.unravel_index(ratio.argmax(), ratio.shape))
    size = max(float(np.abs(exact).max()), SMALLEST)
    return Difference(
        name,
        place,
        float(exact[place]),
        float(bound[place]),
        float(value[place]),
        float(ratio[place]),
        int(np.sum(ratio > 1)),
        value.size,
        float(error.max()) / size,
    )


def is_vacuous(exact: np.ndarray, bound: np.ndarray) -> bool:
    """Whether the bound is so large, compared with the expected numbers, that almost any result would pass."""
    return bool(bound.size) and not bound.max() <= VACUOUS * max(np.abs(exact).max(), SMALLEST)


def _assert_entries(name: str, value: np.ndarray, exact: np.ndarray, bound: np.ndarray, where: str) -> float:
    """Asserts that no error exceeds its bound; returns the largest error as a part of its bound."""
    found = difference(name, value, exact, bound)
    if found.wrong:
        raise AssertionError(
            f"{name}{where}: expected {found.expected!r} ± {found.bound:.3g}, got {found.got!r}"
            f"{found.where()}; off by {found.ratio:.3g} times the bound, "
            f"as are {found.wrong} of {found.entries} entries"
        )
    return found.ratio


def _show(name: str, place: tuple[Any, ...]) -> str:
    """The place of an entry in words, such as ` at t = 2, entry (0, 1)`."""
    numbers = [int(number) for number in place]
    time = f"t = {numbers.pop(0) + FIRST_STEP[name]}, " if name in FIRST_STEP and len(numbers) == 3 else ""
    return f" at {time}entry {tuple(numbers)}" if numbers else ""


def property_of(node: str) -> str:
    """A test's name without its parameters, such as `test_gradients.py: against the complex step`."""
    path, _, test = node.partition("::")
    return f"{os.path.basename(path)}: {test.partition('[')[0].removeprefix('test_').replace('_', ' ')}"


def assert_same_bits(actual: Any, expected: Any, name: str = "") -> None:
    """Asserts that two trees of arrays and numbers have the same types, dtypes, shapes and bits.

    A tree is a number, an array, or a tuple of trees. The AssertionError begins with the field that differs.
    """
    assert type(actual) is type(expected), f"{name}: expected {type(expected)}, got {type(actual)}"
    if isinstance(expected, tuple):
        names = getattr(expected, "_fields", range(len(expected)))
        assert len(actual) == len(expected), f"{name}: expected {len(expected)} parts, got {len(actual)}"
        for field, one, other in zip(names, actual, expected, strict=True):
            assert_same_bits(one, other, str(field))
        return
    one, other = np.asarray(actual), np.asarray(expected)
    assert (one.dtype, one.shape) == (other.dtype, other.shape), (
        f"{name}: expected {other.dtype} {other.shape}, got {one.dtype} {one.shape}"
    )
    if one.tobytes() != other.tobytes():
        np.testing.assert_array_equal(one, other, err_msg=name)
        raise AssertionError(f"{name}: expected the same bits, got another zero or NaN")


def write_ledger(path: Path) -> None:
    """Writes the counts and the largest error / bound of each property as JSON."""
    path.write_text(
        json.dumps({name: asdict(entry) for name, entry in LEDGER.items()}, indent=2) + "\n", encoding="utf-8"
    )


def summary(failed: set[str], all_properties: bool) -> list[str]:
    """A table with a line for each property: largest error / bound, its quantity, compared and vacuous cases.

    Without `all_properties` it has those that failed and the `TIGHTEST` others, the largest error / bound first.
    """
    names = sorted(LEDGER, key=lambda name: (name not in failed, -LEDGER[name].ratio))
    count = len(failed & LEDGER.keys()) + TIGHTEST
    shown = list(LEDGER) if all_properties else names[:count]
    width = max(map(len, shown), default=0)
    lines = [f"{'property':{width}}  error/bound  largest in           cases  vacuous"]
    for name in shown:
        entry = LEDGER[name]
        ratio = "FAILED" if name in failed else f"{entry.ratio:.3f}"
        lines.append(f"{name:{width}}  {ratio:>11}  {entry.quantity:18} {entry.cases:7,} {entry.vacuous:8,}")
    if len(shown) < len(LEDGER):
        lines.append(f"… and {len(LEDGER) - len(shown)} more, which -v shows")
    return lines
