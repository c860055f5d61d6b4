"""Ctrl-C and SIGTERM: the current training step is completed, anything else ends immediately."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from command.streams import replace_unprintable

SHOW_CURSOR = b"\x1b[?25h"


class Interrupted(BaseException):
    """Raised after the signal `number`; `saved` is a message that says which work is kept, if it is known."""

    def __init__(self, number: int, saved: str = ""):
        super().__init__(saved)
        self.number = number
        self.saved = saved


class Stopping:
    """Handles the two signals after `listen`; `number` is the signal received, or 0.

    Within a `training` block the training checks `number` after each step. Outside such a block a signal raises
    Interrupted, or ends the process if `at_once` is true. A second signal always ends the process.
    """

    def __init__(self, at_once: bool = False) -> None:
        self.number = 0
        self._at_once = at_once
        self._in_training = False

    def listen(self) -> None:
        """Install the handler for both signals."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._receive)

    @contextmanager
    def training(self) -> Iterator[None]:
        """Run a block that checks `number` after each step; raise Interrupted at its end if a signal was ignored."""
        self._in_training = True
        try:
            yield
        finally:
            self._in_training = False
        if self.number:
            raise Interrupted(self.number)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self.number or (self._at_once and not self._in_training):
            if sys.stderr.isatty():
                os.write(2, SHOW_CURSOR)  # a progress bar hides it
            os._exit(128 + number)
        self.number = number
        if not self._in_training:
            raise Interrupted(number)


def run(script: str, main: Callable[[Stopping], int], kept: str = "finished work is kept") -> None:
    """Run `main` and exit with its code, or after a signal with 128 + its number and one line on stderr.

    This line ends with `kept`, unless the interrupted work says itself what is kept.
    """
    replace_unprintable()
    stopping = Stopping()
    try:
        stopping.listen()
        sys.exit(main(stopping))
    except Interrupted as interrupted:
        print(f"{script}: interrupted; {interrupted.saved or kept}", file=sys.stderr)
        sys.exit(128 + interrupted.number)
