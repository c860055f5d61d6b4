"""Where the time of a step goes: products, activations, arithmetic, memory, Python."""

import statistics
from collections.abc import Callable, Sequence
from contextlib import closing

from matplotlib.figure import Figure

from benchmarks.cases import Case
from benchmarks.contender_process import Worker
from benchmarks.contenders import CONTENDERS
from benchmarks.part import TITLES, Part, Results, times, words
from benchmarks.timing import Plan, compare
from pages.blocks import Picture, Table
from pages.style import BLUE, GREEN, GREY, ORANGE, VERMILLION

# glibc then keeps memory that was freed for the next array, in place of giving it back and having it cleared anew.
KEPT = {
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
    """Of each recurrence `numpy_rnn`, with its floor and with memory that is kept; and TensorFlow's on one thread."""
    results: Results = {}
    for recurrence, title in TITLES.items():
        case = Case(recurrence)
        say(f"{title}, NumPy")
        environments = {"numpy_rnn+kept": KEPT}
        found = compare(("numpy_rnn", "numpy_rnn+kept", "floor"), case, plan, environments=environments)
        found["shares"] = _asked("numpy_rnn", case, plan.threads, KEPT)
        results[recurrence] = {"numpy": found}
        names = tuple(name for name in BY_TENSORFLOW if name in plan.contenders and CONTENDERS[name].installed)
        if names:
            say(f"{title}, TensorFlow")
            found = compare(names, case, plan._replace(threads=1))
            results[recurrence]["tensorflow"] = found | {"shares": {name: _asked(name, case, 1) for name in names}}
    return results


def _asked(name: str, case: Case, threads: int, environment: dict[str, str] | None = None) -> dict[str, float]:
    with closing(Worker(name, case, threads, environment)) as worker:
        worker.ask("first_step")
        return worker.ask("shares")


def by_numpy(result: Results) -> dict[str, float]:
    """Milliseconds by kind, which add up to the whole step."""
    whole, kept = (statistics.median(times(result)[name]) for name in ("numpy_rnn", "numpy_rnn+kept"))
    inside = dict(result["shares"])
    return inside | {"memory": max(whole - kept, 0), "the rest": max(min(kept, whole) - sum(inside.values()), 0)}


def by_tensorflow(result: Results, name: str) -> dict[str, float]:
    """Milliseconds by kind, which add up to the whole step."""
    inside = dict(result["shares"][name])
    return inside | {"the rest": max(statistics.median(times(result)[name]) - sum(inside.values()), 0)}


def rows_of(results: Results) -> list[tuple[str, str, dict[str, float]]]:
    """Of each bar the recurrence, the contender and its shares."""
    rows = []
    for recurrence, result in results.items():
        rows.append((recurrence, "numpy_rnn", by_numpy(result["numpy"])))
        found = result.get("tensorflow", {"shares": {}})
        rows += [(recurrence, name, by_tensorflow(found, name)) for name in found["shares"]]
    return rows


def tell(results: Results) -> list[str]:
    """How each share is found."""
    said = [
        "`numpy_rnn`: products, activations (tanh and exp) and arithmetic are the time within NumPy's functions, taken "
        "in the step's own code, in a process whose allocator keeps memory that was freed. Memory is what the step "
        "takes longer when the allocator gives it back and the system clears it anew. The rest is Python, and the "
        "copying of inputs and results from one array to another.",
        "`tf_rnn` and Keras's own layers: the time within TensorFlow's operations by its profiler, on one thread, so "
        "that they add up; the rest is what starts the operations one after the other, and Keras's Python.",
    ]
    parts = {(recurrence, name): found for recurrence, name, found in rows_of(results)}
    if all((recurrence, name) in parts for recurrence in TITLES for name in BY_TENSORFLOW):
        ratios = [parts[kind, "tf_rnn"]["products"] / sum(parts[kind, "keras"].values()) for kind in TITLES]
        said.append(
            f"Of the whole step of Keras's own layer, `tf_rnn`'s products alone, which Keras's has as well, would be "
            f"{ratios[0]:.0%} (RNN) and {ratios[1]:.0%} (LSTM)."
        )
    return said


def tabulate(results: Results) -> list[Table]:
    """Milliseconds, and parts of the whole."""
    rows = []
    for recurrence, name, found in rows_of(results):
        whole = sum(found.values())
        cells = [f"{found[kind]:.2f} ({found[kind] / whole:.0%})" if kind in found else "–" for kind in COLORS]
        rows.append([f"{TITLES[recurrence]}: {words(name, recurrence)}", f"{whole:.2f}", *cells])
    return [Table("A training step, T 28, H 128, B 128, milliseconds", ["", "whole", *COLORS], rows)]


def draw(results: Results) -> list[Picture]:
    """NumPy's bars, each with its floor below; and TensorFlow's."""
    rows = rows_of(results)
    bars: list[tuple[str, dict[str, float]]] = []
    for recurrence, name, found in rows:
        if name == "numpy_rnn":
            floor = statistics.median(times(results[recurrence]["numpy"])["floor"])
            bars += [(TITLES[recurrence], found), ("its floor", {"floor": floor})]
    pictures = [Picture("numpy", _bars(bars), "Where the time of a NumPy step goes, and products, tanh and exp alone.")]
    others = [row for row in rows if row[1] != "numpy_rnn"]
    bars = [(f"{TITLES[kind]}: {CONTENDERS[name].what[kind].split(', ')[0]}", found) for kind, name, found in others]
    if bars:
        caption = "Where the time of a TensorFlow step goes, on one thread."
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
            label = None if kind in labelled else kind
            labelled.add(kind)
            axes.barh(y, ms, 0.75, left, color=COLORS[kind], label=label, edgecolor="white")
            left += ms
    axes.set_yticks(range(len(bars)), [name for name, _ in bars])
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("milliseconds a training step")
    axes.margins(x=0.05)
    axes.legend(frameon=False, loc="upper right", fontsize=12)
    return figure


PART = Part("shares", "Where the time goes", measure, tell, tabulate, draw)
