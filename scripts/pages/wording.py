"""How numbers read in tables, sentences and pictures."""

import statistics
from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axis import Axis


def digits(accuracies: Iterable[float]) -> str:
    """The accuracies as `.7086 .8632`; – where the notebook printed none."""
    return " ".join("  –  " if np.isnan(accuracy) else share(accuracy) for accuracy in accuracies)


def share(accuracy: float, places: int = 4) -> str:
    """An accuracy as `.9243`."""
    return f"{accuracy:.{places}f}".removeprefix("0")


def shares(axis: Axis, places: int) -> None:
    """Writes the ticks of an axis as accuracies with so many digits."""
    axis.set_major_formatter(lambda value, _: share(value, places))


def mean(values: Sequence[float]) -> str:
    """The mean as a `share`."""
    return share(statistics.mean(values))


def spread(values: Sequence[float]) -> str:
    """Mean, and lowest and highest where there are several: `.9243 (.9156–.9478)`."""
    return mean(values) + (f" ({share(min(values))}–{share(max(values))})" if len(values) > 1 else "")


def points(difference: float) -> str:
    """A difference of accuracies in percentage points, `+2.3`."""
    return f"{100 * difference:+.1f}".replace("-", "−")


def scientific(value: float) -> str:
    """Two digits, with a power of ten where the number is small or large: `2.6·10⁻⁵`."""
    if value == 0 or 0.01 <= abs(value) < 1000:
        return f"{value:.2g}"
    digits, power = f"{value:.1e}".split("e")
    return f"{digits}·10{str(int(power)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def seeds(number: int) -> str:
    """How many seeds."""
    return f"{number} seed{'' if number == 1 else 's'}"
