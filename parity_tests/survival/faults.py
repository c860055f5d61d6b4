"""Counts of deliberate faults, and of those survived, for the table at the end of a test run."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

TRIED: Counter[str] = Counter()
SURVIVED: Counter[str] = Counter()


@contextmanager
def survives(fault: str, times: int = 1) -> Iterator[None]:
    """Counts a fault that the block causes, as survived if the block raises no error."""
    TRIED[fault] += times
    yield
    SURVIVED[fault] += times


def summary() -> list[str]:
    """A table with a line for each kind of fault and a line for the total."""
    width = max(map(len, TRIED), default=0)
    lines = [f"{'fault':{width}}   tried  survived"]
    for fault, times in TRIED.items():
        lines.append(f"{fault:{width}}  {times:6,}  {SURVIVED[fault]:8,}")
    return [*lines, f"{'all':{width}}  {TRIED.total():6,}  {SURVIVED.total():8,}"]
