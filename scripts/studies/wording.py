"""How numbers read in tables and sentences."""

import statistics
from collections.abc import Sequence


def share(value: float) -> str:
    """An accuracy as the project writes it, `.9243`."""
    return f"{value:.4f}".removeprefix("0")


def mean(values: Sequence[float]) -> str:
    """The mean as a `share`."""
    return share(statistics.mean(values))


def spread(values: Sequence[float]) -> str:
    """Mean, and lowest and highest where there are several: `.9243 (.9156–.9478)`."""
    return mean(values) + (f" ({share(min(values))}–{share(max(values))})" if len(values) > 1 else "")


def points(difference: float) -> str:
    """A difference of accuracies in percentage points, `+2.3`."""
    return f"{100 * difference:+.1f}".replace("-", "−")


def seeds(number: int) -> str:
    """How many seeds."""
    return f"{number} seed{'' if number == 1 else 's'}"
