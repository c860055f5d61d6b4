"""Loads the implementation under test from functions, from a module or from a file."""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from parity_tests.judging.limits import parse
from parity_tests.judging.refused import BadInput, did_you_mean, one_line
from parity_tests.judging.subject import FUNCTIONS, KINDS, PARAM_NAMES, Subject


def check_kind(kind: Any) -> None:
    """Raises BadInput for an unknown kind."""
    if kind not in KINDS:
        raise BadInput(f"kind: expected one of {', '.join(KINDS)}, got {kind!r}{did_you_mean(str(kind), KINDS)}")


def from_functions(kind: Any, name: str, functions: Mapping[str, Any], limits: Any) -> Subject:
    """Returns the subject of these functions.

    Raises BadInput for an unknown kind, a missing function or wrong limits.
    """
    check_kind(kind)
    needed = FUNCTIONS[kind]
    for function in needed:
        if not callable(functions.get(function)):
            listed = f"{', '.join(needed[:-1])} and {needed[-1]}"
            raise BadInput(f"{name}: expected the functions {listed}, found no {function}")
    return Subject(kind, name, {function: functions[function] for function in needed}, parse(kind, limits))


def from_module(kind: str, module: Any, limits: Any = None) -> Subject:
    """Returns the subject of a module, or of any object with the functions as attributes.

    Without `limits`, those of its attribute LIMITS are used. Raises as `from_functions` does.
    """
    check_kind(kind)
    name = str(getattr(module, "__name__", type(module).__name__))
    functions = {function: getattr(module, function, None) for function in FUNCTIONS[kind]}
    subject = from_functions(kind, name, functions, getattr(module, "LIMITS", None) if limits is None else limits)
    params_type = getattr(module, "Params", None)
    if isinstance(params_type, type) and getattr(params_type, "_fields", None) == PARAM_NAMES[kind]:
        subject.params_type = params_type
    return subject


def load(kind: str, place: str) -> Subject:
    """Returns the subject of a Python file, such as my_lstm.py, or of a module, such as my_package.my_lstm.

    Raises BadInput, with one line, if it cannot be imported or does not have the functions.
    """
    check_kind(kind)
    path = Path(place)
    is_file = path.suffix == ".py" or path.exists() or len(path.parts) > 1
    module = imported(place, (lambda: from_file(path)) if is_file else (lambda: importlib.import_module(place)))
    subject = from_module(kind, module)
    subject.name = place
    return subject


def imported(place: str, load: Callable[[], ModuleType]) -> ModuleType:
    """Returns the module that `load` imports; raises BadInput for any exception."""
    try:
        return load()
    except BadInput:
        raise
    except ModuleNotFoundError as error:
        if error.name and (place == error.name or place.startswith(f"{error.name}.")):
            raise BadInput(f"{place}: expected a Python file or a module, found neither") from error
        raise BadInput(f"{place}: cannot be imported: {one_line(str(error))}") from error
    except (Exception, SystemExit) as error:
        text = one_line(str(error))
        raise BadInput(f"{place}: cannot be imported: {type(error).__name__}{f': {text}' if text else ''}") from error


def from_file(path: Path) -> ModuleType:
    """Imports a Python file; its folder is searched for the modules that it imports."""
    if not path.is_file():
        raise BadInput(f"{path}: expected a Python file, found {'a folder' if path.is_dir() else 'no such file'}")
    if path.suffix != ".py":
        raise BadInput(f"{path}: expected a Python file, whose name ends in .py")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    name = path.stem if path.stem not in sys.modules else f"judged_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadInput(f"{path}: expected a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module
