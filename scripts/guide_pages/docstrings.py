"""Shows docstrings as they are written: an indented block below a sentence is a formula, and keeps its lines."""

import pkgutil
import re
from importlib import import_module
from typing import Any

from sphinx.application import Sphinx
from sphinx.ext.autodoc.mock import mock

LIBRARIES = ["tensorflow", "keras", "tensorflow_datasets", "filelock"]
SECTION = re.compile(r"^[-=]{3,}$")
# A line such as "H." would begin a list whose items have letters.
LETTER = re.compile(r"^(\s*[A-Z])\.(?=\s|$)")


def with_literal_blocks(lines: list[str]) -> list[str]:
    """Return a docstring whose indented blocks before the first section are literal text; a letter begins no list."""
    end = next((number - 1 for number, line in enumerate(lines) if SECTION.match(line)), len(lines))
    found: list[str] = []
    for number, line in enumerate(lines):
        before = lines[number - 1] if number else ""
        if number < end and line.startswith("    ") and not before.strip() and not in_block(lines, number):
            found += ["::", ""]
        found.append(line if number < end else LETTER.sub(r"\1\\.", line))
    return found


def in_block(lines: list[str], number: int) -> bool:
    """Return whether the last line before this one that is not empty is indented as well."""
    earlier = [line for line in lines[:number] if line.strip()]
    return bool(earlier) and earlier[-1].startswith("    ")


def mark(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Mark the blocks of a docstring."""
    lines[:] = with_literal_blocks(lines)


def skip(app: Sphinx, what: str, name: str, obj: Any, skipped: bool, options: Any) -> bool | None:
    """Leave out the fields of a NamedTuple, which the docstring of its class describes."""
    return True if str(getattr(obj, "__doc__", "")).startswith("Alias for field number") else None


def import_without_tensorflow() -> None:
    """Import `tf_rnn` with mocked libraries, so that its pages are the same where TensorFlow is missing."""
    with mock(LIBRARIES):
        keras: Any = import_module("keras")
        for name in ("backend", "saving", "layers", "callbacks"):
            setattr(keras, name, import_module(f"keras.{name}"))
        keras.backend.backend = lambda: "tensorflow"
        keras.saving.register_keras_serializable = lambda package: lambda kind: kind
        # Base classes are looked up where they are defined, so these are defined here.
        keras.layers.Layer = type("Layer", (), {})
        keras.callbacks.Callback = type("Callback", (), {})
        package = import_module("tf_rnn")
        for module in pkgutil.iter_modules(package.__path__, "tf_rnn."):
            import_module(module.name)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the change, which precedes that of the sections."""
    import_without_tensorflow()
    app.connect("autodoc-process-docstring", mark, priority=100)
    app.connect("autodoc-skip-member", skip)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
