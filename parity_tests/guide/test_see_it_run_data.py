"""Are the weights, images and lines of the interactive page what they claim to be, and does a test catch each error?"""

import re
import subprocess
import sys

import numpy as np
import pytest

from interactive import chosen_images, code_lines, page_data
from mutations.project_copy import copy_project, environment
from numpy_rnn import lstm, mnist, rnn, training
from parity_tests import ROOT

FOLDER = ROOT / "docs" / "see-it-run"
DATA = page_data.read(FOLDER / page_data.NAME)
MODELS = page_data.models_in(DATA)
MODULES = {"rnn": rnn, "lstm": lstm}
# The equations of the read-out, whose numbers the page's own code has too.
SCRIPTS = {"rnn": FOLDER / "rnn.js", "lstm": FOLDER / "lstm.js"}
PLANTED = [(one, name) for one in code_lines.SWITCHES for name in code_lines.changes(one)]


def test_all_files_are_small():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 3_000_000


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_the_weights_have_the_stated_accuracy(name):
    test = mnist.load()[1]
    _, y = training.evaluate(MODELS[name], *test)
    assert np.mean(y.argmax(axis=0) == test.labels) == DATA["models"][name]["accuracy"]


@pytest.mark.slow
def test_the_images_are_those_that_the_rule_chooses():
    test = mnist.load()[1]
    chosen = chosen_images.choose(MODELS, test)
    assert {kind: len(places) for kind, places in chosen.items()} == chosen_images.NUMBERS
    expected = [(kind, place) for kind, places in chosen.items() for place in places]
    assert [(image["kind"], image["index"]) for image in DATA["images"]] == expected
    found = page_data.images_in(DATA)
    places = [place for _, place in expected]
    np.testing.assert_array_equal(found.images, test.images[places])
    np.testing.assert_array_equal(found.labels, test.labels[places])


def test_the_lines_are_those_of_the_package():
    assert DATA["loops"] == code_lines.loops()
    assert DATA["switches"] == code_lines.switches()


@pytest.mark.parametrize("name", MODELS)
def test_the_lines_are_all_lines_of_the_loops(name):
    source = (ROOT / "numpy_rnn" / f"{name}.py").read_text("utf-8")
    for lines in DATA["loops"][name].values():
        for line in lines:
            assert (
                f"{line['code']}  # {line['comment']}\n" in source if line["comment"] else f"{line['code']}\n" in source
            )
    numbers = re.findall(r"^ {4}.*\((\d\.\d)\)$", MODULES[name].__doc__ or "", re.MULTILINE)
    comments = " ".join(line["comment"] for lines in DATA["loops"][name].values() for line in lines)
    assert [number for number in numbers if f"({number})" not in comments] == []


@pytest.mark.parametrize("name", MODELS)
def test_the_code_of_the_page_has_the_numbers_of_the_equations(name):
    """Each line that an equation or its derivative numbers has one line of JavaScript with the same number."""
    script = SCRIPTS[name].read_text("utf-8")
    comments = re.findall(r"// ([^\n]*(?:\d\.\d\)|h_t)[^\n]*)$", script, re.MULTILINE)
    for lines in DATA["loops"][name].values():
        for line in lines:
            if re.match(r"[(∂]", line["comment"]):
                assert line["comment"].removesuffix(", summed over the gates") in comments


@pytest.mark.parametrize(("switch", "name"), PLANTED, ids=[f"{one.key}-{name}" for one, name in PLANTED])
def test_a_planted_error_changes_one_line(switch, name):
    change = code_lines.changes(switch)[name]
    assert (ROOT / change["file"]).read_text("utf-8").count(change["old"]) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("switch", "name"), PLANTED, ids=[f"{one.key}-{name}" for one, name in PLANTED])
def test_the_named_test_catches_the_planted_error(tmp_path, switch, name):
    copy_project(tmp_path)
    change = code_lines.changes(switch)[name]
    path = tmp_path / change["file"]
    path.write_text(path.read_text("utf-8").replace(change["old"], change["new"]), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--hypothesis-profile=quick"]
    ended = subprocess.run(
        [*command, "-m", "not tensorflow", switch.test],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert re.search(r"^1 failed", ended.stdout, re.MULTILINE), ended.stdout
