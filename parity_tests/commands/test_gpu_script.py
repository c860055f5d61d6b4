"""Does `scripts/gpu.py` refuse to run without a GPU, and does its page show what was measured, including failures?"""

import copy
import json
import math
import re
import shutil

import pytest

from command.errors import Refused
from on_gpu import gpu_processes
from on_gpu.gpu_page import write_gpu_page
from parity_tests import ROOT
from parity_tests.commands.processes import assert_refused, contents, run

FOLDER = ROOT / "docs" / "gpu"
RESULTS = json.loads((FOLDER / "gpu.json").read_text(encoding="utf-8"))
PAGE = (FOLDER / "report.md").read_text(encoding="utf-8")


def page(folder, results):
    """The text of the page of these results, written into `folder`."""
    write_gpu_page(folder, results, folder / "gpu.json")
    return (folder / "report.md").read_text(encoding="utf-8")


@pytest.mark.tensorflow
def test_without_a_gpu(tmp_path):
    before = contents(tmp_path)
    ending = run(folder=tmp_path, script="gpu.py", CUDA_VISIBLE_DEVICES="-1")
    assert_refused(ending, "expected a GPU that TensorFlow can use, found none")
    assert contents(tmp_path) == before


def test_the_message_of_a_training_that_fails_may_hold_any_bytes(tmp_path, monkeypatch):
    (tmp_path / "scripts").mkdir()
    fails = r"import os, sys; os.write(2, b'train.py: error: caf\xe9\n'); sys.exit(2)"
    (tmp_path / "scripts" / "train.py").write_text(fails, encoding="utf-8")
    monkeypatch.setattr(gpu_processes, "ROOT", tmp_path)
    with pytest.raises(Refused, match=r"^train\.py ended with exit code 2: train\.py: error: caf\ufffd$"):
        gpu_processes.run_trainings(tmp_path, epochs=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fast"], "unknown option --fast"),
        (["--page-only", "--note", "One."], "argument --page-only: expected no --note with it, got 'One.'"),
    ],
)
def test_wrong_arguments(tmp_path, arguments, message):
    code, stdout, stderr = run(*arguments, folder=tmp_path, script="gpu.py")
    assert (code, stdout) == (2, "")
    assert stderr == f"gpu.py: error: {message}; see --help\n"


def test_the_page_alone_is_written_again(tmp_path):
    (tmp_path / "gpu").mkdir()
    shutil.copy(FOLDER / "gpu.json", tmp_path / "gpu")
    code, _, stderr = run("--page-only", folder=tmp_path, script="gpu.py")
    assert (code, stderr) == (0, "")
    assert (tmp_path / "gpu" / "report.md").read_text(encoding="utf-8") == PAGE


def test_a_page_needs_results(tmp_path):
    ending = run("--page-only", "--output", "none", folder=tmp_path, script="gpu.py")
    assert_refused(ending, r"--page-only: expected the result file gpu\.json in none, found none")
    assert not list(tmp_path.iterdir())


def test_the_published_page_is_that_of_its_results(tmp_path):
    assert page(tmp_path, RESULTS) == PAGE


def test_the_readme_quotes_the_results():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    entry = re.sub(r"\s+", " ", readme[readme.index("(docs/gpu/report.md)") :].partition("\n- ")[0])
    device, suite = RESULTS["device"], RESULTS["suite"]
    tf32 = [round(row["on"]) for row in RESULTS["tf32"] if row["on"] is not None]
    # Rounded up, because no error used more of its bound than the text says.
    share = math.ceil(100 * max(one["ratio"] for one in suite["properties"].values())) / 100
    tensorflow = device["versions"]["tensorflow"].rpartition(".")[0]
    built_for = device["built_for"]["CUDA"].rpartition(".")[0]
    for quoted in (
        " ".join(device["gpu"].split()[:2]),
        f"TensorFlow {tensorflow} built for CUDA {built_for}",
        f"CUDA {device['loaded']['cuBLAS'].partition('.')[0]} libraries",
        f"{suite['passed']} tests passed",
        f"at most {share:.2f} of the bound",
        f"{min(tf32)}- to {max(tf32)}-fold",
    ):
        assert quoted in entry


def test_every_published_property_holds():
    assert RESULTS["suite"]["failed"] == {}
    assert RESULTS["suite"]["skipped"] == 0
    for name, one in RESULTS["suite"]["properties"].items():
        assert one["cases"] > 0, name
        assert 0 < one["ratio"] <= 1, name
    for row in RESULTS["exactness"]:
        assert row["measured"] <= row["recorded"], row
    for row in RESULTS["tf32"]:
        assert row["off"] <= 1, row
    assert all(one["met"] for one in RESULTS["trainings"])


def test_failures_and_notes_are_on_the_page(tmp_path):
    results = copy.deepcopy(RESULTS)
    results["notes"] = ["The first note.", "The second note."]
    results["suite"]["failed"] = {"test_cells[rnn-float32]": "h: expected 1, got 2"}
    results["trainings"][0]["met"] = False
    text = page(tmp_path, results)
    assert "\n\nThe first note.\n\nThe second note.\n\n" in text
    assert ", 1 failed, " in text
    assert "- failed: `test_cells[rnn-float32]`: h: expected 1, got 2\n" in text
    assert re.search(rf"\| {results['trainings'][0]['experiment']} \|.*\| no \|", text)


@pytest.mark.parametrize(("cublas", "named"), [("12.5.3", False), ("13.1.0", True)])
def test_libraries_of_another_version_are_named(tmp_path, cublas, named):
    results = copy.deepcopy(RESULTS)
    results["device"]["built_for"]["CUDA"] = "12.5.1"
    results["device"]["loaded"] = {"cuBLAS": cublas, "CUDA runtime": "12.5"}
    assert ("of another major version" in page(tmp_path, results)) == named
