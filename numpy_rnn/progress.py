"""The progress of a training as JSON, validated: the part of a checkpoint that is not arrays."""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

from numpy_rnn.experiments import Epoch


def _whole(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


def _finite(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _not_negative(value: Any) -> bool:
    return _finite(value) and value >= 0


def _share(value: Any) -> bool:
    return _finite(value) and 0 <= value <= 1


WHOLE = _whole, "a whole number from 0"
FINITE = _finite, "a finite number"
RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "epoch": WHOLE,
    "step": WHOLE,
    "hits": WHOLE,
    "t": WHOLE,
    "seed": WHOLE,
    "loss": FINITE,
    "losses": FINITE,
    "accuracy": (_share, "a number from 0 to 1"),
    "seconds": (_not_negative, "a finite number from 0"),
}


def read(text: Any, names: Sequence[str], expected: str) -> dict[str, Any]:
    """Reads the progress of a training, and validates it.

    Parameters
    ----------
    text : str or array of one string
        JSON: an object.
    names : sequence of str
        The entries that it has besides `history`; those in `RULES` are validated.
    expected : str
        What the text is, for the messages.

    Returns
    -------
    dict of str to object
        All entries; `history` is a tuple of `Epoch`.

    Raises
    ------
    ValueError
        If the text is not such an object, if an entry is missing, of the wrong type or out of range, or if `history`
        does not describe as many epochs as `epoch` says; the message names the entry.
    """
    try:
        progress = json.loads(str(text))
    except RecursionError:
        raise ValueError(f"expected {expected}, got JSON that is nested too deeply") from None
    if not isinstance(progress, dict):
        raise ValueError(f"expected {expected} as a JSON object, got {progress!r:.60}")
    for name in (*names, "history"):
        if name not in progress:
            raise ValueError(f"expected {expected}, found no {name!r}")
        if name in RULES and not RULES[name][0](progress[name]):
            raise ValueError(f"{name}: expected {RULES[name][1]}, got {progress[name]!r:.60}")
    history = progress["history"]
    if not isinstance(history, list) or len(history) != progress["epoch"]:
        raise ValueError(f"history: expected a list of {progress['epoch']} epochs, got {history!r:.60}")
    return progress | {"history": tuple(map(_epoch, history))}


def _epoch(entry: Any) -> Epoch:
    """Returns an entry of the history. Raises ValueError if it is not loss, accuracy and seconds."""
    if not isinstance(entry, list) or len(entry) != len(Epoch._fields):
        raise ValueError(f"history: expected loss, accuracy and seconds of each epoch, got {entry!r:.60}")
    for name, value in zip(Epoch._fields, entry, strict=True):
        if not RULES[name][0](value):
            raise ValueError(f"history: expected {name} to be {RULES[name][1]}, got {value!r:.60}")
    return Epoch(*entry)
