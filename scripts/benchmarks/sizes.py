"""Time and memory of a training step as one of T, H and B grows, the others staying the exercise's."""

import math
import statistics
from collections.abc import Callable, Sequence

from matplotlib.figure import Figure

from benchmarks.cases import Case
from benchmarks.contenders import CONTENDERS
from benchmarks.part import TITLES, Part, Results, beyond_mib, three_digits, words
from benchmarks.timing import Plan, compare
from pages.blocks import Picture, Table
from pages.style import BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILLION

SIZES = {"T": (28, 112, 784), "H": (64, 128, 512), "B": (1, 32, 128, 1024)}
ROUNDS = 7
BASE = "T 28, H 128, B 128"
SHOWN = {"numpy_rnn": BLUE, "tf_rnn": ORANGE, "keras": VERMILLION, "torch": GREEN, "jax": PURPLE, "floor": GREY}


def name_of(letter: str, size: int) -> str:
    """What differs from the exercise's size: `T 112`; where nothing does, all of it."""
    return BASE if size == getattr(Case("rnn"), letter) else f"{letter} {size}"


def measure(plan: Plan, say: Callable[[str], None]) -> Results:
    """Of each recurrence and size the times and the memory of all contenders."""
    cases = {name_of(letter, size): {letter: size} for letter, sizes in SIZES.items() for size in sizes}
    shorter = plan._replace(rounds=min(plan.rounds, ROUNDS), seconds=plan.seconds / 3)
    results: Results = {recurrence: {} for recurrence in TITLES}
    for recurrence, found in results.items():
        for name, size in cases.items():
            say(f"{TITLES[recurrence]}, {name}")
            found[name] = compare(plan.contenders, Case(recurrence, **size), shorter)
    return results


def measured(results: Results) -> list[str]:
    """The contenders of which there is a number at all."""
    found = {name for sizes in results.values() for result in sizes.values() for name in result["contenders"]}
    return [name for name in CONTENDERS if name in found]


def value(result: Results, name: str, quantity: str) -> float | None:
    """Median milliseconds, or the MiB beyond what was held before the first step; None for one left out."""
    one = result["contenders"].get(name)
    if one is None:
        return None
    return statistics.median(one["ms"]) if quantity == "ms" else beyond_mib(one)


def along(results: Results, recurrence: str, letter: str, name: str, quantity: str) -> tuple[list[int], list[float]]:
    """The sizes along one letter, and the values there, of those that were measured."""
    pairs = [(size, value(results[recurrence][name_of(letter, size)], name, quantity)) for size in SIZES[letter]]
    found = [(size, one) for size, one in pairs if one is not None]
    return [size for size, _ in found], [one for _, one in found]


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """The slope of the line through the logarithms: the power of the size with which the values grow."""
    line = statistics.linear_regression([math.log(size) for size in sizes], [math.log(one) for one in values])
    return line.slope


def exponents_table(results: Results, quantity: str, caption: str) -> Table:
    """For each contender and letter the exponent over all sizes, and over the last two."""
    heads = [""] + [f"{TITLES[recurrence]}, {letter}" for recurrence in TITLES for letter in SIZES]
    rows = []
    for name in measured(results):
        cells = []
        for recurrence in TITLES:
            for letter in SIZES:
                sizes, values = along(results, recurrence, letter, name, quantity)
                whole = len(sizes) > 1 and min(values) > 0
                cells.append(
                    f"{exponent(sizes, values):.2f} ({exponent(sizes[-2:], values[-2:]):.2f})" if whole else "–"
                )
        rows.append([words(name, "rnn"), *cells])
    return Table(caption, heads, rows)


def tabulate(results: Results) -> list[Table]:
    """Milliseconds and MiB at each size, then the exponents."""
    tables = []
    for quantity, unit in (("ms", "milliseconds"), ("mib", "MiB beyond what the loaded library holds, at the peak")):
        for recurrence, result in results.items():
            rows = []
            for name in measured(results):
                values = [value(one, name, quantity) for one in result.values()]
                cells = ["–" if one is None else three_digits(one) for one in values]
                rows.append([words(name, recurrence), *cells])
            tables.append(Table(f"{TITLES[recurrence]}, a training step, {unit}", ["", *result], rows))
    tables.append(exponents_table(results, "ms", "Time grows with which power of each size (in brackets: at the end)"))
    tables.append(exponents_table(results, "mib", "And memory"))
    return tables


def tell(results: Results) -> list[str]:
    """How `numpy_rnn` grows, and why; what the longest sequence takes; who was left out, and why."""
    said = [
        "One size is varied, the others stay at T 28, H 128, B 128. Longer sequences are images one below the other."
    ]
    if "numpy_rnn" in measured(results):
        said += [_growth_of_time(results), _growth_of_memory(results)]
    reasons = [
        f"{words(name, recurrence)}, {TITLES[recurrence]}, {size}: {why}."
        for recurrence, result in results.items()
        for size, one in result.items()
        for name, why in one["left_out"].items()
    ]
    return [*said, *(["Left out (–): " + " ".join(reasons)] if reasons else [])]


def _exponents(results: Results, letter: str, quantity: str, first: int = 0) -> str:
    """Of `numpy_rnn`, and of the floor's time: of the RNN and of the LSTM, from the size with this number on."""
    names = ["numpy_rnn", "floor"] if quantity == "ms" and "floor" in measured(results) else ["numpy_rnn"]
    both = [
        " and ".join(
            f"{exponent(*(part[first:] for part in along(results, recurrence, letter, name, quantity))):.2f}"
            for recurrence in TITLES
        )
        for name in names
    ]
    return both[0] + "".join(f" (the floor's: {floor})" for floor in both[1:])


def _growth_of_time(results: Results) -> str:
    return (
        f"`numpy_rnn`'s time, RNN and LSTM, grows with T as the power {_exponents(results, 'T', 'ms')}, for "
        "every step does the same. With H it would grow as the power 2 if W h were all of it; U x, tanh and the "
        "arithmetic between the products grow as the power 1, and larger products run faster: together "
        f"{_exponents(results, 'H', 'ms')}. From 1 to 32 columns it hardly grows, for there a product costs its call, "
        "and reading W, whatever the columns; from 128 to 1024 as the power "
        f"{_exponents(results, 'B', 'ms', first=2)}. Contenders take turns at each size, but the sizes come one after "
        "another: what the machine does meanwhile moves these powers, and the floor's with them."
    )


def _growth_of_memory(results: Results) -> str:
    at_the_end = {letter: _exponents(results, letter, "mib", first=-2) for letter in SIZES}
    longest = [three_digits(along(results, recurrence, "T", "numpy_rnn", "mib")[1][-1]) for recurrence in TITLES]
    return (
        f"Its memory grows as the powers {at_the_end['T']} of T, {at_the_end['H']} of H and {at_the_end['B']} of B: "
        "it is the trace, every state of every step, T · H · B numbers for each gate and state, beside which the "
        "matrices, H², are small. T 784 with H 128 and B 128 "
        f"takes {' and '.join(longest)} MiB, B 1024 about eight times that: less than a laptop has, so that no segment "
        "need be computed twice."
    )


def draw(results: Results) -> list[Picture]:
    """Time, then memory: a panel for each recurrence and letter."""
    units = {"ms": "milliseconds a training step", "mib": "MiB"}
    captions = {
        "ms": "A training step as one size grows, the others staying at T 28, H 128, B 128.",
        "mib": "The memory of a training step at its peak beyond what the loaded library holds, tracing included.",
    }
    pictures = []
    for quantity, unit in units.items():
        figure = Figure((15, 9), layout="constrained")
        panels = figure.subplots(2, 3, sharey="row")
        for row, recurrence in zip(panels, TITLES, strict=True):
            for axes, letter in zip(row, SIZES, strict=True):
                for name, color in SHOWN.items():
                    if quantity == "mib" and name == "floor":
                        continue
                    sizes, values = along(results, recurrence, letter, name, quantity)
                    if not sizes:
                        continue
                    label = CONTENDERS[name].what["rnn"].removesuffix(".SimpleRNN").removesuffix(".RNN")
                    axes.plot(sizes, values, "--" if name == "floor" else "o-", color=color, label=label)
                axes.set(xscale="log", yscale="log", xlabel=letter, title=f"{TITLES[recurrence]}, {letter}")
                axes.set_xticks(SIZES[letter], [str(size) for size in SIZES[letter]])
                axes.minorticks_off()
                axes.yaxis.set_major_formatter(lambda one, _: f"{one:g}")
                axes.grid(axis="y")
            row[0].set_ylabel(unit)
        panels[0, 0].legend(frameon=False, fontsize=11)
        pictures.append(Picture({"ms": "time", "mib": "memory"}[quantity], figure, captions[quantity]))
    return pictures


PART = Part("sizes", "Other sizes", measure, tell, tabulate, draw)
