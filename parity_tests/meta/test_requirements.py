"""Are tests marked by what they import, and skipped with the reason where a package is missing?"""

import os
import subprocess
import sys

import pytest

from parity_tests import ROOT
from parity_tests.requirements import EXTRAS, excludes, imports_tensorflow

# A plugin that makes the imports of all optional packages fail, as if they were not installed.
WITHOUT_PACKAGES = f"""
import sys
sys.modules.update(dict.fromkeys({list(EXTRAS)}))
"""

NEEDS_FILELOCK = "needs filelock, which is not installed: python -m pip install -e '.[scripts]'"
NEEDS_MATPLOTLIB = NEEDS_FILELOCK.replace("filelock", "matplotlib")
NEEDS_TENSORFLOW = "needs tensorflow, which is not installed: python -m pip install -e '.[tf]'"
THROUGH_A_HELPER = "from parity_tests.cases import layers\n"
TEST = "def test():\n    pass\n"


def run(folder, source, *arguments):
    """The exit code and the output of a test run, with this project's hooks, of a file with this source."""
    (folder / "without_packages.py").write_text(WITHOUT_PACKAGES, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "test_planted.py").write_text(source, encoding="utf-8")
    plugins = ["-p", "without_packages", "-p", "conftest", "-p", "parity_tests.conftest", "-p", "no:cacheprovider"]
    path = os.pathsep.join(map(str, [folder, ROOT, ROOT / "scripts"]))
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", *plugins, *arguments, "test_planted.py"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path, "COLUMNS": "200"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import matplotlib.figure\n", NEEDS_MATPLOTLIB),
        ("from trainings import figures\n", NEEDS_MATPLOTLIB),
        ("from parity_tests.commands import processes\n", NEEDS_FILELOCK),
        ("import tensorflow\n", NEEDS_TENSORFLOW),
        ("import pytest\n@pytest.mark.tensorflow\n", NEEDS_TENSORFLOW),
    ],
)
def test_a_file_without_its_package_is_skipped_with_the_reason(tmp_path, source, reason):
    code, output = run(tmp_path, source + TEST)
    assert "1 skipped" in output, output
    assert "error" not in output
    assert reason in output
    assert code in (0, 5)  # pytest ends with 5 if it collects no test


@pytest.mark.parametrize("source", ["import no_such_package\n", "from matplotlib_of_mine import figure\n", "1 / 0\n"])
def test_any_other_error_stays_an_error(tmp_path, source):
    code, output = run(tmp_path, source + TEST)
    assert code == 2, output
    assert "1 error" in output


def test_without_tensorflow_tests_their_files_are_not_imported(tmp_path):
    code, output = run(tmp_path, THROUGH_A_HELPER + TEST, "-m", "not tensorflow and not slow")
    assert code == 5, output
    assert "no tests ran" in output
    assert "skipped" not in output


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import tensorflow as tf\n", True),
        ("from keras.layers import LSTM\n", True),
        ("from tf_rnn import weights\n", True),
        (THROUGH_A_HELPER, True),
        ("from parity_tests.cases.layers import (\n    SIZES,\n)\n", True),
        ("import parity_tests.oracles.tensorflow_results\n", True),
        ("import numpy\nfrom parity_tests.cases import models, recurrences\n", False),
        ("from parity_tests import conftest, implementations\n", False),
        ("from trainings import numpy_backend\n", False),
        ("def test():\n    import tensorflow\n", False),
        ('"""\nimport tensorflow\n"""\n', False),
    ],
)
def test_imports_of_tensorflow_are_found_through_other_modules(tmp_path, source, expected):
    path = tmp_path / "some.py"
    path.write_text(source, encoding="utf-8")
    assert imports_tensorflow(path) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("not tensorflow", True),
        ("not tensorflow and not slow", True),
        ("not slow and (not tensorflow)", True),
        ("not (slow or tensorflow)", True),
        ("not tensorflow or (slow and not tensorflow)", True),
        ("slow and not tensorflow and not skipif(reason='x')", True),
        ("", False),
        ("not slow", False),
        ("slow", False),
        ("tensorflow", False),
        ("not not tensorflow", False),
        ("slow or not tensorflow", False),
        ("not (slow and tensorflow)", False),
        ("not tensorflow_too", False),
        ("not tensorflow or", False),
    ],
)
def test_which_marker_expressions_exclude_tensorflow(expression, expected):
    assert excludes(expression, "tensorflow") == expected
