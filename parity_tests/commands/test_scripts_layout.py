"""Are the scripts' rooms apart, their commands the listed ones, and their module names unique?"""

import re
from collections import Counter

import pytest

from parity_tests.commands.processes import ROOT

SCRIPTS = ROOT / "scripts"
README = (SCRIPTS / "README.md").read_text(encoding="utf-8")
IMPORT = re.compile(r"^\s*(?:from|import) (\w+)", re.MULTILINE)


def listed(heading):
    """The names in backquotes that begin the items of a list of the README."""
    section = README[README.index(f"## {heading}\n") :]
    section = section[: section.find("\n## ")]
    return re.findall(r"^- `([\w./]+)`", section, re.MULTILINE)


def test_the_readme_lists_the_commands():
    commands = {path.name for path in SCRIPTS.glob("*.py")}
    assert set(listed("Commands")) == commands
    assert commands >= {
        "train.py",
        "summary.py",
        "study.py",
        "benchmark.py",
        "gpu.py",
        "plant_errors.py",
        "mutate_equations.py",
    }


def test_the_readme_lists_the_rooms():
    rooms = {f"{path.parent.relative_to(SCRIPTS)}/" for path in SCRIPTS.rglob("__init__.py")}
    assert set(listed("Rooms")) == rooms


def test_no_module_name_comes_twice():
    counts = Counter(path.stem for path in SCRIPTS.rglob("*.py") if path.stem != "__init__")
    assert [name for name, count in counts.items() if count > 1] == []


@pytest.mark.parametrize(
    ("room", "forbidden"),
    [
        ("studies", {"benchmarks"}),
        ("benchmarks", {"studies"}),
        ("trainings", {"studies", "benchmarks"}),
        ("pages", {"studies", "benchmarks", "trainings"}),
        ("command", {"studies", "benchmarks", "trainings", "pages", "mutations"}),
        ("mutations", {"studies", "benchmarks", "trainings", "pages"}),
        ("guide_pages", {"studies", "benchmarks", "trainings", "mutations"}),
        ("mistakes", {"studies", "benchmarks", "trainings"}),
        ("on_gpu", {"studies", "benchmarks", "mutations"}),
        ("notebook_files", {"studies", "benchmarks", "trainings", "mutations", "on_gpu"}),
    ],
)
def test_rooms_are_apart(room, forbidden):
    commands = {path.stem for path in SCRIPTS.glob("*.py")}
    paths = list((SCRIPTS / room).rglob("*.py"))
    assert len(paths) > 1
    for path in paths:
        imported = set(IMPORT.findall(path.read_text(encoding="utf-8")))
        assert imported.isdisjoint(forbidden | commands), path


def test_what_windows_lacks_is_in_one_module():
    lacking = re.compile(
        r"getloadavg|pass_fds|start_new_session|symlink_to|os\.fork|preexec_fn|import (resource|fcntl|pwd)\b"
    )
    found = {path.name for path in SCRIPTS.rglob("*.py") if lacking.search(path.read_text(encoding="utf-8"))}
    assert found == {"platform_differences.py"}
