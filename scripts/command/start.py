"""Starts a command, so that each way to end it gives an exit code and at most one line on stderr.

Only the standard library is imported before the signals are handled.
"""

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, NoReturn, TextIO, cast

from command.errors import discard, explain, fail, say
from command.signals import Interrupted, Stopping
from command.streams import replace_unprintable

STREAMS = "stdin", "stdout", "stderr"


def run(command: str, kept: str = "finished work is kept") -> NoReturn:
    """Import the module `command`, call its `main(stopping)`, and exit with the code that it returns.

    Exits with 128 + the number of a signal, and one line that ends with `kept` unless the interrupted work says itself
    what is kept; and with 2, and one line, after any exception.
    """
    script = f"{command}.py"
    code = 2
    try:
        stopping = Stopping(at_once=True, last_words=f"{script}: interrupted; {kept}\n")
        stopping.listen()
        open_missing_streams()
        replace_unprintable()
        sys.stdout = cast(TextIO, Output(sys.stdout, stopping))
        main = import_module(command).main
        stopping.at_once = False
        code = main(stopping)
        sys.stdout.flush()
        if stopping.number:
            raise Interrupted(stopping.number)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 2
    except Interrupted as interrupted:
        say(f"{script}: {stopping.reason}; {interrupted.saved or kept}")
        code = 128 + interrupted.number
    except KeyboardInterrupt:  # raised by a library that handles Ctrl-C itself
        say(f"{script}: interrupted; {kept}")
        code = 130
    except Exception as error:
        try:
            fail(script, error, explain(error))
        except SystemExit:
            code = 2
    if "--debug" not in sys.argv:
        # Python destroys the objects of libraries at the end, and an error of theirs changes nothing any more.
        sys.unraisablehook = lambda _: None
    sys.exit(flushed(code))


def open_missing_streams() -> None:
    """Connect those of stdin, stdout and stderr that are closed to the null device.

    Otherwise the next file that is opened would get the number of a closed stream, and what libraries write to that
    stream would go into this file.
    """
    for number, name in enumerate(STREAMS):
        if getattr(sys, name) is None:
            try:
                os.fstat(number)
            except OSError:
                discard(number)
            setattr(sys, name, open(os.devnull, "w" if number else "r", encoding="utf-8"))  # noqa: SIM115


def flushed(code: int) -> int:
    """Flush stdout and stderr; return `code`. What cannot be flushed is discarded."""
    for number, stream in enumerate((sys.stdout, sys.stderr), start=1):
        try:
            stream.flush()
        except (OSError, Interrupted):
            discard(number)
    return code


class Output:
    """A stream like stdout that stops the command, once, if it cannot be written."""

    def __init__(self, stream: TextIO, stopping: Stopping):
        self._stream = stream
        self._stopping = stopping

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the stream."""
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write as the stream does."""
        self._call(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Flush as the stream does."""
        self._call(self._stream.flush)

    def _call(self, method: Callable[[], Any]) -> None:
        try:
            method()
        except OSError as error:
            discard(self._stream.fileno())
            self._stopping.output_lost(error)
