"""The blocks of a published page: pictures and tables."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.figure import Figure


class Picture(NamedTuple):
    """A figure, the name of its files, and what it shows."""

    name: str
    figure: Figure
    caption: str


class Table(NamedTuple):
    """Rows of text below their headings, and what they show."""

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
