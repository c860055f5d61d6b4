"""The training step of the first part on another machine, to show how much the ratios depend on the machine."""

import statistics
from collections.abc import Callable

from benchmarks.avx2 import NAMES, with_one_shard
from benchmarks.part import (
    TITLES,
    Part,
    Results,
    measure_both,
    median_and_ratio,
    side_by_side,
    three_digits,
    times,
)
from benchmarks.steps import goals, goals_table
from benchmarks.timing import Plan, quartiles
from pages.blocks import Picture, Table


def measure(plan: Plan, say: Callable[[str], None]) -> Results:
    """Measure the times of most contenders for both recurrences."""
    return measure_both([name for name in NAMES if name in plan.contenders], plan, say)


def describe(results: Results) -> list[str]:
    """Return sentences on the machine, on how much the rounds differ, and the ratio of `numpy_rnn` with one shard."""
    return [
        "This part repeats the first one on another machine, with the processor and the versions that are named above. "
        "The goals were set for the first machine.",
        *_spread(results),
        *with_one_shard(results),
    ]


def _spread(results: Results) -> list[str]:
    """Return sentences on how much the times of `numpy_rnn` differ, if it was measured."""
    if not all("numpy_rnn" in times(result) for result in results.values()):
        return []
    shares = []
    for recurrence, result in results.items():
        ms = times(result)["numpy_rnn"]
        low, high = quartiles(ms)
        shares.append(f"{100 * (high - low) / statistics.median(ms):.0f} % of the median ({TITLES[recurrence]})")
    return [
        f"The interquartile range of the times of `numpy_rnn` is {' and '.join(shares)}. The column “fastest” gives "
        "the time of the fastest round. Where other work interrupts a core now and then, a step in two processes is "
        "delayed more often than one in a single process, because it ends when the slower process does."
    ]


def tabulate(results: Results) -> list[Table]:
    """Return a table of the goals, and one of all contenders with both recurrences side by side."""
    heads = ["", *(f"{kind}, {what}" for kind in ("RNN", "LSTM") for what in ("ms", "fastest", "against `numpy_rnn`"))]
    return [
        goals_table(goals(results), "A training step on another machine: ratio of times and its goal"),
        Table("A training step on another machine", heads, side_by_side(results, _cells, number=3)),
    ]


def _cells(result: Results, name: str) -> list[str]:
    """Return the median and the lowest milliseconds of a contender, and its ratio to `numpy_rnn`, as text."""
    median, against_numpy = median_and_ratio(result, name)
    return [median, three_digits(min(times(result)[name])), against_numpy]


def draw(results: Results, threads: int) -> list[Picture]:
    """Return no pictures, because the tables show all values."""
    return []


PART = Part("elsewhere", "A training step on another machine", measure, describe, tabulate, draw)
