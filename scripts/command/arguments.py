"""Argument types for argparse, and the parser that all commands use."""

import argparse
import difflib
import math
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from command.errors import one_line

Value = TypeVar("Value")

STOPPED = "130 after Ctrl-C, 143 after SIGTERM, 141 if stdout cannot be written, for example by a pipe to head"


class CommandParser(argparse.ArgumentParser):
    """A parser whose errors are one line, and whose options must be complete."""

    def error(self, message: str) -> NoReturn:
        """Print the message as one line on stderr, and exit with code 2."""
        self.exit(2, f"{self.prog}: error: {one_line(message)}; see --help\n")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Report an unknown option first, because argparse takes its value for a positional argument."""
        for text in sys.argv[1:] if args is None else args:
            if text == "--":
                break
            name = text.partition("=")[0]
            if name.startswith("--") and name not in self._option_string_actions:
                self.error(f"unknown option {name}{did_you_mean(name, self._option_string_actions)}")
        return super().parse_known_args(args, namespace)


def did_you_mean(text: str, known: Iterable[str]) -> str:
    """Return a question that names what is most similar to `text`, or an empty text if nothing is similar."""
    similar = difflib.get_close_matches(text.lower(), list(known), n=1, cutoff=0.6)
    return f"; did you mean {similar[0]}?" if similar else ""


def command_parser(description: str | None, examples: Sequence[str], exit_codes: str) -> argparse.ArgumentParser:
    """Return a parser whose help ends with examples and the exit codes.

    `exit_codes` describes the codes below 128. The codes after a signal are the same for all commands and are appended.
    """
    lines = ["examples:", *(f"  python scripts/{example}" for example in examples), ""]
    lines += ["exit codes:", *(f"  {line}" for line in f"{exit_codes}; {STOPPED}".split("; "))]
    width = shutil.get_terminal_size().columns - 2
    parser = CommandParser(
        description=textwrap.fill(description or "", width),
        epilog="\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--debug", action="store_true", help="show where an error occurred, before its line")
    return parser


def one_of(choices: Mapping[str, Value]) -> Callable[[str], Value]:
    """Return an argument type that accepts a name in `choices` and gives its value."""

    def parse(text: str) -> Value:
        if text not in choices:
            raise argparse.ArgumentTypeError(
                f"expected one of {', '.join(choices)}, got {text!r}{did_you_mean(text, choices)}"
            )
        return choices[text]

    return parse


def choice(*names: str) -> dict[str, Any]:
    """Return the type and the metavar of an option that accepts one of `names`."""
    return {"type": one_of({name: name for name in names}), "metavar": f"{{{','.join(names)}}}"}


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
