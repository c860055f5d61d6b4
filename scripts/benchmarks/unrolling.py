"""The first step and a later one of `tf_rnn` for more and more time steps, unrolled and as a loop."""

import statistics
from collections.abc import Callable

from benchmarks.cases import Case
from benchmarks.contenders import UNROLLING
from benchmarks.part import TITLES, Part, Results, added_mib, label, three_digits
from benchmarks.timing import Plan, compare
from pages.blocks import Picture, Table

LENGTHS = 28, 56, 112, 224, 392, 784
ROUNDS = 3
# That of tf_rnn.layers, from where it is not imported, because TensorFlow takes seconds to load.
UNROLLED_STEPS = 100


def measure(plan: Plan, say: Callable[[str], None]) -> Results:
    """Measure the first and the later steps of both forms for each recurrence and number of time steps."""
    few = plan._replace(rounds=min(plan.rounds, ROUNDS), seconds=plan.seconds / 10)
    results: Results = {recurrence: {} for recurrence in TITLES}
    for recurrence, found in results.items():
        for T in LENGTHS:
            say(f"{TITLES[recurrence]}, T {T}")
            found[str(T)] = compare(list(UNROLLING), Case(recurrence, T=T), few)
    return results


def describe(results: Results) -> list[str]:
    """Return sentences on the two forms, and on forms that were left out."""
    reasons = [
        f"- {label(name, recurrence)}: {TITLES[recurrence]}, T {T} ({why})"
        for recurrence, result in results.items()
        for T, one in result.items()
        for name, why in one["left_out"].items()
    ]
    return [
        "A layer of `tf_rnn` computes the time steps in one of two forms. Unrolled, the graph contains the operations "
        "of every step, and TensorFlow builds and optimises all of them before the first training step. As a loop, it "
        "contains the operations of one step.",
        f"By default up to {UNROLLED_STEPS} steps are unrolled, and longer sequences are a loop; `unroll=True` or "
        "`unroll=False` chooses the form.",
        "The first step includes tracing. The memory is the peak minus the memory in use before the first step.",
        *(["These forms are left out:", "\n".join(reasons)] if reasons else []),
    ]


def tabulate(results: Results) -> list[Table]:
    """Return a table for each recurrence."""
    heads = ["T"]
    for name in UNROLLING:
        form = name.partition("-")[2]
        heads += [f"{form}: first step, s", "later steps, ms", "peak, MiB"]
    tables = []
    for recurrence, result in results.items():
        rows = []
        for T, found in result.items():
            row = [T]
            for name in UNROLLING:
                one = found["contenders"].get(name)
                row += (
                    [three_digits(one["first_s"]), three_digits(statistics.median(one["ms"])), f"{added_mib(one):,.0f}"]
                    if one
                    else ["–"] * 3
                )
            rows.append(row)
        tables.append(Table(f"{TITLES[recurrence]} of `tf_rnn`, H 128, B 128: unrolled and as a loop", heads, rows))
    return tables


def draw(results: Results, threads: int) -> list[Picture]:
    """Draw nothing, because the tables are short."""
    return []


PART = Part("unrolling", "Long sequences with TensorFlow: unrolled or a loop", measure, describe, tabulate, draw)
