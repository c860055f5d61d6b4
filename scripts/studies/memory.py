"""Question 2.8.1: where the LSTM does much better than the RNN, where it does not, and why."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from numpy_rnn import mnist
from numpy_rnn.training import ROWS
from pages.blocks import Picture, Table
from pages.images import percent_ticks
from pages.style import BLUE, GREEN, PALE, VERMILLION
from pages.wording import count, mean, percent, scientific, spread
from studies.definition import Results, Study
from studies.memory_gradients import gradients, logarithmic
from studies.recipes import OPEN, Plan, Recipe
from studies.run_files import Runs

MODELS: dict[str, dict[str, Any]] = {
    "RNN": {"recurrence": "rnn", "hidden_dim": 64},
    "LSTM": {"recurrence": "lstm", "hidden_dim": 64},
    "LSTM, open": {"recurrence": "lstm", "hidden_dim": 64, "forget_bias": OPEN},
}
IN_PROSE = {"RNN": "the RNN", "LSTM": "the exercise's LSTM", "LSTM, open": "the LSTM with the open forget gate"}
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


def _last(results: Results, condition: str, name: str) -> list[float]:
    return [seed[-1] for seed in results["accuracy"][condition][name]]


def _mean(results: Results, condition: str, name: str) -> float:
    return float(np.mean(_last(results, condition, name)))


def _where(results: Results, name: str, other: str, by: float = 0.1) -> str:
    """Return the delays at which the model `name` leads `other` by at least `by`, or "none"."""
    won = [
        N for N in results["delays"] if _mean(results, f"delay {N}", name) - _mean(results, f"delay {N}", other) >= by
    ]
    return ", ".join(map(str, won)) if won else "none"


def _gradient_kept(results: Results, when: str, name: str) -> float:
    """Return ∂L/∂h at the end of the digit as a part of ∂L/∂h at the last step."""
    sizes = results["gradients"][when][name]["h"]
    return sizes[ROWS] / sizes[-1]


def tell(results: Results) -> list[str]:
    """Return one claim a paragraph: which model wins where, and how the gradients explain it."""
    delays, accuracy = results["delays"], results["accuracy"]
    epochs = {kind: len(accuracy[kind]["RNN"][0]) for kind in ("delay 0", "long")}

    def below_half(name: str) -> str:
        found = [str(N) for N in delays if _mean(results, f"delay {N}", name) < 0.5]
        return f"by {IN_PROSE[name]} at {'N = ' + ', '.join(found) if found else 'no N'}"

    def order(condition: str) -> str:
        lead = _mean(results, condition, "LSTM") - _mean(results, condition, "RNN")
        return f"the exercise's LSTM is {abs(100 * lead):.1f} points {'ahead of' if lead > 0 else 'behind'} the RNN"

    rnn_leads, opened = _where(results, "RNN", "LSTM"), list(accuracy["opened"])
    by_input = _mean(results, "opened", "b = 0") - _mean(results, "opened", opened[0])
    by_value = _mean(results, "opened", f"b = {OPEN:g}") - _mean(results, "opened", "b = 0")
    cause = (
        "the value at which this bias starts" if by_value > by_input else "the constant input, more than its weight,"
    )
    far, longest = f"delay {delays[-1]}", f"parts {results['parts'][-1]}"
    best = max(MODELS, key=lambda name: _mean(results, longest, name))
    permuted = [_mean(results, "permuted", name) for name in MODELS]
    return [
        f"Three models with 64 units are compared after {epochs['delay 0']} epochs: the exercise's RNN, the exercise's "
        "LSTM, whose gates have no bias, and an LSTM with an open forget gate, “LSTM, open”. It has a constant input "
        f"of 1 whose weight in the forget gate starts at {OPEN:g} and acts as a bias, so that f starts at "
        f"{1 / (1 + np.exp(-OPEN)):.2f}. To test the memory, N blank steps follow the digit before the network "
        "answers.",
        f"Without blank steps, {order('delay 0')}.",
        f"With blank steps, fewer than half of the images are classified correctly {below_half('RNN')}, "
        f"{below_half('LSTM')}, {below_half('LSTM, open')}.",
        f"The exercise's LSTM leads the RNN by ten points or more at N = {_where(results, 'LSTM', 'RNN')}. The RNN "
        f"leads by as much at {'no N' if rnn_leads == 'none' else f'N = {rnn_leads}'}.",
        "The exercise's LSTM forgets because its gates have no bias. A blank step gives them only h. Where h is small, "
        "f = σ(0) = ½, so each blank step halves c. After 28 blank steps, 2⁻²⁸ of c and of its gradient is left.",
        f"The LSTM with the open forget gate leads the RNN by ten points or more at N = "
        f"{_where(results, 'LSTM, open', 'RNN')}. At N = {delays[-1]} it classifies "
        f"{spread(_last(results, far, 'LSTM, open'))} correctly, the RNN {spread(_last(results, far, 'RNN'))}. Always "
        f"answering 1 scores {percent(results['always_1'])}.",
        f"With {ROWS} blank steps, {cause} makes most of the difference, as the table of biases shows.",
        f"The value {OPEN:g} was chosen after a trial of 1 and {OPEN:g} with one seed, in which 1 did not learn to "
        "bridge 56 steps within four epochs. The RNN was not tuned. So the comparison shows what a good start does for "
        "an LSTM, not the best that either model can reach.",
        f"Longer training, tested with {ROWS} blank steps: {epochs['long']} instead of {epochs['delay 0']} "
        f"epochs take the RNN from {mean(_last(results, f'delay {ROWS}', 'RNN'))} to "
        f"{mean(_last(results, 'long', 'RNN'))} and the exercise's LSTM from "
        f"{mean(_last(results, f'delay {ROWS}', 'LSTM'))} to {mean(_last(results, 'long', 'LSTM'))}."
        if ROWS in delays
        else f"Longer training, {epochs['long']} epochs with {ROWS} blank steps, takes the RNN to "
        f"{mean(_last(results, 'long', 'RNN'))} and the exercise's LSTM to {mean(_last(results, 'long', 'LSTM'))}.",
        f"With 14 steps of noise in place of blank steps, {order('noise 14')}.",
        f"With all pixels permuted in the same way for all images, the three models differ by "
        f"{100 * (max(permuted) - min(permuted)):.1f} points.",
        f"With each row cut into {results['parts'][-1]} parts, so that T = {ROWS * results['parts'][-1]}, the best "
        f"model is {IN_PROSE[best]}.",
        f"The gradients explain the forgetting. Before training, ∂L/∂h shrinks on its way from the last step back over "
        f"{ROWS} blank steps to the end of the digit. The part that is left (seed 0) is "
        f"{scientific(_gradient_kept(results, 'untrained', 'RNN'))} for the RNN, "
        f"{scientific(_gradient_kept(results, 'untrained', 'LSTM'))} for the exercise's LSTM and "
        f"{scientific(_gradient_kept(results, 'untrained', 'LSTM, open'))} for the LSTM with the open forget gate. "
        "With almost no gradient, a network learns almost nothing about the digit.",
        "An LSTM has a second path for the gradient, through c. Each step multiplies ∂L/∂c by f alone. Where f is near "
        "1 the gradient arrives; where f is ½ it does not.",
        "The gradients after training are those of networks of seed 0 that have learned something. They say nothing "
        "about seeds that still do no better than always answering 1.",
    ]


def tabulate(results: Results) -> list[Table]:
    """Return tables of accuracies, of seeds at chance, of biases, and of the gradients that arrive."""
    named = {f"delay {N}": count(N, "blank step") for N in results["delays"]}
    named |= {f"parts {k}": f"T = {ROWS * k}, each row in {k} parts" for k in results["parts"] if k > 1}
    named |= {"noise 14": "14 steps of noise", "permuted": "permuted pixels"}
    named |= {"long": f"{ROWS} blank steps, longer training"}
    rows = [[text, *(spread(_last(results, key, name)) for name in MODELS)] for key, text in named.items()]
    chance = [[str(N), *(_at_chance(results, N, name) for name in MODELS)] for N in results["delays"] if N >= ROWS]
    opened = [[name, spread(_last(results, "opened", name))] for name in results["accuracy"]["opened"]]
    accuracy = {name: results["accuracy"]["long"][name][0][-1] for name in MODELS}
    gradients = [
        [text, *(scientific(_gradient_kept(results, when, name)) for name in MODELS)] for when, text in _TITLES.items()
    ]
    gradients.append(["test accuracy after the longer training", *(percent(accuracy[name]) for name in MODELS)])
    return [
        Table(
            "Test accuracy by sequence (mean; lowest and highest of the seeds in brackets)", ["sequence", *MODELS], rows
        ),
        Table("Seeds at most 2 points better than always answering 1", ["N, blank steps", *MODELS], chance),
        Table(
            f"Test accuracy of the LSTM with {ROWS} blank steps, by the start b of its bias",
            ["bias", "accuracy"],
            opened,
        ),
        Table(
            f"∂L/∂h at the end of the digit, {ROWS} blank steps before the last step, as a part of ∂L/∂h there; seed 0",
            ["network", *MODELS],
            gradients,
        ),
    ]


def _at_chance(results: Results, N: int, name: str) -> str:
    """Return how many seeds do no better than always answering 1."""
    accuracies = _last(results, f"delay {N}", name)
    return f"{sum(a < results['always_1'] + 0.02 for a in accuracies)} of {len(accuracies)}"


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
    for axes, (what, title) in zip(back.subplots(1, 2, sharey=True), _TITLES.items(), strict=True):
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


_TITLES = {"untrained": "before training", "trained": "after the longer training"}


def _accuracies(axes: Axes, results: Results, kind: str, values: list[int], ticks: list[str]) -> None:
    axes.axhline(results["always_1"], color=PALE, zorder=0)
    for name, (colour, form) in LOOKS.items():
        accuracy = [_last(results, f"{kind} {value}", name) for value in values]
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
    tell,
    tabulate,
    draw,
)
