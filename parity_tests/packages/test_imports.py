"""Does `numpy_rnn` import nothing but NumPy and the standard library?"""

import pkgutil
import subprocess
import sys

import pytest

import numpy_rnn

MODULES = ["numpy_rnn", *(f"numpy_rnn.{module.name}" for module in pkgutil.iter_modules(numpy_rnn.__path__))]
SHOW = "; import sys; print(*{name.partition('.')[0] for name in sys.modules})"


def loaded_by(statement):
    """The top-level packages that a new process has loaded after `statement`."""
    shown = subprocess.run([sys.executable, "-c", statement + SHOW], check=True, capture_output=True, text=True)
    assert shown.stderr == ""
    return set(shown.stdout.split())


@pytest.fixture(scope="module")
def loaded_by_numpy():
    # NumPy imports numpy.random only at its first use.
    return loaded_by("import numpy.random")


@pytest.mark.parametrize("module", MODULES)
def test_imports(module, loaded_by_numpy):
    loaded = loaded_by(f"import {module}")
    assert "numpy_rnn" in loaded
    assert loaded - loaded_by_numpy - sys.stdlib_module_names == {"numpy_rnn"}


def test_an_import_of_another_package_is_detected(loaded_by_numpy):
    assert "pytest" in loaded_by("import pytest") - loaded_by_numpy - sys.stdlib_module_names
