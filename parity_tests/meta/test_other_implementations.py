"""Can `--implementation` test another module, pass if it is correct, and otherwise report the wrong quantity?"""

import re
import subprocess
import sys

import pytest

from parity_tests import ROOT
from parity_tests.implementations import load

OTHERS = "parity_tests.other_implementations"


def run(*arguments):
    """The exit code and the output of a test run in a new process."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not tensorflow", *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.slow
def test_a_correct_implementation_in_another_style_passes():
    code, output = run("--hypothesis-profile=quick", "--implementation", f"lstm={OTHERS}.batch_first")
    assert code == 0, output
    (counts,) = re.findall(r"(\d+) passed,.* (\d+) deselected", output)
    assert int(counts[0]) > 30
    assert int(counts[1]) > 1000
    assert "test_gradients.py: against the complex step" in output


def test_a_wrong_implementation_fails_with_quantity_step_and_entry():
    code, output = run("--implementation", f"lstm={OTHERS}.forgets_twice", "parity_tests/properties/test_outputs.py")
    assert code == 1
    assert re.search(
        r"AssertionError: c: expected \S+ ± \S+, got \S+ at t = \d, entry \(\d, \d\); off by \S+ times", output
    )


def test_numpy_rnn_given_by_name_passes():
    code, output = run("--implementation", "rnn=numpy_rnn.rnn", "parity_tests/properties/test_outputs.py")
    assert code == 0, output
    assert "2 passed" in output


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("numpy_rnn.lstm", "expected KIND=MODULE, KIND one of rnn, lstm, readout, got 'numpy_rnn.lstm'"),
        ("gru=numpy_rnn.lstm", "expected KIND=MODULE, KIND one of rnn, lstm, readout, got 'gru=numpy_rnn.lstm'"),
        ("lstm=", "expected KIND=MODULE, KIND one of rnn, lstm, readout, got 'lstm='"),
        ("lstm=no_such_module", "expected a module that can be imported, got 'no_such_module': No module named"),
        ("rnn=numpy_rnn.adam", "expected the functions forward and backward in numpy_rnn.adam, found no forward"),
        (
            "readout=numpy_rnn.rnn",
            "expected the functions forward, backward and cross_entropy in numpy_rnn.rnn, found",
        ),
    ],
)
def test_modules_that_are_no_implementation(choice, message):
    with pytest.raises(pytest.UsageError, match=f"^--implementation: {re.escape(message)}"):
        load([choice])


def test_a_missing_module_is_reported_in_one_line():
    code, output = run("--implementation", "lstm=")
    assert code == 4
    assert "Traceback" not in output
    (line,) = [line for line in output.splitlines() if line.startswith("ERROR:")]
    assert line.startswith("ERROR: --implementation: expected KIND=MODULE")
