"""A pytest plugin with the option `--implementation KIND=FILE`, which runs the judge's checks as tests.

In this repository the option always exists. In another project, after `pip install`:

    python -m pytest -p parity_tests.judging.plugin --pyargs parity_tests.judging --implementation lstm=my_lstm.py
"""

from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import settings

from parity_tests.judging.checks import DEPTHS, Check, Depth, Outcome, checks
from parity_tests.judging.judgement import conclude
from parity_tests.judging.loading import load
from parity_tests.judging.refused import BadInput
from parity_tests.judging.subject import KINDS, Subject
from parity_tests.judging.verdict import Verdict

FILE = Path(__file__).with_name("test_implementation.py")


class Judged(NamedTuple):
    """An implementation, its checks by name, and the outcomes of those that have run."""

    subject: Subject
    checks: dict[str, Check]
    outcomes: list[Outcome]

    def run(self, name: str) -> Outcome:
        """Runs a check, and keeps its outcome."""
        self.outcomes.append(self.checks[name].run(self.subject, depth()))
        return self.outcomes[-1]


def depth() -> Depth:
    """The depth of the judge with as many cases as Hypothesis's profile has examples."""
    examples = settings().max_examples
    return Depth(short=examples, long=1 + examples // 10, shrink=examples > DEPTHS["default"].short)


def pytest_addoption(parser):
    parser.addoption(
        "--implementation",
        action="append",
        default=[],
        metavar="KIND=FILE",
        help="run only the tests that judge this file or module; KIND is rnn, lstm or readout; may be repeated",
    )


def pytest_configure(config):
    choices = config.getoption("--implementation")
    places = [place_of(choice) for choice in choices] or [(kind, f"numpy_rnn.{kind}") for kind in KINDS]
    try:
        subjects = [load(kind, place) for kind, place in places]
    except BadInput as error:
        raise pytest.UsageError(f"--implementation: {error}") from error
    config.judged = [Judged(one, {check.name: check for check in checks(one)}, []) for one in subjects]


def place_of(choice: str) -> tuple[str, str]:
    """The kind and the place in a text such as lstm=my_lstm.py."""
    kind, _, place = choice.partition("=")
    if kind not in KINDS or not place:
        kinds = ", ".join(KINDS)
        raise pytest.UsageError(f"--implementation: expected KIND=FILE, KIND one of {kinds}, got {choice!r}")
    return kind, place


def pytest_ignore_collect(collection_path, config):
    """With `--implementation`, collects no other test file than the judge's."""
    if config.getoption("--implementation") and collection_path.is_file() and collection_path != FILE:
        return True
    return None


def pytest_generate_tests(metafunc):
    """Runs the judge's test once for each check of each implementation."""
    if "judged" in metafunc.fixturenames:
        pairs = [(one, name) for one in metafunc.config.judged for name in one.checks]
        metafunc.parametrize(("judged", "check"), pairs, ids=[f"{one.subject.kind}: {name}" for one, name in pairs])


def pytest_terminal_summary(terminalreporter, config):
    """Shows the verdict on each implementation that `--implementation` names."""
    if not config.getoption("--implementation"):
        return
    for one in config.judged:
        if one.outcomes:
            terminalreporter.section(f"{one.subject.kind} {one.subject.name}")
            terminalreporter.write_line(str(conclude(Verdict(one.subject, one.outcomes))))
