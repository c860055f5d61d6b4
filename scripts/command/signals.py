"""Ctrl-C and SIGTERM: the current training step is completed, anything else ends immediately."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

SHOW_CURSOR = b"\x1b[?25h"
# SIGPIPE, which Windows lacks. Python ignores this signal and raises an error in its place.
OUTPUT_LOST = 13


class Interrupted(BaseException):
    """Raised after the signal `number`; `saved` is a message that says which work is kept, if it is known."""

    def __init__(self, number: int, saved: str = ""):
        super().__init__(saved)
        self.number = number
        self.saved = saved


class Stopping:
    """Handles the two signals after `listen`, and the loss of stdout; `number` is the signal received, or 0.

    Within a `training` block the training checks `number` after each step. Outside such a block a signal raises
    Interrupted, or ends the process if `at_once` is true, after writing `last_words` to stderr. A second signal always
    ends the process. `reason` says why the command stops.
    """

    def __init__(self, at_once: bool = False, last_words: str = "") -> None:
        self.number = 0
        self.reason = "interrupted"
        self.at_once = at_once
        self._last_words = last_words
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

    def output_lost(self, error: OSError) -> None:
        """Stop as after a signal, because stdout cannot be written: the reader of a pipe has ended, or a disk is full.

        Within a `training` block the current step is completed. In another thread than the main one, the main thread
        checks `number` later.
        """
        self.number = OUTPUT_LOST
        self.reason = f"stopped because stdout cannot be written ({error.strerror})"
        if not self._in_training and threading.current_thread() is threading.main_thread():
            raise Interrupted(self.number)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self.number or (self.at_once and not self._in_training):
            with suppress(OSError):
                if sys.stderr is not None and sys.stderr.isatty():
                    os.write(2, SHOW_CURSOR)  # a progress bar hides it
                if not self.number:
                    os.write(2, self._last_words.encode())
            os._exit(128 + number)
        self.number = number
        if not self._in_training:
            raise Interrupted(number)
