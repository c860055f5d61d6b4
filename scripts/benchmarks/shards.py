"""A batch in shards: what a second process gains, where it gains nothing, and when each process does what."""

import statistics
from collections.abc import Callable
from contextlib import closing
from typing import Any

from benchmarks.cases import Case
from benchmarks.contender_process import Worker
from benchmarks.part import TITLES, Part, Results, three_digits, times
from benchmarks.pictures import run_title
from benchmarks.timeline import timelines
from benchmarks.timing import Plan, compare, ratio
from pages.blocks import Picture, Table

NAMES = "numpy_rnn-1", "numpy_rnn"
SIZES = {"B": (1, 8, 32, 128, 512), "H": (16, 32, 64, 128, 256)}
ROUNDS = 15
STEPS = 60


def measure(plan: Plan, say: Callable[[str], None]) -> Results:
    """Measure steps with one and two shards at several sizes, and when the parts of a step begin and end."""
    shorter = plan._replace(rounds=min(plan.rounds, ROUNDS), seconds=plan.seconds / 6)
    results: Results = {}
    for recurrence, title in TITLES.items():
        case = Case(recurrence)
        say(f"{title}, time line")
        with closing(Worker("numpy_rnn", case, plan.threads)) as worker:
            worker.ask("first_step")
            steps = sorted(worker.ask("timelines", STEPS), key=lambda one: one["end"])
        sizes = {}
        for letter, values in SIZES.items():
            for value in values:
                say(f"{title}, {letter} {value}")
                sizes[f"{letter} {value}"] = compare(NAMES, Case(recurrence, **{letter: value}), shorter)
        # Alone, outside of any process's computation of a shard: copies, messages, sum and Adam.
        alone = statistics.median(one["end"] - _longest(one) for one in steps)
        results[recurrence] = {"timeline": steps[len(steps) // 2], "alone_ms": alone, "sizes": sizes}
    return results


def _longest(timeline: Results) -> float:
    """Return the milliseconds that the slowest process spends with its shards."""
    spent: dict[int, float] = {}
    for process, begin, end in timeline["shards"]:
        spent[process] = spent.get(process, 0.0) + end - begin
    return max(spent.values())


def amdahl(result: Results) -> dict[str, float]:
    """Return Amdahl's law for two processes at the exercise's size.

    `one` is the step with one shard, `alone` the milliseconds that only one process can do, `expected` and `limit` the
    speed-ups with two and with any number of processes, and `measured` the speed-up with two.
    """
    ms = times(result["sizes"]["H 128"])
    one, alone = statistics.median(ms["numpy_rnn-1"]), result["alone_ms"]
    return {
        "one": one,
        "alone": alone,
        "expected": one / (alone + (one - alone) / 2),
        "limit": one / alone,
        "measured": ratio(ms["numpy_rnn-1"], ms["numpy_rnn"]).value,
    }


def describe(results: Results) -> list[str]:
    """Return sentences on what is measured."""
    return [
        "`numpy_rnn` splits a batch into shards, and a process of its own computes each shard, with one thread. The "
        "gradients of the shards are then added. The number of shards is a setting, 2 by default; with one shard, a "
        "step is computed by one process with one thread.",
        "Part of a step has to be done by one process alone: it copies the parameters and the images into shared "
        "memory, adds the gradients, and takes Adam's step. Amdahl's law gives the speed-up that this leaves possible: "
        "with T the time of a step in one process and s the time of the part that is done alone, n processes are at "
        "most T / (s + (T - s) / n) times as fast.",
        "Two halves of a batch also take more time than the batch, because smaller products run at a lower rate. "
        "Therefore the measured speed-up is below that of Amdahl's law.",
    ]


def tabulate(results: Results) -> list[Table]:
    """Return a table with Amdahl's law, and one of the ratios at all sizes."""
    law = []
    for recurrence, result in results.items():
        found = amdahl(result)
        law.append(
            [
                TITLES[recurrence],
                three_digits(found["one"]),
                three_digits(found["alone"]),
                *(f"{found[name]:.2f}" for name in ("expected", "measured", "limit")),
            ]
        )
    heads = [
        "",
        "one process, ms",
        "done alone, ms",
        "speed-up with two, Amdahl",
        "measured",
        "with any number, Amdahl",
    ]
    tables = [Table("Amdahl's law for a training step, T 28, H 128, B 128", heads, law)]
    for letter, values in SIZES.items():
        rows = []
        for recurrence, result in results.items():
            cells: list[Any] = []
            for value in values:
                ms = times(result["sizes"][f"{letter} {value}"])
                cells.append(str(ratio(ms["numpy_rnn"], ms["numpy_rnn-1"])) if set(NAMES) <= ms.keys() else "–")
            rows.append([TITLES[recurrence], *cells])
        other = "H 128" if letter == "B" else "B 128"
        caption = f"Time of a step with two shards against one shard, T 28, {other}; below 1, the second process gains"
        tables.append(Table(caption, ["", *(f"{letter} {value}" for value in values)], rows))
    return tables


def draw(results: Results, threads: int) -> list[Picture]:
    """Draw the time line of a step of each recurrence."""
    caption = (
        "Time line of a training step with two shards: the step with the median time. Process 1 trains, and process 2 "
        "is its worker. The white parts of a row are waiting."
    )
    title = run_title("A training step in two shards: T 28, H 128, B 128", threads)
    panels = {TITLES[recurrence]: result["timeline"] for recurrence, result in results.items()}
    return [Picture("timeline", timelines(title, panels), caption)]


PART = Part("shards", "A batch in shards", measure, describe, tabulate, draw)
