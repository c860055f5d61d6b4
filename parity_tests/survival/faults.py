"""Faults that were tried on purpose, and how many were survived: a table at the end of a test run shows them."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

TRIED: Counter[str] = Counter()
SURVIVED: Counter[str] = Counter()


@contextmanager
def survives(fault: str, times: int = 1) -> Iterator[None]:
    """A block that tries a fault, and ends well if it was survived."""
    TRIED[fault] += times
    yield
    SURVIVED[fault] += times


def summary() -> list[str]:
    """A line for each kind of fault, and one for all."""
    width = max(map(len, TRIED), default=0)
    lines = [f"{'fault':{width}}   tried  survived"]
    for fault, times in TRIED.items():
        lines.append(f"{fault:{width}}  {times:6,}  {SURVIVED[fault]:8,}")
    return [*lines, f"{'all':{width}}  {TRIED.total():6,}  {SURVIVED.total():8,}"]
