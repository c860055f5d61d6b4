"""What the studies leave: for each a file of results and its pictures, and one page for all."""

import io
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from matplotlib import style as matplotlib_style

from pages.blocks import Picture
from pages.style import STYLE
from studies.question import Results, Study

SVG = {"svg.hashsalt": "studies", "savefig.dpi": 110}
NO_DATE = {"Date": None}


def write_json(path: Path, content: Any) -> None:
    """Writes it so that it can be read, a list of numbers on one line."""
    text = json.dumps(content, indent=1)
    text = re.sub(r"\[[^][{}]*\]", lambda found: re.sub(r"\s+", " ", found[0]), text)
    path.write_text(text + "\n")


def write_report(folder: Path, studies: Iterable[Study], *sources: Path) -> None:
    """Writes all pictures, as PNG and as SVG, and `report.html`, which holds all that it shows.

    Of each study whose results are in one of the folders `sources`, the first of them.
    """
    results = {}
    for study in studies:
        paths = [source / f"{study.name}.json" for source in sources]
        found = next((path for path in paths if path.exists()), None)
        if found:
            results[study] = json.loads(found.read_text())
    quick = any(one["plan"]["quick"] for one in results.values())
    with matplotlib_style.context([STYLE, SVG], after_reset=True):
        chapters = [_chapter(folder, study, one) for study, one in results.items()]
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape())
    page = environment.get_template("report.html").render(chapters=chapters, quick=quick)
    (folder / "report.html").write_text(page + "\n")


def _chapter(folder: Path, study: Study, results: Results) -> dict[str, Any]:
    pictures = [
        {"caption": picture.caption, "svg": _write_picture(folder, study, picture)} for picture in study.draw(results)
    ]
    tables, paragraphs = study.tabulate(results), study.tell(results)
    return {"study": study, "paragraphs": paragraphs, "tables": tables, "pictures": pictures}


def _write_picture(folder: Path, study: Study, picture: Picture) -> str:
    """Writes both files; the SVG element, whose names are no others' on the page."""
    name = f"{study.name}-{picture.name}"
    picture.figure.savefig(folder / f"{name}.png")
    text = io.StringIO()
    picture.figure.savefig(text, format="svg", metadata=NO_DATE)
    (folder / f"{name}.svg").write_text(text.getvalue())
    element = text.getvalue()[text.getvalue().index("<svg") :]
    element = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", element)
    return re.sub(r'<svg ([^>]*?)height="[^"]*"([^>]*?)width="[^"]*"', r"<svg \1\2", element, count=1)
