"""The shares of a step's time: products, activations, arithmetic, memory, and the rest."""

import statistics
from collections.abc import Callable
from contextlib import closing

from benchmarks.cases import Case
from benchmarks.contender_process import Worker
from benchmarks.contenders import CONTENDERS
from benchmarks.part import TITLES, Part, Results, label, times
from benchmarks.pictures import run_title
from benchmarks.share_bars import FLOOR, stacked_bars
from benchmarks.timing import Plan, compare
from pages.blocks import Picture, Table
from pages.wording import percent

# With these settings glibc keeps freed memory for the next array. Otherwise it returns the memory to the system, which
# clears it before the next use.
KEEP_MEMORY = {
    "GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=4294967296"
    ":glibc.malloc.top_pad=268435456"
}
KINDS = "products", "activations", "arithmetic", "memory", "the rest"
MEMORY = (
    "“Memory” is the additional time of a step if freed memory goes back to the system, which clears it before the "
    "next use."
)
BY_TENSORFLOW = "tf_rnn", "keras"
ONE_SHARD = "numpy_rnn-1"


def measure(plan: Plan, say: Callable[[str], None]) -> Results:
    """Measure `numpy_rnn`, with its floor and with memory kept, and TensorFlow on one thread, for both recurrences."""
    results: Results = {}
    for recurrence, title in TITLES.items():
        case = Case(recurrence)
        say(f"{title}, NumPy")
        environments = {f"{ONE_SHARD}+kept": KEEP_MEMORY}
        found = compare((ONE_SHARD, f"{ONE_SHARD}+kept", "floor-1"), case, plan, environments=environments)
        found["shares"] = _time_by_kind(ONE_SHARD, case, plan.threads, KEEP_MEMORY)
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
    whole, kept = (statistics.median(times(result)[name]) for name in (ONE_SHARD, f"{ONE_SHARD}+kept"))
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
        rows.append((recurrence, ONE_SHARD, by_numpy(result["numpy"])))
        found = result.get("tensorflow", {"shares": {}})
        rows += [(recurrence, name, by_tensorflow(found, name)) for name in found["shares"]]
    return rows


def describe(results: Results) -> list[str]:
    """Return sentences on how the shares are measured."""
    paragraphs = [
        "A training step is divided into five shares: products, activations, arithmetic, memory and the rest.",
        "For `numpy_rnn`, a step has one shard here, so that one process with one thread computes all of it. Products "
        "(of matrices), activations (tanh and exp) and arithmetic (all others) are the time within NumPy's functions. "
        "They are measured in the step's own code.",
        f"{MEMORY} The first three shares are measured in a process that keeps freed memory.",
        "For `numpy_rnn`, “the rest” is the time in Python, and the copying of inputs and results between arrays.",
        "For `tf_rnn` and Keras's own layers, TensorFlow's profiler measures the time within the operations. They run "
        "on one thread, so that their times add up.",
        "For TensorFlow, “the rest” is the time to start the operations, and Keras's Python. “Memory” is not measured.",
        "The profiler makes each operation a little slower. Where the operations together therefore take longer than a "
        "step without the profiler, “the rest” is 0.",
    ]
    parts = {(recurrence, name): found for recurrence, name, found in rows_of(results)}
    if all((recurrence, name) in parts for recurrence in TITLES for name in BY_TENSORFLOW):
        ratios = [parts[kind, "tf_rnn"]["products"] / sum(parts[kind, "keras"].values()) for kind in TITLES]
        paragraphs.append(
            f"Keras's own layers compute the same products as `tf_rnn`. The products of `tf_rnn` take "
            f"{percent(ratios[0])} (RNN) and {percent(ratios[1])} (LSTM) of the time of a whole step of Keras's own "
            "layer."
        )
    return paragraphs


def tabulate(results: Results) -> list[Table]:
    """Return a table of milliseconds, with percentages of the whole step in brackets."""
    rows = []
    for recurrence, name, found in rows_of(results):
        whole = sum(found.values())
        cells = [f"{found[kind]:.2f} ({percent(found[kind] / whole)})" if kind in found else "–" for kind in KINDS]
        rows.append([f"{TITLES[recurrence]}: {label(name, recurrence)}", f"{whole:.2f}", *cells])
    return [
        Table(
            "Milliseconds of a training step, and share of the whole step, T 28, H 128, B 128",
            ["", "whole", *KINDS],
            rows,
        )
    ]


def draw(results: Results, threads: int) -> list[Picture]:
    """Draw bars for NumPy, each with its floor below, and bars for TensorFlow."""
    numpy: dict[str, dict[str, float]] = {}
    tensorflow: dict[str, dict[str, float]] = {}
    for recurrence, name, found in rows_of(results):
        if name == ONE_SHARD:
            numpy[f"{TITLES[recurrence]}: numpy_rnn"] = found
            floor = statistics.median(times(results[recurrence]["numpy"])["floor-1"])
            numpy[f"{TITLES[recurrence]}: the floor"] = {FLOOR: floor}
        else:
            tensorflow[f"{TITLES[recurrence]}: {CONTENDERS[name].label[recurrence].split(', ')[0]}"] = found
    caption = (
        "Milliseconds of a `numpy_rnn` step by kind of work. Products, activations and arithmetic are NumPy's "
        f"functions. {MEMORY} “The rest” is Python and the copying between arrays. The floor is the time of the "
        "products, tanh and exp alone."
    )
    title = "A training step of numpy_rnn: T 28, H 128, B 128"
    pictures = [Picture("numpy", stacked_bars(run_title(title, threads), numpy), caption)]
    if tensorflow:
        caption = (
            "Milliseconds of a TensorFlow step by kind of work. Products, activations and arithmetic are TensorFlow's "
            "operations. “The rest” is the time to start the operations, and Keras's Python."
        )
        title = "A training step with TensorFlow: T 28, H 128, B 128"
        pictures.append(Picture("tensorflow", stacked_bars(run_title(title, 1), tensorflow), caption))
    return pictures


PART = Part("shares", "Where the time goes", measure, describe, tabulate, draw)
