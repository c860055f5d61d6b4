"""One training step of the exercise's size, T 28, H 128, B 128, by all contenders; and the goals for it."""

import statistics
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.contenders import OTHERS
from benchmarks.part import TITLES, Part, Results, against, contenders_picture, measure_both, three_digits, times, words
from benchmarks.timing import Plan, Ratio, fastest, ratio
from pages.blocks import Picture, Table

GOALS = (
    ("numpy_rnn", OTHERS, {"rnn": 0.85, "lstm": 1.1}),
    ("numpy_rnn", ("floor",), {"rnn": 1.35, "lstm": 1.6}),
    ("tf_rnn", ("keras",), {"rnn": 0.7, "lstm": 0.75}),
    ("tf_rnn", ("broadcast",), {"rnn": 0.09, "lstm": 0.08}),
)


def measure(plan: Plan, say: Callable[[str], None]) -> Results:
    """Of each recurrence the times of all contenders."""
    return measure_both(plan.contenders, plan, say)


def goals(results: Results) -> list[tuple[str, str, str, Ratio, float]]:
    """Recurrence, whose step, against whose, the ratio, and the goal for it."""
    found = []
    for ours, others, goal in GOALS:
        for recurrence, result in results.items():
            ms = times(result)
            if ours in ms and any(name in ms for name in others):
                other = fastest(others, ms)
                found.append((recurrence, ours, other, ratio(ms[ours], ms[other]), goal[recurrence]))
    return found


def goals_table(rows: Sequence[tuple[str, str, str, Ratio, float]], caption: str) -> Table:
    """Each ratio beside its goal."""
    cells = [
        [
            f"`{ours}` {TITLES[recurrence]}",
            words(other, recurrence),
            str(found),
            f"≤ {goal:g}",
            "yes" if found.value <= goal else "no",
        ]
        for recurrence, ours, other, found, goal in rows
    ]
    return Table(caption, ["", "against", "ratio", "goal", "met"], cells)


def tabulate(results: Results) -> list[Table]:
    """The goals, then all contenders."""
    tables = [goals_table(goals(results), "Ratio of the medians, and the middle half of the rounds' ratios")]
    for recurrence, result in results.items():
        rows = [_row(name, one, result) for name, one in _by_time(result)]
        rows += [[words(name, recurrence), "–", "–", why] for name, why in result["left_out"].items()]
        title = TITLES[recurrence]
        tables.append(Table(f"{title}, a training step", ["", "ms", "against `numpy_rnn`", "first step, s"], rows))
        apart = f"gradients apart (≤ {result['bound']:.0e})"
        others = [_cost(name, one, recurrence) for name, one in _by_time(result)]
        heads = ["", "start, s", "loaded, MiB", "peak, MiB", apart]
        tables.append(Table(f"{title}, before and around it", heads, others))
    return tables


def _by_time(result: Results) -> list[tuple[str, Any]]:
    return sorted(result["contenders"].items(), key=lambda item: statistics.median(item[1]["ms"]))


def _row(name: str, one: Results, result: Results) -> list[str]:
    return [
        words(name, result["case"]["recurrence"]),
        three_digits(statistics.median(one["ms"])),
        against(result, name),
        three_digits(one["first_s"]),
    ]


def _cost(name: str, one: Results, recurrence: str) -> list[str]:
    apart = f"{one['difference']:.0e}" if "difference" in one else "–"
    mib = [f"{one[key]:,.0f}" for key in ("loaded_mib", "peak_mib")]
    return [words(name, recurrence), f"{one['start_s']:.1f}", *mib, apart]


def tell(results: Results) -> list[str]:
    """What a step is, and what the columns mean."""
    rounds = " and ".join(str(len(result["contenders"]["numpy_rnn"]["ms"])) for result in results.values())
    return [
        "A step is forward, loss, backward and Adam, from images that are already in memory, in float32. Every "
        "contender begins with the same weights and the same images. Each has a process of its own; in each round "
        "every one takes a step that is not counted, then the ones that are, and then the next one's turn comes. "
        f"There were {rounds} rounds. The gradients of the first step are read from Adam's first mean of them, left by "
        "the very step that is then timed, and held against those of numpy_rnn in float64.",
        "The first step includes tracing and compiling; the start is loading the library and making the model. "
        "Gradients are apart by a part of the largest entry.",
    ]


def draw(results: Results) -> list[Picture]:
    """All contenders."""
    caption = (
        "A training step, T 28, H 128, B 128, on two threads: median, and the middle half of the rounds. Blue: this "
        "project. The floor is NumPy's matrix products, tanh and exp alone."
    )
    return [contenders_picture(results, "milliseconds a training step", caption)]


PART = Part("steps", "One training step", measure, tell, tabulate, draw)
