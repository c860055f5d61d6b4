"""Links from pages into the repository: files and folders get pages of their own, with a number for each line."""

import re
import shutil
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_for_filename
from pygments.lexers.shell import BashLexer
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import osutil

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = "source"
SHOWN = {".py", ".toml", ".js", ".sh", ""}
PICTURE = re.compile(r'srcset="([^"]+)".*?<img alt="([^"]*)" src="([^"]+)"', re.DOTALL)
PLAIN_PICTURE = re.compile(r'^<img alt="([^"]*)" src="([^":]+-light\.svg)"[^>]*>$')
# The theme marks the captions of the navigation as headings, above that of the page, and leaves its parts unnamed.
MENDED = {
    '<p class="caption" role="heading">': '<p class="caption">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="Pages">',
    '<aside class="toc-drawer': '<aside aria-label="This page" class="toc-drawer',
}
REDIRECT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>The guide</title>
<meta http-equiv="refresh" content="0; url=docs/index.html"><a href="docs/index.html">The guide</a></html>
"""


class RepositoryLinks(SphinxTransform):
    """Leads links to source files and folders to their pages, and shows pictures for light and for dark pages."""

    default_priority = 5

    def apply(self, **options: Any) -> None:
        """Change the links and pictures of one page, and name its source file at its end."""
        for reference in list(self.document.findall(addnodes.download_reference)):
            self.lead(reference, reference["reftarget"])
        for reference in list(self.document.findall(addnodes.pending_xref)):
            if reference.get("reftype") == "myst":
                self.lead(reference, reference["reftarget"])
            if reference.get("refdomain") == "doc":
                self.offer(reference, f"{reference['reftarget']}.ipynb")
        for raw in list(self.document.findall(nodes.raw)):
            if found := PICTURE.search(raw.astext()):
                dark, alt, light = found.groups()
                raw.parent.replace(raw, [picture(light, alt, "only-light"), picture(dark, alt, "only-dark")])
            elif found := PLAIN_PICTURE.search(raw.astext().strip()):
                alt, light = found.groups()
                dark = light.replace("-light.svg", "-dark.svg")
                raw.parent.replace(raw, [picture(light, alt, "only-light"), picture(dark, alt, "only-dark")])
        if self.env.docname != self.config.root_doc:
            name = Path(self.env.doc2path(self.env.docname)).relative_to(ROOT).as_posix()
            end = nodes.paragraph("", "Source file of this page: ", nodes.literal("", name), classes=["source-file"])
            next(iter(self.document.findall(nodes.section)), self.document).append(end)

    def offer(self, reference: nodes.Element, name: str) -> None:
        """Make a link to a notebook that is no page of the site a download."""
        if reference["reftarget"] not in self.env.found_docs and (ROOT / name).is_file():
            options = {"reftarget": f"/{name}", "refdoc": self.env.docname}
            link = addnodes.download_reference("", "", *reference.children, **options)
            reference.parent.replace(reference, link)

    def lead(self, reference: nodes.Element, target: str) -> None:
        """Replace a link to a file that is shown, or to a folder, by a link to its page; HTML files are pages."""
        name, _, anchor = target.partition("#")
        here = Path(self.env.doc2path(self.env.docname)).parent
        path = ROOT.joinpath(name.lstrip("/")) if name.startswith("/") else here.joinpath(name)
        path = path.resolve()
        if path.suffix == ".html" and path.is_file():
            reference.parent.replace(reference, nodes.reference("", "", *reference.children, refuri=target))
            return
        shown = path.is_dir() or (path.is_file() and path.suffix in SHOWN)
        if not name or not shown or not path.is_relative_to(ROOT):
            return
        sources = self.env.__dict__.setdefault("guide_sources", {})
        sources.setdefault(self.env.docname, set()).add(path.relative_to(ROOT).as_posix())
        address = relative(self.env.docname, path.relative_to(ROOT).as_posix())
        line = anchor or line_of(path, reference.astext())
        refuri = f"{address}#{line}" if line else address
        link = nodes.reference("", "", *reference.children, refuri=refuri, internal=True)
        reference.parent.replace(reference, link)


def picture(address: str, alt: str, shown: str) -> nodes.image:
    """Return a picture that is shown only on light or only on dark pages."""
    return nodes.image(uri=address, alt=alt, classes=[shown])


def relative(docname: str, name: str, line: int = 0) -> str:
    """Return the address of the page of a file or folder, seen from another page."""
    address = osutil.relative_uri(f"{docname}.html", f"{FOLDER}/{name}.html")
    return f"{address}#L{line}" if line else address


def line_of(path: Path, name: str) -> str:
    """Return the anchor of the line that defines a function or class of this name, or nothing."""
    if path.suffix != ".py" or not re.fullmatch(r"\w+", name):
        return ""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if re.match(rf"\s*(def|class) {name}\b", line):
            return f"L{number}"
    return ""


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Make the pages of all files and folders to which a page links."""
    linked: set[str] = set().union(*getattr(app.env, "guide_sources", {}).values())
    for folder in [name for name in linked if (ROOT / name).is_dir()]:
        linked |= {path.relative_to(ROOT).as_posix() for path in shown_files(ROOT / folder)}
    for name in sorted(linked):
        body = listing(name) if (ROOT / name).is_dir() else source(name)
        title = f"<h1>{escape(name)}</h1>"
        yield f"{FOLDER}/{name}", {"title": name, "body": title + body}, "page.html"


def shown_files(folder: Path) -> list[Path]:
    """Return the files of a folder that have pages."""
    return sorted(path for path in folder.iterdir() if path.is_file() and path.suffix in SHOWN - {""})


def listing(name: str) -> str:
    """Return links to the files of a folder."""
    folder = Path(name).name
    rows = [f'<li><a href="{folder}/{path.name}.html">{path.name}</a></li>' for path in shown_files(ROOT / name)]
    return f"<p>The files of this folder:</p><ul>{''.join(rows)}</ul>"


def source(name: str) -> str:
    """Return a file with numbered lines and an anchor for each line."""
    lexer = BashLexer() if not Path(name).suffix else get_lexer_for_filename(name)
    form = HtmlFormatter(linenos="inline", lineanchors="L", anchorlinenos=False, cssclass="highlight")
    code = highlight((ROOT / name).read_text("utf-8"), lexer, form)
    code = re.sub(r'(id|name)="L-(\d+)"', r'\1="L\2"', code)
    return f'<div class="source-code">{code}</div>'


def finish(app: Sphinx, error: Exception | None) -> None:
    """Finish the site: mend what the theme writes, add the first page and the static files of the interactive page."""
    if error is not None or app.builder.format != "html":
        return
    Path(app.outdir, "index.html").write_text(REDIRECT, encoding="utf-8")
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text("utf-8")
        for wrong, right in MENDED.items():
            text = text.replace(wrong, right)
        page.write_text(text, encoding="utf-8")
    interactive = ROOT / "docs" / "see-it-run"
    if interactive.is_dir():
        target = Path(app.outdir, "docs", "see-it-run")
        shutil.copytree(interactive, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py", "*.md"))
        page = target / "index.html"
        page.write_text(re.sub(r'(href="[^":]+)\.md"', r'\1.html"', page.read_text("utf-8")), encoding="utf-8")


def forget(app: Sphinx, env: Any, docname: str) -> None:
    """Forget the links of a page that is read again."""
    env.__dict__.get("guide_sources", {}).pop(docname, None)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the transform, the pages and the last step."""
    app.add_transform(RepositoryLinks)
    app.connect("html-collect-pages", pages)
    app.connect("env-purge-doc", forget)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
