"""The contents of a published page: chapters with paragraphs, pictures and tables."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # tables alone need no matplotlib
    from matplotlib.figure import Figure


class Picture(NamedTuple):
    """A figure, the name of its file without the chapter's name, and its caption."""

    name: str
    figure: "Figure"
    caption: str


class Table(NamedTuple):
    """Rows of text below their headings, and a caption."""

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


class Chapter(NamedTuple):
    """A part of a page: an introduction below its title, then paragraphs, pictures and tables."""

    name: str
    title: str
    introduction: str
    paragraphs: Sequence[str]
    pictures: Sequence[Picture]
    tables: Sequence[Table]
