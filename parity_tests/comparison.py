"""The one way to compare: strictly in dtype and shape, and entry by entry within a bound.

Every comparison is kept: the end of a test run shows for each property how much of its bound was used, how many cases
it compared, and how many it had to turn away because their bound would have let anything pass.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np

# A bound of more than this part of the largest number proves nothing, and the case is turned away; a number that is 0
# but for underflow is taken as no smaller than this.
VACUOUS = 1e-3
SMALLEST = 1e-20

# The number of the step that stands first in an array over time.
FIRST_STEP = {"h": 0, "c": 0, "i": 1, "f": 1, "o": 1, "u": 1, "dx": 1, "x": 1}


@dataclass
class Entry:
    """What the comparisons of one property came to."""

    cases: int = 0
    vacuous: int = 0
    ratio: float = 0.0
    quantity: str = "–"


LEDGER: dict[str, Entry] = {}


def assert_within(
    actual: Mapping[str, Any], expected: Mapping[str, Any], bounds: Mapping[str, Any], dtype: Any, where: str = ""
) -> None:
    """Each quantity of `actual` is the expected one, within its bound, which is an array of the same shape.

    A plain float, the loss, has no dtype. Raises AssertionError that names the quantity, time step and entry, and for
    a bound that is vacuous turns Hypothesis's case away, or fails outside of Hypothesis. `where` says what was done.
    """
    entry = LEDGER.setdefault(_property(), Entry())
    worst = 0.0
    for name, value in actual.items():
        bound = np.asarray(bounds[name]) * (1 + 2.0**-20)  # which was rounded, too
        exact = np.asarray(expected[name])
        assert exact.shape == bound.shape, f"{name}{where}: expected {exact.shape} and bound {bound.shape} don't fit"
        _assert_form(name, value, bound.shape, dtype, where)
        if bound.size and not bound.max() <= VACUOUS * max(np.abs(exact).max(), SMALLEST):
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
    found = {}
    for name, value in actual.items():
        error = np.abs(np.asarray(value, np.longdouble) - expected[name])
        with np.errstate(divide="ignore", invalid="ignore"):
            found[name] = float(np.where(error == 0, 0, error / bounds[name]).max(initial=0))
    return found


def _assert_form(name: str, value: Any, shape: tuple[int, ...], dtype: Any, where: str) -> None:
    if isinstance(value, float) and shape == ():
        return
    assert isinstance(value, np.ndarray), f"{name}{where}: expected a NumPy array, got {type(value).__name__}"
    assert value.dtype == dtype, f"{name}{where}: expected dtype {np.dtype(dtype)}, got {value.dtype}"
    assert value.shape == shape, f"{name}{where}: expected shape {shape}, got {value.shape}"


def _assert_entries(name: str, value: np.ndarray, exact: np.ndarray, bound: np.ndarray, where: str) -> float:
    """The largest error as a part of its bound, which is at most 1."""
    error = np.abs(value.astype(np.longdouble) - exact)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(error == 0, 0, error / bound).astype(float)
    wrong = ~(ratio <= 1)
    if wrong.any():
        ratio[np.isnan(ratio)] = np.inf
        place = np.unravel_index(ratio.argmax(), ratio.shape)
        raise AssertionError(
            f"{name}{where}: expected {float(exact[place])!r} ± {bound[place]:.3g}, got {float(value[place])!r}"
            f"{_show(name, place)}; off by {ratio[place]:.3g} times the bound, "
            f"as are {wrong.sum()} of {wrong.size} entries"
        )
    return float(ratio.max(initial=0))


def _show(name: str, place: tuple[Any, ...]) -> str:
    """` at t = 2, entry (0, 1)`."""
    numbers = [int(number) for number in place]
    time = f"t = {numbers.pop(0) + FIRST_STEP[name]}, " if name in FIRST_STEP and len(numbers) == 3 else ""
    return f" at {time}entry {tuple(numbers)}" if numbers else ""


def _property() -> str:
    """The test that runs, without its parameters: `test_gradients.py: every gradient`."""
    path, _, test = os.environ.get("PYTEST_CURRENT_TEST", "none::none").partition(" ")[0].partition("::")
    return f"{os.path.basename(path)}: {test.partition('[')[0].removeprefix('test_').replace('_', ' ')}"


def write(path: str) -> None:
    """Leaves the ledger as JSON: by property the largest part of a bound, the quantity, cases compared, turned away."""
    Path(path).write_text(json.dumps({name: asdict(entry) for name, entry in LEDGER.items()}, indent=2) + "\n")


def summary() -> list[str]:
    """A line for each property: the largest part of a bound that was used, and by what; cases compared, turned away."""
    width = max(map(len, LEDGER), default=0)
    lines = [f"{'property':{width}}  error/bound  largest in           cases  vacuous"]
    for name, entry in LEDGER.items():
        lines.append(f"{name:{width}}  {entry.ratio:11.3f}  {entry.quantity:18} {entry.cases:7,} {entry.vacuous:8,}")
    return lines
