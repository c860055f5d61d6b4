"""The built pages: nothing from a network, links that lead somewhere, headings in order, texts for pictures."""

import json
import re
from itertools import pairwise
from urllib.parse import unquote, urlsplit

import pytest

from parity_tests import ROOT, requirements
from parity_tests.guide.site import Page

requirements.need("guide")
pytestmark = pytest.mark.slow

SEE_IT_RUN = "docs/see-it-run/index.html"


def test_the_command_writes_the_site_and_nothing_beside_it(guide):
    assert [path.name for path in guide.parent.iterdir()] == ["site"]


@pytest.fixture(scope="session")
def pages(guide):
    """All pages, by their address."""
    return {path.relative_to(guide).as_posix(): Page(path) for path in guide.rglob("*.html")}


@pytest.fixture(scope="session")
def written(pages):
    """The pages that are made from Markdown files, by their address."""
    return {name: page for name, page in pages.items() if (ROOT / name).with_suffix(".md").exists()}


def test_every_markdown_page_of_the_project_is_on_the_site(written):
    readmes = [ROOT / room / "README.md" for room in ("parity_tests", "scripts")]
    sources = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *readmes]
    assert {path.relative_to(ROOT).with_suffix(".html").as_posix() for path in sources} <= set(written)


def test_every_link_and_resource_is_on_the_site(pages):
    missing = []
    for name, page in pages.items():
        for address in page.addresses:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            path = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
            if not path.exists():
                missing.append((name, address))
            elif parts.fragment and path.suffix == ".html" and path in {one.path for one in pages.values()}:
                target = next(one for one in pages.values() if one.path == path)
                if unquote(parts.fragment) not in target.anchors:
                    missing.append((name, address))
    assert missing == []


def test_the_guide_and_the_interactive_page_link_to_each_other(pages, written):
    for name, page in written.items():
        targets = {(page.path.parent / urlsplit(address).path).resolve() for address in page.addresses}
        assert pages[SEE_IT_RUN].path in targets, name
    links = [address for address in pages[SEE_IT_RUN].addresses if address.startswith("../")]
    assert "../index.html" in links
    # In the repository, without the site, they lead to the Markdown files.
    assert all((ROOT / SEE_IT_RUN).parent.joinpath(link).with_suffix(".md").is_file() for link in links)


def test_no_page_names_a_folder_of_this_machine(pages):
    assert [name for name, page in pages.items() if str(ROOT) in page.text] == []


def test_no_page_loads_anything_from_a_network(guide):
    loaded = re.compile(r"""(?:<(?:script|img|link|iframe)[^>]*(?:src|href)=|url\(|@import )["']?(?:https?:)?//""")
    for path in [*guide.rglob("*.html"), *guide.rglob("*.css")]:
        assert not loaded.search(path.read_text(encoding="utf-8")), path


def test_headings_are_in_order(written):
    for name, page in written.items():
        assert page.headings.count(1) == 1, name
        assert page.headings[0] == 1, name
        assert all(later <= earlier + 1 for earlier, later in pairwise(page.headings)), (name, page.headings)


def test_pictures_have_texts(written):
    for name, page in written.items():
        assert all((picture.get("alt") or "").strip() for picture in page.pictures), name


def test_each_page_names_its_source_file(written):
    for name, page in written.items():
        if name != "docs/index.html":
            assert f"Source file of this page: {name.removesuffix('.html')}.md" in page.text


def test_each_page_has_a_skip_link_and_a_search_field(written):
    for page in written.values():
        assert "Skip to content" in page.text
        assert any(
            address.endswith("search.html") for address in page.addresses
        ) or 'role="search"' in page.path.read_text("utf-8")


def test_punctuation_stays_in_the_line_of_its_formula(written):
    """A line may break before and after a formula, and a word joiner prevents it."""
    for name, page in written.items():
        assert not re.search(r"</math>[.,;:!?)]", page.source), name


def test_formulas_are_typeset(pages):
    text = (pages["docs/derivations.html"].path).read_text(encoding="utf-8")
    assert text.count("<math") > 100
    for name in ("docs/derivations.html", "docs/equation-beside-code.html"):
        assert not re.search(r"\\[a-z]+|\$", pages[name].text.partition("Source file")[0]), name


def test_the_search_index_knows_the_pages(guide):
    text = (guide / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text[text.index("(") + 1 : text.rindex(")")])
    assert {"docs/derivations", "docs/common-mistakes", "docs/reference/words"} <= set(index["docnames"])
    assert "backpropag" in index["terms"]


def test_the_reference_has_every_public_function(pages):
    anchors = pages["docs/reference/numpy_rnn.html"].anchors | pages["docs/reference/tf_rnn.html"].anchors
    names = {"numpy_rnn.rnn.backward", "numpy_rnn.lstm.forward", "numpy_rnn.adam.step", "tf_rnn.cells.LSTMCell"}
    assert names <= anchors
    assert "tf_rnn.cells.RNNCell.call" in anchors


@pytest.mark.parametrize("package", ["numpy_rnn", "tf_rnn"])
def test_the_reference_has_every_module(package):
    text = (ROOT / "docs" / "reference" / f"{package}.md").read_text(encoding="utf-8")
    modules = {f"{package}.{path.stem}" for path in (ROOT / package).glob("*.py")} - {f"{package}.__init__"}
    assert set(re.findall(r"automodule:: (\S+)", text)) == modules == set(re.findall(r"^## (\S+)$", text, re.MULTILINE))
