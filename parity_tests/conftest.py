"""What the suites share: Hypothesis profiles, the marker `tensorflow`, and MNIST prepared once for all tests."""

import os
import re
import socket

import pytest
from hypothesis import settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

IGNORED_WARNINGS = [
    # Keras 3.15 hands its variables to NumPy 2 by the protocol of NumPy 1.
    r"__array__ implementation doesn't accept a copy keyword:DeprecationWarning:keras\.src\.backend\.tensorflow\.core",
]

PROFILES = {
    "default": {"max_examples": 50},
    "ci": {"max_examples": 50, "derandomize": True},
    "nightly": {"max_examples": 5000},
}
ORIGINAL = settings.get_profile("default")
for name, choices in PROFILES.items():
    # TensorFlow's first call of a kind takes longer than any deadline.
    settings.register_profile(name, ORIGINAL, deadline=None, print_blob=True, **choices)


def pytest_configure(config):
    config.addinivalue_line("markers", "tensorflow: needs TensorFlow")
    for warning in IGNORED_WARNINGS:
        config.addinivalue_line("filterwarnings", f"ignore:{warning}")
    if not config.getoption("--hypothesis-profile", None):
        settings.load_profile("ci" if "CI" in os.environ else "default")


def imports_tensorflow(path):
    return re.search(r"^(import|from) (tensorflow\w*|keras|tf_rnn)\b", path.read_text(), re.MULTILINE) is not None


def pytest_ignore_collect(collection_path, config):
    """Under `-m "not tensorflow"` even the imports are left out, so that TensorFlow need not be there."""
    unwanted = config.getoption("-m") == "not tensorflow"
    return True if unwanted and collection_path.suffix == ".py" and imports_tensorflow(collection_path) else None


def pytest_collection_modifyitems(items):
    for item in items:
        if imports_tensorflow(item.path):
            item.add_marker("tensorflow")


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
