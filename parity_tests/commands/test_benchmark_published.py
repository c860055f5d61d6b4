"""Does the published benchmark say what its own results say, and the README no more than it?"""

import json
import re
import statistics

import pytest
from matplotlib import style
from matplotlib.text import Text

from benchmark import PARTS
from benchmarks.part import times
from pages.style import STYLE
from pages.writer import markdown_table
from parity_tests import ROOT

FOLDER = ROOT / "docs" / "benchmark"
PAGE = (FOLDER / "report.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
# A page shows a picture 830 px wide, and a point is 1/72 inch.
SHOWN_WIDTH, PIXELS_PER_INCH = 830, 96
CONTENT = {name: json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")) for name in PARTS}


@pytest.mark.parametrize("name", PARTS)
def test_sentences_and_tables_are_those_of_the_results(name):
    part, results = PARTS[name], CONTENT[name]["results"]
    for text in [f"## {part.title}", *part.describe(results), *map(markdown_table, part.tabulate(results))]:
        assert f"\n\n{text}\n" in PAGE


@pytest.mark.parametrize("name", PARTS)
def test_the_results_are_those_of_a_full_run(name):
    conditions = CONTENT[name]["conditions"]
    assert conditions["rounds"] == (8 if name == "cores" else 30)
    assert conditions["threads"] == (16 if name == "cores" else 2)


def test_two_kinds_of_processors_were_measured():
    first, second = (CONTENT[name]["conditions"]["processor"] for name in ("steps", "elsewhere"))
    assert first != second


def test_every_ratio_lies_within_its_brackets():
    found = re.findall(r"(\d+\.\d\d) \((\d+\.\d\d)–(\d+\.\d\d)\)", PAGE)
    assert len(found) > 50
    for value, low, high in found:
        assert float(low) <= float(value) <= float(high)


def test_no_step_takes_less_than_what_was_seen_within_it():
    for result in CONTENT["shares"]["results"].values():
        seen = {"numpy_rnn-1": result["numpy"]["shares"]} | result["tensorflow"]["shares"]
        ms = times(result["numpy"]) | times(result["tensorflow"])
        assert set(seen) == {"numpy_rnn-1", "tf_rnn", "keras"}
        for name, parts in seen.items():
            # TensorFlow's profiler slows each operation by less than a quarter.
            slower = 1.0 if name == "numpy_rnn-1" else 1.25
            assert sum(parts.values()) < slower * statistics.median(ms[name]), name


def test_every_picture_is_on_the_page():
    drawn = {path.name for path in FOLDER.glob("*.png")}
    assert drawn == set(re.findall(r"\]\(([\w-]+\.png)\)", PAGE))
    assert not [
        path for path in FOLDER.iterdir() if path.suffix not in (".json", ".png", ".md") and path.name != ".lock"
    ]


@pytest.mark.parametrize("name", PARTS)
def test_text_in_pictures_has_seven_points_on_the_page(name):
    with style.context([STYLE], after_reset=True):
        for picture in PARTS[name].draw(CONTENT[name]["results"], threads=2):
            sizes = [text.get_fontsize() for text in picture.figure.findobj(Text) if text.get_text()]
            inches_shown = SHOWN_WIDTH / PIXELS_PER_INCH
            assert min(sizes) * inches_shown / picture.figure.get_figwidth() >= 7, picture.name


def test_pictures_are_small_files():
    assert max(path.stat().st_size for path in FOLDER.glob("*.png")) < 250_000


def test_the_readme_quotes_the_benchmark():
    entry = README[README.index("**[The benchmark]") :].partition("\n- ")[0]
    numbers = re.findall(r"(?<![\w.])\d+\.\d+", entry)
    assert len(numbers) == 4
    for number in numbers:
        assert f"| {number} (" in PAGE, number
