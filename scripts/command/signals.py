"""Ctrl-C and SIGTERM: a training step that runs is finished first, anything else ends at once."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SHOW_CURSOR = b"\x1b[?25h"


class Interrupted(BaseException):
    """The signal `number` has come, and `saved` says what of the work is kept."""

    def __init__(self, number: int, saved: str = "what was finished is kept"):
        super().__init__(saved)
        self.number = number
        self.saved = saved


class Stopping:
    """From `listen` on, `number` is the signal that has come, 0 before.

    In a `training` it is for the training to heed, elsewhere it raises Interrupted, or with `at_once` ends the process;
    a second one does so in any case.
    """

    def __init__(self, at_once: bool = False) -> None:
        self.number = 0
        self._at_once = at_once
        self._trains = False

    def listen(self) -> None:
        """Takes the two signals over."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._hear)

    @contextmanager
    def training(self) -> Iterator[None]:
        """A block that looks at `number` after each step; raises Interrupted at its end if it didn't."""
        self._trains = True
        try:
            yield
        finally:
            self._trains = False
        if self.number:
            raise Interrupted(self.number)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.number or (self._at_once and not self._trains):
            if sys.stderr.isatty():
                os.write(2, SHOW_CURSOR)  # which a progress bar hides
            os._exit(128 + number)
        self.number = number
        if not self._trains:
            raise Interrupted(number)


def run(script: str, main: Callable[[Stopping], int]) -> None:
    """Ends the process with the exit code of `main`, or after a signal with 128 + its number and one line on stderr."""
    stopping = Stopping()
    try:
        stopping.listen()
        sys.exit(main(stopping))
    except Interrupted as interrupted:
        print(f"{script}: interrupted; {interrupted}", file=sys.stderr)
        sys.exit(128 + interrupted.number)
