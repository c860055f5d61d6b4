"""One training step on more and more cores: `numpy_rnn` with a shard for each, others with a thread for each."""

import os
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

from matplotlib.figure import Figure

from benchmarks.cases import Case
from benchmarks.contender_process import THREADS, use_cores
from benchmarks.contenders import OTHERS, SHARD_PER_THREAD
from benchmarks.part import TITLES, Part, Results, label, measured, three_digits, times
from benchmarks.pictures import LARGE, MEDIUM, SMALL, WIDTH, looks, plain_ticks, short_label
from benchmarks.timing import Plan, compare, fastest, ratio
from pages.blocks import Picture, Table
from pages.wording import count

COUNTS = 1, 2, 4, 8, 16
NAMES = "numpy_rnn", "tf_rnn", "keras", "keras-unrolled", "torch", "jax"
ROUNDS = 15


def measure(plan: Plan, say: Callable[[str], None]) -> Results:
    """Measure a step of each recurrence on 1, 2, 4, 8 and 16 cores, as far as `plan.threads` allows."""
    names = [SHARD_PER_THREAD if name == "numpy_rnn" else name for name in NAMES if name in plan.contenders]
    results: Results = {recurrence: {} for recurrence in TITLES}
    for cores in [number for number in COUNTS if number <= plan.threads]:
        few = plan._replace(rounds=min(plan.rounds, ROUNDS), seconds=plan.seconds / 8, threads=cores)
        for recurrence, found in results.items():
            say(f"{TITLES[recurrence]}, {count(cores, 'core')}")
            with _only(cores):
                found[str(cores)] = _renamed(compare(names, Case(recurrence), few))
    return results


def _renamed(result: Results) -> Results:
    """Name the contender of this part `numpy_rnn`, as in other parts."""
    return result | {
        group: {"numpy_rnn" if name == SHARD_PER_THREAD else name: one for name, one in result[group].items()}
        for group in ("contenders", "left_out")
    }


@contextmanager
def _only(cores: int) -> Iterator[None]:
    """Give the processes that start in this context so many cores, and their libraries as many threads."""
    with mock.patch.dict(os.environ, dict.fromkeys(THREADS, str(cores))):
        before = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
        use_cores(cores)
        try:
            yield
        finally:
            if before is not None:
                os.sched_setaffinity(0, before)


def describe(results: Results) -> list[str]:
    """Return sentences on what is measured."""
    return [
        "On n cores `numpy_rnn` splits the batch into n shards and computes them in n processes. The other libraries "
        "split their operations among n threads. Every contender may use these n cores and no others.",
        "The size is that of the exercise, T 28, H 128, B 128: with 16 shards, each has 8 images. The smaller the "
        "products are, the more of the time goes into calling NumPy's functions, which more cores do not shorten.",
    ]


def tabulate(results: Results) -> list[Table]:
    """Return a table of times for each recurrence, and one of ratios."""
    tables, ratios = [], []
    for recurrence, by_cores in results.items():
        heads = ["", *(count(int(cores), "core") for cores in by_cores)]
        rows = []
        for name in measured(by_cores):
            ms = [times(result).get(name) for result in by_cores.values()]
            cells = ["–" if one is None else three_digits(statistics.median(one)) for one in ms]
            rows.append([label(name, recurrence), *cells])
        tables.append(Table(f"{TITLES[recurrence]}: milliseconds of a training step", heads, rows))
        ratios.append([TITLES[recurrence], *map(_against_fastest, by_cores.values())])
    caption = "Time of a step of `numpy_rnn`, divided by that of the fastest other library in the tables above"
    return [*tables, Table(caption, heads, ratios)] if results else []


def _against_fastest(result: Results) -> str:
    """Return the ratio of `numpy_rnn` to the fastest other library that was measured, as text."""
    ms = times(result)
    others = [name for name in OTHERS if name in ms]
    return str(ratio(ms["numpy_rnn"], ms[fastest(others, ms)])) if "numpy_rnn" in ms and others else "–"


def draw(results: Results, threads: int) -> list[Picture]:
    """Draw the time of each contender over the number of cores, with a panel for each recurrence."""
    figure = Figure((WIDTH, 4.6), layout="constrained")
    figure.suptitle("A training step on more cores: T 28, H 128, B 128, float32", x=0.01, ha="left", fontsize=LARGE)
    panels = figure.subplots(1, len(TITLES), sharey=True)
    for axes, (recurrence, by_cores) in zip(panels, results.items(), strict=True):
        for name in measured(by_cores):
            points = [
                (int(cores), statistics.median(times(result)[name]))
                for cores, result in by_cores.items()
                if name in times(result)
            ]
            axes.plot(*zip(*points, strict=True), **{"linewidth": 2} | looks(name), label=short_label(name))
        axes.set(xscale="log", yscale="log")
        axes.set_title(TITLES[recurrence], fontsize=MEDIUM)
        axes.set_xlabel("cores", fontsize=MEDIUM)
        axes.set_xticks(list(map(int, by_cores)), list(by_cores), fontsize=SMALL)
        axes.minorticks_off()
        axes.tick_params(axis="y", labelsize=SMALL)
        plain_ticks(axes.yaxis)
        axes.grid(axis="y")
    panels[0].set_ylabel("milliseconds (logarithmic axis)", fontsize=MEDIUM)
    handles, labels = panels[0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=SMALL)
    caption = "Time of a training step on more and more cores: the median of the rounds."
    return [Picture("time", figure, caption)]


PART = Part("cores", "A training step on more cores", measure, describe, tabulate, draw)
