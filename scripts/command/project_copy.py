"""Copies of the project in which a script may change what it likes, and the tests run there."""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

# Most mutants don't survive the profile with very few examples; "many" has as many as the tests' own "ci". Neither
# looks for a smaller example once one is found.
PLUGIN = """from hypothesis import Phase, settings

for name, examples in {"few": 2, "many": 50}.items():
    phases = [Phase.explicit, Phase.generate]
    settings.register_profile(
        name, max_examples=examples, deadline=None, derandomize=True, report_multiple_bugs=False, phases=phases
    )
"""


def copy_project(folder: Path) -> None:
    """All files that git knows, or would take, into `folder`; the data, which no test changes, by a link."""
    command = ["git", "ls-files", "-coz", "--exclude-standard"]
    for name in subprocess.check_output(command, cwd=ROOT, text=True).split("\0"):
        if (ROOT / name).is_file() and not name.startswith("data/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    (folder / "data").symlink_to(ROOT / "data", target_is_directory=True)
    (folder / "profiles.py").write_text(PLUGIN)


def environment(folder: Path) -> dict[str, str]:
    """The variables under which this copy is imported, though another may be installed."""
    return os.environ | {"CI": "true", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(folder)}


def test_file(name: str) -> str:
    """The path, relative to the project, of the test file `test_NAME.py`, whichever room it is in."""
    (path,) = (ROOT / "parity_tests").glob(f"*/test_{name}.py")
    return path.relative_to(ROOT).as_posix()
