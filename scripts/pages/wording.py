"""Numbers as text, in one format for tables, sentences and pictures."""

import math
import statistics
from collections.abc import Iterable, Sequence


def percent(share: float) -> str:
    """Return a share from 0 to 1 as `93.1 %`; `–` for nan. Only exactly 0 and 1 become `0.0 %` and `100.0 %`."""
    if math.isnan(share):
        return "–"
    if 0 < share < 0.0005:
        return "< 0.1 %"
    return "> 99.9 %" if 0.9995 <= share < 1 else f"{_tenths(share)} %"


def percents(shares: Iterable[float]) -> str:
    """Return several shares with one unit, `70.9, 86.3, 90.6, 92.9 %`; `–` for those that are nan."""
    texts = ["–" if math.isnan(share) else _tenths(share) for share in shares]
    return "–" if set(texts) <= {"–"} else f"{', '.join(texts)} %"


def _tenths(share: float) -> str:
    """Return 100 times the share with one decimal; 0.1135 becomes 11.4, though its binary value lies below 0.1135."""
    return f"{100 * share + 1e-9:.1f}"


def mean(values: Sequence[float]) -> str:
    """Return the mean as `percent` does."""
    return percent(statistics.mean(values))


def percent_range(values: Iterable[float]) -> str:
    """Return the lowest and the highest of several shares, `91.6–94.8 %`."""
    several = list(values)
    return f"{_tenths(min(several))}–{_tenths(max(several))} %"


def spread(values: Sequence[float]) -> str:
    """Return the mean and, for several values, the range: `92.4 % (91.6–94.8 %)`."""
    return mean(values) + (f" ({percent_range(values)})" if len(values) > 1 else "")


def points(difference: float) -> str:
    """Return a difference of two shares in percentage points, with its sign: `+2.3`."""
    return f"{100 * difference:+.1f}".replace("-", "−")


def deviation(values: Sequence[float]) -> str:
    """Return the standard deviation of shares in percentage points: `0.9`."""
    return f"{100 * statistics.pstdev(values):.1f}"


def scientific(value: float) -> str:
    """Return two digits, with a power of ten if the number is small or large: `2.6·10⁻⁵`."""
    if value == 0 or 0.01 <= abs(value) < 1000:
        return f"{value:.2g}"
    digits, power = f"{value:.1e}".split("e")
    return f"{digits}·10{str(int(power)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def count(number: int, noun: str) -> str:
    """Return a number with its noun: `no images`, `1 image`, `10,000 images`."""
    return f"{f'{number:,}' if number else 'no'} {noun}{'' if number == 1 else 's'}"
