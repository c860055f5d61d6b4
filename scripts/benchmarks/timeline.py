"""A picture of what each process does during a training step."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from benchmarks.pictures import LARGE, MEDIUM, SMALL, WIDTH
from pages.style import BLUE, GREEN, GREY, ORANGE

COLORS = {
    "copy parameters and images": GREEN,
    "forward and backward pass of a shard": BLUE,
    "wait, and add the gradients": GREY,
    "Adam": ORANGE,
}
HALF = 0.32


def timelines(title: str, panels: Mapping[str, Any]) -> Figure:
    """Return a figure with a panel for each time line, as `by_numpy.Project.timeline` returns it."""
    figure = Figure((WIDTH, 1.1 + 1.25 * len(panels)), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=LARGE)
    all_axes = figure.subplots(max(len(panels), 1), squeeze=False)[:, 0]
    for axes, (name, timeline) in zip(all_axes, panels.items(), strict=False):
        _panel(axes, name, timeline)
    patches = [Patch(facecolor=color, label=label) for label, color in COLORS.items()]
    figure.legend(handles=patches, loc="outside lower center", ncols=2, frameon=False, fontsize=SMALL)
    return figure


def _panel(axes: Axes, name: str, timeline: Any) -> None:
    """Draw one row for each process."""
    copying, passes, adding, adam = COLORS.values()
    rows = sorted({process for process, *_ in timeline["shards"]})
    own = [(begin, end) for process, begin, end in timeline["shards"] if process == 0]
    _bar(axes, 0, 0.0, own[0][0], copying)
    _bar(axes, 0, own[-1][1], timeline["added"], adding)
    _bar(axes, 0, timeline["added"], timeline["end"], adam)
    for number, (process, begin, end) in enumerate(timeline["shards"], start=1):
        _bar(axes, process, begin, end, passes)
        text = f"shard {number}: {end - begin:.2f} ms"
        axes.text((begin + end) / 2, process, text, ha="center", va="center", fontsize=SMALL, color="white")
    axes.text(timeline["end"], 0, f" {timeline['end']:.2f} ms", va="center", fontsize=SMALL, weight="bold")
    axes.set_yticks(rows, [f"process {process + 1}" for process in rows], fontsize=SMALL)
    axes.set(xlim=(0, 1.13 * timeline["end"]), ylim=(len(rows) - 0.5, -0.5))
    axes.set_title(name, loc="left", fontsize=MEDIUM)
    axes.set_xlabel("milliseconds since the beginning of the step", fontsize=SMALL)
    axes.tick_params(axis="both", labelsize=SMALL)
    axes.tick_params(axis="y", length=0)


def _bar(axes: Axes, row: int, begin: float, end: float, color: str) -> None:
    axes.barh(row, end - begin, 2 * HALF, begin, color=color, linewidth=0)
