"""The suite's options and Hypothesis's profiles, at the root, where pytest finds them for any arguments."""

import os
from pathlib import Path

from hypothesis import settings

# Several threads on the suite's small matrices cost more than they save, and very much more on a machine that is busy.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

pytest_plugins = ["parity_tests.judging.plugin", "parity_tests.two_processes"]

PROFILES = {
    "default": {"max_examples": 50},
    "ci": {"max_examples": 50, "derandomize": True},
    "quick": {"max_examples": 10, "derandomize": True},
    "nightly": {"max_examples": 5000},
}
ORIGINAL = settings.get_profile("default")
for name, choices in PROFILES.items():
    # No deadline, because the first calls of TensorFlow are slow.
    settings.register_profile(name, ORIGINAL, deadline=None, print_blob=True, **choices)


def pytest_addoption(parser):
    parser.addoption(
        "--ledger", type=Path, metavar="FILE", help="write as JSON how much of its bound each property used"
    )


def pytest_configure(config):
    if not config.getoption("--hypothesis-profile"):
        settings.load_profile("ci" if "CI" in os.environ else "default")
