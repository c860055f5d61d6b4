"""Can somebody else's code be put to the same tests, pass them if it is right, and hear what is wrong if it isn't?"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from parity_tests.implementations import load

ROOT = Path(__file__).resolve().parent.parent.parent
OTHERS = "parity_tests.other_implementations"


def run(*arguments):
    """The exit code and the output of a test run of its own."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not tensorflow", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_right_one_of_another_style_passes():
    code, output = run("--hypothesis-profile=quick", "--implementation", f"lstm={OTHERS}.batch_first")
    assert code == 0, output
    (counts,) = re.findall(r"(\d+) passed, (\d+) deselected", output)
    assert int(counts[0]) > 30
    assert int(counts[1]) > 1000
    assert "test_gradients.py: against the complex step" in output


def test_a_wrong_one_hears_of_the_quantity_the_step_and_the_entry():
    code, output = run("--implementation", f"lstm={OTHERS}.forgets_twice", "parity_tests/properties/test_outputs.py")
    assert code == 1
    assert re.search(
        r"AssertionError: c: expected \S+ ± \S+, got \S+ at t = \d, entry \(\d, \d\); off by \S+ times", output
    )


def test_our_own_named_as_another_passes():
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
def test_what_is_no_implementation(choice, message):
    with pytest.raises(pytest.UsageError, match=f"^--implementation: {re.escape(message)}"):
        load([choice])


def test_no_implementation_is_one_line():
    code, output = run("--implementation", "lstm=")
    assert code == 4
    assert "Traceback" not in output
    (line,) = [line for line in output.splitlines() if line.startswith("ERROR:")]
    assert line.startswith("ERROR: --implementation: expected KIND=MODULE")
