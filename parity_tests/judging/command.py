"""The command `python -m parity_tests lstm my_lstm.py`: judges an implementation and prints the verdict."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn, TextIO, cast

from parity_tests.judging.checks import DEPTHS, Outcome
from parity_tests.judging.judgement import judged
from parity_tests.judging.loading import load
from parity_tests.judging.refused import BadInput, one_line
from parity_tests.judging.subject import KINDS
from parity_tests.judging.tables import heading, row

PROGRAM = "python -m parity_tests"
EPILOG = """\
examples:
  python -m parity_tests lstm my_lstm.py
  python -m parity_tests rnn my_package.my_rnn --thorough

exit codes:
  0 if the implementation is right in what it computes
  1 if it is wrong
  2 if the arguments, or types or shapes of results, are not as described
  3 if it could not be judged
  130 after Ctrl-C, 141 if stdout cannot be written
"""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Prints the message as one line on stderr, and exits with code 2."""
        self.exit(2, f"{self.prog}: error: {one_line(message)}; see --help\n")


def parser() -> Parser:
    """The parser of the command's arguments."""
    new = Parser(
        prog=PROGRAM,
        description="Tests your RNN or LSTM, forward and backward, and says what is wrong.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    new.add_argument("kind", choices=KINDS, help="what it is: an RNN, an LSTM, or a read-out with its loss")
    new.add_argument(
        "place", metavar="FILE", help="a Python file, or a module, with the functions forward and backward"
    )
    new.add_argument("--save", metavar="ARCHIVE", help="save the first wrong case for numpy.load")
    depth = new.add_mutually_exclusive_group()
    for name, words in {"quick": "a few seconds", "thorough": "about half a minute; shrinks a wrong case"}.items():
        text = f"draw {DEPTHS[name].short:,} cases for each check in place of {DEPTHS['default'].short:,}: {words}"
        depth.add_argument(f"--{name}", action="store_const", const=name, dest="depth", default="default", help=text)
    return new


def main(arguments: Sequence[str] | None = None) -> int:
    """Judges the implementation that the arguments name; returns the exit code."""
    for stream in sys.stdout, sys.stderr:
        cast(TextIO, stream).reconfigure(errors="replace")  # type: ignore[attr-defined]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # for implementations that use TensorFlow
    if "" not in sys.path and os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())  # python -P leaves it out
    chosen = parser().parse_args(arguments)
    shown: list[Outcome] = []

    def show(outcome: Outcome) -> None:
        if not shown:
            print(heading([]), flush=True)
        shown.append(outcome)
        print(row(outcome, []), flush=True)

    try:
        verdict = judged(load(chosen.kind, chosen.place), DEPTHS[chosen.depth], show)
        for part in (verdict.message(), verdict.remarks(), [verdict.last_line()]):
            if part:
                print("", *part, sep="\n")
        sys.stdout.flush()
        if chosen.save and verdict.failure:
            verdict.save(chosen.save)
    except BadInput as error:
        sys.stdout.flush()
        print(f"{PROGRAM}: error: {one_line(str(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{PROGRAM}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return verdict.exit_code
