"""Time and memory of a training step as T, H or B grows, while the other two keep the exercise's size."""

import math
import statistics
from collections.abc import Callable, Sequence

from matplotlib.figure import Figure

from benchmarks.cases import Case
from benchmarks.contenders import CONTENDERS
from benchmarks.part import TITLES, Part, Results, added_mib, label, three_digits
from benchmarks.timing import Plan, compare
from pages.blocks import Picture, Table
from pages.style import BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILLION

SIZES = {"T": (28, 112, 784), "H": (64, 128, 512), "B": (1, 32, 128, 1024)}
ROUNDS = 7
BASE = "T 28, H 128, B 128"
SHOWN = {"numpy_rnn": BLUE, "tf_rnn": ORANGE, "keras": VERMILLION, "torch": GREEN, "jax": PURPLE, "floor": GREY}


def name_of(letter: str, size: int) -> str:
    """Return the size that differs from the exercise's, `T 112`, or all three if none differs."""
    return BASE if size == getattr(Case("rnn"), letter) else f"{letter} {size}"


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


def measured(results: Results) -> list[str]:
    """Return the contenders with at least one measurement."""
    found = {name for sizes in results.values() for result in sizes.values() for name in result["contenders"]}
    return [name for name in CONTENDERS if name in found]


def value(result: Results, name: str, quantity: str) -> float | None:
    """Return the median milliseconds, or the peak MiB minus those before the first step; None if not measured."""
    one = result["contenders"].get(name)
    if one is None:
        return None
    return statistics.median(one["ms"]) if quantity == "ms" else added_mib(one)


def along(results: Results, recurrence: str, letter: str, name: str, quantity: str) -> tuple[list[int], list[float]]:
    """Return the measured sizes of one letter, and the values there."""
    pairs = [(size, value(results[recurrence][name_of(letter, size)], name, quantity)) for size in SIZES[letter]]
    found = [(size, one) for size, one in pairs if one is not None]
    return [size for size, _ in found], [one for _, one in found]


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Return the power of the size with which the values grow: the slope of a line through the logarithms."""
    line = statistics.linear_regression([math.log(size) for size in sizes], [math.log(one) for one in values])
    return line.slope


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
            tables.append(Table(f"{TITLES[recurrence]}: a training step, {unit}", ["", *result], rows))
    for quantity, name in (("ms", "time"), ("mib", "memory")):
        caption = f"Power of each size with which {name} grows (in brackets: between the two largest sizes)"
        tables.append(exponents_table(results, quantity, caption))
    return tables


def describe(results: Results) -> list[str]:
    """Return sentences on how `numpy_rnn` grows, and on contenders that were left out."""
    paragraphs = [
        "One size varies, while the others stay at T 28, H 128, B 128. Longer sequences are images one below another."
    ]
    if all(along(results, recurrence, letter, "numpy_rnn", "ms")[0] for recurrence in TITLES for letter in SIZES):
        paragraphs += [*_growth_of_time(results), *_growth_of_memory(results)]
    reasons = [
        f"{label(name, recurrence)}, {TITLES[recurrence]}, {size} ({why})"
        for recurrence, result in results.items()
        for size, one in result.items()
        for name, why in one["left_out"].items()
    ]
    return [*paragraphs, *([f"Left out: {'; '.join(reasons)}."] if reasons else [])]


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
    return [
        f"The time of `numpy_rnn` grows with T as the power {_exponents(results, 'T', 'ms')} for RNN and LSTM, because "
        "every time step costs the same.",
        f"It grows with H as the power {_exponents(results, 'H', 'ms')}. The product W h alone would grow as the power "
        "2. The product U x, tanh and the arithmetic between the products grow as the power 1, and larger products run "
        "faster.",
        "From B 1 to B 32 the time hardly grows, because a small product mainly costs its call and the reading of W. "
        f"From B 128 to B 1024 it grows as the power {_exponents(results, 'B', 'ms', first=2)}.",
        "Contenders take turns at each size, but the sizes are measured one after another. So other load on the "
        "machine changes these powers, and those of the floor in the same way.",
    ]


def _growth_of_memory(results: Results) -> list[str]:
    at_the_end = {letter: _exponents(results, letter, "mib", first=-2) for letter in SIZES}
    last = [along(results, recurrence, "T", "numpy_rnn", "mib") for recurrence in TITLES]
    grows = [
        f"The memory of `numpy_rnn` grows as the power {at_the_end['T']} of T, {at_the_end['H']} of H and "
        f"{at_the_end['B']} of B, for RNN and LSTM. Most of it is the trace, with T · H · B numbers for each gate and "
        "state. The matrices, with H² numbers, are small in comparison.",
    ]
    if any(sizes[-1:] != [784] for sizes, _ in last):
        return grows
    longest = [three_digits(values[-1]) for _, values in last]
    return [
        *grows,
        f"T 784 with H 128 and B 128 takes {' and '.join(longest)} MiB for RNN and LSTM, and B 1024 would take about "
        "eight times as much. A laptop has more memory, so no time segment has to be computed twice.",
    ]


def draw(results: Results) -> list[Picture]:
    """Draw a picture of times and one of memory, with a panel for each recurrence and letter."""
    units = {"ms": "milliseconds for a training step", "mib": "MiB"}
    captions = {
        "ms": "Time of a training step as one size grows, while the others stay at T 28, H 128, B 128.",
        "mib": "Peak memory of a training step in addition to the loaded library, tracing included.",
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
                    legend = CONTENDERS[name].label["rnn"].removesuffix(".SimpleRNN").removesuffix(".RNN")
                    axes.plot(sizes, values, "--" if name == "floor" else "o-", color=color, label=legend)
                axes.set(xscale="log", yscale="log", xlabel=letter, title=f"{TITLES[recurrence]}, {letter}")
                axes.set_xticks(SIZES[letter], [str(size) for size in SIZES[letter]])
                axes.minorticks_off()
                axes.yaxis.set_major_formatter(lambda one, _: f"{one:g}")
                axes.grid(axis="y")
            row[0].set_ylabel(unit)
        if panels[0, 0].lines:
            panels[0, 0].legend(frameon=False, fontsize=11)
        pictures.append(Picture({"ms": "time", "mib": "memory"}[quantity], figure, captions[quantity]))
    return pictures


PART = Part("sizes", "Other sizes", measure, describe, tabulate, draw)
