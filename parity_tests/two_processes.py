"""Runs the whole suite in two processes where pytest-xdist is installed, and adds up what both recorded."""

import os
from dataclasses import asdict

import pytest

from parity_tests import comparison
from parity_tests.survival import faults


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Distributes the test files to two processes, each file as a whole."""
    if config.pluginmanager.hasplugin("xdist") and not hasattr(config, "workerinput") and is_whole_suite(config):
        config.option.numprocesses = min(2, os.cpu_count() or 1)
        config.option.dist = "loadfile"
        config.option.loadscopereorder = False  # keeps the order of `pytest_collection_modifyitems`


def is_whole_suite(config):
    """Whether the command line chooses no files and no number of processes, and does not need a single process.

    A debugger needs one, and so does `-m gpu`, because two processes cannot share a GPU's memory. pytest-cov has
    decided before how many processes it measures.
    """
    option = config.option
    if getattr(option, "cov_source", None):
        return False
    named = config.args_source != pytest.Config.ArgsSource.TESTPATHS or option.implementation
    return not (
        named or option.numprocesses is not None or option.usepdb or option.collectonly or option.markexpr == "gpu"
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Puts files with slow tests first, so that at the end no process works alone on a file that takes long."""
    if hasattr(config, "workerinput"):
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in slow)


def pytest_sessionfinish(session):
    """Sends what this process recorded to the process that started it."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["ledger"] = {name: asdict(entry) for name, entry in comparison.LEDGER.items()}
        session.config.workeroutput["faults"] = [dict(faults.TRIED), dict(faults.SURVIVED)]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Adds what a process recorded; one that crashed has sent nothing."""
    output = getattr(node, "workeroutput", {})
    for name, entry in output.get("ledger", {}).items():
        comparison.LEDGER[name] = comparison.Entry(**entry)  # All tests of a file, and so of a property, ran there.
    tried, survived = output.get("faults", ({}, {}))
    faults.TRIED.update(tried)
    faults.SURVIVED.update(survived)
