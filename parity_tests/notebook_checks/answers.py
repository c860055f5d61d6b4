"""What all checks have in common: one message, without a traceback, for an answer that is missing or wrong."""

import linecache
import re
import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from numpy_rnn.experiments import BATCH_SIZE, EPOCHS, EXPERIMENTS, TRAINING_IMAGES
from parity_tests.judging.refused import one_line

PACKAGES = ("numpy_rnn", "parity_tests", "site-packages", "dist-packages")


class Wrong(AssertionError):
    """An answer is missing or wrong; a notebook shows the message alone."""

    def _render_traceback_(self) -> list[str]:
        """Called by IPython: the lines that it shows in place of a traceback."""
        return [str(self)]


def checks(blank: str, task: str) -> Callable[[Callable[..., str]], Callable[..., None]]:
    """Makes a check of a blank from a function that returns what is right, or raises `Wrong` with what is wrong.

    The check prints what is right. It raises `Wrong`, with the blank's number in front, if the answer is wrong, if it
    is missing, that is, if it raises NotImplementedError, and if it raises any other exception.

    Parameters
    ----------
    blank : str
        The number of the blank, such as "1.2".
    task : str
        A sentence that says what to write there, which is shown while the blank is empty.

    Returns
    -------
    callable
        A decorator.
    """

    def decorate(function: Callable[..., str]) -> Callable[..., None]:
        @wraps(function)
        def check(*answers: Any, **options: Any) -> None:
            try:
                right = function(*answers, **options)
            except NotImplementedError:
                message = f"{blank} is still empty. {task} Replace the line `raise NotImplementedError(…)`."
            except Wrong as wrong:
                message = f"{blank} is not right yet: {wrong}"
            except Exception as error:
                message = f"{blank} cannot be checked: {described(error)}"
            else:
                print(f"✓ {blank}  {right}")
                return
            raise Wrong(message) from None

        return check

    return decorate


def described(error: Exception) -> str:
    """The type and the message of an exception, and the line of the learner's code that raised it."""
    text = f"your code raises {type(error).__name__}: {message(error)}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        line = linecache.getline(frame.filename, frame.lineno or 0).strip()
        if line and not set(PACKAGES) & set(Path(frame.filename).parts):
            return f"{text}\n  in the line: {line}"
    return text


def message(error: Exception) -> str:
    """The message of an exception in one line, without what Keras writes around it, and TensorFlow into it."""
    inner = re.search(r"\x1b\[1m(.*?)\x1b\[0m", str(error), re.DOTALL)  # Keras: "Exception encountered when calling …"
    text = inner[1] if inner else str(error)
    return one_line(re.sub(r"\{\{.*?\}\} ?|,? ?\[Op:.*", "", text, flags=re.DOTALL))


def accuracy(experiment: str, measured: float, training_images: int = TRAINING_IMAGES, epochs: int = EPOCHS) -> None:
    """Compares the test accuracy, a number from 0 to 1, with what the exercise expects of one of its four models.

    It prints the result, and raises `Wrong` if the accuracy is below the expected one. A model that was trained with
    fewer images or another number of epochs is not judged.
    """
    expected = EXPERIMENTS[experiment].target
    if not 0 <= measured <= 1:
        raise Wrong(f"the test accuracy: expected a number from 0 to 1, got {measured!r}")
    text = f"{experiment}: test accuracy {measured:.1%}"
    if (training_images, epochs) != (TRAINING_IMAGES, EPOCHS):
        whole = f"{EPOCHS} epochs of {TRAINING_IMAGES:,} images in batches of {BATCH_SIZE}"
        print(f"– {text}; the exercise expects {expected:.1%} or more after {whole}")
    elif measured < expected:
        raise Wrong(f"{text}, but the exercise expects {expected:.1%} or more")
    else:
        print(f"✓ {text}; the exercise expects {expected:.1%} or more")
