"""Pictures of digits with captions, axes whose ticks are percentages, and the loading of what pictures need."""

import io
from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure

from pages.style import PALE, VERMILLION


def load_renderer() -> None:
    """Draw a text into memory, so that everything that pictures need is loaded: renderer, fonts, writer of PNG.

    A command calls this before long work, which would be lost if its pictures could not be drawn afterwards.
    """
    figure = Figure((1, 1))
    figure.text(0, 0, "✓ ✗ ≥")
    figure.savefig(io.BytesIO(), format="png")


def captioned_images(grid: Iterable[Axes], images: Iterable, captions: Iterable[str], wrong: Iterable[bool]) -> None:
    """Draw images of grey values from 0 to 1, each below its caption; `wrong` ones get a coloured caption and frame."""
    for axes, image, caption, bad in zip(grid, images, captions, wrong, strict=True):
        axes.imshow(image, cmap="gray_r", vmin=0, vmax=1)
        axes.set(xticks=[], yticks=[])
        axes.set_title(caption, loc="center", pad=6, fontsize=14, color=VERMILLION if bad else "black")
        axes.spines[:].set(visible=True, color=VERMILLION if bad else PALE, linewidth=4 if bad else 1)


def percent_ticks(axis: Axis) -> None:
    """Label the ticks of an axis of accuracies from 0 to 1 as percentages."""
    axis.set_major_formatter(lambda value, _: f"{100 * value:.4g} %")
