"""The notebook's published accuracies, compared with the distribution over seeds."""

import os
import platform
import re
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import percentileofscore

from numpy_rnn import mnist, rnn
from numpy_rnn.experiments import EXPERIMENTS, Experiment
from pages.blocks import Picture, Table
from pages.images import percent_ticks
from pages.style import BLUE, PALE, VERMILLION
from pages.wording import count, deviation, mean, percent, percent_range
from studies.definition import Results, Study
from studies.recipes import Plan, Recipe
from studies.run_files import Runs, accuracy

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
        "hardware": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
    }


def _processor() -> str:
    """Return the processor's name, or if it is unknown its architecture."""
    try:
        return re.findall(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))[0]
    except (OSError, IndexError):
        return platform.processor() or platform.machine()


def _figure(experiment: Experiment, what: str, published: float, values: list[float]) -> dict[str, Any]:
    return {"model": experiment.name, "what": what, "notebook": published, "seeds": values}


def describe(results: Results) -> list[str]:
    """Return sentences on which published accuracies lie within the range over seeds, and on the conditions."""
    figures, n = results["figures"], len(results["figures"][0]["seeds"])
    outside = [f for f in figures if not min(f["seeds"]) <= f["notebook"] <= max(f["seeds"])]
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
    figure = Figure(figsize=(12, 0.52 * len(figures) + 1.2), layout="constrained")
    axes = figure.subplots()
    rng = np.random.default_rng(0)
    for row, one in enumerate(figures):
        values = np.array(one["seeds"])
        axes.plot(
            [values.min(), values.max()], [row, row], "-", color=PALE, linewidth=9, solid_capstyle="round", zorder=0
        )
        y = row + rng.uniform(-0.15, 0.15, len(values))
        axes.plot(values, y, "o", color=BLUE, alpha=0.55, markersize=7, markeredgewidth=0)
        axes.plot(one["notebook"], row + 0.36, "^", color=VERMILLION, markersize=10, markeredgecolor="white")
    axes.plot([], [], "o", color=BLUE, alpha=0.55, label="one seed")
    axes.plot([], [], "^", color=VERMILLION, markersize=10, label="the notebook")
    axes.legend(frameon=False, loc="lower left", fontsize=13)
    axes.set_yticks(range(len(figures)), [f"{one['model']}: {one['what']}" for one in figures])
    axes.invert_yaxis()
    axes.set(xlabel="accuracy", xlim=(min(min(one["seeds"]) for one in figures) - 0.05, 1))
    percent_ticks(axes.xaxis)
    axes.grid(axis="x")
    axes.tick_params(left=False)
    axes.spines["left"].set_visible(False)
    return [
        Picture(
            "figures",
            figure,
            "Every accuracy that the notebook printed (triangles), and the same accuracy of each seed here (dots).",
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
