"""Argument types for argparse, and the parser that all commands use."""

import argparse
import math
import shutil
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

Value = TypeVar("Value")

STOPPED = "130 after Ctrl-C, 143 after SIGTERM, 141 if stdout cannot be written, for example by a pipe to head"


def command_parser(description: str | None, examples: Sequence[str], exit_codes: str) -> argparse.ArgumentParser:
    """Return a parser whose help ends with examples and the exit codes.

    `exit_codes` describes the codes below 128. The codes after a signal are the same for all commands and are appended.
    """
    lines = ["examples:", *(f"  python scripts/{example}" for example in examples), ""]
    lines += ["exit codes:", *(f"  {line}" for line in f"{exit_codes}; {STOPPED}".split("; "))]
    width = shutil.get_terminal_size().columns - 2
    parser = argparse.ArgumentParser(
        description=textwrap.fill(description or "", width),
        epilog="\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--debug", action="store_true", help="show where an error occurred, before its line")
    return parser


def one_of(choices: Mapping[str, Value]) -> Callable[[str], Value]:
    """Return an argument type that accepts a name in `choices` and gives its value."""

    def parse(text: str) -> Value:
        if text not in choices:
            raise argparse.ArgumentTypeError(f"expected one of {', '.join(choices)}, got {text!r}")
        return choices[text]

    return parse


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """Return an argument type that accepts whole numbers from `low` to `high`."""

    def parse(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"expected a whole number from {low} to {high}, got {text!r}")
        return int(text)

    return parse


def positive_number(text: str) -> float:
    """Convert an argument to a finite number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"expected a finite number above 0, got {text!r}")
    return number
