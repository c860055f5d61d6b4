"""Time and memory of a training step as T, H or B grows, while the other two keep the exercise's size."""

import math
from collections.abc import Callable, Sequence

from benchmarks.cases import Case
from benchmarks.part import TITLES, Part, Results, label, three_digits
from benchmarks.size_pictures import draw
from benchmarks.size_results import BASE, SIZES, along, exponent, heading, measured, name_of, value
from benchmarks.timing import Plan, compare
from pages.blocks import Table

ROUNDS = 7
# The time of `numpy_rnn` grows faster with T than the floor's if its power is larger by this much.
FASTER = 0.2


def measure(plan: Plan, say: Callable[[str], None]) -> Results:
    """Measure the times and the memory of all contenders for each recurrence and size."""
    cases = {name_of(letter, size): {letter: size} for letter, sizes in SIZES.items() for size in sizes}
    shorter = plan._replace(rounds=min(plan.rounds, ROUNDS), seconds=plan.seconds / 3)
    results: Results = {recurrence: {} for recurrence in TITLES}
    for recurrence, found in results.items():
        for name, size in cases.items():
            say(f"{TITLES[recurrence]}, {name}")
            found[name] = compare(plan.contenders, Case(recurrence, **size), shorter)
    return results


def exponents_table(results: Results, quantity: str, caption: str) -> Table:
    """Return a table of exponents by contender and letter, over all sizes and, in brackets, over the last two."""
    heads = [""] + [f"{TITLES[recurrence]}, {letter}" for recurrence in TITLES for letter in SIZES]
    rows = []
    for name in measured(results):
        cells = []
        for recurrence in TITLES:
            for letter in SIZES:
                sizes, values = along(results, recurrence, letter, name, quantity)
                power, last = _power(sizes, values), _power(sizes[-2:], values[-2:])
                cells.append("–" if power == "–" else f"{power} ({last})")
        rows.append([label(name, "rnn"), *cells])
    return Table(caption, heads, rows)


def tabulate(results: Results) -> list[Table]:
    """Return tables of milliseconds and MiB at each size, and of the exponents."""
    tables = []
    for quantity, unit in (("ms", "milliseconds"), ("mib", "peak MiB in addition to the loaded library")):
        for recurrence, result in results.items():
            rows = []
            for name in measured(results):
                values = [value(one, name, quantity) for one in result.values()]
                cells = ["–" if one is None else three_digits(one) for one in values]
                rows.append([label(name, recurrence), *cells])
            tables.append(Table(f"{TITLES[recurrence]}: a training step, {unit}", ["", *map(heading, result)], rows))
    for quantity, name in (("ms", "time"), ("mib", "memory")):
        caption = f"Power of each size with which {name} grows, and in brackets the power between the two largest sizes"
        tables.append(exponents_table(results, quantity, caption))
    return tables


def describe(results: Results) -> list[str]:
    """Return sentences on how `numpy_rnn` grows, and on contenders that were left out."""
    paragraphs = [
        f"One of T, H and B varies, while the other two keep their values in {BASE}. Sequences longer than 28 steps "
        "are images one below another.",
        "A quantity grows with a size as the power p if twice the size gives 2ᵖ times the quantity. The last two "
        "tables give these powers.",
    ]
    # These sentences are about all sizes.
    if all("numpy_rnn" in one["contenders"] for result in results.values() for one in result.values()):
        paragraphs += [*_growth_of_time(results), *_growth_of_memory(results)]
    reasons = [
        f"- {label(name, recurrence)}: {TITLES[recurrence]}, {heading(size)} ({why})"
        for recurrence, result in results.items()
        for size, one in result.items()
        for name, why in one["left_out"].items()
    ]
    return [*paragraphs, *(["These sizes are left out:", "\n".join(reasons)] if reasons else [])]


def _power(sizes: Sequence[float], values: Sequence[float]) -> str:
    """Return the exponent with two decimals, – if fewer than two sizes were measured or a value is not above 0."""
    return f"{exponent(sizes, values):.2f}" if len(sizes) > 1 and min(values) > 0 else "–"


def _exponents(results: Results, letter: str, quantity: str, first: int = 0) -> str:
    """Return `numpy_rnn`'s exponents for RNN and LSTM in words, for times with the floor's; skip `first` sizes."""
    names = ["numpy_rnn", "floor"] if quantity == "ms" and "floor" in measured(results) else ["numpy_rnn"]
    both = [
        " and ".join(
            _power(*(part[first:] for part in along(results, recurrence, letter, name, quantity)))
            for recurrence in TITLES
        )
        for name in names
    ]
    return both[0] + "".join(f" (the floor's: {floor})" for floor in both[1:])


def _growth_of_time(results: Results) -> list[str]:
    growth = f"The time of `numpy_rnn` grows with T as the power {_exponents(results, 'T', 'ms')} for RNN and LSTM"
    if _last_power(results, "numpy_rnn") - _last_power(results, "floor") < FASTER:
        with_length = [f"{growth}, because every time step costs the same."]
    else:
        with_length = [
            f"{growth}. Every time step computes the same, but not in the same time: over hundreds of steps, gradients "
            "shrink until they are subnormal, which means smaller than 1.2·10⁻³⁸, and then 0. This processor computes "
            "many times slower with subnormal numbers. NumPy and torch compute with them, as IEEE 754 demands; "
            "TensorFlow and JAX replace them by 0."
        ]
    return [
        *with_length,
        f"It grows with H as the power {_exponents(results, 'H', 'ms')}. The product W h alone would grow as the power "
        "2. The power is lower because the other operations grow as the power 1, and because larger products run at a "
        "higher rate.",
        "From B 1 to B 32 the time hardly grows, because a small product mainly costs its call and the access to W. "
        f"From B 128 to B 1,024 it grows as the power {_exponents(results, 'B', 'ms', first=2)}.",
        "Contenders take turns at each size, but the sizes are measured one after another. Other load on the machine "
        "therefore changes these powers, and changes those of the floor in the same way.",
    ]


def _last_power(results: Results, name: str) -> float:
    """Return the exponent of the LSTM's time between the two greatest lengths; nan if one of them was not measured."""
    sizes, values = along(results, "lstm", "T", name, "ms")
    return exponent(sizes[-2:], values[-2:]) if sizes[-2:] == list(SIZES["T"][-2:]) else math.nan


def _growth_of_memory(results: Results) -> list[str]:
    one_process = "numpy_rnn-1"
    mib = [value(one, one_process, "mib") for result in results.values() for one in result.values()]
    if not all(one is not None and one > 0 for one in mib):
        return []  # not measured, or on a system without /proc
    longest = [three_digits(along(results, recurrence, "T", one_process, "mib")[1][-1]) for recurrence in TITLES]
    powers = [
        exponent(*(part[-2:] for part in along(results, recurrence, letter, one_process, "mib")))
        for recurrence in TITLES
        for letter in SIZES
    ]
    return [
        "The memory of a step is the peak minus the memory in use before the first step. With two shards it includes "
        "the second process, with a Python interpreter and NumPy of its own.",
        "With one shard, the memory of `numpy_rnn` grows almost in proportion to each size: between the two largest "
        f"values of T, H or B, it grows as a power from {min(powers):.2f} to {max(powers):.2f}.",
        "Most of this memory is the trace: the values that the forward pass saves for the backward pass. It has T · H "
        "· B numbers for each gate and state. The matrices, with H² numbers, are small in comparison.",
        f"A step with T 784, H 128 and B 128 takes {' and '.join(longest)} MiB for RNN and LSTM. B 1,024 would take "
        "about eight times as much, which is still less than the memory of a laptop. `numpy_rnn` therefore keeps the "
        "whole trace, and computes no part of the forward pass a second time.",
    ]


PART = Part("sizes", "Other sizes", measure, describe, tabulate, draw)
