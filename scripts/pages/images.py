"""Pictures of digits, axes of percentages, labels at the ends of lines, and the loading of what pictures need."""

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import PolyCollection
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


def captioned_images(axes: Axes, columns: int, images: np.ndarray, captions: Sequence[str], marked: np.ndarray) -> None:
    """Draw square images of grey values from 0 to 1 in rows of `columns`, from the top of the axes downwards.

    Each of the N > 0 `images` (N, 28, 28) has a caption of two lines above it. An image that is `marked` (N,) has a
    bold caption and a broad black frame. The axes become invisible. A row is as high as an image is wide, and 0.66
    inches more.
    """
    inch = axes.figure.dpi
    width, height = axes.bbox.width / inch, axes.bbox.height / inch  # all lengths here are in inches
    caption, gap = 0.5, 0.16
    side = (width + gap) / columns - gap
    row, column = np.divmod(np.arange(len(images)), columns)
    edges = np.linspace(0, side, images.shape[1] + 1)
    x = np.add.outer((side + gap) * np.arange(columns), edges)
    y = np.add.outer((caption + side + gap) * np.arange(row[-1] + 1) + caption, edges)
    # One mesh is drawn several times faster than each image in axes of its own. The space between images is white.
    pixels = np.zeros((*y.shape, *x.shape))
    pixels[row, :-1, column, :-1] = images
    axes.pcolormesh(x.ravel(), y.ravel(), pixels.reshape(y.size, x.size)[:-1, :-1], cmap="gray_r", vmin=0, vmax=1)

    left, right, top, bottom = x[column, 0], x[column, -1], y[row, 0], y[row, -1]
    for centre, end, text, bold in zip((left + right) / 2, top - 0.08, captions, marked, strict=True):
        axes.text(centre, end, text, ha="center", fontsize=13, fontweight="bold" if bold else "normal")
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]]).transpose(2, 0, 1)
    frames = axes.add_collection(PolyCollection([*corners], facecolors="none", joinstyle="miter", clip_on=False))
    frames.set(edgecolor=np.where(marked, "black", PALE), linewidth=np.where(marked, 3, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()


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
