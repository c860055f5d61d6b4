"""Step 2.7: what the networks predict after each row, and the LSTM's gates and states meanwhile."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from numpy_rnn import classifier, lstm, mnist, readout
from numpy_rnn.sequences import from_images, grey
from numpy_rnn.training import ROWS
from pages.blocks import Picture, Table
from pages.images import captioned_images, percent_ticks
from pages.style import BLUE, GREY, VERMILLION
from pages.wording import count, percent
from studies.definition import Results, Study
from studies.recipes import Plan, Recipe
from studies.run_files import Runs

MODELS: dict[str, dict[str, Any]] = {"RNN": {}, "LSTM": {"recurrence": "lstm"}}
LOOKS = {"RNN": (BLUE, "o-"), "LSTM": (VERMILLION, "s-")}
GALLERY, FOLLOWED, COLUMNS = 20, 3, 10
GATES = {
    "i": "i, input gate",
    "f": "f, forget gate",
    "o": "o, output gate",
    "u": "u, modulated input",
    "c": "c, cell state",
    "h": "h, hidden state",
}


def recipes(plan: Plan) -> list[Recipe]:
    """Return one seed of each model."""
    return [recipe for choices in MODELS.values() for recipe in plan.recipes(1, **choices)]


def measure(plan: Plan, runs: Runs) -> Results:
    """Measure the probabilities of random test images after each row, and gates and states for one of them."""
    _, test = mnist.load()
    part = slice(plan.recipes(1)[0].test_images)
    images, labels = test.images[part], test.labels[part]
    chosen = np.random.default_rng(0).choice(len(labels), GALLERY, replace=False)
    results: Results = {
        "images": images[chosen].tolist(),
        "labels": labels[chosen].tolist(),
        "tested": len(labels),
        "probabilities": {},
        "accuracy": {},
    }
    for name, choices in MODELS.items():
        model = runs.model(plan.recipes(1, **choices)[0])
        trace = classifier.forward(model, from_images(grey(images)))
        y = np.stack([readout.forward(model.readout, h) for h in trace.h])
        results["probabilities"][name] = np.round(y[:, :, chosen].astype(float), 3).tolist()
        results["accuracy"][name] = (y.argmax(axis=1) == labels).mean(axis=1).tolist()
        if isinstance(trace, lstm.Trace):
            first = chosen[0]
            inside = {gate: getattr(trace, gate)[-ROWS:, :, first].T for gate in GATES}
            results["inside"] = {gate: np.round(values.astype(float), 2).tolist() for gate, values in inside.items()}
    return results


def _predicted(results: Results, name: str) -> np.ndarray:
    """Return the digit that the model predicts for each image after t = 0 … T rows: (T+1, images)."""
    return np.array(results["probabilities"][name]).argmax(axis=1)


def describe(results: Results) -> list[str]:
    """Return sentences on correct predictions, and on how many rows a prediction needs."""
    labels = np.array(results["labels"])
    right = {name: int((_predicted(results, name)[-1] == labels).sum()) for name in MODELS}
    known = {
        name: next(t for t, a in enumerate(accuracy) if a >= accuracy[-1] / 2)
        for name, accuracy in results["accuracy"].items()
    }
    accuracy = results["accuracy"]
    half = " and ".join(f"{known[name]} rows (the {name})" for name in MODELS)
    after_20 = " and ".join(f"{percent(accuracy[name][20])} (the {name})" for name in MODELS)
    first = _predicted(results, "LSTM")[:, 0]
    settled = next(t for t in range(len(first)) if (first[t:] == first[-1]).all())
    return [
        *(
            f"The {name} with 128 units classifies {right[name]} of {count(len(labels), 'random test image')} "
            f"correctly, and {percent(accuracy[name][-1])} of all {count(results['tested'], 'test image')}."
            for name in MODELS
        ),
        "The networks were trained to answer after the last row only. If the most probable digit after each row is "
        f"taken as the answer, half of the final accuracy is reached after {half}, and {after_20} of the images are "
        "classified correctly after 20 of the 28 rows.",
        f"The first of the random images is a {labels[0]}. The LSTM's prediction for it does not change after row "
        f"{settled}. In the picture of its gates and states, the forget gate shows what the LSTM keeps: where f is "
        "near 1, the row of the cell state keeps its colour.",
    ]


def tabulate(results: Results) -> list[Table]:
    """Return no tables."""
    return []


def draw(results: Results) -> list[Picture]:
    """Draw the images with predictions, the probabilities after each row, and the gates and states."""
    return [
        Picture(
            "images",
            _gallery(results),
            "Random test images with their true digit and the LSTM's prediction.",
        ),
        Picture(
            "row-by-row",
            _row_by_row(results),
            "Top: the probability of each digit after t rows, for three of these images. Bottom: the share of all test "
            "images that are classified correctly if the prediction after t rows is taken as the answer.",
        ),
        Picture(
            "inside",
            _inside(results),
            "The LSTM's gates and states for the first of these images. Each line is one of 128 units, sorted by the "
            "last value of the cell state; t is the number of the row.",
        ),
    ]


def _gallery(results: Results) -> Figure:
    figure = Figure(figsize=(12, 3.7), layout="constrained")
    labels, predicted = np.array(results["labels"]), _predicted(results, "LSTM")[-1]
    captions = [
        f"true {label}\n{'✓' if one == label else '✗'} pred. {one}"
        for label, one in zip(labels, predicted, strict=True)
    ]
    grid = figure.subplots(GALLERY // COLUMNS, COLUMNS).flat
    captioned_images(grid, np.array(results["images"]) / 255, captions, predicted != labels)
    return figure


def _row_by_row(results: Results) -> Figure:
    figure = Figure(figsize=(13, 6.6), layout="constrained")
    parts = figure.add_gridspec(2, 1, height_ratios=[1.25, 1])
    upper, lower = (figure.add_subfigure(parts[k]) for k in range(2))
    grid = upper.subplots(2, 2 * FOLLOWED, width_ratios=[1, 3] * FOLLOWED)
    followed = np.unique(results["labels"], return_index=True)[1][:FOLLOWED]
    for place, k in enumerate(sorted(followed)):
        for row, name in enumerate(MODELS):
            picture, axes = grid[row, 2 * place : 2 * place + 2]
            picture.imshow(results["images"][k], cmap="gray_r")
            picture.set_axis_off()
            y = np.array(results["probabilities"][name])[:, :, k]
            axes.imshow(y.T, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
            axes.set_yticks(range(0, 10, 3))
            axes.set_xticks([0, 14, 28] if row else [])
            axes.tick_params(labelsize=11)
            axes.set_title(f"{name}, true {results['labels'][k]}", fontsize=12, pad=4)
            if place == 0:
                axes.set_ylabel("digit", fontsize=12)
            if row:
                axes.set_xlabel("t, rows seen", fontsize=12)
    axes = lower.subplots()
    for name, (colour, form) in LOOKS.items():
        axes.plot(results["accuracy"][name], form, color=colour, label=name, markersize=6)
    axes.set(xlabel="t, rows seen", ylabel="classified correctly", ylim=(0, 1), xlim=(0, ROWS + 0.3))
    percent_ticks(axes.yaxis)
    axes.legend(frameon=False)
    axes.grid(axis="y")
    return figure


def _inside(results: Results) -> Figure:
    figure = Figure(figsize=(13, 7.5), layout="constrained")
    order = np.argsort(np.array(results["inside"]["c"])[:, -1])
    for axes, (gate, title) in zip(figure.subplots(2, 3).flat, GATES.items(), strict=True):
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
        bar = figure.colorbar(shown, ax=axes, aspect=30, pad=0.02, extend="both" if gate == "c" else "neither")
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=11, color=GREY)
        if not is_gate:
            axes.set_xlabel("t", fontsize=13)
    return figure


STUDY = Study(
    "prediction",
    "What does the network predict, and when?",
    "2.7: Draw random test images with their true and predicted digit. What does the network know after each row?",
    recipes,
    measure,
    describe,
    tabulate,
    draw,
)
