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
PUNCTUATION = ".,;:!?)"
WORD_JOINER = "\u2060"
# What the converter leaves to the browser: spaces as in printed mathematics, and the sizes of a prime and a root.
REFINEMENTS = {
    r"<msup>(<mi>[^<]*</mi>)<mi>&#x02032;</mi></msup>": r'\1<mo lspace="0" rspace="0">&#x02032;</mo>',
    r"<mo>(&#x02202;|&#x0221E;)</mo>": r"<mi>\1</mi>",
    r"(&#x0003D;</mo>)<mo>&#x02212;</mo>": r'\1<mo form="prefix">&#x02212;</mo>',
    r"(?<!<msup>)(?<!<msub>)(<mi>(?:log|exp|ln)</mi>)(?=<m[in]|<msu[bp]><mi>)": r'\1<mspace width="0.17em"/>',
    r"<msqrt>": r'<msqrt><mspace height="0.8em"/>',
    r"<mi>;</mi>": r'<mo separator="true">;</mo>',
}


def mathml(latex: str, block: bool = False) -> str:
    """Return a formula as MathML; `aligned` lines become a table, and a tag the number on the right.

    Raises ValueError, with the formula, if it contains a command that cannot be typeset.
    """
    # A prime is one character in the equations' text, and a superscript in LaTeX.
    latex = TAG.sub(r"\\text{(\1)}", latex.replace("′", "'"))
    if found := ALIGNED.fullmatch(latex.strip()):
        lines = [[converted(cell) for cell in line.split("&")] for line in found[1].split("\\\\")]
        text = f'<math display="block"><mtable class="aligned">{"".join(map(table_row, lines))}</mtable></math>'
    else:
        text = convert(latex, display="block" if block else "inline")
    for pattern, refined in REFINEMENTS.items():
        text = re.sub(pattern, refined, text)
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


def chain(latex: str) -> list[str]:
    """Return the parts of a formula between which a line may break: before each equals sign but the first."""
    left, *sides = re.split(r"\s*=\s*", latex)
    whole = all(side.count(opening) == side.count(closing) for side in sides for opening, closing in ("{}", "()"))
    if len(sides) < 2 or not whole:
        return [latex]
    return [f"{left} = {sides[0]}", *(f"= {side}" for side in sides[1:])]


def in_text(node: nodes.Node) -> str:
    """Return a formula of a text as MathML; the punctuation that follows stays in its line."""
    following = node.parent[node.parent.index(node) + 1 :]
    joined = bool(following) and following[0].astext().startswith(tuple(PUNCTUATION))
    return "".join(map(mathml, chain(node.astext()))) + WORD_JOINER * joined


def inline(translator: HTML5Translator, node: nodes.Node) -> None:
    """Write a formula in a line of text."""
    translator.body.append(in_text(node))
    raise nodes.SkipNode


def display(translator: HTML5Translator, node: nodes.Node) -> None:
    """Write a formula in a line of its own; what follows a wide space moves below it where the page is narrow."""
    latex = node.astext()
    parts = [latex] if ALIGNED.fullmatch(latex.strip()) else re.split(r"\\qquad|(?=\\tag\{)", latex)
    formulas = "".join(mathml(part, block=True) for part in parts)
    translator.body.append(f'<div class="formula">{formulas}</div>\n')
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
