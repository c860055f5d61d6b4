"""Does the page on shards show the tables of the benchmark?"""

import json

import pytest

from benchmarks import cores, shards
from benchmarks.part import TITLES
from pages.writer import markdown_table
from parity_tests import ROOT

FOLDER = ROOT / "docs" / "benchmark"
RESULTS = json.loads((FOLDER / "shards.json").read_text(encoding="utf-8"))["results"]
ON_CORES = json.loads((FOLDER / "cores.json").read_text(encoding="utf-8"))["results"]
PAGE = (ROOT / "docs" / "shards.md").read_text(encoding="utf-8")
TABLES = shards.tabulate(RESULTS)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.caption)
def test_the_table_is_that_of_the_benchmark(table):
    assert markdown_table(table) in PAGE


def test_the_times_on_more_cores_are_those_of_the_benchmark():
    for table, recurrence in zip(cores.tabulate(ON_CORES)[:2], TITLES.values(), strict=True):
        (row,) = (row[1:] for row in table.rows if row[0] == "`numpy_rnn`")
        assert f"| {recurrence}, ms | {' | '.join(row)} |" in PAGE
        assert f"| | {' | '.join(table.headings[1:])} |" in PAGE


def test_the_sentences_about_the_measurements_are_true():
    for result in RESULTS.values():
        found = shards.amdahl(result)
        assert 1 < found["measured"] < found["expected"] < min(2, found["limit"])
