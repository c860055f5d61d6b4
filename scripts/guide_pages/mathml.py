"""Typesets LaTeX as MathML when the site is built, so that no page loads a program or needs a network for it."""

import shutil
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

FONT = "STIXTwoMath-Regular.ttf"


def mathml(latex: str, block: bool = False) -> str:
    """Return a formula as MathML.

    Raises ValueError, with the formula, if it contains a command that cannot be typeset.
    """
    # A prime is one character in the equations' text, and a superscript in LaTeX.
    text = convert(latex.replace("′", "'"), display="block" if block else "inline")
    text = text.replace("\\_", "_")
    if "\\" in text:
        raise ValueError(f"expected LaTeX that can be typeset, got {latex!r}")
    return text


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
