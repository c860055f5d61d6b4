"""Question 2.8.1: where the LSTM does much better than the RNN, where it does not, and why."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from numpy_rnn import mnist
from numpy_rnn.training import ROWS
from pages.blocks import Picture
from pages.images import percent_ticks
from pages.style import BLUE, GREEN, PALE, VERMILLION
from studies.definition import Results, Study
from studies.memory_answer import MODELS, WHEN, accuracies, describe, tabulate
from studies.memory_gradients import gradients, logarithmic
from studies.recipes import OPEN, Plan, Recipe
from studies.run_files import Runs

LOOKS = {"RNN": (BLUE, "o-"), "LSTM": (VERMILLION, "s-"), "LSTM, open": (GREEN, "^-")}
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
    """Draw the accuracy over the delay and over the length, and the gradients over the time steps."""
    over, back = Figure(figsize=(13, 5), layout="constrained"), Figure(figsize=(13, 5), layout="constrained")
    left, right = over.subplots(1, 2, sharey=True, width_ratios=[1.5, 1])
    _accuracies(left, results, "delay", results["delays"], [str(N) for N in results["delays"]])
    left.set(xlabel="N, blank steps between the digit and the answer", ylabel="test accuracy")
    left.legend(frameon=False, loc="lower left", bbox_to_anchor=(-0.02, 1), ncols=3, columnspacing=1.5)
    left.text(0, results["always_1"] - 0.01, "always answering 1", va="top", fontsize=11, color="#6E6E6E")
    _accuracies(right, results, "parts", results["parts"], [str(ROWS * k) for k in results["parts"]])
    right.set(xlabel="T, time steps of an image")
    for axes, (what, title) in zip(back.subplots(1, 2, sharey=True), WHEN.items(), strict=True):
        for name, lines in results["gradients"][what].items():
            colour, _ = LOOKS[name]
            for state, style in (("h", "-"), ("c", ":")):
                if state in lines:
                    size = np.array(lines[state]) / lines["h"][-1]
                    axes.semilogy(size, style, color=colour, linewidth=2.5, label=f"{name}, ∂L/∂{state}")
        axes.axvspan(0, ROWS, color="#EFEFEF", zorder=0)
        axes.text(ROWS / 2, 0.97, "the digit", ha="center", va="top", transform=axes.get_xaxis_transform())
        axes.text(1.5 * ROWS, 0.97, "blank", ha="center", va="top", transform=axes.get_xaxis_transform())
        axes.set(xlabel="t", title=title, xlim=(0, 2 * ROWS))
        logarithmic(axes)
        axes.set_ylim(top=1e4)
        axes.grid(axis="y")
    axes.legend(frameon=False, fontsize=12, loc="lower right")
    return [
        Picture(
            "accuracy",
            over,
            f"Test accuracy after {len(results['accuracy']['delay 0']['RNN'][0])} epochs, 64 units. Left: N blank "
            "steps after the digit. Right: no blank steps, but each row cut into parts. Lines are means of the seeds, "
            f"bands reach from the lowest to the highest. “Open”: a forget gate whose bias starts at {OPEN:g}.",
        ),
        Picture(
            "gradients",
            back,
            "The vanishing gradient: root mean square of ∂L/∂h_t and ∂L/∂c_t, by the hand-written backward pass, "
            f"divided by that of ∂L/∂h at the last step; {ROWS} blank steps after the digit, seed 0.",
        ),
    ]


def _accuracies(axes: Axes, results: Results, kind: str, values: list[int], ticks: list[str]) -> None:
    axes.axhline(results["always_1"], color=PALE, zorder=0)
    for name, (colour, form) in LOOKS.items():
        accuracy = [accuracies(results, f"{kind} {value}", name) for value in values]
        axes.plot([np.mean(seeds) for seeds in accuracy], form, color=colour, label=name, markersize=7, linewidth=2.5)
        low, high = ([pick(seeds) for seeds in accuracy] for pick in (min, max))
        axes.fill_between(range(len(values)), low, high, color=colour, alpha=0.15, linewidth=0)
    axes.set_xticks(range(len(values)), ticks)
    axes.set(ylim=(0, 1))
    percent_ticks(axes.yaxis)
    axes.grid(axis="y")


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
