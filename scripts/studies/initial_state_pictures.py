"""The pictures of question 1.9.1: accuracy by initial state, and the effect of the initial state over the rows."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from numpy_rnn.experiments import EXPERIMENTS
from pages.blocks import Picture
from pages.images import heading, percent_ticks
from pages.style import BLUE, GREY, ORANGE, PURPLE
from pages.wording import count, scientific
from studies.definition import Results
from studies.looks import NOTEBOOK

SIZES = 128, 64
MODES = {
    "zeros": ("zeros", BLUE, "o-"),
    "learned": ("a learned h_init", PURPLE, "s-"),
    "random": ("random numbers", ORANGE, "^-"),
}


def of(results: Results, H: int, way: str) -> list[dict[str, Any]]:
    """Return the results of all seeds of one size that were trained in one way."""
    return [model for model in results["models"] if (model["hidden_dim"], model["way"]) == (H, way)]


def draw(results: Results) -> list[Picture]:
    """Draw the accuracy over h_init, and how the states from two starts approach each other."""
    zeros = of(results, 128, "zeros")[0]
    return [
        Picture(
            "accuracy",
            _draw_accuracy(results),
            "Test accuracy with all entries of h_init set to one number. Lines are means over the seeds, bands reach "
            "from the lowest to the highest. Diamonds: the notebook. 0 lies outside the logarithmic axis.",
        ),
        Picture(
            "convergence",
            _draw_convergence(results),
            "The effect of the start over the rows; H = 128, seed 0. Left: distance of the states from h_init = 1000 "
            "to those from 0. Right: singular values at h_init = 0. At h_init = 1000 the singular value after the last "
            f"row, of the network trained with zeros, is {scientific(zeros['jacobian']['1000'][-1])}.",
        ),
    ]


def _draw_accuracy(results: Results) -> Figure:
    figure = Figure(figsize=(11, 5.4), layout="constrained")
    heading(figure, f"RNN, {count(len(of(results, 128, 'zeros')), 'seed')}: test accuracy by h_init in the test")
    parts = figure.add_gridspec(1, len(SIZES))
    for place, H in enumerate(SIZES):
        part = figure.add_subfigure(parts[place])
        zero, others = part.subplots(1, 2, sharey=True, width_ratios=[1, 8])
        _sweep(zero, results, H, slice(1))
        _sweep(others, results, H, slice(1, None))
        zero.set(title=f"H = {H}", xlim=(-0.5, 0.5), ylim=(0, 1), ylabel="test accuracy")
        zero.set_xticks([0])
        others.set(xscale="log", xlabel="h_init in the test (number in all entries)")
        others.set_xticks(10.0 ** np.arange(-2, 5), ["10⁻²", "10⁻¹", "1", "10", "10²", "10³", "10⁴"])
        others.minorticks_off()
        others.tick_params(left=False)
        others.spines["left"].set_visible(False)
        # Two strokes at the end of each part mark the break of the axis.
        stroke = {"marker": [(-1, -2), (1, 2)], "linestyle": "", "color": GREY, "markersize": 12, "clip_on": False}
        zero.plot(1, 0, transform=zero.transAxes, **stroke)
        others.plot(0, 0, transform=others.transAxes, **stroke)
    _key(figure, zero)
    return figure


def _key(figure: Figure, axes: Axes) -> None:
    """Write the key of all panels below them."""
    lines, labels = axes.get_legend_handles_labels()
    figure.legend(lines, labels, frameon=False, fontsize=12, loc="outside lower center", ncols=len(labels))


def _sweep(axes: Axes, results: Results, H: int, part: slice) -> None:
    """Draw the accuracies of all ways to train, from some of the starts."""
    x = np.array(results["starts"])[part]
    for way, (label, colour, form) in MODES.items():
        values = np.array([model["accuracy"] for model in of(results, H, way)])[:, part]
        axes.plot(x, values.mean(axis=0), form, color=colour, label=f"trained with {label}", linewidth=2)
        low, high = values.min(axis=0), values.max(axis=0)
        if len(x) > 1:
            axes.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
        else:
            axes.bar(x, high - low, bottom=low, width=0.5, color=colour, alpha=0.15, zorder=1)
    notebook = EXPERIMENTS[f"rnn-{H}"]
    if 0 in x:  # beside the other markers, which are at 0
        axes.plot(0.36, notebook.notebook_test_accuracy, **NOTEBOOK)
    else:
        axes.plot(1000, notebook.notebook_accuracy_from_1000, **NOTEBOOK)
    percent_ticks(axes.yaxis)
    axes.grid(axis="y")


def _draw_convergence(results: Results) -> Figure:
    figure = Figure(figsize=(11, 5.2), layout="constrained")
    heading(figure, "RNN, H = 128, seed 0: the effect of the initial state over the rows")
    left, right = figure.subplots(1, 2)
    for way, (label, colour, form) in MODES.items():
        model = of(results, 128, way)[0]
        steps = range(1, len(model["distance"]) + 1)
        look = {"color": colour, "label": f"trained with {label}", "markersize": 5}
        left.plot(steps, model["distance"], form, **look)
        right.plot(steps, model["jacobian"]["0"], form, **look)
    left.set(title="$h_t$ from 1000 minus $h_t$ from 0", ylabel="root mean square")
    right.set(title=r"$\partial h_t/\partial h_0$ at h_init = 0", ylabel="largest singular value")
    for axes in (left, right):
        axes.set(xlabel="t, rows seen", yscale="log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()
        axes.grid(axis="y")
    _key(figure, left)
    return figure
