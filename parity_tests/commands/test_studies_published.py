"""Do the published studies say what their own results say, and the README no more than they?"""

import html
import json
import re

import pytest

from parity_tests import ROOT
from study import STUDIES

FOLDER = ROOT / "docs" / "studies"
PAGE = (FOLDER / "report.html").read_text(encoding="utf-8")
RESULTS = {name: json.loads((FOLDER / f"{name}.json").read_text()) for name in STUDIES}


def escaped(text):
    return html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")


@pytest.mark.parametrize("name", STUDIES)
def test_sentences_and_tables_are_those_of_the_results(name):
    study, results = STUDIES[name], RESULTS[name]
    paragraphs, tables = study.tell(results), study.tabulate(results)
    assert paragraphs
    for paragraph in paragraphs:
        assert f"<p>{escaped(paragraph)}</p>" in PAGE
    for table in tables:
        for row in table.rows:
            assert "<tr>" + "".join(f"<td>{escaped(cell)}</td>" for cell in row) + "</tr>" in PAGE


@pytest.mark.parametrize("name", STUDIES)
def test_the_results_are_those_of_the_full_run(name):
    assert RESULTS[name]["plan"] == {"seeds": 20, "quick": False}
    assert f'<h2 id="{name}">' in PAGE


def test_every_picture_is_there_twice_and_on_the_page():
    drawn = {path.stem for path in FOLDER.glob("*.png")}
    assert drawn == {path.stem for path in FOLDER.glob("*.svg")}
    assert PAGE.count("<svg") == len(drawn)


def test_the_readme_quotes_the_studies():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme[readme.index("## The exercise's questions") :]
    section = section[: section.index("\n## ")]
    quoted = re.findall(r"(?<![\d.])\.\d{3,4}", section)
    assert len(quoted) > 10
    for number in quoted:
        assert number in PAGE, number
