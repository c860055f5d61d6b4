"""The definition of a part of the benchmark, and what several parts share for tables and pictures."""

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
from pages.blocks import Chapter, Picture, Table
from pages.style import BLUE, GREY, VERMILLION

Results = dict[str, Any]
TITLES = {"rnn": "RNN", "lstm": "LSTM"}
PROJECT = {name for name in CONTENDERS if name.partition("-")[0] in ("numpy_rnn", "tf_rnn")}


class Part(NamedTuple):
    """One kind of task.

    `measure` returns results for a JSON file. `describe`, `tabulate` and `draw` return sentences, tables and pictures
    made from these results only.
    """

    name: str
    title: str
    measure: Callable[[Plan, Callable[[str], None]], Results]
    describe: Callable[[Results], list[str]]
    tabulate: Callable[[Results], list[Table]]
    draw: Callable[[Results], list[Picture]]

    def chapter(self, results: Results, conditions: str) -> Chapter:
        """Return the chapter of the page; `conditions` describes the machine in words."""
        return Chapter(
            self.name,
            self.title,
            f"`python scripts/benchmark.py {self.name}`, {conditions}.",
            self.describe(results),
            self.draw(results),
            self.tabulate(results),
        )


def measure_both(names: Sequence[str], plan: Plan, say: Callable[[str], None], task: str = "steps") -> Results:
    """Measure the times of these contenders for both recurrences, at the exercise's size."""
    results = {}
    for recurrence, title in TITLES.items():
        say(title)
        results[recurrence] = compare(names, Case(recurrence), plan, task)
    return results


class Dot(NamedTuple):
    """A row of a picture: a name, a value with a range, and whether it belongs to this project."""

    name: str
    value: float
    low: float
    high: float
    ours: bool


def dots(axes: Axes, rows: Sequence[Dot], unit: str, floor: float | None = None) -> None:
    """Draw a row for each dot, the lowest value on top, on a logarithmic axis; write the value to its right."""
    ordered = sorted(rows, key=lambda row: row.value)
    if not ordered:
        axes.text(0.5, 0.5, "no contender was measured", transform=axes.transAxes, ha="center", color=GREY)
        axes.set(xticks=[], yticks=[])
        return
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
    """Return a number above 0 with three digits: `4.00`, `50.9`, `1,234`."""
    return f"{value:,.{max(0, 2 - math.floor(math.log10(value)))}f}"


def side_by_side(height: float) -> tuple[Figure, dict[str, Axes]]:
    """Return a figure with a panel for the RNN and one for the LSTM."""
    figure = Figure((15, height), layout="constrained")
    panels = dict(zip(TITLES, figure.subplots(1, 2), strict=True))
    for recurrence, axes in panels.items():
        axes.set_title(TITLES[recurrence])
    return figure, panels


def contenders_picture(results: Results, axis_label: str, caption: str) -> Picture:
    """Return a picture with a row for each contender, and the floor as a line."""
    figure, panels = side_by_side(5.6)
    for recurrence, axes in panels.items():
        ms = times(results[recurrence])
        rows = [
            Dot(CONTENDERS[name].label[recurrence], statistics.median(values), *quartiles(values), name in PROJECT)
            for name, values in ms.items()
            if name != "floor"
        ]
        dots(axes, rows, "ms", statistics.median(ms["floor"]) if "floor" in ms else None)
        axes.set_xlabel(axis_label)
    return Picture("time", figure, caption)


def times(result: Results) -> dict[str, list[float]]:
    """Return the milliseconds of each round by contender."""
    return {name: one["ms"] for name, one in result["contenders"].items()}


def added_mib(one: Results) -> float:
    """Return the peak MiB of a contender minus the MiB in use before its first call."""
    return float(one["peak_mib"] - one["loaded_mib"])


def ratio_to_numpy(result: Results, name: str) -> str:
    """Return the ratio of a contender's time to that of `numpy_rnn`, as text."""
    ms = times(result)
    return str(ratio(ms[name], ms["numpy_rnn"])) if "numpy_rnn" in ms else "–"


def label(name: str, recurrence: str) -> str:
    """Return the label of a contender in Markdown, with code in backquotes."""
    text = CONTENDERS[name].label[recurrence]
    code, comma, rest = text.partition(",")
    return f"`{code}`{comma}{rest}" if "." in code or "_" in code else text
