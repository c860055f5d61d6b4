"""Does `pytest --implementation` run the judge's checks alone, here and in another project, and show the verdict?"""

import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from parity_tests import ROOT

OTHERS = "parity_tests/other_implementations"
EXAMPLE = ROOT / "docs" / "example-project"


def run(*arguments, folder=ROOT, path=""):
    """The exit code and the output of a test run in a new process."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(path), "COLUMNS": "120"}
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)
    return ended.returncode, ended.stdout + ended.stderr


def test_right_code_passes_and_only_the_judge_is_collected():
    code, output = run("--hypothesis-profile=quick", "--implementation", f"lstm={OTHERS}/batch_first.py")
    assert code == 0, output
    assert re.search(r"^10 passed in ", output, re.MULTILINE)
    assert "deselected" not in output
    assert "not judged: i, f, o, u, biases" in output


def test_wrong_code_fails_with_the_verdict_and_nothing_else():
    code, output = run("-vv", "--implementation", f"lstm={OTHERS}.forgets_twice".replace("/", "."))
    assert code == 1
    tests = re.findall(r"^\S+::test_implementation\[lstm: (.*)\] (\w+)", output, re.MULTILINE)
    assert tests[0] == ("outputs (float64)", "FAILED")
    assert ("T = 0", "PASSED") in tests
    assert "outputs (float64): wrong for T = 1, H = 1, I = 1, B = 1, float64, seed 0" in output
    assert re.search(r"^c +\(2\.5\) +1  \(0, 0\) ", output, re.MULTILINE)
    assert "likely cause: " in output
    assert "WRONG" in output
    for noise in ("Traceback", "ExceptionGroup", "Falsifying", "def test_", "array(", ">  ", "assert "):
        assert noise not in output, noise


def test_code_that_cannot_be_judged_fails(tmp_path):
    (tmp_path / "mine.py").write_text(
        "def forward(params, x, h_init):\n    raise NotImplementedError\n\nbackward = forward\n", encoding="utf-8"
    )
    code, output = run("--implementation", f"rnn={tmp_path / 'mine.py'}")
    assert code == 1
    assert "could not be judged: forward raises NotImplementedError, for T = 1, H = 1, I = 1, B = 1" in output
    assert "COULD NOT BE JUDGED" in output


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("numpy_rnn.lstm", "expected KIND=FILE, KIND one of rnn, lstm, readout, got 'numpy_rnn.lstm'"),
        ("gru=numpy_rnn.lstm", "expected KIND=FILE, KIND one of rnn, lstm, readout, got 'gru=numpy_rnn.lstm'"),
        ("lstm=", "expected KIND=FILE, KIND one of rnn, lstm, readout, got 'lstm='"),
        ("lstm=no_such_module", "no_such_module: expected a Python file or a module, found neither"),
        ("rnn=numpy_rnn.adam", "numpy_rnn.adam: expected the functions forward and backward, found no forward"),
    ],
)
def test_a_wrong_option_is_refused_in_one_line(choice, message):
    code, output = run("--implementation", choice, ROOT / "parity_tests/judging/test_implementation.py")
    assert code == 4
    assert output.strip() == f"ERROR: --implementation: {message}"


def installed(folder):
    """A folder with exactly what the wheel contains of this project, besides data."""
    target = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    for name in target["only-include"]:
        if name != "data/mnist":
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, place)
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return installed(tmp_path_factory.mktemp("site"))


@pytest.fixture
def project(tmp_path):
    return shutil.copytree(EXAMPLE, tmp_path / "project", ignore=shutil.ignore_patterns("__pycache__", ".*"))


def test_another_projects_own_tests_use_the_judge(site, project):
    code, output = run(folder=project, path=site)
    assert code == 0, output
    assert "1 passed" in output
    place = project / "my_lstm.py"
    place.write_text(place.read_text("utf-8").replace("dW += da @ z.T", "dW = da @ z.T"), encoding="utf-8")
    code, output = run(folder=project, path=site)
    assert code == 1
    assert "E       AssertionError: lstm my_lstm: WRONG" in output
    assert re.search(r"^E +gradients \(float64\): wrong for T = 2, ", output, re.MULTILINE)
    assert str(site) not in output


def test_another_project_runs_each_check_as_a_test(site, project):
    arguments = ["-p", "parity_tests.judging.plugin", "--pyargs", "parity_tests.judging"]
    code, output = run(*arguments, "--implementation", "lstm=my_lstm.py", folder=project, path=site)
    assert code == 0, output
    assert "9 passed" in output
    assert "lstm my_lstm.py: RIGHT IN WHAT IT COMPUTES" in output


def test_the_command_works_from_the_wheels_files(site, project):
    command = [sys.executable, "-m", "parity_tests", "lstm", "my_lstm.py", "--quick"]
    environment = os.environ | {"PYTHONPATH": str(site)}
    ended = subprocess.run(command, cwd=project, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
