"""The sizes at which contenders are compared, and the values measured there."""

import math
import statistics
from collections.abc import Sequence

from benchmarks.cases import Case
from benchmarks.contenders import CONTENDERS
from benchmarks.part import Results, added_mib

SIZES = {"T": (28, 112, 784), "H": (64, 128, 512), "B": (1, 32, 128, 1024)}
BASE = "T 28, H 128, B 128"


def name_of(letter: str, size: int) -> str:
    """Return the size that differs from the exercise's, `T 112`, or all three if none differs."""
    return BASE if size == getattr(Case("rnn"), letter) else f"{letter} {size}"


def heading(name: str) -> str:
    """Return the name of a size with the page's separator of thousands: `B 1,024` for `B 1024`."""
    letter, _, size = name.rpartition(" ")
    return f"{letter} {int(size):,}"


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
