"""The documentation quotes the code as it is: loops, examples, links; and its command blocks fit a screen."""

import inspect
import re
import textwrap
from dataclasses import fields
from types import ModuleType

import numpy as np
import pytest

from mutations import planted_errors
from numpy_rnn import rnn
from parity_tests import ROOT, judge
from parity_tests.judging.limits import Limits

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("docs/**/*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?:\]\(|(?:src|srcset)=\")([^)\s\"]+)")


def blocks(text, language):
    return [content for name, content in BLOCK.findall(text) if name == language]


def anchors(path):
    """The anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(("function", "start"), [(rnn.forward, "for t, x_t"), (rnn.backward, "for t in range")])
def test_the_readme_quotes_the_loops(function, start):
    (block,) = [block for block in blocks(README, "python") if block.startswith(start)]
    assert textwrap.indent(block, "    ") in inspect.getsource(function)


@pytest.mark.slow
def test_the_example_of_the_readme_runs(capsys):
    (example,) = [block for block in blocks(README, "python") if block.startswith("import")]
    names: dict = {}
    exec(compile(example, "README.md", "exec"), names)
    predicted, labels = names["y"].argmax(axis=0), names["labels"]
    assert np.array_equal(predicted, labels)
    assert capsys.readouterr().out.startswith(f"{predicted} {labels}\n")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        target, _, anchor = link.partition("#")
        if not re.match(r"[a-z]+:", link):
            path = (page.parent / target).resolve() if target else page
            assert path.exists(), link
            assert not anchor or anchor in anchors(path), link


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_line_of_a_command_block_is_long(page):
    lines = [line for block in blocks(page.read_text(encoding="utf-8"), "sh") for line in block.splitlines()]
    assert [line for line in lines if len(line) > 90] == []


YOUR_CODE = (ROOT / "docs" / "test-your-own-code.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "docs" / "example-project" / "my_lstm.py"


def test_the_page_on_your_own_code_quotes_the_example_project():
    indented = textwrap.dedent("\n".join(re.findall(r"^   .*|^$", YOUR_CODE, re.MULTILINE)))
    (adapter,) = [block for block in blocks(indented, "python") if block.startswith("LIMITS")]
    assert adapter in EXAMPLE.read_text(encoding="utf-8")
    (test,) = [block for block in blocks(YOUR_CODE, "python") if block.startswith("def test_")]
    assert test in EXAMPLE.with_name("test_my_lstm.py").read_text(encoding="utf-8")


def test_the_page_on_your_own_code_shows_the_verdict_as_it_is():
    source = EXAMPLE.read_text(encoding="utf-8").replace("dc = dc + dh * o", "dc = dh * o")
    module = ModuleType("my_lstm.py")
    exec(compile(source, "my_lstm.py", "exec"), module.__dict__)
    verdict = judge("lstm", module)
    lines = [*verdict.message(), "", *verdict.remarks(), "", verdict.last_line()]
    (shown,) = [block for block in blocks(YOUR_CODE, "text") if block.startswith("gradients")]
    assert shown.splitlines() == lines


def test_the_page_on_your_own_code_lists_all_limits_and_examples():
    names = {field.name for field in fields(Limits)}
    assert set(re.findall(r'^\| .*"(\w+)":', YOUR_CODE, re.MULTILINE)) | {"min_T", "zero_h_init"} == names
    examples = {path.name for path in (ROOT / "parity_tests" / "other_implementations").glob("*.py")}
    assert set(re.findall(r"other_implementations/(\w+\.py)\)", YOUR_CODE)) == examples - {"forgets_twice.py"}


def test_the_readme_counts_the_planted_errors():
    planted = sum(len(planted_errors.read(name)) for name in planted_errors.SETS)
    assert f"`python scripts/plant_errors.py` plants {planted}," in " ".join(README.split())
