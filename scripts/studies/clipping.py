"""Is the gradient of the RNN with 64 units unstable, and does clipping by the global norm help?"""

import statistics
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from numpy_rnn import clipping, mnist, training
from pages.blocks import Picture, Table
from pages.images import heading, percent_ticks
from pages.style import BLUE, GREY, VERMILLION
from pages.wording import count, deviation, mean, points, spread
from studies.definition import Results, Study
from studies.looks import shades
from studies.recipes import Plan, Recipe
from studies.run_files import Runs

HIDDEN_DIM = 64
# Largest global norms c; None: not clipped. A training without clipping has a median norm of about 3.
NORMS = None, 10.0, 3.0, 1.0
SEEDS = 20
# So many steps are averaged for a line of the picture.
WINDOW = 20
# A peak is a step whose norm is so many times the median of the run.
PEAK = 3.0


def _recipes(plan: Plan, clip_norm: float | None) -> list[Recipe]:
    return plan.recipes(SEEDS, hidden_dim=HIDDEN_DIM, clip_norm=clip_norm)


def recipes(plan: Plan) -> list[Recipe]:
    """Return runs of twenty seeds without clipping and with each largest norm."""
    return [recipe for clip_norm in NORMS for recipe in _recipes(plan, clip_norm)]


def measure(plan: Plan, runs: Runs) -> Results:
    """Measure the accuracies of all runs, and the norm of every step for the best and the worst unclipped run."""
    tested: dict[str, list[list[float]]] = {
        str(clip_norm): [runs.record(recipe)["test_accuracy"] for recipe in _recipes(plan, clip_norm)]
        for clip_norm in NORMS
    }
    last = [accuracies[-1] for accuracies in tested[str(None)]]
    watched = {"worst": int(np.argmin(last)), "best": int(np.argmax(last))}
    return {
        "hidden_dim": HIDDEN_DIM,
        "test": tested,
        "steps": {which: {"seed": seed} | _watch(_recipes(plan, None)[seed]) for which, seed in watched.items()},
    }


def _watch(recipe: Recipe) -> dict[str, list[float]]:
    """Return the global norm of each step of a training by `numpy_rnn`, without clipping."""
    images, _ = mnist.load()
    rng = np.random.default_rng(recipe.seed)
    begun = training.begin(recipe.new_model(rng), rng)
    norms: list[float] = []
    training.fit(
        begun,
        recipe.prepared(images.images[: recipe.images]),
        images.labels[: recipe.images],
        epochs=recipe.epochs,
        on_gradients=lambda gradients: norms.append(clipping.global_norm(gradients)),
    )
    return {"norm": [round(one, 4) for one in norms]}


def _last(results: Results, clip_norm: str) -> list[float]:
    return [accuracies[-1] for accuracies in results["test"][clip_norm]]


def _epochs(results: Results) -> int:
    return len(results["test"][str(None)][0])


def _peaks(norms: list[float]) -> np.ndarray:
    """Return the numbers of the steps, from 0, whose norm is a peak."""
    return np.flatnonzero(np.array(norms) > PEAK * statistics.median(norms))


def describe(results: Results) -> list[str]:
    """Return sentences on the norm over the steps, on its peaks, and on what clipping does."""
    unclipped = _last(results, str(None))
    sentences = [
        f"Without clipping, the RNN with {results['hidden_dim']} units classifies {spread(unclipped)} of the test "
        f"images correctly after {count(_epochs(results), 'epoch')} ({count(len(unclipped), 'seed')}). The standard "
        f"deviation over the seeds is {deviation(unclipped)} points."
    ]
    for which, steps in results["steps"].items():
        norms = steps["norm"]
        peaks, per_epoch = _peaks(norms), len(norms) // _epochs(results)
        where = [int(np.sum(peaks // per_epoch == epoch)) for epoch in range(_epochs(results))]
        sentences.append(
            f"In the {which} of these runs (seed {steps['seed']}), the median of the global norm over the steps is "
            f"{statistics.median(norms):.1f}, and its largest value, in step {int(np.argmax(norms)) + 1:,} of "
            f"{len(norms):,}, is {max(norms):.1f}. The norm exceeds {PEAK:.0f} times its median in "
            f"{count(len(peaks), 'step')}: {', '.join(map(str, where))} in the epochs 1 to {_epochs(results)}."
        )
    for clip_norm in list(results["test"])[1:]:
        clipped = _last(results, clip_norm)
        change = statistics.mean(clipped) - statistics.mean(unclipped)
        better = sum(one > other for one, other in zip(clipped, unclipped, strict=True))
        sentences.append(
            f"With gradients clipped to the norm {float(clip_norm):g}, the mean is {mean(clipped)}, a difference of "
            f"{points(change)} points, and the standard deviation is {deviation(clipped)} points. "
            f"{better} of {len(clipped)} seeds are better than without clipping."
        )
    changes = {
        clip_norm: statistics.mean(_last(results, clip_norm)) - statistics.mean(unclipped)
        for clip_norm in list(results["test"])[1:]
    }
    best = max(changes, key=changes.__getitem__)
    part = changes[best] / statistics.pstdev(unclipped)
    verdict = (
        f"The best of these means, with the norm {float(best):g}, is better than that without clipping by {part:.2f} "
        "times the standard deviation over the seeds. "
        if changes[best] > 0
        else "None of these means is better than that without clipping. "
    )
    sentences.append(verdict + REASON)
    return sentences


REASON = (
    "Adam divides each step by a running mean of the gradient's size. So a step of a parameter cannot be much longer "
    "than the learning rate, however large the gradient is. Clipping protects plain gradient descent more than Adam."
)


def tabulate(results: Results) -> list[Table]:
    """Return a table of test accuracies by largest norm."""
    rows = [
        [
            "not clipped" if clip_norm == str(None) else f"{float(clip_norm):g}",
            str(len(_last(results, clip_norm))),
            spread(_last(results, clip_norm)),
            deviation(_last(results, clip_norm)),
        ]
        for clip_norm in results["test"]
    ]
    title = "Test accuracy by largest global norm (mean; lowest and highest of the seeds in brackets)"
    return [Table(title, ["largest norm", "seeds", "test accuracy", "deviation, points"], rows)]


def draw(results: Results) -> list[Picture]:
    """Draw the norm over the steps of two runs, and a dot for each seed by largest norm."""
    figure = Figure(figsize=(11, 5.2), layout="constrained")
    heading(figure, f"RNN with {results['hidden_dim']} units: global norm of the gradients, and clipping")
    left, right = figure.subplots(1, 2, width_ratios=[1.25, 1])
    _over_steps(left, results)
    _by_norm(right, results)
    caption = (
        "Left: the global norm of each step (thin) and its mean over "
        f"{WINDOW} steps (thick), without clipping. Dotted lines separate the epochs. Right: every seed by the largest "
        f"norm, after {count(_epochs(results), 'epoch')}."
    )
    return [Picture("norms", figure, caption)]


def _over_steps(axes: Axes, results: Results) -> None:
    looks = {"worst": VERMILLION, "best": BLUE}
    for which, steps in results["steps"].items():
        norms = np.array(steps["norm"])
        x = np.arange(1, len(norms) + 1)
        smooth = np.convolve(norms, np.full(WINDOW, 1 / WINDOW), "valid")
        axes.plot(x, norms, color=looks[which], linewidth=0.5, alpha=0.35)
        label = f"{which} run, seed {steps['seed']}"
        axes.plot(x[WINDOW - 1 :], smooth, color=looks[which], linewidth=2.2, label=label)
        for epoch in range(1, _epochs(results)):
            axes.axvline(epoch * len(norms) / _epochs(results), color=GREY, linewidth=1, linestyle=":")
    axes.set(xlabel="step", ylabel="global norm of the gradients", title="over the steps", ylim=(0, None))
    axes.legend(facecolor="white", edgecolor="white", framealpha=1, fontsize=12, loc="upper left")


def _by_norm(axes: Axes, results: Results) -> None:
    rng = np.random.default_rng(0)
    labels: list[Any] = []
    for place, (clip_norm, colour) in enumerate(zip(results["test"], shades(BLUE, len(results["test"])), strict=True)):
        accuracy = _last(results, clip_norm)
        x = place + rng.uniform(-0.15, 0.15, len(accuracy))
        axes.plot(x, accuracy, "o", color=colour, alpha=0.7, markersize=7, markeredgewidth=0, zorder=1)
        axes.hlines(statistics.mean(accuracy), place - 0.3, place + 0.3, color="black", linewidth=2, zorder=2)
        labels.append("none" if clip_norm == str(None) else f"{float(clip_norm):g}")
    axes.plot([], [], "o", color=BLUE, alpha=0.7, label="one seed")
    axes.plot([], [], "-", color="black", linewidth=2, label="mean of the seeds")
    axes.legend(frameon=False, fontsize=12, loc="lower left")
    axes.set_xticks(range(len(labels)), labels)
    axes.set(xlabel="largest norm", ylabel="test accuracy", title="by largest norm")
    axes.grid(axis="y")
    percent_ticks(axes.yaxis)


STUDY = Study(
    "clipping",
    "Does clipping the gradients help?",
    "The RNN with 64 units is unstable: is the reason a gradient that explodes at some steps, and does clipping help?",
    recipes,
    measure,
    describe,
    tabulate,
    draw,
)
