"""Stacked bars of milliseconds by kind of work, with the number of each part."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from benchmarks.pictures import LARGE, MEDIUM, SMALL, WIDTH
from pages.style import GREEN, GREY, ORANGE, PALE, PURPLE

# None of these is the blue of this project in the other pictures.
COLORS = {"products": GREY, "activations": ORANGE, "arithmetic": GREEN, "memory": PURPLE, "the rest": PALE}
FLOOR = "the floor"
# Half the height of a bar, and the share of the axis that a number such as 0.12 takes.
HALF = 0.26
NUMBER = 0.062


def stacked_bars(title: str, bars: Mapping[str, Mapping[str, float]]) -> Figure:
    """Return a figure with a bar for each of `bars`: milliseconds by kind of work, or by `FLOOR`."""
    figure = Figure((WIDTH, 1.5 + 0.68 * len(bars)), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=LARGE)
    axes = figure.subplots()
    right = 1.1 * max(sum(parts.values()) for parts in bars.values())
    for y, parts in enumerate(bars.values()):
        if FLOOR in parts:
            axes.barh(y, parts[FLOOR], 2 * HALF, color="white", edgecolor=GREY, hatch="///", linewidth=1)
        else:
            _stack(axes, y, parts, NUMBER * right)
        axes.text(sum(parts.values()), y, f" {sum(parts.values()):.2f}", va="center", fontsize=SMALL, weight="bold")
    axes.set_yticks(range(len(bars)), list(bars), fontsize=SMALL)
    axes.set(xlim=(0, right), ylim=(len(bars) - 0.5, -0.75))
    axes.set_xlabel("milliseconds for a training step", fontsize=MEDIUM)
    axes.tick_params(axis="x", labelsize=SMALL)
    axes.tick_params(axis="y", length=0, pad=6)
    kinds = [kind for kind in COLORS if any(kind in parts for parts in bars.values())]
    patches = [Patch(facecolor=COLORS[kind], edgecolor=GREY, linewidth=0.5, label=kind) for kind in kinds]
    figure.legend(handles=patches, loc="outside lower center", ncols=len(kinds), frameon=False, fontsize=SMALL)
    return figure


def _stack(axes: Axes, y: int, parts: Mapping[str, float], width: float) -> None:
    """Draw the parts of a bar side by side; write numbers wider than their part above the bar, with a line to it."""
    left, free = 0.0, 0.0
    for kind, ms in parts.items():
        axes.barh(y, ms, 2 * HALF, left, color=COLORS[kind], edgecolor=GREY, linewidth=0.5)
        middle = left + ms / 2
        left += ms
        if ms > width:
            color = "white" if kind == "products" else "black"
            axes.text(middle, y, f"{ms:.2f}", ha="center", va="center", fontsize=SMALL, color=color)
            continue
        at = max(middle, free)
        free = at + 1.15 * width
        axes.plot([middle, at], [y - HALF, y - HALF - 0.1], color=GREY, linewidth=1)
        axes.text(at, y - HALF - 0.11, f"{ms:.2f}", ha="center", va="bottom", fontsize=SMALL)
