"""The notebook's published accuracies, compared with the distribution over seeds."""

import os
import platform
from math import isnan
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.stats import percentileofscore

from numpy_rnn import mnist, rnn
from numpy_rnn.experiments import EXPERIMENTS, Experiment
from pages.blocks import Picture, Table
from pages.images import heading, percent_ticks
from pages.style import PALE
from pages.wording import count, deviation, mean, percent, percent_range
from studies.definition import Results, Study
from studies.looks import MODEL_LOOKS, NOTEBOOK
from studies.recipes import Plan, Recipe
from studies.run_files import Runs, accuracy
from trainings.provenance import processor

# Parts 2 and 3 of the notebook dropped the last, short batch of the test set.
TESTED = {"lstm-128": 9_984, "column-rnn-128": 9_984}


def _recipes(plan: Plan, experiment: Experiment) -> list[Recipe]:
    return plan.recipes(20, recurrence=experiment.recurrence, hidden_dim=experiment.hidden_dim, scan=experiment.scan)


def recipes(plan: Plan) -> list[Recipe]:
    """Return twenty seeds of each experiment."""
    return [recipe for experiment in EXPERIMENTS.values() for recipe in _recipes(plan, experiment)]


def measure(plan: Plan, runs: Runs) -> Results:
    """Measure every published accuracy for each seed."""
    _, test = mnist.load()
    figures: list[dict[str, Any]] = []
    target = {}
    for experiment in EXPERIMENTS.values():
        chosen = _recipes(plan, experiment)
        records = [runs.record(recipe) for recipe in chosen]
        for epoch, published in enumerate(experiment.notebook_train_accuracy[: chosen[0].epochs]):
            if not isnan(published):
                values = [record["train_accuracy"][epoch] for record in records]
                figures.append(_figure(experiment, f"training, epoch {epoch + 1}", published, values))
        number = min(TESTED.get(experiment.name, 10_000), chosen[0].test_images)
        tested = test.images[:number], test.labels[:number], experiment.scan
        what = f"test, {number:,} images"
        values = [accuracy(runs.model(recipe), *tested) for recipe in chosen]
        figures.append(_figure(experiment, what, experiment.notebook_test_accuracy, values))
        if not isnan(experiment.notebook_accuracy_from_1000):
            values = [accuracy(runs.model(recipe), *tested, rnn.Initial(1000)) for recipe in chosen]
            figures.append(_figure(experiment, "test, h_init = 1000", experiment.notebook_accuracy_from_1000, values))
        whole = [record["test_accuracy"][-1] for record in records]
        target[experiment.name] = {"target": experiment.target, "reached": sum(v >= experiment.target for v in whole)}
    return {
        "figures": figures,
        "targets": target,
        "epochs": plan.recipes(1)[0].epochs,
        "backend": runs.backend,
        "versions": runs.record(recipes(plan)[0])["versions"],
        "hardware": f"{processor()}, {os.cpu_count()} cores, {platform.system()}",
    }


def _figure(experiment: Experiment, what: str, published: float, values: list[float]) -> dict[str, Any]:
    return {"model": experiment.name, "what": what, "notebook": published, "seeds": values}


def _outside(figure: dict[str, Any]) -> bool:
    """Return whether the notebook's accuracy lies outside the range of the seeds."""
    return not min(figure["seeds"]) <= figure["notebook"] <= max(figure["seeds"])


def describe(results: Results) -> list[str]:
    """Return sentences on which published accuracies lie within the range over seeds, and on the conditions."""
    figures, n = results["figures"], len(results["figures"][0]["seeds"])
    outside = [f for f in figures if _outside(f)]
    named = "; ".join(
        f"{f['model']}, {f['what']} ({percent(f['notebook'])}, seeds {percent_range(f['seeds'])})" for f in outside
    )
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    targets = ", ".join(
        f"{name} {one['reached']} of {n} (≥ {percent(one['target'])})" for name, one in results["targets"].items()
    )
    return [
        f"The notebook printed {len(figures)} accuracies, each of a single run. {len(figures) - len(outside)} of "
        f"them lie between the lowest and the highest accuracy of {count(n, 'seed')} here."
        + (f" Outside this range: {named}." if outside else ""),
        "A single run of these small networks says little, because the spread over seeds is as large as many "
        "differences between models.",
        f"The project's own targets for the test accuracy are reached by this many seeds: {targets}.",
        f"Conditions: {count(n, 'seed')} (0–{n - 1}), {results['epochs']} epochs, batches of 128, Adam, backend "
        f"{results['backend']}, BLAS with one thread for each run; {results['hardware']}; {versions}.",
        "Each row of the table gives the mean, the standard deviation in percentage points, and the range. The "
        "percentile is the percentage of seeds below the notebook's accuracy.",
    ]


def tabulate(results: Results) -> list[Table]:
    """Return a table of each published accuracy and its distribution over seeds."""
    rows = [
        [
            figure["model"],
            figure["what"],
            percent(figure["notebook"]),
            mean(figure["seeds"]),
            deviation(figure["seeds"]),
            percent_range(figure["seeds"]),
            f"{percentileofscore(figure['seeds'], figure['notebook'], kind='mean'):.0f}",
        ]
        for figure in results["figures"]
    ]
    headings = ["model", "accuracy", "notebook", "mean", "deviation, points", "range", "percentile"]
    return [Table(f"The notebook's accuracies and {len(results['figures'][0]['seeds'])} seeds here", headings, rows)]


def draw(results: Results) -> list[Picture]:
    """Draw a row for each published accuracy: a dot for each seed, and below them the notebook."""
    figures = results["figures"]
    figure = Figure(figsize=(11, 0.5 * len(figures) + 2), layout="constrained")
    backend = {"numpy": "NumPy", "tf": "TensorFlow"}[results["backend"]]
    heading(
        figure, f"Accuracy of {count(len(figures[0]['seeds']), 'seed')} ({backend}) and of the notebook's single run"
    )
    axes = figure.subplots()
    rng = np.random.default_rng(0)
    for row, one in enumerate(figures):
        values = np.array(one["seeds"])
        colour, form = MODEL_LOOKS["LSTM" if "lstm" in one["model"] else "RNN"]
        axes.barh(row, np.ptp(values), left=values.min(), height=0.3, color=PALE, zorder=0)
        y = row + rng.uniform(-0.12, 0.12, len(values))
        axes.plot(values, y, form[0], color=colour, alpha=0.6, markersize=6, markeredgewidth=0)
        axes.plot(one["notebook"], row + 0.33, **NOTEBOOK)
        if _outside(one):
            end, side = (values.min() - 0.015, "right") if values.min() > 0.5 else (values.max() + 0.015, "left")
            text = f"{percent(one['notebook'])} lies outside"
            axes.text(end, row, text, ha=side, va="center_baseline", fontsize=12)
        if row and one["model"] != figures[row - 1]["model"]:
            axes.axhline(row - 0.5, color=PALE, linewidth=1)
    keys = [
        Line2D([], [], color=MODEL_LOOKS["RNN"][0], marker="o", linestyle="", label="one seed of an RNN"),
        Line2D([], [], color=MODEL_LOOKS["LSTM"][0], marker="s", linestyle="", label="one seed of the LSTM"),
        Line2D([], [], color=PALE, linewidth=7, solid_capstyle="butt", label="range of the seeds"),
        Line2D([], [], **NOTEBOOK),
    ]
    axes.legend(handles=keys, frameon=False, loc="lower left", fontsize=12)
    axes.set_yticks(range(len(figures)), [f"{one['model']}: {one['what']}" for one in figures], fontsize=12)
    axes.set(ylim=(len(figures) - 0.4, -0.5), xlim=(min(min(one["seeds"]) for one in figures) - 0.03, 1))
    axes.set(xlabel="accuracy", ylabel="experiment: what is measured")
    percent_ticks(axes.xaxis)
    axes.grid(axis="x")
    axes.tick_params(left=False)
    axes.spines["left"].set_visible(False)
    return [
        Picture(
            "figures",
            figure,
            "Every accuracy that the notebook printed (diamonds), and the same accuracy of each seed here (dots). Grey "
            "bars reach from the lowest seed to the highest.",
        )
    ]


STUDY = Study(
    "reproduction",
    "Are the notebook's accuracies reproduced?",
    "How do the notebook's published accuracies, each of one run, compare with the distribution over seeds?",
    recipes,
    measure,
    describe,
    tabulate,
    draw,
)
