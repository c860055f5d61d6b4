"""Is every test file in a room that the README explains, and is code shared through helper modules only?"""

import re
from pathlib import Path

import pytest

from parity_tests import ROOT
from parity_tests.requirements import imported_modules

TESTS = ROOT / "parity_tests"
README = (TESTS / "README.md").read_text(encoding="utf-8")
ROOMS = sorted(path.name for path in TESTS.iterdir() if path.is_dir() and any(path.glob("[!.]*.*")))
FILES = sorted(path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py"))


@pytest.mark.parametrize("file", FILES)
def test_no_test_file_imports_another(file):
    imported = [module for module in imported_modules(TESTS / file) if re.search(r"(^|\.)test_", module)]
    assert imported == []


@pytest.mark.parametrize("file", FILES)
def test_every_test_file_is_in_a_room(file):
    assert len(Path(file).parts) == 2


def test_no_two_test_files_have_the_same_name():
    names = [Path(file).name for file in FILES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("room", ROOMS)
def test_the_readme_has_a_line_for_every_room(room):
    assert re.search(rf"^\| \[`{room}/`\]\({room}\) +\| \S", README, re.MULTILINE)


def test_the_readme_names_rooms_and_files_that_exist():
    rooms = re.findall(r"^\| \[`(\w+)/`\]", README, re.MULTILINE)
    assert sorted(rooms) == ROOMS
    for path in re.findall(r"\]\(([^):#]+)\)", README):
        assert (TESTS / path).exists(), path
    for module in re.findall(r"python -m ([\w.]+\.[\w.]+)", README):
        assert (ROOT / f"{module.replace('.', '/')}.py").exists(), module
    for script in re.findall(r"python (\S+\.py)", README):
        assert (ROOT / script).exists(), script
