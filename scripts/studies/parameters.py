"""Questions 1.9.2 and 2.8.2: how many trainable parameters each model has, and why."""

import io
import re
from math import prod
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from command.quiet_start import quiet_start
from numpy_rnn import classifier
from numpy_rnn.experiments import EXPERIMENTS
from numpy_rnn.training import CLASSES, ROWS, new_model
from pages.blocks import Picture, Table
from pages.images import heading
from pages.style import BLUE, GREY, PURPLE, SKY, VERMILLION
from studies.definition import Results, Study
from studies.recipes import Plan, Recipe
from studies.run_files import Runs

FORMULAS = {"rnn": "H + H² + 28 H + 10 + 10 H", "lstm": "4 H (H + 28) + 10 + 10 H"}
# A colour and the colour of text on it. The four matrices of the LSTM's gates share the LSTM's colour.
COLOURS = {
    "W": (BLUE, "white"),
    "U": (SKY, "black"),
    "V": (PURPLE, "black"),
    "b": (GREY, "white"),
    "d": (GREY, "white"),
    "M": (VERMILLION, "black"),
}


def recipes(plan: Plan) -> list[Recipe]:
    """Return no recipes, because nothing is trained."""
    return []


def measure(plan: Plan, runs: Runs) -> Results:
    """Measure the shape of each matrix, and the totals by formula and, if TensorFlow is installed, by Keras."""
    models = []
    for experiment in EXPERIMENTS.values():
        H = experiment.hidden_dim
        if experiment.recurrence == "rnn":
            formula = H + H**2 + ROWS * H + CLASSES + CLASSES * H
        else:
            formula = 4 * H * (H + ROWS) + CLASSES + CLASSES * H
        model = new_model(experiment, np.random.default_rng(0))
        models.append(
            {
                "experiment": experiment.name,
                "matrices": {name: list(value.shape) for name, value, _ in classifier.axes(model)},
                "formula": FORMULAS[experiment.recurrence],
                "by_formula": formula,
                "by_summary": _by_summary(experiment),
                "notebook": experiment.parameters,
            }
        )
    return {"models": models}


def _by_summary(experiment: Any) -> int | None:
    """Return the number of trainable parameters that `model.summary()` prints; None without TensorFlow."""
    try:
        with quiet_start():
            from tf_rnn.training import new_model as new_keras_model
    except ImportError:
        return None
    text = io.StringIO()
    new_keras_model(experiment).summary(print_fn=lambda line: text.write(f"{line}\n"))
    found = re.search(r"Trainable params: ([\d,]+)", text.getvalue())
    assert found
    return int(found[1].replace(",", ""))


def describe(results: Results) -> list[str]:
    """Return sentences on the numbers of parameters and their origin."""
    total = {model["experiment"]: model["by_formula"] for model in results["models"]}
    W = {model["experiment"]: prod(model["matrices"].get("W", [0])) for model in results["models"]}
    return [
        f"RNN1, the notebook's name for rnn-128, has {total['rnn-128']:,} trainable parameters. RNN2, its name for "
        f"rnn-64, has {total['rnn-64']:,}. So RNN1 has {total['rnn-128'] / total['rnn-64']:.2f} times as many "
        "parameters with twice the units: W is square, so doubling H makes it four times as large "
        f"({W['rnn-64']:,} → {W['rnn-128']:,}). U, V and b double, and d keeps its size.",
        f"The LSTM has {total['lstm-128']:,} parameters, {total['lstm-128'] / total['rnn-128']:.2f} times as many as "
        "the RNN of the same size. Each of its four matrices is as large as W and U together, and its gates have no "
        "bias.",
        f"The column RNN has {total['column-rnn-128']:,} parameters, as many as RNN1, because a column has as many "
        "pixels as a row.",
    ]


def tabulate(results: Results) -> list[Table]:
    """Return tables of the totals and of all matrices."""
    totals = [
        [
            model["experiment"],
            model["formula"],
            f"{model['by_formula']:,}",
            f"{sum(map(prod, model['matrices'].values())):,}",
            "not installed" if model["by_summary"] is None else f"{model['by_summary']:,}",
            f"{model['notebook']:,}",
        ]
        for model in results["models"]
    ]
    matrices = [
        [model["experiment"], name, " × ".join(map(str, shape)), f"{prod(shape):,}"]
        for model in results["models"]
        for name, shape in model["matrices"].items()
    ]
    headings = ["model", "formula", "by formula", "sum of matrices", "model.summary()", "notebook"]
    return [
        Table("Trainable parameters", headings, totals),
        Table("Trainable parameters by matrix", ["model", "matrix", "shape", "parameters"], matrices),
    ]


def draw(results: Results) -> list[Picture]:
    """Draw a bar for each model, divided into its matrices."""
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    heading(figure, "Trainable parameters by matrix")
    axes = figure.subplots()
    models = results["models"]
    for row, model in enumerate(models):
        sizes = {name: prod(shape) for name, shape in model["matrices"].items()}
        left = 0
        for name, size in sizes.items():
            fill, ink = COLOURS[name[0]]
            axes.barh(row, size, left=left, color=fill, edgecolor="white", height=0.7)
            if size > (10_000 if name.startswith("M_") else 1_500):
                text = name.removeprefix("M_").replace("_", "\n")
                axes.text(left + size / 2, row, text, ha="center", va="center", color=ink, fontsize=12)
            left += size
        axes.text(left + 800, row, f"{left:,}", va="center")
    meanings = {"W": "W, for the state", "U": "U, for the input", "V": "V, for the read-out", "M": "M, for a gate"}
    keys = [Patch(color=COLOURS[name][0], label=text) for name, text in meanings.items()]
    axes.legend(handles=keys, frameon=False, fontsize=12, ncols=2, loc="upper right")
    axes.set_yticks(range(len(models)), [model["experiment"] for model in models])
    axes.invert_yaxis()
    axes.set(xlim=(0, 1.12 * max(model["by_formula"] for model in models)))
    axes.set(xlabel="number of trainable parameters", ylabel="experiment")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.tick_params(left=False)
    axes.spines["left"].set_visible(False)
    caption = (
        "The parameters of each model by matrix. The LSTM's matrices are named by their gates. The biases b and d are "
        "too small to be seen."
    )
    return [Picture("by-matrix", figure, caption)]


STUDY = Study(
    "parameters",
    "How many parameters?",
    "1.9.2: How many trainable parameters does each RNN have, and why does one have more? "
    "2.8.2: How many does the LSTM have?",
    recipes,
    measure,
    describe,
    tabulate,
    draw,
)
