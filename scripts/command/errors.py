"""Errors and warnings as one line on stderr; exit code 2 for what a command refuses."""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress

INSTALL = 'python -m pip install -e ".[{}]"'
# The extra of each package that some commands need.
EXTRAS = {
    "tensorflow": "tf,scripts",
    "keras": "tf,scripts",
    "tensorflow_datasets": "tf,scripts",
    "importlib_resources": "tf,scripts",
    "filelock": "scripts",
    "matplotlib": "scripts",
    "rich": "scripts",
    "scipy": "scripts",
    "jax": "bench",
    "optax": "bench",
    "torch": "bench",
    "cosmic_ray": "mutation",
    "sphinx": "guide",
    "jupytext": "notebook-tools",
    "nbclient": "notebook-tools",
    "nbformat": "notebook-tools",
    "nbgrader": "notebook-tools",
    "playwright": "guide",
    "PIL": "guide",
}
LONGEST = 1000


class Refused(Exception):
    """Raised when a run cannot start or resume."""


@contextmanager
def one_line_for(script: str, *errors: type[Exception]) -> Iterator[None]:
    """Print any of `errors` that the block raises as one line on stderr, and exit with code 2."""
    try:
        yield
    except errors as error:
        fail(script, error, str(error))


def fail(script: str, error: BaseException, text: str) -> None:
    """Print `text` as one line on stderr, after the traceback of `error` with --debug, and exit with code 2."""
    if "--debug" in sys.argv:
        with suppress(OSError):
            traceback.print_exception(error, file=sys.stderr)
    say(f"{script}: error: {one_line(text)}")
    sys.exit(2)


def warn(script: str, text: str) -> None:
    """Print a warning as one line on stderr."""
    say(f"{script}: warning: {one_line(text)}")


def say(line: str) -> None:
    """Print a line on stderr; do nothing if stderr cannot be written."""
    with suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def one_line(text: str) -> str:
    """Return the text with its lines joined, and shortened if it is longer than any message of this project."""
    joined = " ".join(line.strip() for line in text.splitlines() if line.strip())
    return joined if len(joined) <= LONGEST else f"{joined[:LONGEST]} …"


def explain(error: BaseException) -> str:
    """Return what an exception that nobody expected means for the user, in one line."""
    if isinstance(error, Refused):
        return one_line(str(error))
    if isinstance(error, ImportError):
        return _explain_import(error)
    text = one_line(str(error))
    if isinstance(error, MemoryError):
        return f"the memory does not suffice{f' ({text})' if text else ''}"
    if isinstance(error, OSError) and error.strerror:
        return text
    return f"unexpected {type(error).__name__}{f': {text}' if text else ''}; --debug shows where"


def _explain_import(error: ImportError) -> str:
    package = (error.name or "").partition(".")[0]
    if package in ("numpy_rnn", "tf_rnn") and isinstance(error, ModuleNotFoundError):
        return f"the package {package} is not installed: {INSTALL.format('scripts')}"
    if package in EXTRAS and isinstance(error, ModuleNotFoundError):
        other = "; --backend numpy trains without it" if EXTRAS[package].startswith("tf") else ""
        return f"the package {package} is not installed: {INSTALL.format(EXTRAS[package])}{other}"
    return f"a package cannot be imported: {one_line(str(error))}; --debug shows where"


def discard(stream: int) -> None:
    """Connect a file descriptor to the null device, so that later writes to it cannot fail."""
    null = os.open(os.devnull, os.O_RDWR)
    if null != stream:
        os.dup2(null, stream)
        os.close(null)
