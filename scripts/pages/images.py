"""Pictures of digits, axes of percentages, labels at the ends of lines, and the loading of what pictures need."""

import io
from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import Formatter

from pages.style import PALE


def load_renderer() -> None:
    """Draw a text into memory, so that everything that pictures need is loaded: renderer, fonts, writer of PNG.

    A command calls this before long work, which would be lost if its pictures could not be drawn afterwards.
    """
    figure = Figure((1, 1))
    figure.text(0, 0, "✓ ✗ ≥")
    figure.savefig(io.BytesIO(), format="png")


def heading(figure: Figure, text: str) -> None:
    """Write what the run was, such as `RNN, H = 128, seed 0`, above all panels of the figure."""
    figure.suptitle(text, x=0.01, ha="left", fontsize=15, fontweight="bold")


def captioned_images(grid: Iterable[Axes], images: Iterable, captions: Iterable[str], marked: Iterable[bool]) -> None:
    """Draw images of grey values from 0 to 1, each below its caption; `marked` ones get a bold caption and a frame."""
    for axes, image, caption, bold in zip(grid, images, captions, marked, strict=True):
        axes.imshow(image, cmap="gray_r", vmin=0, vmax=1)
        axes.set(xticks=[], yticks=[])
        axes.set_title(caption, loc="center", pad=6, fontsize=13, fontweight="bold" if bold else "normal")
        axes.spines[:].set(visible=True, color="black" if bold else PALE, linewidth=3 if bold else 1)


class _PercentFormatter(Formatter):
    """Formats shares as percentages, all ticks of an axis with equally many decimals."""

    def __call__(self, value: float, pos: int | None = None) -> str:
        return f"{100 * value:.4g} %"

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        decimals = next((d for d in range(3) if np.allclose(np.round(values, d + 2), values, rtol=0, atol=1e-9)), 3)
        return [f"{100 * value:.{decimals}f} %" for value in values]


def percent_ticks(axis: Axis) -> None:
    """Label the ticks of an axis of accuracies from 0 to 1 as percentages."""
    axis.set_major_formatter(_PercentFormatter())


def end_labels(
    axes: Axes, x: float, labels: Sequence[str], ends: Sequence[tuple[float, float]], colours: Sequence, gap: float
) -> None:
    """Write labels at `x`, beside the `ends` (x, y) of lines, moved up or down as far as needed to not overlap.

    A dotted line in the label's colour leads to each end. `gap` is the distance of two labels as a share of the height
    of the axes, whose limits must be final.
    """
    low, high = axes.get_ylim()
    gap *= high - low
    heights = np.array([y for _, y in ends])
    rank, slots = heights.argsort(kind="stable"), gap * np.arange(len(heights))
    # Pushing crowded labels only upwards or only downwards keeps them apart, and so does the mean of both.
    wanted = heights[rank] - slots
    heights = (np.maximum.accumulate(wanted) + np.minimum.accumulate(wanted[::-1])[::-1]) / 2
    heights = np.clip(heights, low + gap / 2, high - gap / 2 - slots[-1]) + slots
    for label, end, height, colour in zip(labels, ends, heights[rank.argsort()], colours, strict=True):
        leader = {"arrowstyle": "-", "linestyle": ":", "color": colour, "shrinkB": 6, "relpos": (0, 0.5)}
        text = axes.annotate(label, end, (x, height), color=colour, va="center", arrowprops=leader)
        text.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1})
