"""Question 1.9.3: which of the two RNNs is better, and is the cause capacity or speed of learning?"""

import statistics

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from numpy_rnn.experiments import EPOCHS, EXPERIMENTS
from pages.blocks import Picture, Table
from pages.images import end_labels, heading, percent_ticks
from pages.style import BLUE, GREY
from pages.wording import count, deviation, mean, percent, points, spread
from studies.definition import Results, Study
from studies.looks import NOTEBOOK, shades
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
    figure = Figure(figsize=(11, 5.2), layout="constrained")
    heading(figure, "RNN with H units: test accuracy")
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.15])
    _by_size(left, results)
    _by_epoch(right, results)
    for axes in (left, right):
        axes.set_ylabel("test accuracy")
        axes.grid(axis="y")
        percent_ticks(axes.yaxis)
    caption = (
        f"Left: every seed after the exercise's {_epochs(results)} epochs. Right: networks of the same sizes trained "
        f"for more epochs ({count(_curves(results, results['sizes'][0]).shape[0], 'seed')} of each size). Lines are "
        "means over the seeds, and bands reach from the lowest to the highest. The two panels have different scales."
    )
    return [Picture("accuracy", figure, caption)]


def _by_size(axes: Axes, results: Results) -> None:
    rng = np.random.default_rng(0)
    for place, (H, colour) in enumerate(zip(results["sizes"], shades(BLUE, len(results["sizes"])), strict=True)):
        accuracy = _last(results, H)
        x = place + rng.uniform(-0.15, 0.15, len(accuracy))
        axes.plot(x, accuracy, "o", color=colour, alpha=0.7, markersize=7, markeredgewidth=0, zorder=1)
        axes.hlines(statistics.mean(accuracy), place - 0.3, place + 0.3, color="black", linewidth=2, zorder=2)
        if f"rnn-{H}" in EXPERIMENTS:
            look = NOTEBOOK if H == 64 else NOTEBOOK | {"label": None}
            axes.plot(place + 0.36, EXPERIMENTS[f"rnn-{H}"].notebook_test_accuracy, **look)
    axes.plot([], [], "o", color=BLUE, alpha=0.7, label="one seed")
    axes.plot([], [], "-", color="black", linewidth=2, label="mean of the seeds")
    axes.legend(frameon=False, fontsize=12, loc="lower right")
    axes.set_xticks(range(len(results["sizes"])), [str(H) for H in results["sizes"]])
    axes.set(xlabel="H, number of units", title=f"after {count(_epochs(results), 'epoch')}")


def _by_epoch(axes: Axes, results: Results) -> None:
    colours = shades(BLUE, len(results["sizes"]))
    for H, colour in zip(results["sizes"], colours, strict=True):
        curves = _curves(results, H)
        x = np.arange(1, curves.shape[1] + 1)
        axes.plot(x, curves.mean(axis=0), color=colour, linewidth=2.5)
        axes.fill_between(x, curves.min(axis=0), curves.max(axis=0), color=colour, alpha=0.2, linewidth=0)
    last, low = len(x), min(_curves(results, H).min() for H in results["sizes"])
    axes.axvline(_epochs(results), color=GREY, linewidth=1, linestyle=":")
    axes.text(_epochs(results) + last / 60, low - 0.03, "last epoch of the exercise", fontsize=12, color=GREY)
    axes.set(xlabel="epoch", title=f"over {count(last, 'epoch')}", xlim=(1, last * 1.33), ylim=(low - 0.05, 1.02))
    axes.set_xticks(sorted({1, _epochs(results), *range(5, last + 1, 5)} - ({5} if last > 10 else set())))
    axes.spines["bottom"].set_bounds(1, last)
    ends = [(last, _curves(results, H).mean(axis=0)[-1]) for H in results["sizes"]]
    end_labels(axes, 1.06 * last, [f"H = {H}" for H in results["sizes"]], ends, ["black"] * len(ends), 0.06)


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
