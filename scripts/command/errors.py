"""Errors and warnings as one line on stderr; exit code 2 for what a command refuses."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class Refused(Exception):
    """Raised when a run cannot start or resume."""


@contextmanager
def one_line_for(script: str, *errors: type[Exception]) -> Iterator[None]:
    """Print any of `errors` that the block raises as one line on stderr, and exit with code 2."""
    try:
        yield
    except errors as error:
        print(f"{script}: error: {error}", file=sys.stderr)
        sys.exit(2)


def warn(script: str, text: str) -> None:
    """Print a warning as one line on stderr."""
    print(f"{script}: warning: {text}", file=sys.stderr)
