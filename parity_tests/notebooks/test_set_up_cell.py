"""Does the first code cell of the notebooks install what is missing, and say before what it does?"""

import importlib.util
import os
import re
import site
import subprocess
import sys
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from parity_tests import ROOT
from parity_tests.notebooks.files import FOLDER, NAMES

WITHOUT_TENSORFLOW = "4-bptt-by-hand"
PACKAGES = ["numpy", "matplotlib", "hypothesis", "tensorflow", "keras", "numpy_rnn"]
YES, NO = "TENSORFLOW = True ", "TENSORFLOW = False "


def set_up_cell(name):
    """The cell of a notebook."""
    source = (FOLDER / "source" / f"{name}.py").read_text(encoding="utf-8")
    found = re.search(r"^# %%\n(# Set-up: .*?)\n# %%", source, re.MULTILINE | re.DOTALL)
    assert found, f"{name} has no set-up cell"
    return found[1]


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A host on which nothing is installed, and pip does nothing but record its arguments."""
    return Host(tmp_path, monkeypatch)


class Host:
    def __init__(self, folder, monkeypatch):
        self.installed: set[str] = set()
        self.pip = SimpleNamespace(calls=[], returncode=0, stderr="")
        self.project = ""
        self.folder = folder / "project" / "docs" / "notebooks" / "exercises"
        self.folder.mkdir(parents=True)
        monkeypatch.chdir(self.folder)
        monkeypatch.setattr(subprocess, "run", self.run)
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: name in self.installed or None)
        monkeypatch.setattr(importlib, "import_module", lambda name: SimpleNamespace(__version__=f"of {name}"))
        monkeypatch.setattr(site, "addsitedir", lambda folder: None)
        monkeypatch.delitem(sys.modules, "numpy")

    def run(self, command, **options):
        self.pip.calls.append(command)
        return self.pip

    def make_clone(self):
        project = self.folder.parent.parent.parent
        (project / "pyproject.toml").write_text('[project]\nname = "numpy-tf-rnn"\n', encoding="utf-8")
        return project

    def execute(self, name=NAMES[0]):
        source = set_up_cell(name).replace('PROJECT = ""', f'PROJECT = "{self.project}"')
        with mock.patch.dict(os.environ):
            exec(compile(source, "set-up", "exec"), {})

    def refusal(self, name=NAMES[0]):
        with pytest.raises(Exception, match=r"\w") as raised:
            self.execute(name)
        assert raised.typename == "SetUpStopped"
        stopped: Any = raised.value
        assert stopped._render_traceback_() == [str(stopped)]
        return str(raised.value)


def test_the_cell_is_the_same_in_all_notebooks():
    expected = dict.fromkeys(NAMES, YES) | {WITHOUT_TENSORFLOW: NO}
    cells = {name: set_up_cell(name) for name in NAMES}
    for name, cell in cells.items():
        assert cell.count(expected[name]) == 1
    assert len({cell.replace(NO, YES) for cell in cells.values()}) == 1


def test_it_prints_versions_and_installs_nothing_if_all_is_there(host, capsys):
    host.installed.update(PACKAGES)
    host.execute()
    assert host.pip.calls == []
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"Python {sys.version.split()[0]}", *(f"{name} of {name}" for name in PACKAGES)]


def test_in_a_clone_it_installs_the_clone(host, capsys):
    project = host.make_clone()
    host.execute()
    assert host.pip.calls == [[sys.executable, "-m", "pip", "install", "--quiet", "-e", f"{project}[notebooks]"]]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Not installed: {', '.join(PACKAGES)}. It takes a few minutes:"
    assert lines[1] == f"pip install -e {project}[notebooks]"
    assert lines[-1] == "numpy_rnn of numpy_rnn"


def test_one_missing_package_is_enough(host, capsys):
    host.make_clone()
    host.installed.update(set(PACKAGES) - {"keras"})
    host.execute()
    assert len(host.pip.calls) == 1
    assert capsys.readouterr().out.startswith("Not installed: keras. ")


def test_the_numpy_notebook_needs_no_tensorflow(host, capsys):
    project = host.make_clone()
    host.execute(WITHOUT_TENSORFLOW)
    assert host.pip.calls[0][-2:] == ["-e", f"{project}[numpy-notebook]"]
    assert "tensorflow" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("project", "argument"),
    [
        ("git+https://host/project.git", "numpy-tf-rnn[notebooks] @ git+https://host/project.git"),
        ("../project", "../project[notebooks]"),
        ("numpy_tf_rnn-0.1.0-py3-none-any.whl", "numpy_tf_rnn-0.1.0-py3-none-any.whl[notebooks]"),
    ],
)
def test_outside_a_clone_it_installs_the_project_that_is_named(host, project, argument):
    host.project = project
    host.execute()
    assert [call[4:] for call in host.pip.calls] == [["--quiet", argument]]


def test_outside_a_clone_it_says_what_to_fill_in(host):
    (host.folder / "pyproject.toml").write_text('[project]\nname = "another"\n', encoding="utf-8")
    message = host.refusal()
    assert 'the line PROJECT = ""' in message
    assert "\n" not in message
    assert host.pip.calls == []


def test_what_pip_says_is_shown_if_it_fails(host):
    host.make_clone()
    host.pip.returncode, host.pip.stderr = 1, "ERROR: no matching distribution\n"
    assert host.refusal() == "pip failed:\nERROR: no matching distribution"


def test_a_numpy_that_is_loaded_already_needs_a_new_kernel(host, monkeypatch):
    host.make_clone()
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert "restart the kernel" in host.refusal()
    assert len(host.pip.calls) == 1


def test_the_name_of_the_clone_is_that_of_the_project():
    assert '\nname = "numpy-tf-rnn"\n' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
