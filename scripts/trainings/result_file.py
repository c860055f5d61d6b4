"""`result.json` of one run, read and validated: settings, epochs and accuracies."""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

from numpy_rnn.experiments import EXPERIMENTS, InitialState

NAME = "result.json"
# A test of a value, and what is expected, for the message.
Rules = dict[str, tuple[Callable[[Any], bool], str]]


def _whole(low: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and value >= low


def _number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _share(value: Any) -> bool:
    return _number(value) and 0 <= value <= 1


SETTINGS: Rules = {
    "experiment": (lambda value: isinstance(value, str) and value in EXPERIMENTS, f"one of {', '.join(EXPERIMENTS)}"),
    "backend": (lambda value: value in ("tf", "numpy"), "tf or numpy"),
    "hidden_dim": (_whole(1), "a whole number from 1"),
    "initial_state": (lambda value: value in get_args(InitialState), f"one of {', '.join(get_args(InitialState))}"),
    "seed": (_whole(0), "a whole number from 0"),
    "batch_size": (_whole(1), "a whole number from 1"),
    "learning_rate": (lambda value: _number(value) and value > 0, "a number above 0"),
    "clip_norm": (lambda value: value is None or (_number(value) and value > 0), "null or a number above 0"),
}
# All entries of a result that are not settings, but what was computed, and where.
COMPUTED = (
    *("epochs", "parameters", "weights_sha256", "train_loss", "train_accuracy", "test_accuracy", "test_loss"),
    *("target", "met", "seconds_per_epoch", "ms_per_step", "device", "versions"),
)
FIGURES: Rules = {
    "epochs": (_whole(1), "a whole number from 1"),
    "test_accuracy": (_share, "a number from 0 to 1"),
    "weights_sha256": (lambda value: isinstance(value, str), "a checksum"),
}


def read_result(path: Path) -> dict[str, Any]:
    """Return the content of a `result.json`.

    Raises OSError if it cannot be read, and ValueError, without the path, if it is not the result of a run: if an entry
    is missing, of the wrong type or out of range.
    """
    try:
        result = json.loads(path.read_text("utf-8"))
    except RecursionError:
        raise ValueError("expected a result of train.py, got JSON that is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"expected JSON: {error}") from None
    if not isinstance(result, dict):
        raise ValueError(f"expected a JSON object, got {result!r:.60}")
    for name in ("clip_norm", "strategy", "replicas"):
        result.setdefault(name, None)  # earlier versions clipped no gradients and trained on one device
    for name, (valid, expected) in (SETTINGS | FIGURES).items():
        if name not in result:
            raise ValueError(f"found no {name!r}")
        if not valid(result[name]):
            raise ValueError(f"{name}: expected {expected}, got {result[name]!r:.60}")
    training = result.get("train_accuracy")
    if not isinstance(training, list) or len(training) != result["epochs"] or not all(map(_share, training)):
        raise ValueError(f"train_accuracy: expected {result['epochs']} numbers from 0 to 1, got {training!r:.60}")
    for name, value in settings_of(result).items():
        if not isinstance(value, str | int | float | bool | None):
            raise ValueError(f"{name}: expected a text, a number, true, false or null, got {value!r:.60}")
    return result


def settings_of(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return those entries of a result that are settings: all that two runs must share to be repetitions, and the seed.

    `result` is the content of a `result.json`. Settings that this version does not know are among them.
    """
    return {name: value for name, value in result.items() if name not in COMPUTED}
