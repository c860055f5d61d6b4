"""What the benchmark's pictures share: markers and colours, a key, and panels with a row for each contender."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator

from benchmarks.contenders import CONTENDERS
from benchmarks.part import TITLES, Results, three_digits, times
from benchmarks.timing import quartiles
from pages.blocks import Picture
from pages.style import GREY
from pages.wording import count

# Inches. A page shows pictures about 830 px wide, so that a font size of 10 appears as 10 points.
WIDTH = 8.4
SMALL, MEDIUM, LARGE = 10, 11, 12
FLOOR: dict[str, Any] = {"color": GREY, "linewidth": 2, "linestyle": "--"}


class Row(NamedTuple):
    """A row of a panel: the contender, the text to its left, and its value in each round."""

    contender: str
    text: str
    values: Sequence[float]


def looks(name: str) -> dict[str, Any]:
    """Return the colour and the marker of a contender, for matplotlib's `plot`; the floor has no marker."""
    if name == "floor":
        return FLOOR
    contender = CONTENDERS[name]
    edge = {"markeredgecolor": "black", "markeredgewidth": 0.7}
    return {"color": contender.color, "marker": contender.marker, "markersize": 8, **edge}


def short_label(name: str) -> str:
    """Return the label of a contender without the name of a recurrence: `keras.layers`, `torch.nn`."""
    return CONTENDERS[name].label["rnn"].replace(".SimpleRNN", "").removesuffix(".RNN")


def run_title(what: str, threads: int) -> str:
    """Return a title that says what was run: `A training step: float32, 2 threads`."""
    return f"{what}, float32, {count(threads, 'thread')}"


def panels_of_rows(
    title: str, panels: Mapping[str, Sequence[Row]], unit: str, axis_label: str, floors: Mapping[str, float]
) -> Figure:
    """Return a figure with a panel for each title in `panels`, all with the same logarithmic axis, and a key.

    `floors` has the floor of a panel by the panel's title, and is empty if there is none.
    """
    heights = [max(len(rows) + (name in floors), 1) for name, rows in panels.items()]
    figure = Figure((WIDTH, 1.8 + 0.3 * sum(heights)), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=LARGE)
    grid = figure.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for axes, (name, rows) in zip(grid, panels.items(), strict=True):
        axes.set_title(name, fontsize=MEDIUM)
        _rows(axes, rows, unit, floors.get(name))
    values = [statistics.median(row.values) for rows in panels.values() for row in rows] + list(floors.values())
    if not values:
        figure.text(0.5, 0.5, "no contender was measured", ha="center", color=GREY)
        return figure
    grid[0].set_xlim(min(values) / 1.5, max(values) * 2.2)
    grid[-1].set_xlabel(axis_label, fontsize=MEDIUM)
    _key(figure, [row.contender for rows in panels.values() for row in rows], bool(floors))
    return figure


def _rows(axes: Axes, rows: Sequence[Row], unit: str, floor: float | None) -> None:
    """Draw a row for each contender and the floor, the lowest median on top; write the median to its right."""
    floors = [] if floor is None else [Row("floor", CONTENDERS["floor"].label["rnn"], [floor])]
    ordered = sorted([*floors, *rows], key=lambda row: statistics.median(row.values))
    if floor is not None:
        axes.axvline(floor, **FLOOR)
    for y, row in enumerate(ordered):
        middle, (low, high) = statistics.median(row.values), quartiles(row.values)
        if row.contender != "floor":
            look = looks(row.contender)
            axes.plot([low, high], [y, y], color=look["color"], linewidth=4, alpha=0.6, solid_capstyle="butt")
            axes.plot(middle, y, linestyle="none", **look)
        text = f"{three_digits(middle)} {unit}"
        axes.annotate(text, (high, y), (10, 0), textcoords="offset points", va="center", fontsize=SMALL)
    axes.set_yticks(range(len(ordered)), [row.text for row in ordered], fontsize=SMALL)
    axes.set_ylim(len(ordered) - 0.4, -0.6)
    axes.set_xscale("log")
    plain_ticks(axes.xaxis)
    axes.grid(axis="x")
    axes.tick_params(axis="x", labelsize=SMALL)
    axes.tick_params(axis="y", length=0, pad=6)


def plain_ticks(axis: Any, unit: str = "") -> None:
    """Put the ticks of a logarithmic axis at 1, 2 and 5 times the powers of ten, labelled as plain numbers."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(lambda value, _: f"{f'{value:,.0f}' if value >= 1 else f'{value:g}'}{unit}")


def _key(figure: Figure, names: Iterable[str], with_floor: bool) -> None:
    """Add a key below the panels: the markers of this project and of the others, the range, and the floor."""
    shown = [name for name in CONTENDERS if name in names]
    keys: dict[str, Any] = {}
    for text, ours in (("this project", True), ("others", False)):
        marks = tuple(
            Line2D([], [], **looks(name) | {"linestyle": "none"}) for name in shown if CONTENDERS[name].ours == ours
        )
        if marks:
            keys[text] = marks
    keys["interquartile range"] = Line2D([], [], color=GREY, linewidth=4, alpha=0.6, solid_capstyle="butt")
    if with_floor:
        keys["the floor"] = Line2D([], [], **FLOOR)
    figure.legend(
        list(keys.values()),
        list(keys),
        loc="outside lower center",
        ncols=len(keys),
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0.2)},
        handlelength=6,
        frameon=False,
        fontsize=SMALL,
    )


def contenders_picture(results: Results, title: str, axis_label: str, caption: str) -> Picture:
    """Return a picture with a row of milliseconds for each contender, and the floor as a line."""
    panels, floors = {}, {}
    for recurrence, result in results.items():
        ms = times(result)
        panels[TITLES[recurrence]] = [
            Row(name, CONTENDERS[name].label[recurrence], values) for name, values in ms.items() if name != "floor"
        ]
        if "floor" in ms:
            floors[TITLES[recurrence]] = statistics.median(ms["floor"])
    return Picture("time", panels_of_rows(title, panels, "ms", axis_label, floors), caption)
