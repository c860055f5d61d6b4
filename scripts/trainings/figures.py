"""Pictures of a training run and of what the trained network reads, as PNG files; no display is needed.

Every function draws one picture and writes it to `path`, in a folder that exists.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib import colormaps, style
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from pages.style import BLUE, GREY, PALE, STYLE, VERMILLION

_COLUMNS = 5


def training_curves(
    path: Path,
    title: str,
    train_accuracy: Sequence[float],
    train_loss: Sequence[float],
    test_accuracy: float,
    notebook: Sequence[float],
    target: float,
) -> None:
    """Draw accuracy (left) and loss (right) over the epochs 1..N, each line labelled with its last value.

    `train_accuracy` and `train_loss` hold N numbers, one for each epoch. `test_accuracy` is the final one, a diamond
    at epoch N. `notebook`, the published training accuracy of each epoch, is a pale broad dashed line, visible even
    beneath a training line that repeats it; nan stands for one that was not published. `target`, the test accuracy to
    expect, is a thin line. The accuracy axis covers the values that occur, the loss axis starts at 0.
    """
    epochs = np.arange(1, len(train_accuracy) + 1)
    dot = min(7, 80 / len(epochs))
    lines = [
        _Line(f"training {_percent(train_accuracy[-1])}", epochs, np.array(train_accuracy), BLUE, "o-", dot),
        _Line(f"test {_percent(test_accuracy)}", epochs[-1:], np.array([test_accuracy]), VERMILLION, "D", 10),
    ]
    published = np.flatnonzero(~np.isnan(notebook))
    last = max([epochs[-1], *(published + 1)])
    if len(published):
        accuracy = np.array(notebook)[published]
        lines.insert(0, _Line(f"notebook {_percent(accuracy[-1])}", published + 1, accuracy, GREY, "o--", 6, 6, 0.4))
    lines.insert(
        0, _Line(f"target {_percent(target)}", np.array([0.5, last]), np.full(2, target), VERMILLION, "-", width=1)
    )
    shown = np.concatenate([line.values for line in lines])
    margin = max(0.08 * np.ptp(shown), 0.01)
    limits = max(shown.min() - margin, 0), min(shown.max() + margin, 1)

    subtitle = f"test accuracy {_percent(test_accuracy)} after {_plural(len(epochs), 'epoch')}"
    with _picture(path, title, subtitle, 13, 5.8) as figure:
        left, right = figure.subplots(1, 2)
        _panel(left, "accuracy", last, lines, limits)
        left.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.4g}%")
        line = _Line(f"training {train_loss[-1]:.3f}", epochs, np.array(train_loss), BLUE, "o-", dot)
        _panel(right, "loss", last, [line], (0, 1.08 * max(train_loss)))


def confusion_matrix(path: Path, title: str, labels: np.ndarray, predictions: np.ndarray) -> None:
    """Draw how often each true digit (row) was read as each digit (column), and the recall of each row.

    `labels` and `predictions` (N,) are the digits 0 … 9. A cell shows its count (blank for 0); off the diagonal its
    colour is the share of the row's images misread that way. The recall at the right is the share of the row's images
    read correctly (a dash without images).
    """
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (labels, predictions), 1)
    images = counts.sum(axis=1)
    shares = counts / np.maximum(images, 1)[:, np.newaxis]
    recall = [_percent(shares[digit, digit]) if images[digit] else "–" for digit in range(10)]
    misread = np.where(np.eye(10, dtype=bool), np.nan, shares)
    darkest = max(np.nanmax(misread), 0.05)  # else a single error in a good network would look systematic
    subtitle = f"accuracy {_percent(np.mean(labels == predictions))} on {_plural(len(labels), 'image')}"

    with _picture(path, title, subtitle, 11, 9.6) as figure:
        axes = figure.subplots()
        mesh = axes.imshow(misread, cmap=colormaps["Oranges"].with_extremes(bad=PALE), vmin=0, vmax=darkest)
        for (true, read), count in np.ndenumerate(counts):
            hue = "white" if misread[true, read] > 0.75 * darkest else "black"
            axes.text(read, true, str(count or ""), ha="center", va="center_baseline", color=hue, fontsize=16)
        axes.set(xticks=range(10), yticks=range(10), xlabel="predicted digit", ylabel="true digit")
        axes.set_xticks(np.arange(0.5, 9), minor=True)
        axes.set_yticks(np.arange(0.5, 9), minor=True)
        axes.grid(which="minor", color="white", linewidth=2)
        recalls = axes.secondary_yaxis("right")
        recalls.set_yticks(range(10), recall)
        axes.text(9.58, -0.6, "recall")
        for part in (axes, recalls):
            part.tick_params(which="both", length=0, labelsize=16)
            part.spines[:].set_visible(False)
        bar = figure.colorbar(mesh, shrink=0.6, aspect=30, format="{x:.0%}")
        bar.set_label("share of the true digit's images misread so")
        bar.outline.set_visible(False)


def predictions(
    path: Path,
    title: str,
    images: np.ndarray,
    labels: np.ndarray,
    probabilities: np.ndarray,
    rng: np.random.Generator,
    count: int = 20,
) -> None:
    """Draw `count` images taken at random by `rng` (all N if there are fewer) with what the network read.

    `images` (N, 28, 28) are grey values from 0 to 1, `labels` (N,) digits, `probabilities` (N, 10). Above each image
    stand its true digit, the digit read (the most probable one) and that one's probability, with a tick if it is
    right, with a cross, in colour and framed, if it is wrong.
    """
    read = probabilities.argmax(axis=1)
    chosen = rng.choice(len(labels), size=min(count, len(labels)), replace=False)
    wrong = read[chosen] != labels[chosen]
    captions = [
        f"true {labels[i]}, read {read[i]}\n{'✗' if bad else '✓'} {_percent(probabilities[i].max())}"
        for i, bad in zip(chosen, wrong, strict=True)
    ]
    number = _plural(len(chosen), "image")
    subtitle = f"{np.sum(~wrong)} of {number} read right, taken at random from {len(labels):,}"
    _gallery(path, title, subtitle, images[chosen], captions, wrong)


def worst_mistakes(
    path: Path, title: str, images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray, count: int = 20
) -> None:
    """Draw the misread images on which the true digit got the lowest probability, worst first.

    The arrays are those of `predictions`. Above each image stand the true digit and the digit read instead,
    each with its probability. At most `count` images are drawn, and fewer if there are fewer mistakes;
    without any, the picture says so.
    """
    read = probabilities.argmax(axis=1)
    of_true, of_read = probabilities[np.arange(len(labels)), labels], probabilities.max(axis=1)
    mistakes = np.flatnonzero(read != labels)
    worst = mistakes[np.lexsort((-of_read[mistakes], of_true[mistakes]))][:count]
    captions = [f"true {labels[i]}: {_percent(of_true[i])}\n✗ read {read[i]}: {_percent(of_read[i])}" for i in worst]
    part = f"the {len(worst)} worst of " if len(worst) < len(mistakes) else ""
    subtitle = f"{part}{_plural(len(mistakes), 'mistake')} in {_plural(len(labels), 'image')}"
    _gallery(path, title, subtitle, images[worst], captions, np.ones(len(worst), dtype=bool))


class _Line(NamedTuple):
    label: str
    epochs: np.ndarray
    values: np.ndarray
    colour: str
    form: str
    marker: float = 0
    width: float = 2.5
    alpha: float = 1


@contextmanager
def _picture(path: Path, title: str, subtitle: str, width: float, height: float) -> Iterator[SubFigure]:
    with style.context(STYLE, after_reset=True):
        figure = Figure(figsize=(width, height), layout="constrained")
        figure.suptitle(title, x=0.01, ha="left", fontsize=20, fontweight="bold")
        body = figure.add_subfigure(figure.add_gridspec()[0])
        body.suptitle(subtitle, x=0.01, ha="left", fontsize=16, color=GREY)
        yield body
        figure.savefig(path)


def _panel(axes: Axes, name: str, last: int, lines: Sequence[_Line], limits: tuple[float, float]) -> None:
    """Draw lines over the epochs 1..last; right of them, a column of labels as near to their ends as fits."""
    step = next(step for step in (1, 2, 5, 10, 20, 50, last) if last <= 10 * step)
    axes.set_xticks(sorted({1, *range(step, last - step // 2, step), last}))
    axes.set(title=name, xlim=(0.5, 0.5 + 1.55 * last), ylim=limits)
    axes.set_xlabel("epoch", x=0.5 / 1.55)
    axes.spines["bottom"].set_bounds(0.5, last + 0.5)
    axes.grid(axis="y")
    gap = 0.085 * (limits[1] - limits[0])
    ends = np.array([line.values[-1] for line in lines])
    rank, slots = ends.argsort(kind="stable"), gap * np.arange(len(lines))
    # Pushing crowded labels only upwards or only downwards keeps them apart, and so does the mean of both.
    wanted = ends[rank] - slots
    heights = (np.maximum.accumulate(wanted) + np.minimum.accumulate(wanted[::-1])[::-1]) / 2
    heights = np.clip(heights, limits[0] + gap / 2, limits[1] - gap / 2 - slots[-1]) + slots
    for line, height in zip(lines, heights[rank.argsort()], strict=True):
        (drawn,) = axes.plot(line.epochs, line.values, line.form, color=line.colour, clip_on=False)
        drawn.set(markersize=line.marker, linewidth=line.width, alpha=line.alpha)
        leader = {"arrowstyle": "-", "linestyle": ":", "color": line.colour, "shrinkB": 6, "relpos": (0, 0.5)}
        end, place = (line.epochs[-1], line.values[-1]), (0.5 + 1.04 * last, height)
        label = axes.annotate(line.label, end, place, color=line.colour, va="center", arrowprops=leader)
        label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1})


def _gallery(
    path: Path, title: str, subtitle: str, images: np.ndarray, captions: Sequence[str], wrong: np.ndarray
) -> None:
    rows = math.ceil(len(images) / _COLUMNS)
    with _picture(path, title, subtitle, 11, 1.1 + 2.65 * rows) as figure:
        grid = list(figure.subplots(max(rows, 1), _COLUMNS, squeeze=False).flat)
        for axes in grid[len(images) :]:
            axes.set_axis_off()
        captioned_images(grid[: len(images)], images, captions, wrong)


def captioned_images(grid: Iterable[Axes], images: Iterable, captions: Iterable[str], wrong: Iterable[bool]) -> None:
    """Draw images of grey values from 0 to 1, each below its caption; those that are `wrong` in colour and framed."""
    for axes, image, caption, bad in zip(grid, images, captions, wrong, strict=True):
        axes.imshow(image, cmap="gray_r", vmin=0, vmax=1)
        axes.set(xticks=[], yticks=[])
        axes.set_title(caption, loc="center", pad=6, fontsize=14, color=VERMILLION if bad else "black")
        axes.spines[:].set(visible=True, color=VERMILLION if bad else PALE, linewidth=4 if bad else 1)


def _percent(share: float) -> str:
    if 0 < share < 0.0005:
        return "< 0.1%"
    return "> 99.9%" if 0.9995 <= share < 1 else f"{share:.1%}"


def _plural(number: int, noun: str) -> str:
    return f"{f'{number:,}' if number else 'no'} {noun}{'' if number == 1 else 's'}"
