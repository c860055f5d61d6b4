"""Readers of command-line arguments, for argparse: each refuses a wrong one in a line that says what was expected."""

import argparse
import math
from collections.abc import Callable, Mapping
from typing import TypeVar

Value = TypeVar("Value")


def one_of(choices: Mapping[str, Value]) -> Callable[[str], Value]:
    """A reader of one of the names in `choices`, for what it stands for."""

    def read(text: str) -> Value:
        if text not in choices:
            raise argparse.ArgumentTypeError(f"expected one of {', '.join(choices)}, got {text!r}")
        return choices[text]

    return read


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """A reader of whole numbers from `low` to `high`."""

    def read(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"expected a whole number from {low} to {high}, got {text!r}")
        return int(text)

    return read


def positive_number(text: str) -> float:
    """A reader of finite numbers above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"expected a finite number above 0, got {text!r}")
    return number
