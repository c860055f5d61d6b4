"""Pictures of a training run and of how the trained network classifies, as PNG files; no display is needed.

Every function draws one picture and writes it to `path`, in a folder that exists.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from matplotlib import colormaps, style
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from pages.images import captioned_images, end_labels, percent_ticks
from pages.style import BLUE, GREY, PALE, STYLE, VERMILLION
from pages.wording import count, percent

_MARGIN = 0.2  # inches
_COLUMNS = 5
_COLOURS = {"rnn": BLUE, "lstm": VERMILLION}


def training_curves(
    path: Path,
    title: str,
    recurrence: Literal["rnn", "lstm"],
    train_accuracy: Sequence[float],
    train_loss: Sequence[float],
    test_accuracy: float,
    notebook: Sequence[float],
    target: float,
) -> None:
    """Draw accuracy (left) and loss (right) over the epochs 1..N, each line labelled with its last value.

    `train_accuracy` and `train_loss` hold N numbers, one for each epoch. `test_accuracy`, after the last epoch, is a
    diamond at epoch N. `notebook` holds the published training accuracy of each epoch, nan if it was not published; it
    is a pale broad dashed line, visible even beneath a training line with the same values. `target`, the expected test
    accuracy, is a thin line. The accuracy axis covers the values that occur, the loss axis starts at 0. The colour is
    that of the `recurrence` in all pictures of the project.
    """
    epochs, colour = np.arange(1, len(train_accuracy) + 1), _COLOURS[recurrence]
    dot = min(7, 80 / len(epochs))
    lines = [
        _Line(f"training {percent(train_accuracy[-1])}", epochs, np.array(train_accuracy), colour, "o-", dot),
        _Line(f"test {percent(test_accuracy)}", epochs[-1:], np.array([test_accuracy]), "black", "D", 10),
    ]
    published = np.flatnonzero(~np.isnan(notebook))
    last = max([epochs[-1], *(published + 1)])
    if len(published):
        accuracy = np.array(notebook)[published]
        label = f"notebook, training {percent(accuracy[-1])}"
        lines.insert(0, _Line(label, published + 1, accuracy, GREY, "o--", 6, 6, 0.4))
    lines.insert(
        0, _Line(f"target, test {percent(target)}", np.array([0.5, last]), np.full(2, target), "black", "-", width=1)
    )
    shown = np.concatenate([line.values for line in lines])
    margin = max(0.08 * np.ptp(shown), 0.01)
    limits = max(shown.min() - margin, 0), min(shown.max() + margin, 1)

    subtitle = (
        f"test accuracy {percent(test_accuracy)} after {count(len(epochs), 'epoch')}\n"
        "Training accuracy and loss are means over an epoch, while the weights still change; the test follows the last "
        "epoch.\nSo test accuracy can be higher than training accuracy."
    )
    with _picture(path, title, subtitle, 13.24, 4.9) as figure:
        left, right = figure.subplots(1, 2, width_ratios=[1.25, 1])
        figure.subplots_adjust(left=0.09, right=0.985, bottom=0.15, top=0.99, wspace=0.16)
        _panel(left, "accuracy", last, lines, limits, 1.9)
        percent_ticks(left.yaxis)
        line = _Line(f"training {train_loss[-1]:.3f}", epochs, np.array(train_loss), colour, "o-", dot)
        _panel(right, "mean cross-entropy (nats)", last, [line], (0, 1.08 * max(train_loss)), 1.55)


def confusion_matrix(path: Path, title: str, labels: np.ndarray, predictions: np.ndarray) -> None:
    """Draw how often each true digit (row) was classified as each digit (column), and the recall of each row.

    `labels` and `predictions` (N,) are the digits 0 … 9. A cell shows its count (blank for 0). Off the diagonal its
    colour is the share of the row's images that were misclassified as this digit. The recall at the right is the share
    of the row's images that were classified correctly (a dash without images).
    """
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (labels, predictions), 1)
    images = counts.sum(axis=1)
    shares = counts / np.maximum(images, 1)[:, np.newaxis]
    recall = [percent(shares[digit, digit]) if images[digit] else "–" for digit in range(10)]
    wrong = np.where(np.eye(10, dtype=bool), np.nan, shares)
    darkest = max(np.nanmax(wrong), 0.05)  # otherwise a single error of a good network would look systematic
    subtitle = f"accuracy {percent(np.mean(labels == predictions))} on {count(len(labels), 'image')}"

    with _picture(path, title, subtitle, 11.2, 8.86) as figure:
        axes, digits = figure.subplots(), range(10)
        figure.subplots_adjust(left=0.09, right=0.79, bottom=0.085, top=0.969)
        mesh = axes.pcolormesh(digits, digits, wrong, vmin=0, vmax=darkest, edgecolor="white", linewidth=1.5)
        mesh.set_cmap(colormaps["Oranges"].with_extremes(bad=PALE))
        for true, predicted in zip(*counts.nonzero(), strict=True):
            hue = "white" if wrong[true, predicted] > 0.75 * darkest else "black"
            number = f"{counts[true, predicted]:,}"
            axes.text(predicted, true, number, ha="center", va="center_baseline", color=hue, fontsize=16)
        for true, share in enumerate(recall):
            axes.text(9.57, true, share, va="center_baseline", fontsize=16)
        axes.text(9.57, -0.6, "recall")
        axes.set(xlabel="predicted digit", ylabel="true digit", xticks=digits, yticks=digits, ylim=(9.5, -0.5))
        axes.tick_params(length=0, labelsize=16)
        axes.spines[:].set_visible(False)
        place = figure.add_axes((0.888, 0.262, 0.015, 0.53))
        bar = figure.colorbar(mesh, place, format=lambda value, _: f"{100 * value:.0f} %")
        bar.set_label("share of the true digit's images misclassified as this digit")
        bar.outline.set_visible(False)


def predictions(
    path: Path,
    title: str,
    images: np.ndarray,
    labels: np.ndarray,
    probabilities: np.ndarray,
    rng: np.random.Generator,
    number: int = 20,
) -> None:
    """Draw `number` images drawn at random by `rng` (all N if there are fewer) with their predicted digits.

    `images` (N, 28, 28) are grey values from 0 to 1, `labels` (N,) digits, `probabilities` (N, 10). The caption of an
    image gives its true digit, the predicted (most probable) digit and its probability, with a tick if the prediction
    is right. A wrong prediction has a cross, a bold caption and a frame.
    """
    predicted = probabilities.argmax(axis=1)
    chosen = rng.choice(len(labels), size=min(number, len(labels)), replace=False)
    wrong = predicted[chosen] != labels[chosen]
    captions = [
        f"true {labels[i]}, predicted {predicted[i]}\n{'✗' if bad else '✓'} {percent(probabilities[i].max())}"
        for i, bad in zip(chosen, wrong, strict=True)
    ]
    drawn = count(len(chosen), "image")
    subtitle = f"{np.sum(~wrong)} of {drawn}, drawn at random from {len(labels):,}, are classified correctly"
    _gallery(path, title, subtitle, images[chosen], captions, wrong)


def worst_mistakes(
    path: Path, title: str, images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray, number: int = 20
) -> None:
    """Draw the misclassified images whose true digit got the lowest probability, worst first.

    The arrays are those of `predictions`. The caption of an image gives the true digit and the predicted one, each with
    its probability. At most `number` images are drawn. If there are no mistakes, the picture says so.
    """
    predicted = probabilities.argmax(axis=1)
    of_true, of_predicted = probabilities[np.arange(len(labels)), labels], probabilities.max(axis=1)
    mistakes = np.flatnonzero(predicted != labels)
    worst = mistakes[np.lexsort((-of_predicted[mistakes], of_true[mistakes]))][:number]
    captions = [
        f"true {labels[i]}: {percent(of_true[i])}\npredicted {predicted[i]}: {percent(of_predicted[i])}" for i in worst
    ]
    part = f"the {len(worst)} worst of " if len(worst) < len(mistakes) else ""
    subtitle = (
        f"{part}{count(len(mistakes), 'mistake')} in {count(len(labels), 'image')}, with the probabilities that the "
        "network gives\nto the true digit and to the predicted digit"
    )
    _gallery(path, title, subtitle, images[worst], captions, np.zeros(len(worst), dtype=bool))


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
    """Give the part of a picture below its title and subtitle, `width` by `height` inches, and write the picture.

    All places are fixed, because matplotlib draws a picture several times if it must find them: by its constrained
    layout, or by a tight bounding box.
    """
    above = 0.7 + 0.28 * len(subtitle.splitlines())
    with style.context([STYLE, {"savefig.bbox": "standard"}], after_reset=True):
        figure = Figure((width, above + height))
        parts = figure.add_gridspec(2, 1, height_ratios=[above, height])
        heading, body = (figure.add_subfigure(parts[k]) for k in range(2))
        left, size = _MARGIN / width, min(20, 1200 / len(title))  # longer titles get smaller letters
        heading.text(left, 1 - _MARGIN / above, title, va="top", fontsize=size, fontweight="bold")
        heading.text(left, 1 - 0.63 / above, subtitle, va="top", fontsize=16, color=GREY)
        yield body
        figure.savefig(path, pil_kwargs={"compress_level": 1})  # the fastest level


def _panel(axes: Axes, name: str, last: int, lines: Sequence[_Line], limits: tuple[float, float], reach: float) -> None:
    """Draw lines over the epochs 1..last, with labels at their right ends, on axes that reach to `reach * last`."""
    step = next(step for step in (1, 2, 5, 10, 20, 50, last) if last <= 10 * step)
    axes.set_xticks(sorted({1, *range(step, last - step // 2, step), last}))
    axes.set(ylabel=name, xlim=(0.5, 0.5 + reach * last), ylim=limits)
    axes.set_xlabel("epoch", x=0.5 / reach)
    axes.spines["bottom"].set_bounds(0.5, last + 0.5)
    axes.grid(axis="y")
    for line in lines:
        (drawn,) = axes.plot(line.epochs, line.values, line.form, color=line.colour, clip_on=False)
        drawn.set(markersize=line.marker, linewidth=line.width, alpha=line.alpha)
    ends = [(line.epochs[-1], line.values[-1]) for line in lines]
    end_labels(axes, 0.5 + 1.04 * last, [line.label for line in lines], ends, [line.colour for line in lines], 0.085)


def _gallery(
    path: Path, title: str, subtitle: str, images: np.ndarray, captions: Sequence[str], marked: np.ndarray
) -> None:
    rows = math.ceil(len(images) / _COLUMNS)
    with _picture(path, title, subtitle, 11.24, 2.7 * rows) as figure:
        if rows:
            margin = _MARGIN / 11.24
            axes = figure.add_axes((margin, 0, 1 - 2 * margin, 1))
            captioned_images(axes, _COLUMNS, images, captions, marked)
