"""The guide, built by its command, and what tests ask about its pages."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

from parity_tests import ROOT

# Every page that is written for readers; one function makes all pages of source files, so one of them is enough.
PAGES = ["docs/index", "README", "docs/derivations", "docs/equation-beside-code", "docs/common-mistakes"]
PAGES += ["docs/derivations-lstm", "docs/derivations-readout-adam", "docs/shards"]

SOURCE = "source/numpy_rnn/rnn.py"
PHONE = {"width": 390, "height": 844}


def build(output: Path) -> None:
    """Builds the guide by its documented command."""
    command = [sys.executable, str(ROOT / "scripts" / "guide.py"), "--output", str(output)]
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=output.parent, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def all_pages(folder: Path) -> list[str]:
    """The addresses of all pages but those of source files, and of one source file."""
    names = [path.relative_to(folder).as_posix().removesuffix(".html") for path in folder.rglob("*.html")]
    return [name for name in names if not name.startswith("source/")] + [SOURCE]


class Page(HTMLParser):
    """What tests ask about a page: its headings, pictures, addresses and anchors, and its text."""

    def __init__(self, path: Path):
        super().__init__()
        self.path = path
        self.headings: list[int] = []
        self.pictures: list[dict[str, str | None]] = []
        self.addresses: list[str] = []
        self.anchors: set[str] = set()
        self.words: list[str] = []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)

    def handle_starttag(self, tag, attrs):
        """Notes the parts of one element."""
        values = dict(attrs)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "img":
            self.pictures.append(values)
        self.anchors |= {value for name, value in attrs if name in ("id", "name") and value}
        loaded = tag in ("img", "script") or (tag == "link" and values.get("rel") in ("stylesheet", "icon"))
        names = ["src", "href"] if loaded else ["href"] if tag == "a" else []
        self.addresses += [value for name in names if (value := values.get(name))]

    def handle_data(self, data):
        """Notes the text."""
        self.words.append(data)

    @property
    def text(self) -> str:
        """All text of the page."""
        return "".join(self.words)
