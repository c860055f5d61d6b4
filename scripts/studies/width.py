"""Question 1.9.3: which of the two RNNs is better, and is it their capacity or how fast they learn?"""

import statistics
from itertools import pairwise

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from numpy_rnn.experiments import EPOCHS, EXPERIMENTS
from pages.blocks import Picture, Table
from pages.style import BLUE, GREY, VERMILLION
from pages.wording import mean, points, seeds, share, shares, spread
from studies.question import Results, Study
from studies.recipes import Plan, Recipe
from studies.runs import Runs

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
    """Each size for four epochs, twenty seeds of the exercise's two; and three seeds for twenty epochs."""
    return _short(plan) + _long(plan)


def measure(plan: Plan, runs: Runs) -> Results:
    """Test accuracy after four epochs, of each seed; and training and test accuracy over many epochs."""
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


def tell(results: Results) -> list[str]:
    """Which is better, by how much, and what becomes of the lead."""
    small, large = 64, 128
    if not {small, large} <= set(results["sizes"]):
        small, large = results["sizes"][0], results["sizes"][-1]
    after, epochs = {H: _last(results, H) for H in (small, large)}, _epochs(results)
    lead = statistics.mean(after[large]) - statistics.mean(after[small])
    better = sum(one > other for one, other in zip(sorted(after[large]), sorted(after[small]), strict=True))
    # The lead left is held against that of the same seeds: those trained on are few, and not like all.
    early, late = ({H: _curves(results, H)[:, end] for H in (small, large)} for end in (epochs - 1, -1))
    early_lead, late_lead = (float((end[large] - end[small]).mean()) for end in (early, late))
    number = _curves(results, small).shape[1]
    gap = {H: float((_curves(results, H, "train")[:, -1] - late[H]).mean()) for H in (small, large)}
    reached = np.flatnonzero(_curves(results, small).mean(axis=0) >= early[large].mean())
    when = f"in epoch {reached[0] + 1}" if len(reached) else f"not within {number} epochs"
    verdict = (
        "So most of the difference is speed of learning: the small network gets nearly there, later."
        if late_lead < early_lead / 2
        else "So the difference stays: it is not speed of learning alone."
    )

    def published(what: str) -> str:
        return " and ".join(share(getattr(EXPERIMENTS[f"rnn-{H}"], what), 3) for H in (128, 64))

    return [
        f"After {epochs} epochs the RNN with {large} units reads {spread(after[large])} of the test images right, "
        f"the one with {small} units {spread(after[small])} ({seeds(len(after[small]))} each; mean, lowest, "
        f"highest): {points(lead)} percentage points. Ranked against each other, worst against worst, best against "
        f"best, the larger one leads in {better} of {len(after[small])} pairs. The spread over seeds is "
        f"{statistics.pstdev(after[small]):.4f} with {small} units and {statistics.pstdev(after[large]):.4f} with "
        f"{large}. (The notebook's own answer quotes {published('notebook_accuracy_from_1000')}, which are its "
        f"figures for h_init = 1000; those asked for are {published('notebook_test_accuracy')}.)",
        f"{seeds(len(late[small]))} each were trained on for {number} epochs. These were {points(early_lead)} points "
        f"apart after {epochs} epochs, {mean(early[large].tolist())} and {mean(early[small].tolist())}, and are "
        f"{points(late_lead)} apart at the end, {mean(late[large].tolist())} and {mean(late[small].tolist())}. The "
        f"smaller one passes the larger one's mean of epoch {epochs} {when}. Training accuracy minus test accuracy "
        f"is then {points(gap[large])} and {points(gap[small])} points. {verdict}",
    ]


def tabulate(results: Results) -> list[Table]:
    """Both accuracies by size."""
    rows = [
        [
            str(H),
            str(len(_last(results, H))),
            spread(_last(results, H)),
            f"{statistics.pstdev(_last(results, H)):.4f}",
            share(_curves(results, H)[:, -1].mean()),
            share(_curves(results, H, "train")[:, -1].mean()),
        ]
        for H in results["sizes"]
    ]
    epochs = _epochs(results)
    number = _curves(results, results["sizes"][0]).shape[1]
    headings = ["H", "seeds", f"test, {epochs} epochs", "deviation", f"test, {number} epochs", "training then"]
    return [Table("Accuracy by number of units: mean, lowest and highest.", headings, rows)]


def draw(results: Results) -> list[Picture]:
    """A dot for each seed by size; mean test accuracy over the epochs by size."""
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
        shares(axes.yaxis, 2)
    caption = (
        f"Left: every seed, after the exercise's {epochs} epochs. Right: the same networks trained on (mean of the "
        "seeds, band from the lowest to the highest; dotted: where the exercise stops)."
    )
    return [Picture("accuracy", figure, caption)]


STUDY = Study(
    "width",
    "Is the wider network better, or faster?",
    "1.9.3: Which of the two RNNs has the higher test accuracy, and what is the likely cause?",
    recipes,
    measure,
    tell,
    tabulate,
    draw,
)
