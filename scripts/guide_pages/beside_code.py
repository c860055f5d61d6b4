"""Shows a table of equations with the project's own lines beside them, taken from the source files by their numbers.

The build fails if a number has no line, a line no number, or an equation is not the docstring's or not in its figure.
"""

import re
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers.python import PythonLexer
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from guide_pages import inline_figures, repository
from guide_pages.mathml import in_text
from guide_pages.numbered_lines import NumberedLine, Pair, numbered_lines, stated

ROOT = repository.ROOT
NOT_DRAWN = {(3, 3)}  # the loss, which is no part of the network
CHAPTERS_DRAWN = {1, 2, 3}
LATEX = {
    r"\\(text|mathrm)\{([^}]*)\}": r"\2",
    r"\^\\top": "ᵀ",
    r"\\partial": "∂",
    r"\\circ": "∘",
    r"\\sigma": "σ",
    r"\\sum": "Σ",
    r"\\leftarrow": "←",
    r"\\theta": "θ",
    r"\\alpha": "α",
    r"\\beta_1\^t": "β₁ᵗ",
    r"\\beta_2\^t": "β₂ᵗ",
    r"\\beta_1": "β₁",
    r"\\beta_2": "β₂",
    r"\\eta": "η",
    r"\\varepsilon": "ε",
    r"\\sqrt\{1 - (β₂ᵗ)\}": r"√(1 - \1)",
    r"\\sqrt\{v\}": "√v",
    r"\^2": "²",
    r"'": "′",
    r"\\(log|tanh)": r"\1",
    r"\\_": "_",
    r"[{}\\\s]": "",
}


def plain(latex: str) -> str:
    """Return a formula as the docstrings write it, without spaces and braces."""
    for pattern, replacement in LATEX.items():
        latex = re.sub(pattern, replacement, latex)
    return latex


def is_stated(latex: str, docstring: str) -> bool:
    """Return whether a docstring contains a formula; what it says for every gate g, it says for o, f and i."""
    texts = [re.sub(r"\b(da_|d)?g(_t)?\b", rf"\1{gate}\2", docstring) for gate in "ofi"]
    return any(plain(latex) in plain(text) for text in [docstring, *texts])


def row_faults(rows: list[tuple[str, str]], lines: list[NumberedLine], source: str) -> list[str]:
    """Return what is wrong with a table of keys and equations for these numbered lines of a module."""
    keys = [key for key, _ in rows]
    known = [key for line in lines for key in line.keys]
    found = [f"no line of code: {key}" for key in keys if key not in known]
    found += [f"no equation: {key}" for key in known if key not in keys]
    found += [f"two equations: {key}" for key in dict.fromkeys(keys) if keys.count(key) > 1]
    docstring = source.split('"""')[1]
    found += [f"not in the docstring: {latex}" for _, latex in rows if "=" in latex and not is_stated(latex, docstring)]
    for number, equation in stated(source):
        name = "({}.{})".format(*number)
        latex = dict(rows).get(name, equation)
        found += [f"not equation {name} of the docstring: {latex}"] if plain(latex) != plain(equation) else []
    return found


def figure_faults(lines: list[NumberedLine]) -> list[str]:
    """Return the equations of these lines that no figure shows."""
    numbers: set[Pair] = {number for line in lines for number in line.numbers}
    missing = {number for number in numbers - NOT_DRAWN if number[0] in CHAPTERS_DRAWN} - inline_figures.drawn()
    return ["not in a figure: ({}.{})".format(*number) for number in sorted(missing)]


class BesideCode(SphinxDirective):
    """A table of numbers and equations, shown beside the lines of a function: `{beside-code} rnn forward`."""

    has_content = True
    required_arguments = 2

    def run(self) -> list[nodes.Node]:
        """Return the rows, each with its number, its equation and its lines.

        Raises ExtensionError, with all faults, if equations and lines do not correspond.
        """
        module, function = self.arguments
        file = f"numpy_rnn/{module}.py"
        self.env.note_dependency(str(ROOT / file))
        source = (ROOT / file).read_text("utf-8")
        holder = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, holder)
        cells = [
            [list(entry.children) for entry in row.findall(nodes.entry)]
            for body in holder.findall(nodes.tbody)
            for row in body.findall(nodes.row)
        ]
        rows = [(text_of(key), formulas_of(equation)) for key, equation in cells]
        lines, faults = numbered_lines(source, function)
        faults += row_faults(rows, lines, source) + figure_faults(lines)
        if faults:
            raise ExtensionError(f"{self.env.docname}, {module} {function}: {'; '.join(faults)}")
        html = [self.row(line, {text_of(key): equation for key, equation in cells}, file) for line in lines]
        label = escape(f"{file}, {function}")
        return [nodes.raw("", f'<div class="beside" data-label="{label}">{"".join(html)}</div>', format="html")]

    def row(self, line: NumberedLine, equations: dict[str, list[nodes.Node]], file: str) -> str:
        """Return one row as HTML."""
        numbers = " ".join("{}.{}".format(*number) for number in line.numbers)
        kind = "forward" if line.keys[0].startswith("(") else "derivative"
        names = "".join(f'<button type="button" aria-pressed="false">{escape(key)}</button>' for key in line.keys)
        formulas = "".join(f"<div>{html_of(equations[key])}</div>" for key in line.keys)
        code = "".join(self.code(number, text, file) for number, text in sorted(line.lines.items()))
        return (
            f'<div class="beside-row" data-kind="{kind}" data-numbers="{numbers}">'
            f'<div class="beside-number">{names}</div><div class="beside-equation">{formulas}</div>'
            f'<div class="beside-code highlight"><pre>{code}</pre></div></div>'
        )

    def code(self, number: int, text: str, file: str) -> str:
        """Return one line of code with a link to its place in the file."""
        self.env.__dict__.setdefault("guide_sources", {}).setdefault(self.env.docname, set()).add(file)
        address = repository.relative(self.env.docname, file, number)
        shown = highlight(text, PythonLexer(), HtmlFormatter(nowrap=True)).rstrip("\n")
        title = f"line {number} of {file}"
        link = f'<a class="line-number" href="{address}" title="{title}" aria-label="{title}">{number}</a>'
        return f'<span class="code-line">{link}{shown}</span>'


def text_of(cell: list[nodes.Node]) -> str:
    """Return the text of a cell."""
    return "".join(node.astext() for node in cell).strip()


def formulas_of(cell: list[nodes.Node]) -> str:
    """Return the formulas of a cell, without its words."""
    return " ".join(formula.astext() for node in cell for formula in node.findall(nodes.math))


def html_of(cell: list[nodes.Node]) -> str:
    """Return a cell of words and formulas as HTML."""
    parts = [part for paragraph in cell for part in paragraph.children]
    return "".join(in_text(part) if isinstance(part, nodes.math) else escape(part.astext()) for part in parts)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive, and the figures whose parts are marked."""
    app.add_directive("beside-code", BesideCode)
    app.add_transform(inline_figures.InlineFigures)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": str(Path(__file__).stat().st_mtime_ns)}
