"""What a part of the benchmark is, and the tables and pictures that it leaves."""

import math
import statistics
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from benchmarks.cases import Case
from benchmarks.contenders import CONTENDERS
from benchmarks.timing import Plan, compare, quartiles, ratio
from pages.blocks import Picture, Table
from pages.style import BLUE, GREY, VERMILLION

Results = dict[str, Any]
TITLES = {"rnn": "RNN", "lstm": "LSTM"}
PROJECT = {name for name in CONTENDERS if name.partition("-")[0] in ("numpy_rnn", "tf_rnn")}


class Part(NamedTuple):
    """One kind of task: `measure` makes numbers that go into a JSON file, the others make text and pictures of them."""

    name: str
    title: str
    measure: Callable[[Plan, Callable[[str], None]], Results]
    tell: Callable[[Results], list[str]]
    tabulate: Callable[[Results], list[Table]]
    draw: Callable[[Results], list[Picture]]


def measure_both(names: Sequence[str], plan: Plan, say: Callable[[str], None], what: str = "steps") -> Results:
    """Of each recurrence the times of these contenders at the exercise's size."""
    results = {}
    for recurrence, title in TITLES.items():
        say(title)
        results[recurrence] = compare(names, Case(recurrence), plan, what)
    return results


class Dot(NamedTuple):
    """A row of a picture: a name, a value and the range about it."""

    name: str
    value: float
    low: float
    high: float
    ours: bool


def dots(axes: Axes, rows: Sequence[Dot], unit: str, floor: float | None = None) -> None:
    """One row for each, the least on top, on a logarithmic axis, with its value beside it."""
    ordered = sorted(rows, key=lambda row: row.value)
    for y, row in enumerate(ordered):
        color = BLUE if row.ours else VERMILLION
        axes.plot([row.low, row.high], [y, y], color=color, linewidth=3, alpha=0.4, solid_capstyle="round")
        axes.plot(row.value, y, "o", color=color, markersize=9)
        axes.annotate(
            f"{three_digits(row.value)} {unit}",
            (row.high, y),
            (9, 0),
            textcoords="offset points",
            va="center",
            fontsize=12,
        )
    if floor is not None:
        axes.axvline(floor, color=GREY, linewidth=1.2, linestyle="--")
        axes.annotate(
            "floor ", (floor, 0.98), xycoords=("data", "axes fraction"), ha="right", va="top", fontsize=12, color=GREY
        )
    axes.set_yticks(range(len(ordered)), [row.name for row in ordered], fontsize=12)
    axes.invert_yaxis()
    axes.set_xscale("log")
    values = [row.value for row in rows] + ([] if floor is None else [floor])
    axes.set_xlim(min(values) / 2, max(values) * 2.6)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)


def three_digits(value: float) -> str:
    """`4.00`, `50.9`, `1,234`."""
    return f"{value:,.{max(0, 2 - math.floor(math.log10(value)))}f}"


def side_by_side(height: float) -> tuple[Figure, dict[str, Axes]]:
    """A panel for the RNN and one for the LSTM."""
    figure = Figure((15, height), layout="constrained")
    panels = dict(zip(TITLES, figure.subplots(1, 2), strict=True))
    for recurrence, axes in panels.items():
        axes.set_title(TITLES[recurrence])
    return figure, panels


def contenders_picture(results: Results, label: str, caption: str) -> Picture:
    """A row for each contender, the floor as a line."""
    figure, panels = side_by_side(5.6)
    for recurrence, axes in panels.items():
        ms = times(results[recurrence])
        rows = [
            Dot(CONTENDERS[name].what[recurrence], statistics.median(values), *quartiles(values), name in PROJECT)
            for name, values in ms.items()
            if name != "floor"
        ]
        dots(axes, rows, "ms", statistics.median(ms["floor"]) if "floor" in ms else None)
        axes.set_xlabel(label)
    return Picture("time", figure, caption)


def times(result: Results) -> dict[str, list[float]]:
    """By contender the milliseconds of each round."""
    return {name: one["ms"] for name, one in result["contenders"].items()}


def beyond_mib(one: Results) -> float:
    """The MiB of a contender at the peak, beyond what was there before its first call."""
    return float(one["peak_mib"] - one["loaded_mib"])


def against(result: Results, name: str) -> str:
    """A contender's time as a part of `numpy_rnn`'s."""
    ms = times(result)
    return str(ratio(ms[name], ms["numpy_rnn"])) if "numpy_rnn" in ms else "–"


def words(name: str, recurrence: str) -> str:
    """A contender in words, its code as code."""
    what = CONTENDERS[name].what[recurrence]
    code, comma, rest = what.partition(",")
    return f"`{code}`{comma}{rest}" if "." in code or "_" in code else what
