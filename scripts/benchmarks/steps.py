"""One training step of the exercise's size, T 28, H 128, B 128, by all contenders, and the goals for it."""

import statistics
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.contenders import OTHERS
from benchmarks.part import (
    TITLES,
    Part,
    Results,
    label,
    measure_both,
    ratio_to_numpy,
    three_digits,
    times,
)
from benchmarks.pictures import contenders_picture, run_title
from benchmarks.timing import Plan, Ratio, fastest, ratio
from pages.blocks import Picture, Table
from pages.wording import count, scientific

GOALS = (
    ("numpy_rnn", OTHERS, {"rnn": 0.7, "lstm": 1.2}),
    ("numpy_rnn", ("floor",), {"rnn": 1.4, "lstm": 1.5}),
    ("tf_rnn", ("keras",), {"rnn": 0.8, "lstm": 0.7}),
    ("tf_rnn", ("broadcast",), {"rnn": 0.09, "lstm": 0.08}),
)

# How many times as long as other parts: the ratios of one minute differ by up to a tenth from those of the next.
LONGER = 3


def measure(plan: Plan, say: Callable[[str], None]) -> Results:
    """Measure the times of all contenders for both recurrences, for longer than other parts do."""
    return measure_both(plan.contenders, plan._replace(seconds=LONGER * plan.seconds), say)


def goals(results: Results) -> list[tuple[str, str, str, Ratio, float]]:
    """Return for each goal: recurrence, our contender, the other one, the ratio of times, and its goal."""
    found = []
    for ours, others, goal in GOALS:
        for recurrence, result in results.items():
            ms = times(result)
            if ours in ms and any(name in ms for name in others):
                other = fastest(others, ms)
                found.append((recurrence, ours, other, ratio(ms[ours], ms[other]), goal[recurrence]))
    return found


def goals_table(rows: Sequence[tuple[str, str, str, Ratio, float]], caption: str) -> Table:
    """Return a table of ratios and their goals."""
    cells = [
        [
            f"`{ours}` {TITLES[recurrence]}",
            label(other, recurrence),
            str(found),
            f"≤ {goal:.2f}",
            "yes" if found.value <= goal else "no",
        ]
        for recurrence, ours, other, found, goal in rows
    ]
    return Table(caption, ["", "against", "ratio", "goal", "met"], cells)


def tabulate(results: Results) -> list[Table]:
    """Return tables of the goals and of all contenders."""
    tables = [goals_table(goals(results), "A training step: ratio of times and its goal")]
    for recurrence, result in results.items():
        rows = [_row(name, one, result) for name, one in _by_time(result)]
        rows += [[label(name, recurrence), "–", "–", why] for name, why in result["left_out"].items()]
        title = TITLES[recurrence]
        tables.append(Table(f"{title}: a training step", ["", "ms", "against `numpy_rnn`", "first step, s"], rows))
        apart = f"difference (≤ {scientific(result['bound'])})"
        others = [_cost(name, one, recurrence) for name, one in _by_time(result)]
        heads = ["", "start, s", "loaded, MiB", "peak, MiB", apart]
        tables.append(Table(f"{title}: start, memory, and difference of the gradients", heads, others))
    return tables


def _by_time(result: Results) -> list[tuple[str, Any]]:
    return sorted(result["contenders"].items(), key=lambda item: statistics.median(item[1]["ms"]))


def _row(name: str, one: Results, result: Results) -> list[str]:
    return [
        label(name, result["case"]["recurrence"]),
        three_digits(statistics.median(one["ms"])),
        ratio_to_numpy(result, name),
        three_digits(one["first_s"]),
    ]


def _cost(name: str, one: Results, recurrence: str) -> list[str]:
    apart = scientific(one["difference"]) if "difference" in one else "–"
    mib = [f"{one[key]:,.0f}" for key in ("loaded_mib", "peak_mib")]
    return [label(name, recurrence), three_digits(one["start_s"]), *mib, apart]


def describe(results: Results) -> list[str]:
    """Return sentences on what a step is, and on the columns of the tables."""
    rounds = " and ".join(
        f"{count(max(map(len, times(result).values()), default=0), 'round')} for the {TITLES[recurrence]}"
        for recurrence, result in results.items()
    )
    return [
        "A training step is forward pass, loss, backward pass and Adam, in float32, on images that are already in "
        "memory.",
        "Every contender starts with the same weights and the same images, in a process of its own. `numpy_rnn` splits "
        "the batch into two shards and starts a second process; with one shard it is one process with one thread. The "
        "floor is split in the same way.",
        f"There were {rounds}. In each round a contender runs one step that is not counted, and then the steps that "
        "are timed.",
        "The gradients of each contender's first step are compared with those of `numpy_rnn` in float64. They are "
        "computed from Adam's first moment after that step, so they are the gradients of the timed code.",
        "The column “difference” gives the largest difference of a gradient's entry, divided by the gradient's largest "
        "entry. The heading gives an upper bound for the differences that rounding errors cause.",
        "The column “start” gives the time to load the library and create the model. The column “first step” includes "
        "tracing and compiling.",
        "The column “loaded” gives the memory in use before the first step, with library, model and images. The column "
        "“peak” gives the highest memory in use until the last step.",
    ]


def draw(results: Results, threads: int) -> list[Picture]:
    """Draw the times of all contenders."""
    caption = (
        "Time of a training step: median and interquartile range of the rounds. Blue markers belong to this project, "
        "and the floor is the time of NumPy's matrix products, tanh and exp alone."
    )
    title = run_title("A training step: T 28, H 128, B 128", threads)
    return [contenders_picture(results, title, "milliseconds for a training step (logarithmic axis)", caption)]


PART = Part("steps", "One training step", measure, describe, tabulate, draw)
