"""Does `scripts/gpu.py` say in one line that there is no GPU, and does its page say what was measured, failures too?"""

import copy
import json
import re

import pytest
from on_gpu.page import page

from parity_tests.script_runs import ROOT, assert_refused, contents, run

FOLDER = ROOT / "docs" / "gpu"
RESULTS = json.loads((FOLDER / "gpu.json").read_text())


@pytest.mark.tensorflow
def test_without_a_gpu(tmp_path):
    before = contents(tmp_path)
    ending = run(folder=tmp_path, script="gpu.py", CUDA_VISIBLE_DEVICES="-1")
    assert_refused(ending, "expected a GPU that TensorFlow can use, found none")
    assert contents(tmp_path) == before


def test_a_wrong_argument(tmp_path):
    code, stdout, stderr = run("--fast", folder=tmp_path, script="gpu.py")
    assert (code, stdout) == (2, "")
    assert stderr.splitlines()[-1] == "gpu.py: error: unrecognized arguments: --fast"


def test_the_published_page_is_that_of_its_results():
    assert (FOLDER / "report.md").read_text() == page(RESULTS)


def test_the_readme_says_what_was_measured():
    text = re.sub(r"\s+", " ", (ROOT / "README.md").read_text())
    ms = {row["model"]: f"{row['ms']:.1f} ms" for row in RESULTS["steps"] if row["tf32"] == "off"}
    tf32 = [round(row["on"]) for row in RESULTS["tf32"] if row["on"] is not None]
    loaded = {name: version.rpartition(".")[0] for name, version in RESULTS["device"]["loaded"].items()}
    accuracies = [f"{one['test_accuracy']:.4f}".lstrip("0") for one in RESULTS["trainings"]]
    for said in (
        RESULTS["device"]["gpu"],
        f"cuBLAS {loaded['cuBLAS']}, cuDNN {loaded['cuDNN']}",
        f"All {RESULTS['suite']['passed']} tests passed",
        f"at most {max(one['ratio'] for one in RESULTS['suite']['properties'].values()):.2f} of the bound",
        f"{min(tf32)}- to {max(tf32)}-fold",
        f"{', '.join(accuracies[:-1])} and {accuracies[-1]}",
        f"{ms['`tf_rnn` RNN']} (RNN) and {ms['`tf_rnn` LSTM']} (LSTM)",
        f"{ms['`keras.layers.SimpleRNN`']} for Keras's `SimpleRNN` and {ms['`keras.layers.LSTM` by cuDNN']}",
    ):
        assert said in text


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


def test_a_failure_is_on_the_page():
    results = copy.deepcopy(RESULTS)
    results["suite"]["failed"] = {"test_cells[rnn-float32]": "h: expected 1, got 2"}
    results["trainings"][0]["met"] = False
    text = page(results)
    assert ", 1 failed, " in text
    assert "- failed: `test_cells[rnn-float32]`: h: expected 1, got 2\n" in text
    assert re.search(rf"\| {results['trainings'][0]['experiment']} \|.*\| no \|", text)


@pytest.mark.parametrize(("cublas", "said"), [("12.5.3", False), ("13.1.0", True)])
def test_libraries_of_another_version_are_named(cublas, said):
    results = copy.deepcopy(RESULTS)
    results["device"]["built_for"]["CUDA"] = "12.5.1"
    results["device"]["loaded"] = {"cuBLAS": cublas, "CUDA runtime": "12.5"}
    assert ("of another major version" in page(results)) == said
