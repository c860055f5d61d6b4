"""Step 2.7: what the networks read, row by row, and what goes on inside the LSTM meanwhile."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from numpy_rnn import classifier, lstm, mnist, readout
from numpy_rnn.sequences import from_images, grey
from numpy_rnn.training import ROWS
from pages.blocks import Picture, Table
from pages.style import BLUE, GREY, VERMILLION
from pages.wording import share, shares
from studies.question import Results, Study
from studies.recipes import Plan, Recipe
from studies.runs import Runs
from trainings.figures import captioned_images

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
    """One seed of each model."""
    return [recipe for choices in MODELS.values() for recipe in plan.recipes(1, **choices)]


def measure(plan: Plan, runs: Runs) -> Results:
    """Images taken at random and what is read on them, as the rows come in; gates and states for one of them."""
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


def _read(results: Results, name: str) -> np.ndarray:
    """The digit that the model reads on each image, after t = 0 … T rows: (T+1, images)."""
    return np.array(results["probabilities"][name]).argmax(axis=1)


def tell(results: Results) -> list[str]:
    """How many of the images taken are read right, and after how many rows the digit is known."""
    labels = np.array(results["labels"])
    right = {name: int((_read(results, name)[-1] == labels).sum()) for name in MODELS}
    known = {
        name: next(t for t, a in enumerate(accuracy) if a >= accuracy[-1] / 2)
        for name, accuracy in results["accuracy"].items()
    }
    told = ", ".join(f"{right[name]} ({name})" for name in MODELS)
    half = ", ".join(f"{known[name]} ({name})" for name in MODELS)
    after_20 = ", ".join(f"{share(results['accuracy'][name][20])} ({name})" for name in MODELS)
    first = _read(results, "LSTM")[:, 0]
    settled = next(t for t in range(len(first)) if (first[t:] == first[-1]).all())
    return [
        f"Of {len(labels)} test images taken at random the networks with 128 units read {told} right; of all "
        f"{results['tested']:,} {', '.join(f'{share(a[-1])} ({name})' for name, a in results['accuracy'].items())}.",
        f"If the answer were asked for after every row, half of the final accuracy would be reached after {half} of "
        f"28 rows, and {after_20} of the images would be read right after 20. The networks were trained to answer "
        "after the last row alone: what they say before was never asked of them.",
        f"Inside the LSTM, on the first of these images, a {labels[0]}: its answer stands from row {settled} on. The "
        "forget gate's columns show what it keeps: where f is near 1 the cell state's line goes on in one colour.",
    ]


def tabulate(results: Results) -> list[Table]:
    """None."""
    return []


def draw(results: Results) -> list[Picture]:
    """The images with what is read; probabilities as the rows come in; gates and states."""
    return [
        Picture(
            "images",
            _gallery(results),
            "Test images taken at random, with the true digit and what the LSTM reads on them.",
        ),
        Picture(
            "row-by-row",
            _row_by_row(results),
            "The probability of each digit while the rows come in, for three of these images, and the share of all "
            "test images that would be read right if the answer were asked for after t rows.",
        ),
        Picture(
            "inside",
            _inside(results),
            "The LSTM's gates and states on the first of these images; a line for each of 128 units, sorted by the "
            "last value of the cell state; t runs from the first row to the last.",
        ),
    ]


def _gallery(results: Results) -> Figure:
    figure = Figure(figsize=(12, 3.7), layout="constrained")
    labels, read = np.array(results["labels"]), _read(results, "LSTM")[-1]
    captions = [
        f"true {label}\n{'✓' if one == label else '✗'} read {one}" for label, one in zip(labels, read, strict=True)
    ]
    grid = figure.subplots(GALLERY // COLUMNS, COLUMNS).flat
    captioned_images(grid, np.array(results["images"]) / 255, captions, read != labels)
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
                axes.set_xlabel("t, rows read", fontsize=12)
    axes = lower.subplots()
    for name, (colour, form) in LOOKS.items():
        axes.plot(results["accuracy"][name], form, color=colour, label=name, markersize=6)
    axes.set(xlabel="t, rows read", ylabel="read right", ylim=(0, 1), xlim=(0, ROWS + 0.3))
    shares(axes.yaxis, 1)
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
    "What does the network read, and when?",
    "2.7: Draw random test images with their true and predicted digit. What does the network know after each row?",
    recipes,
    measure,
    tell,
    tabulate,
    draw,
)
