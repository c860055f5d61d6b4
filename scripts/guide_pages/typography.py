"""Keeps together what belongs together: a number and its %, the sizes of a shape, a letter and its value."""

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

SPACE = "\u00a0"  # a space at which no line breaks
JOINER = "\u2060"  # no space, and no line breaks here
SIZE = r"(?:\d+|[A-Z](?:\+[A-Z\d])?)"
SHAPE = re.compile(rf"\({SIZE}(?:, {SIZE})+\)")
RULES = {
    r"(?<=\d) (?=%)": SPACE,
    r"(?<=[\d%])–(?=\d)": f"{JOINER}–{JOINER}",
    r"\b(Figs?\.|[A-Z]) (?=\d)": rf"\1{SPACE}",
    r"\b(\w{1,6}) = (?=[\d−])": rf"\1{SPACE}={SPACE}",
    r"(?<=[≤≥±×]) (?=\d)": SPACE,
}
LONG = 45  # characters
UNTOUCHED = nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw, nodes.comment


def kept_together(text: str) -> str:
    """Return a text with spaces at which no line breaks."""
    text = SHAPE.sub(lambda shape: shape[0].replace(" ", SPACE), text)
    for pattern, replacement in RULES.items():
        text = re.sub(pattern, replacement, text)
    return text


class KeptTogether(SphinxPostTransform):
    """Changes the texts of a page, but not its code and formulas."""

    default_priority = 800
    formats = ("html",)

    def run(self, **options: Any) -> None:
        """Change the texts of one page, and mark the cells of its tables that need a column of some width."""
        for cell in self.document.findall(nodes.entry):
            if len(cell.astext()) > LONG:
                cell["classes"].append("long")
        for text in list(self.document.findall(nodes.Text)):
            parent = text.parent
            changed = kept_together(text.astext())
            if changed != text.astext() and not isinstance(parent, UNTOUCHED):
                parent.replace(text, nodes.Text(changed))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the transform."""
    app.add_post_transform(KeptTogether)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": str(Path(__file__).stat().st_mtime_ns)}
