"""Does the page on shards show the tables of the benchmark?"""

import json

import pytest

from benchmarks import shards
from pages.writer import markdown_table
from parity_tests import ROOT

RESULTS = json.loads((ROOT / "docs" / "benchmark" / "shards.json").read_text(encoding="utf-8"))["results"]
PAGE = (ROOT / "docs" / "shards.md").read_text(encoding="utf-8")
TABLES = shards.tabulate(RESULTS)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.caption)
def test_the_table_is_that_of_the_benchmark(table):
    assert markdown_table(table) in PAGE


def test_the_sentences_about_the_measurements_are_true():
    for result in RESULTS.values():
        found = shards.amdahl(result)
        assert 1 < found["measured"] < found["expected"] < min(2, found["limit"])
