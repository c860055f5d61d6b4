"""Hooks and fixtures of all tests: markers, skipped tests, implementations under test, and MNIST prepared once."""

import os
import signal
import socket
import sys
import tempfile
from functools import cache
from importlib.util import find_spec
from unittest import mock

import pytest

from command.quiet_start import use_keras_defaults
from parity_tests import comparison, requirements
from parity_tests.implementations import OURS
from parity_tests.judging.checks import DEPTHS, Depth
from parity_tests.survival import faults

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
use_keras_defaults()

IGNORED_WARNINGS = [
    # OpenBLAS also computes on the unused lanes of its vectors, and NumPy sometimes reports a warning that this raises
    # (numpy/numpy issue 24067). A NaN in a result still fails, because every comparison rejects it.
    r"invalid value encountered in matmul:RuntimeWarning",
    # Keras 3.15 converts its variables for NumPy 2 by the protocol of NumPy 1.
    r"__array__ implementation doesn't accept a copy keyword:DeprecationWarning:keras\.src\.backend\.tensorflow\.core",
]

# The arguments by which a test takes a module of `numpy_rnn`, and the kinds that each accepts.
IMPLEMENTATION_ARGUMENTS = {
    "recurrence": ["rnn", "lstm"],
    "an_rnn": ["rnn"],
    "an_lstm": ["lstm"],
    "read_out": ["readout"],
}


def pytest_configure(config):
    config.addinivalue_line("markers", "tensorflow: needs TensorFlow, in this process or in one that the test starts")
    config.addinivalue_line("markers", "gpu: needs a GPU, which TensorFlow uses only with `-m gpu`")
    config.addinivalue_line("markers", "slow: takes more than about three seconds, whatever it needs")
    for warning in IGNORED_WARNINGS:
        config.addinivalue_line("filterwarnings", f"ignore:{warning}")
    receive_ctrl_c()


def receive_ctrl_c():
    """Lets this process and those that it starts receive SIGINT, which tests send.

    A shell that starts the tests in the background has them ignore this signal, and their processes with them.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_pycollect_makemodule(module_path, parent):
    """Skips a test file, with the reason, if it imports a package of an extra that is not installed."""
    return requirements.OptionalModule.from_parent(parent, path=module_path)


def pytest_generate_tests(metafunc):
    """Runs a test once for each module of `numpy_rnn` of the kinds that its arguments accept."""
    for argument, kinds in IMPLEMENTATION_ARGUMENTS.items():
        if argument in metafunc.fixturenames:
            accepted = [one for one in OURS if one.kind in kinds]
            metafunc.parametrize(argument, accepted, ids=[one.kind for one in accepted])


def pytest_collection_modifyitems(config, items):
    """Marks tests of files that import TensorFlow, and skips tests so marked where TensorFlow is not installed.

    Tests that need a GPU are skipped if TensorFlow computes on none.
    """
    for item in items:
        if requirements.imports_tensorflow(item.path):
            item.add_marker("tensorflow")
        if item.get_closest_marker("tensorflow") and not find_spec("tensorflow"):
            item.add_marker(pytest.mark.skip(reason=requirements.reason("tensorflow")))
        if item.get_closest_marker("gpu"):
            skip_without_gpu(item)


def pytest_collectstart(collector):
    """Prepares the devices before the first test file that imports TensorFlow; such files may use it at once."""
    if isinstance(collector, requirements.OptionalModule) and collector.starts_tensorflow():
        prepare_devices(on_gpu=collector.config.getoption("-m") == "gpu")


@cache
def prepare_devices(on_gpu):
    """Switches TF32 off, and makes TensorFlow use a GPU only if `on_gpu` is true."""
    from parity_tests.oracles import devices

    devices.prepare(on_gpu)


def pytest_report_collectionfinish():
    """Shows the device on which TensorFlow computes, and whether TF32 is off."""
    if not sys.modules.get("tensorflow"):
        return []
    from parity_tests.oracles import devices

    return [devices.describe()]


def skip_without_gpu(item):
    """Skips a test if TensorFlow computes on no GPU; its file imports TensorFlow."""
    from parity_tests.oracles import devices

    if not devices.has_gpu():
        item.add_marker(pytest.mark.skip(reason=devices.why_not()))


@pytest.fixture(scope="session")
def implementation_of():
    """The modules of `numpy_rnn` by their kind."""
    return {one.kind: one for one in OURS}


def pytest_terminal_summary(terminalreporter, config):
    failed = {comparison.property_of(report.nodeid) for report in terminalreporter.stats.get("failed", [])}
    ledger = comparison.summary(failed, config.get_verbosity() > 0) if comparison.LEDGER else []
    sections = {
        "how much of its bound each property used": ledger,
        "faults tried and survived": faults.summary() if faults.TRIED else [],
    }
    for title, lines in sections.items():
        if lines:
            terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
    if ledger := terminalreporter.config.getoption("--ledger"):
        comparison.write_ledger(ledger)


@pytest.fixture(scope="session")
def prepared_mnist(tmp_path_factory, request):
    """The folder in which tensorflow_datasets prepared MNIST from the project's archives, and both splits.

    It uses no network, and no temporary folder, so that a full one does not matter. If the suite runs in several
    processes, one of them prepares the data, and the others wait for it.
    """
    from tf_rnn import data

    def refuse(*address):
        raise AssertionError(f"expected no use of a network, got a connection to {address[1:]}")

    def expect_waiting(line):
        assert line.endswith("waiting until another process has prepared the data"), line

    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if hasattr(request.config, "workerinput") else own) / "tensorflow_datasets"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(tempfile, "tempdir", str(folder / "no such folder"))
        return folder, data.load(folder, say=expect_waiting)


@pytest.fixture(scope="session")
def data_dir(prepared_mnist):
    """The folder of the prepared MNIST."""
    return prepared_mnist[0]


@pytest.fixture(scope="session")
def splits(prepared_mnist):
    """The training and the test split of the prepared MNIST."""
    return prepared_mnist[1]


@pytest.fixture
def few_drawn_cases():
    """Makes a quick verdict draw few cases besides the pinned ones, which show the errors of most tests."""
    with mock.patch.dict(DEPTHS, {"quick": Depth(short=2, long=1)}):
        yield
