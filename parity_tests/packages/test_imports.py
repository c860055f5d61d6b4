"""Does `numpy_rnn` import NumPy and the standard library alone, and offer each module without an import?"""

import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import numpy_rnn

MODULES = ["numpy_rnn", *(f"numpy_rnn.{module.name}" for module in pkgutil.iter_modules(numpy_rnn.__path__))]
ROOT = Path(__file__).resolve().parent.parent.parent
SHOW = "; import sys; print(*{name.partition('.')[0] for name in sys.modules})"


def loaded_by(statement):
    """The top-level packages that a new process has loaded after `statement`."""
    shown = subprocess.run([sys.executable, "-c", statement + SHOW], check=True, capture_output=True, encoding="utf-8")
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


def test_every_module_is_there_at_its_first_use():
    subprocess.run([sys.executable, "-c", "import numpy_rnn; numpy_rnn.lstm.forward"], check=True)
    for name in numpy_rnn.__all__:
        assert getattr(numpy_rnn, name) is importlib.import_module(f"numpy_rnn.{name}")


def test_the_modules_are_listed_in_reading_order():
    assert sorted(numpy_rnn.__all__) == sorted(name.removeprefix("numpy_rnn.") for name in MODULES[1:])
    assert numpy_rnn.__all__[:4] == ["rnn", "lstm", "readout", "classifier"]
    assert numpy_rnn.__dir__() == [*numpy_rnn.__all__, "__version__"]


def test_what_is_no_module():
    with pytest.raises(AttributeError, match=r"^module 'numpy_rnn' has no attribute 'gru'$"):
        numpy_rnn.gru  # noqa: B018


def test_the_version_has_one_source():
    assert re.fullmatch(r"\d+\.\d+\.\d+", numpy_rnn.__version__)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "version" not in project["project"]
    assert project["tool"]["hatch"]["version"]["path"] == "numpy_rnn/__init__.py"


def modules_loaded_by(statement):
    """All modules, those of packages included, that a new process has loaded after `statement`."""
    command = [sys.executable, "-c", f"{statement}; import sys; print(*sys.modules)"]
    return set(subprocess.check_output(command, encoding="utf-8").split())


# The import takes 30 ms at most beyond NumPy's, because a module is loaded at its first use. A time is not asserted,
# for it depends on the machine's load; `python -X importtime -c "import numpy_rnn.lstm"` shows it.
@pytest.mark.parametrize(
    ("use", "modules"),
    [
        ("", set()),
        ("; numpy_rnn.lstm.forward", {"lstm", "activations", "checks", "initialization"}),
        (
            "; numpy_rnn.classifier.predict",
            {"classifier", "rnn", "lstm", "readout", "activations", "checks", "initialization"},
        ),
    ],
)
def test_a_module_loads_only_what_it_uses(use, modules):
    # Which modules of the standard library NumPy has loaded before depends on its version.
    loaded = modules_loaded_by(f"import numpy.random, numpy_rnn{use}") - modules_loaded_by("import numpy.random")
    loaded = {name for name in loaded if name.partition(".")[0] not in sys.stdlib_module_names}
    assert loaded == {"numpy_rnn", *(f"numpy_rnn.{name}" for name in modules)}
