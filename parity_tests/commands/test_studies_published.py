"""Do the published studies say what their own results say, and docs/exercise.md no more than they?"""

import json
import re

import pytest

from pages.writer import anchor, markdown_table
from parity_tests import ROOT
from studies.study_page import INTRODUCTION, QUICK
from study import STUDIES

FOLDER = ROOT / "docs" / "studies"
PAGE = (FOLDER / "report.md").read_text(encoding="utf-8")
RESULTS = {name: json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")) for name in STUDIES}


@pytest.mark.parametrize("name", STUDIES)
def test_sentences_and_tables_are_those_of_the_results(name):
    study, results = STUDIES[name], RESULTS[name]
    assert study.describe(results)
    for text in [*study.describe(results), *map(markdown_table, study.tabulate(results))]:
        assert f"\n\n{text}\n" in PAGE


def test_the_page_has_no_other_text():
    """All blocks of the page are headings, captions and texts of the studies."""
    texts = {*INTRODUCTION}
    for name, study in STUDIES.items():
        results = RESULTS[name]
        texts |= {f"## {study.title}", f"**{study.question}**", *study.describe(results)}
        texts |= {block for table in study.tabulate(results) for block in markdown_table(table).split("\n\n")}
        for picture in study.draw(results):
            texts |= {f"![{picture.caption}]({name}-{picture.name}.png)", f"*{picture.caption}*"}
    title, *blocks = PAGE.rstrip("\n").split("\n\n")
    assert title.startswith("# ")
    assert [block for block in blocks if block not in texts and not block.startswith("- [")] == []
    assert QUICK not in PAGE


@pytest.mark.parametrize("name", STUDIES)
def test_the_results_are_those_of_the_full_run(name):
    assert RESULTS[name]["plan"] == {"seeds": 20, "quick": False}
    title = STUDIES[name].title
    assert f"\n## {title}\n" in PAGE
    assert f"- [{title}](#{anchor(title)})\n" in PAGE


def test_every_picture_is_there_and_on_the_page():
    drawn = {path.name for path in FOLDER.glob("*.png")}
    assert drawn == set(re.findall(r"!\[.+\]\(([\w-]+\.png)\)", PAGE))
    assert drawn
    assert not [path for path in FOLDER.iterdir() if path.suffix not in (".json", ".png", ".md") and path.is_file()]


def test_the_answers_in_short_quote_the_report():
    answers = (ROOT / "docs" / "exercise.md").read_text(encoding="utf-8").partition("## The questions")[2]
    quoted = re.findall(r"\d+\.\d %", answers)
    assert len(quoted) > 15
    for number in quoted:
        assert number in PAGE, number
