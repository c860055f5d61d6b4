"""Runs the whole suite in two processes where pytest-xdist is installed, and adds up what both recorded."""

import os
from dataclasses import asdict

import pytest

from parity_tests import comparison
from parity_tests.survival import faults


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Distributes the test files to two processes, each file as a whole, in their order."""
    if config.pluginmanager.hasplugin("xdist") and not hasattr(config, "workerinput") and is_whole_suite(config):
        config.option.numprocesses = min(2, os.cpu_count() or 1)
        config.option.dist = "loadfile"
        config.option.loadscopereorder = False  # The files of the first rooms take longest.


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
