"""Does `judge_styles.py` print a verdict for each style and each planted error, and fail if one is not as expected?"""

import re
import shutil

import pytest

from parity_tests.commands.processes import ROOT, run

STYLE = "letters_as_integers"
ERRORS = "parity_tests/mutants/other_implementations.toml"


@pytest.fixture
def project(tmp_path):
    """A copy of the project whose only planted error changes nothing, and so is none."""
    for folder in ("numpy_rnn", "parity_tests", "scripts"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / ERRORS).write_text(
        f'[[mutant]]\nname = "{STYLE}: none"\nfile = "parity_tests/other_implementations/{STYLE}.py"\n'
        'old = "dh = dys[t] + dhnext"\nnew = "dh = dhnext + dys[t]"\n',
        encoding="utf-8",
    )
    return tmp_path


def judge(folder, root=ROOT):
    return run(STYLE, "--depths", "quick", "--jobs", 1, folder=folder, root=root, script="judge_styles.py")


@pytest.mark.slow
def test_the_verdicts_are_printed(tmp_path):
    code, stdout, stderr = judge(tmp_path)
    assert (code, stderr) == (0, "")
    assert re.search(rf"^ +{STYLE} +rnn +right \(\d+ s\) *$", stdout, re.MULTILINE)
    assert re.search(rf"^ +{STYLE}: truncation at 6 +wrong +d[WUb] +wrong *$", stdout, re.MULTILINE)
    assert re.search(r"^1 style and 13 planted errors in \d+ s: 14 of 14 verdicts as expected$", stdout, re.MULTILINE)


@pytest.mark.slow
def test_an_error_that_is_judged_right_is_not_as_expected(project):
    code, stdout, stderr = judge(project, root=project)
    assert (code, stderr) == (1, "")
    assert re.search(rf"^ +{STYLE}: none +right +not wrong *$", stdout, re.MULTILINE)
    assert "1 of 2 verdicts as expected" in stdout


def test_an_error_that_cannot_be_planted_is_refused(project):
    errors = project / ERRORS
    errors.write_text(
        errors.read_text(encoding="utf-8").replace("dys[t] + dhnext", "dys + dhnext", 1), encoding="utf-8"
    )
    code, _, stderr = judge(project, root=project)
    assert code == 2
    assert stderr == (
        f"judge_styles.py: error: {STYLE}: none: expected its old text once in "
        f"parity_tests/other_implementations/{STYLE}.py, found it 0 times\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["two_bias"], "got 'two_bias'; did you mean two_biases?"),
        (["--depths", "fast"], "expected one of quick, default, thorough, got 'fast'"),
        (["--jobs", 0], "expected a whole number from 1 to 64, got '0'"),
    ],
)
def test_wrong_arguments_are_refused_in_one_line(tmp_path, arguments, message):
    code, stdout, stderr = run(*arguments, folder=tmp_path, script="judge_styles.py")
    assert (code, stdout) == (2, "")
    assert message in stderr
    assert stderr.count("\n") == 1
