"""Question 3.7.1: is a digit classified as well column by column as row by row? A test of equivalence."""

import statistics

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.stats import t, ttest_1samp

from pages.blocks import Picture, Table
from pages.images import heading, percent_ticks
from pages.style import BLUE, GREY
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
    figure = Figure(figsize=(11, 4.8), layout="constrained")
    rows, columns = (np.array(results["accuracy"][scan]) for scan in SCANS)
    heading(figure, f"RNN, H = 128: rows or columns, {count(len(rows), 'seed')}")
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.2])
    for one, other in zip(rows, columns, strict=True):
        left.plot([0, 1], [one, other], "-", color="#BBBBBB", linewidth=1, zorder=1)
    for place, accuracy in enumerate((rows, columns)):
        left.plot(np.full(len(rows), place), accuracy, "o", color=BLUE, alpha=0.7, markersize=7, markeredgewidth=0)
    left.set_xticks([0, 1], ["by rows", "by columns"])
    left.set(xlim=(-0.3, 1.3), ylabel="test accuracy", title="one line for each seed")
    left.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 10]))
    percent_ticks(left.yaxis)
    left.grid(axis="y")
    margin = 100 * results["margin"]
    right.axvspan(-margin, margin, color="#EFEFEF", zorder=0)
    right.axvline(0, color=GREY, linewidth=1)
    right.plot(100 * (columns - rows), np.full(len(rows), 0.2), "o", color=BLUE, alpha=0.6, markeredgewidth=0)
    if "interval" in results:
        low, high = (100 * end for end in results["interval"])
        right.plot([low, high], [0.55, 0.55], "-", color="black", linewidth=4, solid_capstyle="butt")
    right.plot(100 * results["mean"], 0.55, "D", color="black", markersize=10)
    for height, text in ((0.64, "mean and its 90 % interval"), (0.29, "one dot for each seed")):
        right.text(0, height, text, ha="center", bbox={"facecolor": "#EFEFEF", "edgecolor": "none", "pad": 1})
    text = f"grey: margin of equivalence,\n±{margin:g} points, set before the test"
    right.text(0, 0.97, text, ha="center", va="top", bbox={"facecolor": "#EFEFEF", "edgecolor": "none", "pad": 1})
    reach = 1.1 * max(margin, float(np.abs(100 * (columns - rows)).max()))
    right.set(xlim=(-reach, reach), ylim=(0, 1), yticks=[], title="difference of the same seed")
    right.set_xlabel("by columns minus by rows, percentage points")
    right.spines["left"].set_visible(False)
    return [
        Picture(
            "equivalence",
            figure,
            "Test accuracy of the RNN with 128 units, by rows and by columns. Left: the two accuracies of each seed. "
            "Right: their differences, and the interval that the test of equivalence uses.",
        )
    ]


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
