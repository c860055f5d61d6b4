"""What each test file needs: files that import TensorFlow are marked, files that lack a package are skipped.

A fresh environment with NumPy, pytest and Hypothesis runs the tests of `numpy_rnn`. Every other package belongs to an
extra of `pyproject.toml`; where one is missing, the tests that need it are skipped, and the reason names the extra.
"""

import ast
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from parity_tests import ROOT

# The extra of pyproject.toml that installs each optional package, by the name under which it is imported.
EXTRAS = {
    **dict.fromkeys(["tensorflow", "keras", "tensorflow_datasets", "importlib_resources"], "tf"),
    **dict.fromkeys(["filelock", "matplotlib", "rich", "scipy"], "scripts"),
    "torch": "bench",
    **dict.fromkeys(["sphinx", "myst_nb", "furo", "latex2mathml", "ziamath", "sympy"], "guide"),
    **dict.fromkeys(["playwright", "axe_playwright_python", "PIL"], "guide"),
    **dict.fromkeys(["ipykernel", "jupytext", "nbclient", "nbformat", "nbgrader"], "notebook-tools"),
}


def reason(package: str) -> str:
    """Why a test is skipped where this package is missing."""
    return f"needs {package}, which is not installed: python -m pip install -e '.[{EXTRAS[package]}]'"


def need(extra: str) -> None:
    """Skips the test file that is being imported if a package of this extra is not installed."""
    for package, name in EXTRAS.items():
        if name == extra and not find_spec(package):
            pytest.skip(reason(package), allow_module_level=True)


class OptionalModule(pytest.Module):
    """A test file that is skipped, instead of an error, if it imports an optional package that is not installed.

    A file that imports TensorFlow has no tests, and is not imported, if the option `-m` deselects all of them: that
    saves the seconds that TensorFlow takes to start.
    """

    def starts_tensorflow(self) -> bool:
        """Whether collecting the file imports TensorFlow, which is installed."""
        deselected = excludes(self.config.getoption("-m"), "tensorflow")
        return imports_tensorflow(self.path) and not deselected and find_spec("tensorflow") is not None

    def collect(self):
        """The tests of the file."""
        if imports_tensorflow(self.path) and excludes(self.config.getoption("-m"), "tensorflow"):
            return []
        try:
            return super().collect()
        except self.CollectError as error:
            package = missing_package(error)
            if package is None:
                raise
            pytest.skip(reason(package), allow_module_level=True)


def missing_package(error: BaseException | None) -> str | None:
    """The optional package whose absence caused this error, directly or indirectly; None for any other error."""
    while error:
        package = (getattr(error, "name", None) or "").partition(".")[0]
        if isinstance(error, ModuleNotFoundError) and package in EXTRAS and not find_spec(package):
            return package
        error = error.__cause__ or error.__context__
    return None


def excludes(expression: str, marker: str) -> bool:
    """Whether a `-m` expression deselects every test with this marker, whatever other markers the test has."""

    def always(node: ast.AST, value: bool) -> bool:
        match node:
            case ast.Name(name):
                return name == marker and value
            case ast.UnaryOp(ast.Not(), operand):
                return always(operand, not value)
            case ast.BoolOp(operator, parts):
                needs_all = isinstance(operator, ast.And) == value
                return (all if needs_all else any)(always(part, value) for part in parts)
        return False

    try:
        return always(ast.parse(expression.strip(), mode="eval").body, False)
    except SyntaxError:  # pytest reports it.
        return False


@cache
def imports_tensorflow(path: Path) -> bool:
    """Whether importing a Python file imports TensorFlow, directly or through other modules of this project."""
    seen, waiting = {path}, [path]
    while waiting:
        for module in imported_modules(waiting.pop()):
            if EXTRAS.get(module.partition(".")[0]) == "tf":
                return True
            new = files_of(module) - seen
            seen |= new
            waiting += new
    return False


@cache
def imported_modules(path: Path) -> list[str]:
    """The modules that a file imports at its top level; `from a import b` may import a.b, so it gives a and a.b."""
    modules = []
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Import):
            modules += [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            modules += [statement.module, *(f"{statement.module}.{alias.name}" for alias in statement.names)]
    return modules


def files_of(module: str) -> set[Path]:
    """The files of this project that an import of the module executes: its packages' and its own."""
    names = module.split(".")
    places = [ROOT.joinpath(*names[:n]) for n in range(1, len(names) + 1)]
    places += [(ROOT / "scripts").joinpath(*names[:n]) for n in range(1, len(names) + 1)]
    candidates = [file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")]
    return {file for file in candidates if file.is_file()}
