"""The shares of a step's time: products, activations, arithmetic, memory, and the rest."""

import statistics
from collections.abc import Callable, Sequence
from contextlib import closing

from matplotlib.figure import Figure

from benchmarks.cases import Case
from benchmarks.contender_process import Worker
from benchmarks.contenders import CONTENDERS
from benchmarks.part import TITLES, Part, Results, label, times
from benchmarks.timing import Plan, compare
from pages.blocks import Picture, Table
from pages.style import BLUE, GREEN, GREY, ORANGE, VERMILLION

# With these settings glibc keeps freed memory for the next array. Otherwise it returns the memory to the system, which
# clears it before the next use.
KEEP_MEMORY = {
    "GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=4294967296"
    ":glibc.malloc.top_pad=268435456"
}
COLORS = {
    "products": BLUE,
    "activations": ORANGE,
    "arithmetic": GREEN,
    "memory": VERMILLION,
    "the rest": GREY,
}
BY_TENSORFLOW = "tf_rnn", "keras"


def measure(plan: Plan, say: Callable[[str], None]) -> Results:
    """Measure `numpy_rnn`, with its floor and with memory kept, and TensorFlow on one thread, for both recurrences."""
    results: Results = {}
    for recurrence, title in TITLES.items():
        case = Case(recurrence)
        say(f"{title}, NumPy")
        environments = {"numpy_rnn+kept": KEEP_MEMORY}
        found = compare(("numpy_rnn", "numpy_rnn+kept", "floor"), case, plan, environments=environments)
        found["shares"] = _time_by_kind("numpy_rnn", case, plan.threads, KEEP_MEMORY)
        results[recurrence] = {"numpy": found}
        names = tuple(name for name in BY_TENSORFLOW if name in plan.contenders and CONTENDERS[name].installed)
        if names:
            say(f"{title}, TensorFlow")
            found = compare(names, case, plan._replace(threads=1))
            results[recurrence]["tensorflow"] = found | {
                "shares": {name: _time_by_kind(name, case, 1) for name in names}
            }
    return results


def _time_by_kind(name: str, case: Case, threads: int, environment: dict[str, str] | None = None) -> dict[str, float]:
    with closing(Worker(name, case, threads, environment)) as worker:
        worker.ask("first_step")
        return worker.ask("time_by_kind")


def by_numpy(result: Results) -> dict[str, float]:
    """Return the milliseconds by kind; they add up to the whole step."""
    whole, kept = (statistics.median(times(result)[name]) for name in ("numpy_rnn", "numpy_rnn+kept"))
    inside = dict(result["shares"])
    return inside | {"memory": max(whole - kept, 0), "the rest": max(min(kept, whole) - sum(inside.values()), 0)}


def by_tensorflow(result: Results, name: str) -> dict[str, float]:
    """Return the milliseconds by kind; they add up to the whole step."""
    inside = dict(result["shares"][name])
    return inside | {"the rest": max(statistics.median(times(result)[name]) - sum(inside.values()), 0)}


def rows_of(results: Results) -> list[tuple[str, str, dict[str, float]]]:
    """Return the recurrence, the contender and its shares for each bar."""
    rows = []
    for recurrence, result in results.items():
        rows.append((recurrence, "numpy_rnn", by_numpy(result["numpy"])))
        found = result.get("tensorflow", {"shares": {}})
        rows += [(recurrence, name, by_tensorflow(found, name)) for name in found["shares"]]
    return rows


def describe(results: Results) -> list[str]:
    """Return sentences on how the shares are measured."""
    paragraphs = [
        "For `numpy_rnn`, products, activations (tanh and exp) and arithmetic are the time within NumPy's functions. "
        "They are measured in the step's own code, in a process whose allocator keeps freed memory. “Memory” is the "
        "additional time of a step if the allocator returns freed memory to the system, which clears it before the "
        "next use. “The rest” is Python, and the copying of inputs and results between arrays.",
        "For `tf_rnn` and Keras's own layers, TensorFlow's profiler measures the time within the operations. They run "
        "on one thread, so that their times add up. “The rest” is the time to start the operations, and Keras's "
        "Python.",
    ]
    parts = {(recurrence, name): found for recurrence, name, found in rows_of(results)}
    if all((recurrence, name) in parts for recurrence in TITLES for name in BY_TENSORFLOW):
        ratios = [parts[kind, "tf_rnn"]["products"] / sum(parts[kind, "keras"].values()) for kind in TITLES]
        paragraphs.append(
            f"The products of `tf_rnn`, which Keras's own layers compute as well, take {100 * ratios[0]:.0f} % (RNN) "
            f"and {100 * ratios[1]:.0f} % (LSTM) of the time of a whole step of Keras's own layer."
        )
    return paragraphs


def tabulate(results: Results) -> list[Table]:
    """Return a table of milliseconds, with percentages of the whole step in brackets."""
    rows = []
    for recurrence, name, found in rows_of(results):
        whole = sum(found.values())
        cells = [f"{found[kind]:.2f} ({100 * found[kind] / whole:.0f} %)" if kind in found else "–" for kind in COLORS]
        rows.append([f"{TITLES[recurrence]}: {label(name, recurrence)}", f"{whole:.2f}", *cells])
    return [Table("Milliseconds of a training step, T 28, H 128, B 128", ["", "whole", *COLORS], rows)]


def draw(results: Results) -> list[Picture]:
    """Draw bars for NumPy, each with its floor below, and bars for TensorFlow."""
    rows = rows_of(results)
    bars: list[tuple[str, dict[str, float]]] = []
    for recurrence, name, found in rows:
        if name == "numpy_rnn":
            floor = statistics.median(times(results[recurrence]["numpy"])["floor"])
            bars += [(TITLES[recurrence], found), ("its floor", {"floor": floor})]
    caption = "Shares of a NumPy step's time, and below each the floor: products, tanh and exp alone."
    pictures = [Picture("numpy", _bars(bars), caption)]
    others = [row for row in rows if row[1] != "numpy_rnn"]
    bars = [(f"{TITLES[kind]}: {CONTENDERS[name].label[kind].split(', ')[0]}", found) for kind, name, found in others]
    if bars:
        caption = "Shares of a TensorFlow step's time, on one thread."
        pictures.append(Picture("tensorflow", _bars(bars), caption))
    return pictures


def _bars(bars: Sequence[tuple[str, dict[str, float]]]) -> Figure:
    figure = Figure((13, 1 + 0.75 * len(bars)), layout="constrained")
    axes = figure.subplots()
    labelled = set()
    for y, (_, found) in enumerate(bars):
        left = 0.0
        for kind, ms in found.items():
            if kind == "floor":
                axes.barh(y, ms, 0.45, color="white", edgecolor=GREY, hatch="///", linewidth=1)
                continue
            legend = None if kind in labelled else kind
            labelled.add(kind)
            axes.barh(y, ms, 0.75, left, color=COLORS[kind], label=legend, edgecolor="white")
            left += ms
    axes.set_yticks(range(len(bars)), [name for name, _ in bars])
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("milliseconds for a training step")
    axes.margins(x=0.05)
    axes.legend(frameon=False, loc="upper right", fontsize=12)
    return figure


PART = Part("shares", "Where the time goes", measure, describe, tabulate, draw)
