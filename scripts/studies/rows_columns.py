"""Question 3.7.1: is a digit read column by column as well as row by row? A test of equivalence."""

import statistics

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import t, ttest_1samp

from pages.blocks import Picture, Table
from pages.style import BLUE, PALE, VERMILLION
from pages.wording import points, seeds, shares, spread
from studies.question import Results, Study
from studies.recipes import Plan, Recipe
from studies.runs import Runs

# Twice the spread over seeds, about .01, that was known before: less than that nobody could tell from another seed.
MARGIN = 0.02
LEVEL = 0.05
SCANS = "rows", "columns"


def recipes(plan: Plan) -> list[Recipe]:
    """Twenty seeds of each."""
    return [recipe for scan in SCANS for recipe in plan.recipes(20, scan=scan)]


def measure(plan: Plan, runs: Runs) -> Results:
    """Test accuracies, and the two one-sided t tests of their differences, paired by seed."""
    accuracy = {
        scan: [runs.record(recipe)["test_accuracy"][-1] for recipe in plan.recipes(20, scan=scan)] for scan in SCANS
    }
    differences = np.subtract(accuracy["columns"], accuracy["rows"])
    n = len(differences)
    results: Results = {"margin": MARGIN, "level": LEVEL, "accuracy": accuracy, "mean": float(differences.mean())}
    if n > 1:
        half = t.ppf(1 - LEVEL, n - 1) * differences.std(ddof=1) / np.sqrt(n)
        results |= {
            "interval": [float(differences.mean() - half), float(differences.mean() + half)],
            "p_not_above": float(ttest_1samp(differences, MARGIN, alternative="less").pvalue),
            "p_not_below": float(ttest_1samp(differences, -MARGIN, alternative="greater").pvalue),
        }
    return results


def tell(results: Results) -> list[str]:
    """Whether they are equivalent, and how different seeds are beside that."""
    rows, columns = (results["accuracy"][scan] for scan in SCANS)
    told = [
        "Yes, one should expect it: a digit's columns are 28 vectors of 28 numbers as its rows are, the network has "
        f"as many parameters, and nothing in it knows which way is up. Measured: {spread(columns)} by columns and "
        f"{spread(rows)} by rows ({seeds(len(rows))} each; mean, lowest, highest)."
    ]
    if "interval" not in results:
        return [*told, "One seed alone allows no test."]
    low, high = results["interval"]
    p = max(results["p_not_above"], results["p_not_below"])
    equivalent = p < results["level"]
    margin = f"±{100 * results['margin']:g} percentage points"
    said = (
        f"mean difference {points(results['mean'])} points, 90 % interval {points(low)} to {points(high)}, p = {p:.2g}"
    )
    told.append(
        "A test of difference can't show that two things are alike; so this is one of equivalence, of two one-sided "
        f"t tests, paired by seed, within {margin}, a margin set beforehand as twice the spread over seeds. "
        + (f"They are equivalent within it: {said}." if equivalent else f"It does not show equivalence: {said}.")
    )
    if low > 0 or high < 0:
        told.append("Yet a small difference there is: the interval does not contain 0.")
    both = statistics.pstdev(columns), statistics.pstdev(rows)
    told.append(
        f"Which seed is taken matters more than which way: the standard deviation over seeds is {both[0]:.4f} by "
        f"columns and {both[1]:.4f} by rows."
        if max(both) > abs(results["mean"])
        else f"The difference is larger than the spread over seeds, {both[0]:.4f} and {both[1]:.4f}."
    )
    return told


def tabulate(results: Results) -> list[Table]:
    """Nothing that the picture does not show."""
    return []


def draw(results: Results) -> list[Picture]:
    """Both accuracies of each seed; the interval of their mean difference within the margin."""
    figure = Figure(figsize=(12, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.2])
    rows, columns = (np.array(results["accuracy"][scan]) for scan in SCANS)
    for one, other in zip(rows, columns, strict=True):
        left.plot([0, 1], [one, other], "-", color=PALE, zorder=1)
    left.plot(np.zeros_like(rows), rows, "o", color=BLUE, alpha=0.7, markersize=8, markeredgewidth=0)
    left.plot(np.ones_like(columns), columns, "s", color=VERMILLION, alpha=0.7, markersize=8, markeredgewidth=0)
    left.set_xticks([0, 1], ["by rows", "by columns"])
    left.set(xlim=(-0.4, 1.4), title="test accuracy, a line for each seed")
    shares(left.yaxis, 3)
    left.grid(axis="y")
    margin = 100 * results["margin"]
    right.axvspan(-margin, margin, color="#EAF3FA", zorder=0)
    right.axvline(0, color=PALE)
    right.plot(100 * (columns - rows), np.full(len(rows), 0.35), "o", color=BLUE, alpha=0.5, markeredgewidth=0)
    if "interval" in results:
        low, high = (100 * end for end in results["interval"])
        right.plot([low, high], [0.7, 0.7], "-", color="black", linewidth=4, solid_capstyle="butt")
    right.plot(100 * results["mean"], 0.7, "D", color="black", markersize=10)
    right.text(0.02, 0.8, "mean and its 90 % interval", transform=right.transAxes)
    right.text(0.02, 0.45, "every seed", transform=right.transAxes)
    right.text(0, 0.98, "alike: the margin\nset beforehand", ha="center", va="top", color=BLUE)
    reach = 1.1 * max(margin, float(np.abs(100 * (columns - rows)).max()))
    right.set(xlim=(-reach, reach), ylim=(0, 1), yticks=[], title="columns minus rows, percentage points")
    right.spines["left"].set_visible(False)
    return [Picture("equivalence", figure, "RNN with 128 units, read by rows and by columns, paired by seed.")]


STUDY = Study(
    "rows-columns",
    "Rows or columns: does it matter?",
    "3.7.1: Should the column RNN's test accuracy be close to that of RNN1, and why?",
    recipes,
    measure,
    tell,
    tabulate,
    draw,
)
