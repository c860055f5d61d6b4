"""Writes a published page: its results as JSON, its pictures as PNG, and its text as Markdown."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from matplotlib import style

from pages.blocks import Chapter, Picture, Table
from pages.style import STYLE

PAGE = "report.md"


def write_json(path: Path, content: Any) -> None:
    """Write `content` as indented JSON, with each list of numbers on one line."""
    text = json.dumps(content, indent=1)
    text = re.sub(r"\[[^][{}]*\]", lambda found: re.sub(r"\s+", " ", found[0]), text)
    path.write_text(text + "\n", encoding="utf-8")


def read_results(names: Iterable[str], *folders: Path) -> dict[str, Any]:
    """Return the content of `NAME.json` for each of `names`, from the first of `folders` that has it.

    Names for which no folder has a file are left out.
    """
    paths = {name: [folder / f"{name}.json" for folder in folders] for name in names}
    found = {name: next((path for path in several if path.exists()), None) for name, several in paths.items()}
    return {name: json.loads(path.read_text(encoding="utf-8")) for name, path in found.items() if path}


def write_page(
    folder: Path, title: str, introduction: Sequence[str], chapters: Iterable[Callable[[], Chapter]]
) -> None:
    """Write `report.md` and all pictures of its chapters into `folder`.

    Each chapter is given as a function, because its figures must be created with the style that they are saved with.
    """
    with style.context([STYLE], after_reset=True):
        made = [chapter() for chapter in chapters]
        for chapter in made:
            for picture in chapter.pictures:
                picture.figure.savefig(folder / file_name(chapter, picture))
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
