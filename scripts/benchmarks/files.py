"""What the benchmark leaves: of each part a file of results and its pictures, and one page for all."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from matplotlib import style as matplotlib_style
from rich.table import Table as RichTable
from studies.files import write_json

from benchmarks.part import Part, Results
from pages.blocks import Table
from pages.style import STYLE


def rich_table(table: Table) -> RichTable:
    """For a terminal."""
    shown = RichTable(title=table.caption.replace("`", ""), show_edge=False)
    for number, heading in enumerate(table.headings):
        shown.add_column(heading, justify="right" if number else "left")
    for row in table.rows:
        shown.add_row(*(cell.replace("`", "") for cell in row))
    return shown


def markdown(table: Table) -> str:
    """For a page."""
    lines = [table.headings, ["---", *["---:"] * (len(table.headings) - 1)], *table.rows]
    return f"{table.caption}:\n\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write_results(folder: Path, part: Part, results: Results, conditions: dict[str, Any]) -> None:
    """Writes the numbers, and the conditions under which they were taken."""
    write_json(folder / f"{part.name}.json", {"conditions": conditions, "results": results})


def write_page(folder: Path, parts: Iterable[Part], *sources: Path) -> None:
    """Writes all pictures, and `report.md`; of each part whose results are in one of the `sources`, the first."""
    chapters = ["# The benchmark, as it came out"]
    for part in parts:
        path = next(
            (source / f"{part.name}.json" for source in sources if (source / f"{part.name}.json").exists()), None
        )
        if path is None:
            continue
        content = json.loads(path.read_text())
        results, conditions = content["results"], content["conditions"]
        chapters += [f"## {part.title}", f"`python scripts/benchmark.py {part.name}`, {described(conditions)}."]
        chapters += part.tell(results) + [markdown(table) for table in part.tabulate(results)]
        with matplotlib_style.context([STYLE], after_reset=True):
            for picture in part.draw(results):
                name = f"{part.name}-{picture.name}.png"
                picture.figure.savefig(folder / name)
                chapters.append(f"![{picture.caption}]({name})\n\n{picture.caption}")
    (folder / "report.md").write_text("\n\n".join(chapters) + "\n")


def described(conditions: dict[str, Any]) -> str:
    """The machine, threads and versions, in words."""
    versions = ", ".join(f"{name} {version}" for name, version in conditions["versions"].items())
    return f"{conditions['threads']} threads on {conditions['processor']}, {versions}"
