"""What the suites share: the marker `tensorflow`, implementations under test, and MNIST prepared once for all tests."""

import os
import re
import socket
import sys
from functools import cache
from pathlib import Path

import pytest

from parity_tests import comparison, faults
from parity_tests.implementations import Implementation

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

IGNORED_WARNINGS = [
    # OpenBLAS computes on the unused lanes of its vectors, too, whatever they hold, and NumPy reports what that raises,
    # now and then (numpy/numpy issue 24067). A NaN in a result fails by itself: no comparison lets it pass.
    r"invalid value encountered in matmul:RuntimeWarning",
    # Keras 3.15 hands its variables to NumPy 2 by the protocol of NumPy 1.
    r"__array__ implementation doesn't accept a copy keyword:DeprecationWarning:keras\.src\.backend\.tensorflow\.core",
]

# What stands for an implementation under test among a test's arguments, and the kinds that may stand there.
ASKED_FOR = {"recurrence": ["rnn", "lstm"], "an_rnn": ["rnn"], "an_lstm": ["lstm"], "read_out": ["readout"]}


def pytest_configure(config):
    config.addinivalue_line("markers", "tensorflow: needs TensorFlow")
    config.addinivalue_line("markers", "gpu: needs a GPU, which TensorFlow sees under `-m gpu` alone")
    for warning in IGNORED_WARNINGS:
        config.addinivalue_line("filterwarnings", f"ignore:{warning}")


@cache
def imports_tensorflow(path):
    """Whether a file imports TensorFlow, or a file of this folder that does."""
    text = path.read_text()
    if re.search(r"^(import|from) (tensorflow\w*|keras|tf_rnn)\b", text, re.MULTILINE):
        return True
    imported = re.findall(r"^from parity_tests(?:\.(\w+))? import (.*)$", text, re.MULTILINE)
    names = {name.strip() for module, several in imported for name in (module or several).split(",")}
    files = [Path(__file__).with_name(f"{name}.py") for name in names]
    return any(imports_tensorflow(file) for file in files if file.exists())


def pytest_ignore_collect(collection_path, config):
    """Under `-m "not tensorflow"` even the imports are left out, so that TensorFlow need not be there."""
    unwanted = config.getoption("-m") == "not tensorflow"
    return True if unwanted and collection_path.suffix == ".py" and imports_tensorflow(collection_path) else None


def pytest_generate_tests(metafunc):
    """Runs a test once for each implementation under test that its arguments ask for."""
    for argument, kinds in ASKED_FOR.items():
        if argument in metafunc.fixturenames:
            found = [one for one in metafunc.config.implementations if one.kind in kinds]
            metafunc.parametrize(argument, found, ids=[one.kind for one in found])


def asks_for_one(item):
    """Whether a test runs on an implementation under test; without one to run on, pytest would skip it."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return any(isinstance(params.get(argument), Implementation) for argument in ASKED_FOR)


def pytest_collection_modifyitems(config, items):
    """Marks what needs TensorFlow; under `--implementation` leaves out what has nothing to do with it."""
    for item in items:
        if imports_tensorflow(item.path):
            item.add_marker("tensorflow")
    if config.getoption("--implementation"):
        of_it = [item for item in items if asks_for_one(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in of_it])
        items[:] = of_it
    prepare_devices(config, items)


def prepare_devices(config, items):
    """Switches TF32 off; leaves the GPU to a run of the tests that need it alone, and skips them elsewhere."""
    if "tensorflow" not in sys.modules:
        return
    from parity_tests import devices

    devices.prepare(on_gpu=config.getoption("-m") == "gpu")
    if not devices.has_gpu():
        for item in items:
            if item.get_closest_marker("gpu"):
                item.add_marker(pytest.mark.skip(reason=devices.why_not()))


def pytest_report_collectionfinish(config):
    """Says which device TensorFlow computes on, and that TF32 is off."""
    if "tensorflow" not in sys.modules:
        return []
    from parity_tests import devices

    return [devices.describe()]


@pytest.fixture(scope="session")
def implementation_of(request):
    """The implementations under test by their kind."""
    return {one.kind: one for one in request.config.implementations}


def pytest_terminal_summary(terminalreporter):
    sections = {
        "how much of its bound each property used": comparison.summary() if comparison.LEDGER else [],
        "faults tried and survived": faults.summary() if faults.TRIED else [],
    }
    for title, lines in sections.items():
        if lines:
            terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
    if ledger := terminalreporter.config.getoption("--ledger"):
        comparison.write(ledger)


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    """MNIST as tensorflow_datasets prepares it from the project's archives, with any use of a network an error."""
    from tf_rnn import data

    def refuse(*address):
        raise AssertionError(f"preparing the data set asked for a network: {address[1:]}")

    folder = tmp_path_factory.mktemp("tensorflow_datasets")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        data.load(folder)
    return folder
