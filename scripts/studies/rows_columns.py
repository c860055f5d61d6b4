"""Question 3.7.1: is a digit classified as well column by column as row by row? A test of equivalence."""

import statistics

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import t, ttest_1samp

from pages.blocks import Picture, Table
from pages.images import percent_ticks
from pages.style import BLUE, PALE, VERMILLION
from pages.wording import count, deviation, points, scientific, spread
from studies.definition import Results, Study
from studies.recipes import Plan, Recipe
from studies.run_files import Runs

# Twice the standard deviation over seeds, about 0.01, that was known before the test.
MARGIN = 0.02
LEVEL = 0.05
SCANS = "rows", "columns"


def recipes(plan: Plan) -> list[Recipe]:
    """Return twenty seeds of each scan."""
    return [recipe for scan in SCANS for recipe in plan.recipes(20, scan=scan)]


def measure(plan: Plan, runs: Runs) -> Results:
    """Measure test accuracies, and apply two one-sided t tests to their differences, paired by seed."""
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


def describe(results: Results) -> list[str]:
    """Return sentences on whether both scans are equivalent, and on the spread over seeds."""
    rows, columns = (results["accuracy"][scan] for scan in SCANS)
    paragraphs = [
        "Yes, the accuracies should be close. The columns of a digit are 28 vectors of 28 numbers, as its rows are. "
        "The network has as many parameters, and nothing in it depends on the direction.",
        f"The measured test accuracy is {spread(columns)} by columns and {spread(rows)} by rows "
        f"({count(len(rows), 'seed')} each).",
    ]
    if "interval" not in results:
        return [*paragraphs, "A single seed allows no test."]
    low, high = results["interval"]
    p = max(results["p_not_above"], results["p_not_below"])
    equivalent = p < results["level"]
    margin = f"±{100 * results['margin']:g} percentage points"
    found = (
        f"the mean difference is {points(results['mean'])} points, its 90 % interval {points(low)} to {points(high)}, "
        f"p = {scientific(p)}"
    )
    paragraphs.append(
        "A test of difference cannot show that two accuracies are equal. So this is a test of equivalence: two "
        f"one-sided t tests, paired by seed, within a margin of {margin}. The margin was set before the test, as twice "
        "the standard deviation over seeds. "
        + ("Rows and columns are equivalent" if equivalent else "The test does not show equivalence")
        + f" within this margin: {found}."
    )
    if low > 0 or high < 0:
        paragraphs.append("There is a small difference nevertheless, because the interval does not contain 0.")
    both = f"{deviation(columns)} points by columns and {deviation(rows)} points by rows"
    larger = max(statistics.pstdev(columns), statistics.pstdev(rows)) > abs(results["mean"])
    paragraphs.append(
        f"The seed matters {'more' if larger else 'less'} than the direction: the standard deviation over seeds is "
        f"{both}."
    )
    return paragraphs


def tabulate(results: Results) -> list[Table]:
    """Return no tables, because the picture shows all values."""
    return []


def draw(results: Results) -> list[Picture]:
    """Draw both accuracies of each seed, and the interval of their mean difference within the margin."""
    figure = Figure(figsize=(12, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.2])
    rows, columns = (np.array(results["accuracy"][scan]) for scan in SCANS)
    for one, other in zip(rows, columns, strict=True):
        left.plot([0, 1], [one, other], "-", color=PALE, zorder=1)
    left.plot(np.zeros_like(rows), rows, "o", color=BLUE, alpha=0.7, markersize=8, markeredgewidth=0)
    left.plot(np.ones_like(columns), columns, "s", color=VERMILLION, alpha=0.7, markersize=8, markeredgewidth=0)
    left.set_xticks([0, 1], ["by rows", "by columns"])
    left.set(xlim=(-0.4, 1.4), title="test accuracy, one line for each seed")
    percent_ticks(left.yaxis)
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
    right.text(0, 0.98, "equivalent: the margin\nset before the test", ha="center", va="top", color=BLUE)
    reach = 1.1 * max(margin, float(np.abs(100 * (columns - rows)).max()))
    right.set(xlim=(-reach, reach), ylim=(0, 1), yticks=[], title="columns minus rows, percentage points")
    right.spines["left"].set_visible(False)
    return [Picture("equivalence", figure, "RNN with 128 units, by rows and by columns, paired by seed.")]


STUDY = Study(
    "rows-columns",
    "Rows or columns: does it matter?",
    "3.7.1: Should the column RNN's test accuracy be close to that of RNN1, and why?",
    recipes,
    measure,
    describe,
    tabulate,
    draw,
)
