"""Where the time of a NumPy step goes: products, activations, arithmetic, memory, Python."""

import statistics
from collections.abc import Callable
from contextlib import closing

from matplotlib.figure import Figure
from style import BLUE, GREEN, GREY, ORANGE, VERMILLION

from benchmarks.blocks import TITLES, Part, Picture, Results, Table, times
from benchmarks.cases import Case
from benchmarks.timing import Plan, compare
from benchmarks.workers import Worker

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
    "Python and copies": GREY,
}


def measure(plan: Plan, say: Callable[[str], None]) -> Results:
    """Of each recurrence the whole step, the step with memory that is kept, the floor; and the shares."""
    results: Results = {}
    for recurrence in ("rnn", "lstm"):
        say(TITLES[recurrence])
        case = Case(recurrence)
        result = compare(("numpy_rnn", "numpy_rnn+kept", "floor"), case, plan, environments={"numpy_rnn+kept": KEPT})
        with closing(Worker("numpy_rnn", case, plan.threads, KEPT)) as worker:
            worker.ask("first_step")
            result["shares"] = worker.ask("shares")
        results[recurrence] = result
    return results


def shares(result: Results) -> dict[str, float]:
    """Milliseconds by kind, which add up to the whole step."""
    whole, kept = (statistics.median(times(result)[name]) for name in ("numpy_rnn", "numpy_rnn+kept"))
    inside = dict(result["shares"])
    return inside | {"memory": max(whole - kept, 0), "Python and copies": min(kept, whole) - sum(inside.values())}


def tell(results: Results) -> list[str]:
    """How each share is found."""
    return [
        "Products, activations (tanh and exp) and arithmetic are the time within NumPy's functions, taken in the "
        "step's own code, in a process whose allocator keeps memory that was freed. Memory is what the step takes "
        "longer when the allocator gives it back and the system clears it anew. The rest is Python, and the copying "
        "of inputs and results from one array to another."
    ]


def tabulate(results: Results) -> list[Table]:
    """Milliseconds and parts of the whole."""
    rows = []
    for kind in COLORS:
        cells = []
        for result in results.values():
            one = shares(result)
            cells += [f"{one[kind]:.2f}", f"{one[kind] / sum(one.values()):.0%}"]
        rows.append([kind, *cells])
    wholes, floors = ["whole step"], ["floor"]
    for result in results.values():
        ms = {name: statistics.median(values) for name, values in times(result).items()}
        wholes += [f"{ms['numpy_rnn']:.2f}", "100%"]
        floors += [f"{ms['floor']:.2f}", f"{ms['floor'] / ms['numpy_rnn']:.0%}"]
    heads = ["", "RNN, ms", "of the step", "LSTM, ms", "of the step"]
    return [Table("`numpy_rnn`, a training step, T 28, H 128, B 128", heads, [*rows, wholes, floors])]


def draw(results: Results) -> list[Picture]:
    """A bar for each recurrence, and its floor below."""
    figure = Figure((13, 4), layout="constrained")
    axes = figure.subplots()
    names = []
    for y, (recurrence, result) in enumerate(results.items()):
        left = 0.0
        for kind, ms in shares(result).items():
            label = kind if y == 0 else None
            axes.barh(2 * y, ms, 0.75, left, color=COLORS[kind], label=label, edgecolor="white")
            left += ms
        floor = statistics.median(times(result)["floor"])
        axes.barh(2 * y + 0.75, floor, 0.45, color="white", edgecolor=GREY, hatch="///", linewidth=1)
        names += [(2 * y, TITLES[recurrence]), (2 * y + 0.75, "its floor")]
    axes.set_yticks([y for y, _ in names], [name for _, name in names])
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("milliseconds a training step")
    axes.legend(frameon=False, loc="upper right", fontsize=12)
    return [Picture("time", figure, "Where the time of a NumPy step goes, beside products, tanh and exp alone.")]


PART = Part("shares", "Where the time goes", measure, tell, tabulate, draw)
