"""Writes a published page: its results as JSON, its pictures as PNG, and its text as Markdown."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matplotlib import style

from command.errors import Refused
from pages.blocks import Chapter, Picture, Table
from pages.style import STYLE

PAGE = "report.md"


def write_json(path: Path, content: Any) -> None:
    """Write `content` as indented JSON, with each list of numbers on one line."""
    text = json.dumps(content, indent=1)
    text = re.sub(r"\[[^][{}]*\]", lambda found: re.sub(r"\s+", " ", found[0]), text)
    path.write_text(text + "\n", encoding="utf-8")


def read_results(names: Iterable[str], folder: Path) -> dict[str, Any]:
    """Return the content of `NAME.json` in `folder` for each of `names` that has such a file.

    Raises Refused if a file is damaged.
    """
    paths = {name: folder / f"{name}.json" for name in names}
    results = {}
    for name, path in paths.items():
        if path.exists():
            with results_of(path):
                results[name] = json.loads(path.read_text("utf-8"))
    return results


@contextmanager
def results_of(path: Path) -> Iterator[None]:
    """Run a block that uses the results in a file; raise Refused, which names the file, if they are of another form."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        found = f"{type(error).__name__}: {error}"
        raise Refused(f"{path}: expected the results of a run of this version, found others: {found}") from error


def write_page(
    folder: Path, title: str, introduction: Sequence[str], chapters: Iterable[tuple[Path, Callable[[], Chapter]]]
) -> None:
    """Write `report.md` and all pictures of its chapters into `folder`.

    Each chapter is given as a function, because its figures must be created with the style that they are saved with,
    and with the file of its results. Raises Refused if a chapter cannot be made from these.
    """
    made = []
    with style.context([STYLE], after_reset=True):
        for path, chapter_of in chapters:
            with results_of(path):
                chapter = chapter_of()
                for picture in chapter.pictures:
                    picture.figure.savefig(folder / file_name(chapter, picture))
            made.append(chapter)
    contents = "\n".join(f"- [{chapter.title}](#{anchor(chapter.title)})" for chapter in made)
    blocks = [f"# {title}", *introduction, contents, *(block for chapter in made for block in chapter_blocks(chapter))]
    (folder / PAGE).write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


def chapter_blocks(chapter: Chapter) -> list[str]:
    """Return the Markdown of a chapter, block by block."""
    pictures = [
        f"![{picture.caption}]({file_name(chapter, picture)})\n\n*{picture.caption}*" for picture in chapter.pictures
    ]
    head = [f"## {chapter.title}", chapter.introduction]
    return [*head, *chapter.paragraphs, *pictures, *map(markdown_table, chapter.tables)]


def markdown_table(table: Table) -> str:
    """Return the caption and the rows of a table as Markdown."""
    rule = ["---", *["---:"] * (len(table.headings) - 1)]
    lines = [table.headings, rule, *table.rows]
    return f"{table.caption}:\n\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines)


def file_name(chapter: Chapter, picture: Picture) -> str:
    """Return the name of a picture's file."""
    return f"{chapter.name}-{picture.name}.png"


def anchor(title: str) -> str:
    """Return the fragment by which code hosts link to the heading `title`."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
