"""Copies of the project that a command can change, and the tests that run in them."""

import os
import shutil
import subprocess
from pathlib import Path

from command.platform_differences import link_or_copy

ROOT = Path(__file__).resolve().parent.parent.parent

# The profile "few" kills most mutants. The profile "many" has as many examples as the tests' own profile "ci". Neither
# shrinks a failing example.
PLUGIN = """from hypothesis import Phase, settings

for name, examples in {"few": 2, "many": 50}.items():
    phases = [Phase.explicit, Phase.generate]
    settings.register_profile(
        name, max_examples=examples, deadline=None, derandomize=True, report_multiple_bugs=False, phases=phases
    )
"""


# The output of the tests has the encoding in which a command reads it.
UTF8 = {"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"}


def copy_project(folder: Path) -> None:
    """Copy all files that git tracks or would add into `folder`; link the data, which no test changes."""
    command = ["git", "ls-files", "-coz", "--exclude-standard"]
    for name in subprocess.check_output(command, cwd=ROOT, encoding="utf-8").split("\0"):
        if (ROOT / name).is_file() and not name.startswith("data/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    link_or_copy(ROOT / "data", folder / "data")
    (folder / "profiles.py").write_text(PLUGIN, encoding="utf-8")


def environment(folder: Path) -> dict[str, str]:
    """Return environment variables with which Python imports the packages of this copy, not installed ones."""
    return os.environ | {"CI": "true", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(folder)} | UTF8


def test_file(name: str) -> str:
    """Return the path, relative to the project, of the test file `test_NAME.py`, in whichever folder it is."""
    (path,) = (ROOT / "parity_tests").glob(f"*/test_{name}.py")
    return path.relative_to(ROOT).as_posix()
