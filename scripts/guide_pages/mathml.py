"""Typesets LaTeX as MathML when the site is built, so that no page loads a program or needs a network for it."""

import re
import shutil
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

ALIGNED = re.compile(r"\\begin\{aligned\}(.*)\\end\{aligned\}", re.DOTALL)
TAG = re.compile(r"\\tag\{([^}]*)\}")
FONT = "STIXTwoMath-Regular.ttf"


def mathml(latex: str, block: bool = False) -> str:
    """Return a formula as MathML; `aligned` lines become a table, and a tag the number on the right.

    Raises ValueError, with the formula, if it contains a command that cannot be typeset.
    """
    # A prime is one character in the equations' text, and a superscript in LaTeX.
    latex = TAG.sub(r"\\qquad \\text{(\1)}", latex.replace("′", "'"))
    if found := ALIGNED.fullmatch(latex.strip()):
        lines = [[converted(cell) for cell in line.split("&")] for line in found[1].split("\\\\")]
        text = f'<math display="block"><mtable class="aligned">{"".join(map(table_row, lines))}</mtable></math>'
    else:
        text = convert(latex, display="block" if block else "inline")
    text = text.replace("\\_", "_")
    if "\\" in text or "&amp;" in text or "<mi>&</mi>" in text:
        raise ValueError(f"expected LaTeX that can be typeset, got {latex!r}")
    return text


def converted(latex: str) -> str:
    """Return a part of a formula as MathML, without the element `math` around it."""
    return convert(latex, display="block").partition(">")[2].removesuffix("</math>")


def table_row(cells: list[str]) -> str:
    """Return a line of an aligned formula."""
    return f"<mtr>{''.join(f'<mtd>{cell}</mtd>' for cell in cells)}</mtr>"


def inline(translator: HTML5Translator, node: nodes.Node) -> None:
    """Write a formula in a line of text."""
    translator.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def display(translator: HTML5Translator, node: nodes.Node) -> None:
    """Write a formula in a line of its own."""
    formula = mathml(node.astext(), block=True)
    translator.body.append(f'<div class="formula">{formula}</div>\n')
    raise nodes.SkipNode


def copy_font(app: Sphinx, error: Exception | None) -> None:
    """Copy a font for mathematics into the site."""
    if error is None and app.builder.format == "html":
        target = Path(app.outdir, "_static", FONT)
        with as_file(files("ziamath") / "fonts" / FONT) as font:
            shutil.copyfile(font, target)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer."""
    app.add_html_math_renderer("mathml", (inline, None), (display, None))
    app.connect("build-finished", copy_font)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
