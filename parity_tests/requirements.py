"""Which packages a test file needs: files that import TensorFlow are marked, files that lack a package are skipped."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# The extra of pyproject.toml that installs each optional package, by the name under which it is imported.
EXTRAS = {
    **dict.fromkeys(["tensorflow", "keras", "tensorflow_datasets", "importlib_resources"], "tf"),
    **dict.fromkeys(["filelock", "matplotlib", "rich", "scipy"], "scripts"),
}
IMPORT = re.compile(r"^from ([\w.]+) import \(?([^()]*?)\)?$|^import ([\w.]+)", re.MULTILINE)


class OptionalModule(pytest.Module):
    """A test file that is skipped, not an error, where an optional package is missing."""

    def collect(self):
        try:
            return super().collect()
        except self.CollectError as error:
            missing = getattr(error.__cause__, "name", None) if isinstance(error.__cause__, ImportError) else None
            package = (missing or "").partition(".")[0]
            if package not in EXTRAS:
                raise
            extra = EXTRAS[package]
            reason = f"needs {package}, which is not installed: python -m pip install -e '.[{extra}]'"
            pytest.skip(reason, allow_module_level=True)


@cache
def imports_tensorflow(path: Path) -> bool:
    """Whether a Python file imports TensorFlow when it is imported, itself or through other files of the project."""
    if path.suffix != ".py":
        return False
    for module, names, plain in IMPORT.findall(path.read_text(encoding="utf-8")):
        imported = plain or module
        if EXTRAS.get(imported.partition(".")[0]) == "tf" or imported.partition(".")[0] == "tf_rnn":
            return True
        modules = [imported, *(f"{imported}.{name.strip()}" for name in names.split(","))]
        if any(imports_tensorflow(file) for file in map(file_of, modules) if file):
            return True
    return False


def file_of(module: str) -> Path | None:
    """The file of a module of this project, None for any other module."""
    for folder in (ROOT, ROOT / "scripts"):
        file = folder / f"{module.replace('.', '/')}.py"
        if file.exists():
            return file
    return None
