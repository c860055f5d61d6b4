"""The pictures of step 2.7: random images, probabilities row by row, and the LSTM's gates and states."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure, SubFigure

from numpy_rnn.training import ROWS
from pages.blocks import Picture
from pages.images import captioned_images, heading, percent_ticks
from pages.wording import count
from studies.definition import Results
from studies.looks import MODEL_LOOKS

MODELS: dict[str, dict[str, Any]] = {"RNN": {}, "LSTM": {"recurrence": "lstm"}}
GALLERY, FOLLOWED, COLUMNS = 20, 3, 10
GATES = {
    "i": "i, input gate",
    "f": "f, forget gate",
    "o": "o, output gate",
    "u": "u, modulated input",
    "c": "c, cell state",
    "h": "h, hidden state",
}


def predicted(results: Results, name: str) -> np.ndarray:
    """Return the digit that the model predicts for each image after t = 0 … T rows: (T+1, images)."""
    return np.array(results["probabilities"][name]).argmax(axis=1)


def draw(results: Results) -> list[Picture]:
    """Draw the images with predictions, the probabilities after each row, and the gates and states."""
    return [
        Picture(
            "images",
            _gallery(results),
            "Random test images with their true digit and the LSTM's prediction; a frame marks an error.",
        ),
        Picture(
            "row-by-row",
            _row_by_row(results),
            "Top: the probability of each digit after t rows, for three of these images. Triangles mark the true "
            "digit. Bottom: the share of all test images that are classified correctly if the prediction after t rows "
            "is taken as the answer.",
        ),
        Picture(
            "inside",
            _inside(results),
            "The LSTM's gates and states for the first of these images. Each line is one of 128 units, sorted by the "
            "last value of the cell state; t is the number of rows seen.",
        ),
    ]


def _gallery(results: Results) -> Figure:
    figure = Figure(figsize=(11, 3.44))
    heading(figure, "LSTM, H = 128, seed 0: predictions for random test images")
    labels, answers = np.array(results["labels"]), predicted(results, "LSTM")[-1]
    captions = [
        f"true {label}\n{'✓' if one == label else '✗'} pred. {one}" for label, one in zip(labels, answers, strict=True)
    ]
    axes = figure.add_axes((0.01, 0, 10.84 / 11, 0.89))
    captioned_images(axes, COLUMNS, np.array(results["images"]) / 255, captions, answers != labels)
    return figure


def _row_by_row(results: Results) -> Figure:
    figure = Figure(figsize=(11, 7.4), layout="constrained")
    heading(figure, "RNN and LSTM, H = 128, seed 0: what they predict after t rows of an image")
    parts = figure.add_gridspec(2, 1, height_ratios=[1.45, 1])
    upper, lower = (figure.add_subfigure(parts[k]) for k in range(2))
    _probabilities(upper, results)
    axes = lower.subplots()
    for name in MODELS:
        colour, form = MODEL_LOOKS[name]
        axes.plot(results["accuracy"][name], form, color=colour, label=name, markersize=6, linewidth=2)
    axes.set(xlabel="t, rows seen", ylabel="classified correctly", ylim=(0, 1), xlim=(0, ROWS + 0.3))
    axes.set_title(f"all {count(results['tested'], 'test image')}", fontsize=13)
    axes.set_xticks(range(0, ROWS + 1, 4))
    percent_ticks(axes.yaxis)
    axes.legend(frameon=False)
    axes.grid(axis="y")
    return figure


def _probabilities(figure: SubFigure, results: Results) -> None:
    """Draw some images, and below each the probability of each digit after t rows, by both models."""
    grid = figure.add_gridspec(
        1 + len(MODELS), FOLLOWED + 1, height_ratios=[0.7] + [1] * len(MODELS), width_ratios=[1] * FOLLOWED + [0.05]
    )
    followed = np.unique(results["labels"], return_index=True)[1][:FOLLOWED]
    for place, k in enumerate(sorted(followed)):
        true = results["labels"][k]
        image = figure.add_subplot(grid[0, place])
        image.imshow(results["images"][k], cmap="gray_r")
        image.set_axis_off()
        image.text(-3, 14, f"true digit: {true} ◀", ha="right", va="center", fontsize=13)
        for row, name in enumerate(MODELS):
            axes = figure.add_subplot(grid[1 + row, place])
            y = np.array(results["probabilities"][name])[:, :, k]
            shown = axes.imshow(y.T, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
            axes.text(ROWS + 0.8, true, "◀", va="center_baseline", fontsize=11)
            axes.set_yticks(range(0, 10, 3))
            axes.set_xticks(range(0, ROWS + 1, 4))
            axes.tick_params(labelsize=12, labelbottom=name == [*MODELS][-1])
            axes.set_title(name, fontsize=13, pad=4)
            if place == 0:
                axes.set_ylabel("digit", fontsize=13)
        axes.set_xlabel("t, rows seen", fontsize=13)
    bar = figure.colorbar(shown, cax=figure.add_subplot(grid[1:, -1]), ticks=[0, 0.5, 1])
    bar.set_label("probability", fontsize=13)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=12)
    percent_ticks(bar.ax.yaxis)


def _inside(results: Results) -> Figure:
    figure = Figure(figsize=(11, 7.5), layout="constrained")
    heading(figure, f"LSTM, H = 128, seed 0: gates and states for an image of a {results['labels'][0]}")
    order = np.argsort(np.array(results["inside"]["c"])[:, -1])
    for place, (axes, (gate, title)) in enumerate(zip(figure.subplots(2, 3).flat, GATES.items(), strict=True)):
        values = np.array(results["inside"][gate])[order]
        is_gate = gate in "ifo"
        reach = float(np.quantile(np.abs(values), 0.98)) if gate == "c" else 1.0
        shown = axes.imshow(
            values,
            cmap="Blues" if is_gate else "PuOr",
            vmin=0 if is_gate else -reach,
            vmax=reach,
            aspect="auto",
            interpolation="nearest",
            extent=(0.5, ROWS + 0.5, len(values), 0),
        )
        axes.set(title=title, yticks=[], xticks=[1, 7, 14, 21, 28])
        axes.spines[:].set_visible(False)
        axes.set_xlabel("t, rows seen", fontsize=13)
        if place % 3 == 0:
            axes.set_ylabel("units, sorted by the last c", fontsize=13)
        bar = figure.colorbar(shown, ax=axes, aspect=30, pad=0.02, extend="both" if gate == "c" else "neither")
        bar.set_ticks([0, 0.5, 1] if is_gate else [-4, -2, 0, 2, 4] if gate == "c" else [-1, 0, 1])
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=12)
    return figure
