"""Is the whole suite run in two processes, in a good order, and does the table show what both recorded?"""

import json
import signal
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from parity_tests import ROOT, comparison, conftest, two_processes
from parity_tests.survival import faults

pytest.importorskip("xdist", reason="needs pytest-xdist, which is not installed: python -m pip install -e '.[test]'")

FILES = ["parity_tests/properties/test_time.py", "parity_tests/properties/test_symmetries.py"]
WHOLE_SUITE: dict[str, Any] = {
    "numprocesses": None,
    "usepdb": False,
    "collectonly": False,
    "markexpr": "",
    "implementation": [],
}


def config_of(*, plugins=("xdist",), source=pytest.Config.ArgsSource.TESTPATHS, worker=False, **options):
    """The parts of pytest's configuration that the decision depends on."""
    config = SimpleNamespace(
        option=SimpleNamespace(**{**WHOLE_SUITE, "dist": "no", "loadscopereorder": True, **options}),
        args_source=source,
        pluginmanager=SimpleNamespace(hasplugin=plugins.__contains__),
    )
    if worker:
        config.workerinput = {}
    return config


@pytest.mark.parametrize("options", [{}, {"markexpr": "not tensorflow"}], ids=["no option", "-m"])
@pytest.mark.parametrize(("cores", "processes"), [(1, 1), (2, 2), (64, 2), (None, 1)])
def test_the_whole_suite_runs_in_two_processes(options, cores, processes, monkeypatch):
    monkeypatch.setattr(two_processes.os, "cpu_count", lambda: cores)
    config = config_of(**options)
    two_processes.pytest_cmdline_main(config)
    assert (config.option.numprocesses, config.option.dist) == (processes, "loadfile")


@pytest.mark.parametrize(
    "changed",
    [
        {"plugins": ()},
        {"source": pytest.Config.ArgsSource.ARGS},
        {"worker": True},
        {"numprocesses": 0},
        {"usepdb": True},
        {"collectonly": True},
        {"markexpr": "gpu"},
        {"cov_source": ["numpy_rnn"]},
        {"implementation": ["lstm=my_lstm.py"]},
    ],
    ids=lambda changed: "".join(changed),
)
def test_other_runs_are_left_alone(changed):
    config = config_of(**changed)
    before = vars(config.option).copy()
    two_processes.pytest_cmdline_main(config)
    assert vars(config.option) == before


@pytest.mark.parametrize(("worker", "expected"), [(True, "bbddac"), (False, "abbcdd")])
def test_files_with_slow_tests_come_first(worker, expected):
    """The tests of a file stay together, in their order."""
    slow = [False, False, True, False, True, False]
    items = [
        SimpleNamespace(path=path, number=number, get_closest_marker={"slow": one}.get)
        for number, (path, one) in enumerate(zip("abbcdd", slow, strict=True))
    ]
    two_processes.pytest_collection_modifyitems(config_of(worker=worker), items)
    assert "".join(item.path for item in items) == expected
    for path in "bd":
        numbers = [item.number for item in items if item.path == path]
        assert numbers == sorted(numbers)


def test_processes_receive_ctrl_c_if_the_tests_run_in_the_background():
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        conftest.receive_ctrl_c()
        shown = subprocess.check_output([sys.executable, "-c", "import signal; print(signal.getsignal(signal.SIGINT))"])
    finally:
        signal.signal(signal.SIGINT, former)
    assert b"default_int_handler" in shown


@pytest.mark.slow
def test_the_ledger_of_two_processes_is_that_of_one(tmp_path):
    ledgers = []
    for number in ("0", "2"):
        path = tmp_path / f"{number}.json"
        options = ["-n", number, "--dist", "loadfile", "--ledger", str(path), "--hypothesis-profile", "quick"]
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *FILES]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "how much of its bound each property used" in done.stdout
        ledgers.append(json.loads(path.read_text("utf-8")))
    one, two = ledgers
    assert one == two
    assert {name.partition(":")[0] for name in two} == {"test_time.py", "test_symmetries.py"}


def test_what_both_processes_recorded_is_added_up(monkeypatch):
    monkeypatch.setattr(comparison, "LEDGER", {})
    monkeypatch.setattr(faults, "TRIED", type(faults.TRIED)())
    monkeypatch.setattr(faults, "SURVIVED", type(faults.SURVIVED)())
    entry: dict[str, Any] = {"cases": 3, "vacuous": 1, "ratio": 0.5, "quantity": "h"}
    for output in (
        {"ledger": {"a": entry}, "faults": [{"full": 2, "killed": 1}, {"full": 1}]},
        {"ledger": {"b": entry}, "faults": [{"full": 3}, {"full": 3}]},
    ):
        two_processes.pytest_testnodedown(SimpleNamespace(workeroutput=output))
    two_processes.pytest_testnodedown(SimpleNamespace())  # a process that crashed
    assert {name: comparison.Entry(**entry) for name in "ab"} == comparison.LEDGER
    assert (dict(faults.TRIED), dict(faults.SURVIVED)) == ({"full": 5, "killed": 1}, {"full": 4})
