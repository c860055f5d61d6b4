"""Known errors of recurrences: the planted errors that have a `cause`, as implementations that contain them."""

import importlib
import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

MUTANTS = Path(__file__).resolve().parent.parent / "mutants"
SETS = ("numpy_rnn", "shipped")


class KnownError(NamedTuple):
    """A planted error in a file of `numpy_rnn`: its text `old` becomes `new`; `cause` explains it."""

    file: str
    old: str
    new: str
    cause: str


@cache
def known_errors(kind: str) -> list[KnownError]:
    """The known errors in the module of a kind."""
    entries = [
        entry for name in SETS for entry in tomllib.loads((MUTANTS / f"{name}.toml").read_text("utf-8"))["mutant"]
    ]
    return [
        KnownError(entry["file"], entry["old"], entry["new"], entry["cause"])
        for entry in entries
        if "cause" in entry and entry["file"] == f"numpy_rnn/{kind}.py"
    ]


@cache
def with_error(error: KnownError) -> ModuleType:
    """A module like that of `numpy_rnn`, with the error in it."""
    original = importlib.import_module(f"numpy_rnn.{Path(error.file).stem}")
    source = Path(str(original.__file__)).read_text("utf-8").replace(error.old, error.new)
    module = ModuleType(original.__name__)
    module.__dict__.update(original.__dict__)
    # The functions alone, because all else, such as the class of the parameters, is that of the package.
    exec(compile(source[source.index("\ndef forward(") :], error.file, "exec"), module.__dict__)
    return module
