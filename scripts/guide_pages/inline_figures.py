"""Fig. 1 and Fig. 2 as parts of a page, so that the parts of an equation can be marked and chosen."""

import re
from functools import cache
from html import escape
from typing import Any

from docutils import nodes
from sphinx.transforms import SphinxTransform

from guide_pages.numbered_lines import Pair
from guide_pages.repository import PICTURE, ROOT

FIGURES = ROOT / "docs" / "figures"
PART = re.compile(r'<g id="part-(\d)\.(\d)-(\d+)">')
BESIDE = 'class="beside"'
NUMBERS = re.compile(r'data-numbers="([^"]*)"')
# The colours of the light figure; the style sheet gives them for light and for dark pages.
COLOURS = {
    "#1f2328": "ink",
    "#57606a": "number",
    "#fdebd0": "learned",
    "#d6eaf8": "activation",
    "#ffffff": "operation",
    "#f6f8fa": "cell",
    "#009e73": "path",
}


@cache
def drawn() -> set[Pair]:
    """Return the equations that have a part in a figure."""
    texts = [path.read_text("utf-8") for path in FIGURES.glob("*-light.svg")]
    return {(int(chapter), int(number)) for text in texts for chapter, number, _ in PART.findall(text)}


def inline(name: str, alt: str, place: str = "") -> str:
    """Return a figure as HTML: its parts name their equations, and the first part of each can be chosen by keyboard.

    The `place` distinguishes two copies of a figure on a page.
    """
    svg = (FIGURES / f"{name}-light.svg").read_text("utf-8")
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' (width|height)="[\d.]+pt"', "", svg)
    svg = PART.sub(marked, svg)
    prefix = name.split("-")[1] + place
    svg = re.sub(r'id="(?!part)', f'id="fig{prefix}-', svg)
    svg = re.sub(r'(url\(|href=")#', rf"\1#fig{prefix}-", svg)
    for colour, variable in COLOURS.items():
        svg = svg.replace(colour, f"var(--figure-{variable})")
    svg = svg.replace("<svg ", f'<svg role="group" aria-label="{escape(alt, quote=True)}" ', 1)
    return f'<div class="cell-figure">{svg}</div>'


def marked(found: re.Match[str]) -> str:
    """Return the start of a part, with the number of its equation."""
    number = f"{found[1]}.{found[2]}"
    first = found[3] == "1"
    button = f' tabindex="0" role="button" aria-pressed="false" aria-label="equation ({number})"' if first else ""
    return f'<g class="figure-part" data-numbers="{number}"{button}>'


class InlineFigures(SphinxTransform):
    """Puts the cells' figures into a page that shows equations beside code."""

    default_priority = 4

    def apply(self, **options: Any) -> None:
        """Replace the pictures of the page by their contents; repeat a figure in a chapter that refers to it."""
        raws = [*self.document.findall(nodes.raw)]
        if not any(BESIDE in raw.astext() for raw in raws):
            return
        alts = {}
        for raw in raws:
            if found := PICTURE.search(raw.astext()):
                _, alt, light = found.groups()
                name = light.rpartition("/")[2].removesuffix("-light.svg")
                alts[name] = alt
                self.env.note_dependency(str(FIGURES / f"{name}-light.svg"))
                raw.parent.replace(raw, nodes.raw("", inline(name, alt), format="html"))
        for place, chapter in enumerate(self.document[0].findall(nodes.section)):
            if chapter.parent is self.document[0]:
                self.repeat(chapter, alts, f"-{place}")

    def repeat(self, chapter: nodes.section, alts: dict[str, str], place: str) -> None:
        """Show the figure of the chapter's equations below its heading, if the chapter has no figure."""
        text = "".join(raw.astext() for raw in chapter.findall(nodes.raw))
        numbers = set(" ".join(NUMBERS.findall(text)).split())
        if "cell-figure" in text:
            return
        for name, alt in alts.items():
            if numbers & set(NUMBERS.findall(figure := inline(name, alt, place))):
                chapter.insert(1, nodes.raw("", figure, format="html"))
