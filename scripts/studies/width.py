"""Question 1.9.3: which of the two RNNs is better, and is the cause capacity or speed of learning?"""

import statistics
from itertools import pairwise

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from numpy_rnn.experiments import EPOCHS, EXPERIMENTS
from pages.blocks import Picture, Table
from pages.images import percent_ticks
from pages.style import BLUE, GREY, VERMILLION
from pages.wording import count, deviation, mean, percent, points, spread
from studies.definition import Results, Study
from studies.recipes import Plan, Recipe
from studies.run_files import Runs

SIZES = 16, 32, 64, 128, 256
LONG = 20


def _short(plan: Plan) -> list[Recipe]:
    return [
        recipe
        for H in plan.some(SIZES)
        for recipe in plan.recipes(20 if H in (64, 128) else 5, hidden_dim=H, epochs=EPOCHS)
    ]


def _long(plan: Plan) -> list[Recipe]:
    return [recipe for H in plan.some(SIZES) for recipe in plan.recipes(3, hidden_dim=H, epochs=LONG)]


def recipes(plan: Plan) -> list[Recipe]:
    """Return runs of four epochs, with twenty seeds for the exercise's two sizes, and runs of twenty epochs."""
    return _short(plan) + _long(plan)


def measure(plan: Plan, runs: Runs) -> Results:
    """Measure training and test accuracies of each seed after each epoch, in the short and in the long runs."""
    results: Results = {"sizes": list(plan.some(SIZES)), "short": {}, "long": {}}
    for kind, chosen in (("short", _short(plan)), ("long", _long(plan))):
        for recipe in chosen:
            record = runs.record(recipe)
            results[kind].setdefault(str(recipe.hidden_dim), []).append(
                {"seed": recipe.seed, "train": record["train_accuracy"], "test": record["test_accuracy"]}
            )
    return results


def _last(results: Results, H: int) -> list[float]:
    return [run["test"][-1] for run in results["short"][str(H)]]


def _epochs(results: Results) -> int:
    return len(results["short"][str(results["sizes"][0])][0]["test"])


def _curves(results: Results, H: int, of: str = "test") -> np.ndarray:
    return np.array([run[of] for run in results["long"][str(H)]])


def describe(results: Results) -> list[str]:
    """Return sentences on which size is better, by how much, and how the lead develops."""
    small, large = 64, 128
    if not {small, large} <= set(results["sizes"]):
        small, large = results["sizes"][0], results["sizes"][-1]
    after, epochs = {H: _last(results, H) for H in (small, large)}, _epochs(results)
    lead = statistics.mean(after[large]) - statistics.mean(after[small])
    better = sum(one > other for one, other in zip(sorted(after[large]), sorted(after[small]), strict=True))
    # The late lead is compared with the early lead of the same seeds, because the long runs have fewer seeds.
    early, late = ({H: _curves(results, H)[:, end] for H in (small, large)} for end in (epochs - 1, -1))
    early_lead, late_lead = (float((end[large] - end[small]).mean()) for end in (early, late))
    number = _curves(results, small).shape[1]
    gap = {H: float((_curves(results, H, "train")[:, -1] - late[H]).mean()) for H in (small, large)}
    reached = np.flatnonzero(_curves(results, small).mean(axis=0) >= early[large].mean())
    when = f"in epoch {reached[0] + 1}" if len(reached) else f"not within {number} epochs"
    verdict = (
        "So most of the difference is speed of learning: the smaller network gets almost as good, but later."
        if late_lead < early_lead / 2
        else "So most of the difference remains: it is not only speed of learning."
    )

    def published(what: str) -> str:
        return " and ".join(percent(getattr(EXPERIMENTS[f"rnn-{H}"], what)) for H in (128, 64))

    return [
        f"After {epochs} epochs the RNN with {large} units classifies {spread(after[large])} of the test images "
        f"correctly, the RNN with {small} units {spread(after[small])} ({count(len(after[small]), 'seed')} each). The "
        f"difference is {points(lead)} percentage points. If both groups of seeds are sorted by accuracy and compared "
        f"rank by rank, the larger network leads in {better} of {len(after[small])} pairs.",
        f"The standard deviation over seeds is {deviation(after[small])} points with {small} units and "
        f"{deviation(after[large])} points with {large} units.",
        f"The notebook's own answer quotes {published('notebook_accuracy_from_1000')}, which are its accuracies for "
        f"h_init = 1000. Its accuracies for h_init = 0, which the question asks for, are "
        f"{published('notebook_test_accuracy')}.",
        f"To separate capacity from speed of learning, {count(len(late[small]), 'seed')} of each size were trained for "
        f"{number} epochs. After {epochs} epochs they reach {mean(early[large].tolist())} and "
        f"{mean(early[small].tolist())}, a difference of {points(early_lead)} points. After {number} epochs they reach "
        f"{mean(late[large].tolist())} and {mean(late[small].tolist())}, a difference of {points(late_lead)} points. "
        f"The smaller network exceeds the larger network's mean of epoch {epochs} {when}. {verdict}",
        f"After {number} epochs, training accuracy minus test accuracy is {points(gap[large])} points with {large} "
        f"units and {points(gap[small])} points with {small} units"
        + (", so neither size overfits much." if max(gap.values()) < 0.02 else "."),
    ]


def tabulate(results: Results) -> list[Table]:
    """Return a table of training and test accuracies by size."""
    rows = [
        [
            str(H),
            str(len(_last(results, H))),
            spread(_last(results, H)),
            deviation(_last(results, H)),
            percent(_curves(results, H)[:, -1].mean()),
            percent(_curves(results, H, "train")[:, -1].mean()),
        ]
        for H in results["sizes"]
    ]
    epochs = _epochs(results)
    number = _curves(results, results["sizes"][0]).shape[1]
    headings = [
        "H",
        "seeds",
        f"test, {epochs} epochs",
        "deviation, points",
        f"test, {number} epochs",
        f"training, {number} epochs",
    ]
    return [Table("Accuracy by number of units (mean; lowest and highest of the seeds in brackets)", headings, rows)]


def draw(results: Results) -> list[Picture]:
    """Draw a dot for each seed by size, and the mean test accuracy over the epochs by size."""
    figure = Figure(figsize=(13, 5.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    rng = np.random.default_rng(0)
    for place, H in enumerate(results["sizes"]):
        accuracy = _last(results, H)
        x = place + rng.uniform(-0.15, 0.15, len(accuracy))
        left.plot(x, accuracy, "o", color=BLUE, alpha=0.5, markersize=7, markeredgewidth=0, zorder=1)
        left.hlines(statistics.mean(accuracy), place - 0.3, place + 0.3, color="black", linewidth=2.5, zorder=2)
        if f"rnn-{H}" in EXPERIMENTS:
            notebook = EXPERIMENTS[f"rnn-{H}"].notebook_test_accuracy
            label = "the notebook" if H == 64 else None
            left.plot(place + 0.36, notebook, "D", color=VERMILLION, markersize=9, label=label)
    epochs = _epochs(results)
    left.plot([], [], "o", color=BLUE, alpha=0.5, label="one seed")
    left.plot([], [], "-", color="black", linewidth=2.5, label="mean")
    left.legend(frameon=False, fontsize=12, loc="lower right")
    left.set_xticks(range(len(results["sizes"])), [str(H) for H in results["sizes"]])
    left.set(xlabel="H, units", title=f"test accuracy after {epochs} epochs")
    for number, H in enumerate(results["sizes"]):
        curves = _curves(results, H)
        x = np.arange(1, curves.shape[1] + 1)
        part = (number + 1) / len(results["sizes"])
        colour = tuple(1 - part * (1 - channel) for channel in to_rgb(BLUE))
        right.plot(x, curves.mean(axis=0), color=colour, linewidth=2.5)
        right.fill_between(x, curves.min(axis=0), curves.max(axis=0), color=colour, alpha=0.2, linewidth=0)
    ends = [_curves(results, H).mean(axis=0)[-1] for H in results["sizes"]]
    low, high = min(_curves(results, H).min() for H in results["sizes"]), 1.0
    gap, heights = 0.045 * (high - low), list(ends)
    for upper, lower in pairwise(np.argsort(ends)[::-1]):
        heights[lower] = min(heights[lower], heights[upper] - gap)
    last = _curves(results, results["sizes"][0]).shape[1]
    for H, height in zip(results["sizes"], heights, strict=True):
        right.text(last * 1.02, height, f"H = {H}", va="center", fontsize=12)
    right.axvline(epochs, color=GREY, linewidth=1, linestyle=":")
    right.set(xlabel="epochs", title="mean test accuracy over the epochs", xlim=(1, last * 1.12))
    right.set_xticks(sorted({1, epochs, *range(5, last + 1, 5)} - ({5} if last > 10 else set())))
    for axes in (left, right):
        axes.grid(axis="y")
        percent_ticks(axes.yaxis)
    caption = (
        f"Left: every seed after the exercise's {epochs} epochs. Right: networks of the same sizes trained for more "
        "epochs. Lines are means over the seeds, bands reach from the lowest to the highest, and the dotted line marks "
        "the exercise's last epoch."
    )
    return [Picture("accuracy", figure, caption)]


STUDY = Study(
    "width",
    "Is the wider network better, or only faster?",
    "1.9.3: Which of the two RNNs has the higher test accuracy, and what is the likely cause?",
    recipes,
    measure,
    describe,
    tabulate,
    draw,
)
