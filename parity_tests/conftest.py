"""What the suites share: the marker `tensorflow`, implementations under test, and MNIST prepared once for all tests."""

import os
import socket

import pytest

from parity_tests import comparison, requirements
from parity_tests.implementations import Implementation
from parity_tests.survival import faults

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

IGNORED_WARNINGS = [
    # OpenBLAS computes on the unused lanes of its vectors, too, whatever they hold, and NumPy reports what that raises,
    # now and then (numpy/numpy issue 24067). A NaN in a result fails by itself: no comparison lets it pass.
    r"invalid value encountered in matmul:RuntimeWarning",
    # Keras 3.15 hands its variables to NumPy 2 by the protocol of NumPy 1.
    r"__array__ implementation doesn't accept a copy keyword:DeprecationWarning:keras\.src\.backend\.tensorflow\.core",
]

# The arguments of a test that stand for an implementation under test, and the kinds that each accepts.
ASKED_FOR = {"recurrence": ["rnn", "lstm"], "an_rnn": ["rnn"], "an_lstm": ["lstm"], "read_out": ["readout"]}


def pytest_configure(config):
    config.addinivalue_line("markers", "tensorflow: needs TensorFlow")
    config.addinivalue_line("markers", "slow: takes more than a few seconds, whatever it needs")
    for warning in IGNORED_WARNINGS:
        config.addinivalue_line("filterwarnings", f"ignore:{warning}")


def pytest_ignore_collect(collection_path, config):
    """With `-m "not tensorflow"` files that import TensorFlow are not even imported, which saves seconds."""
    unwanted = "not tensorflow" in config.getoption("-m")
    return True if unwanted and requirements.imports_tensorflow(collection_path) else None


def pytest_pycollect_makemodule(module_path, parent):
    """Skips a test file, with the reason, if it imports a package of an extra that is not installed."""
    return requirements.OptionalModule.from_parent(parent, path=module_path)


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
        if requirements.imports_tensorflow(item.path):
            item.add_marker("tensorflow")
    if config.getoption("--implementation"):
        of_it = [item for item in items if asks_for_one(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in of_it])
        items[:] = of_it


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
