"""Question 2.8.1: where the LSTM does much better than the RNN, where it does not, and why."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from numpy_rnn import mnist
from numpy_rnn.training import ROWS
from pages.blocks import Picture
from pages.images import heading, percent_ticks
from pages.style import GREY, PALE
from studies.definition import Results, Study
from studies.looks import MODEL_LOOKS
from studies.memory_answer import MODELS, WHEN, accuracies, describe, tabulate
from studies.memory_gradients import gradients, logarithmic
from studies.recipes import OPEN, Plan, Recipe
from studies.run_files import Runs

DELAYS = 0, 2, 4, 8, 14, 28, 56, 112
PARTS = 1, 2, 4, 7
EPOCHS, LONG = 5, 15


def _conditions(plan: Plan) -> dict[str, dict[str, list[Recipe]]]:
    """Return the recipes of all seeds by condition and model."""

    def each(at_most: int, **choices: Any) -> dict[str, list[Recipe]]:
        return {name: plan.recipes(at_most, **{"epochs": EPOCHS} | choices | model) for name, model in MODELS.items()}

    opened = {
        f"b = {bias:g}": plan.recipes(2, delay=ROWS, epochs=EPOCHS, **MODELS["LSTM"], forget_bias=bias)
        for bias in (0.0, 1.0, OPEN)
    }
    return {
        **{f"delay {delay}": each(3, delay=delay) for delay in plan.some(DELAYS)},
        **{f"parts {parts}": each(2, parts=parts) for parts in plan.some(PARTS)},
        "noise 14": each(3, delay=14, noise=True),
        "permuted": each(2, permuted=True),
        "long": each(2, delay=ROWS, epochs=LONG),
        "opened": {"LSTM without a constant input": plan.recipes(2, delay=ROWS, epochs=EPOCHS, **MODELS["LSTM"])}
        | opened,
    }


def recipes(plan: Plan) -> list[Recipe]:
    """Return the recipes of all models under all conditions."""
    return [recipe for models in _conditions(plan).values() for several in models.values() for recipe in several]


def measure(plan: Plan, runs: Runs) -> Results:
    """Measure test accuracies after each epoch, by condition, model and seed, and gradients by time step."""
    accuracy = {
        condition: {name: [runs.record(recipe)["test_accuracy"] for recipe in several] for name, several in one.items()}
        for condition, one in _conditions(plan).items()
    }
    tested = mnist.load()[1].labels[: plan.recipes(1)[0].test_images]
    results: Results = {
        "always_1": float(np.mean(tested == 1)),
        "delays": list(plan.some(DELAYS)),
        "parts": list(plan.some(PARTS)),
        "accuracy": accuracy,
    }
    longer = _conditions(plan)["long"]
    return results | {"gradients": gradients({name: several[0] for name, several in longer.items()}, runs)}


def draw(results: Results) -> list[Picture]:
    """Draw the accuracy by delay and by length, and the gradients over the time steps."""
    return [
        Picture(
            "accuracy",
            _draw_accuracy(results),
            f"Test accuracy after {_epochs(results, 'delay 0')} epochs, 64 units. Left: N blank steps after the digit. "
            "Right: no blank steps, but each row cut into parts. Large markers are means, small ones are single "
            f"seeds: {_seeds(results, 'delay 0')} for each N, {_seeds(results, 'parts 1')} for each T. “Open”: a "
            f"forget gate whose bias starts at {OPEN:g}.",
        ),
        Picture(
            "gradients",
            _draw_gradients(results),
            "The vanishing gradient: root mean square of ∂L/∂h_t and ∂L/∂c_t, by the hand-written backward pass, "
            f"divided by that of ∂L/∂h at the last step; {ROWS} blank steps after the digit, seed 0. The two panels "
            "have different scales.",
        ),
    ]


def _epochs(results: Results, condition: str) -> int:
    return len(results["accuracy"][condition]["RNN"][0])


def _seeds(results: Results, condition: str) -> int:
    return len(results["accuracy"][condition]["RNN"])


def _draw_accuracy(results: Results) -> Figure:
    figure = Figure(figsize=(11, 5), layout="constrained")
    heading(figure, f"RNN and LSTM, H = 64: test accuracy after {_epochs(results, 'delay 0')} epochs")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=[2, 1])
    _accuracies(left, results, "delay", results["delays"], [str(N) for N in results["delays"]])
    left.set(xlabel="N, blank steps between the digit and the answer", ylabel="test accuracy")
    left.text(-0.4, results["always_1"] - 0.01, "always answering 1", va="top", fontsize=12, color=GREY)
    _accuracies(right, results, "parts", results["parts"], [str(ROWS * k) for k in results["parts"]])
    right.set(xlabel="T, time steps of an image")
    figure.legend(*left.get_legend_handles_labels(), frameon=False, fontsize=12, loc="outside upper right", ncols=3)
    return figure


def _accuracies(axes: Axes, results: Results, kind: str, values: list[int], ticks: list[str]) -> None:
    """Draw the seeds and means of the three models side by side, for each value of one condition."""
    axes.axhline(results["always_1"], color=GREY, linewidth=1, linestyle=":", zorder=0)
    for number, (name, (colour, line)) in enumerate(MODEL_LOOKS.items()):
        for place, value in enumerate(values):
            seeds = accuracies(results, f"{kind} {value}", name)
            x, form = place + 0.26 * (number - 1), line[0]
            axes.vlines(x, min(seeds), max(seeds), color=colour, linewidth=2, alpha=0.5)
            axes.plot(np.full(len(seeds), x), seeds, form, color=colour, markersize=4, alpha=0.6, markeredgewidth=0)
            axes.plot(x, np.mean(seeds), form, color=colour, markersize=9, label=None if place else name)
    for place in range(1, len(values)):
        axes.axvline(place - 0.5, color=PALE, linewidth=1, zorder=0)
    axes.set_xticks(range(len(values)), ticks)
    axes.set(ylim=(0, 1), xlim=(-0.5, len(values) - 0.5))
    axes.tick_params(axis="x", length=0)
    percent_ticks(axes.yaxis)
    axes.grid(axis="y")


def _draw_gradients(results: Results) -> Figure:
    figure = Figure(figsize=(11, 5.4), layout="constrained")
    heading(figure, f"RNN and LSTM, H = 64, seed 0: gradients at each step, with {ROWS} blank steps")
    for axes, (what, title) in zip(figure.subplots(1, 2), WHEN.items(), strict=True):
        for name, lines in results["gradients"][what].items():
            colour, _ = MODEL_LOOKS[name]
            for state, style in (("h", "-"), ("c", ":")):
                if state in lines:
                    size = np.array(lines[state]) / lines["h"][-1]
                    axes.semilogy(size, style, color=colour, linewidth=2.5, label=f"{name}: ∂L/∂{state}")
        axes.axvspan(0, ROWS, color="#EFEFEF", zorder=0)
        for place, text in ((0.5, "the digit"), (1.5, "blank steps")):
            axes.text(place * ROWS, 0.98, text, ha="center", va="top", transform=axes.get_xaxis_transform())
        when = title if what == "untrained" else f"after {_epochs(results, 'long')} epochs"
        axes.set(xlabel="t, time step", ylabel="relative root mean square", title=when, xlim=(0, 2 * ROWS))
        logarithmic(axes)
        axes.grid(axis="y")
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, fontsize=12, loc="outside lower center", ncols=len(labels))
    return figure


STUDY = Study(
    "memory",
    "When does the LSTM do much better?",
    "2.8.1: The RNN and the LSTM of equal size do about equally well here. In what kind of scenario does the LSTM "
    "do much better, and why?",
    recipes,
    measure,
    describe,
    tabulate,
    draw,
)
