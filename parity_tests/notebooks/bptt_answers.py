"""Answers in the blanks of notebook 4: the functions that they define, beside the solutions of the others."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from numpy_rnn import lstm, rnn
from parity_tests.notebook_checks import bptt
from parity_tests.notebook_checks.answers import Wrong
from parity_tests.notebooks.blanks import cell, execute, filled

# The function of each blank, 4.1 … 4.19.
FUNCTIONS = (
    *("tanh_derivative", "da_of_step", "dx_of_step", "dh_passed_back", "dW_of_step", "dU_of_step", "db_of_step"),
    *("rnn_backward", "do_of_step", "dc_of_step", "di_du_df", "dc_passed_back", "sigmoid_derivative", "da_of_gate"),
    *("da_of_modulated_input", "dM_of_step", "dz_of_step", "parts_of_dz", "lstm_backward"),
)


def blank(function: str) -> str:
    """The cell of a function's blank."""
    return cell("4-bptt-by-hand", f"blank-4-{FUNCTIONS.index(function) + 1}")


@cache
def solutions() -> dict[str, Any]:
    """The names that the solutions of all blanks define."""
    return execute("\n".join(blank(function) for function in FUNCTIONS), {"np": np, "rnn": rnn, "lstm": lstm})


def answered(function: str, answer: str) -> Any:
    """The function with this answer in its blank."""
    return execute(filled(blank(function), answer), dict(solutions()))[function]


def changed(function: str, *changes: tuple[str, str]) -> Any:
    """The function with changes of its solution."""
    code = blank(function)
    for old, new in changes:
        assert old in code, old
        code = code.replace(old, new)
    return execute(code, dict(solutions()))[function]


def refused(name: str, function: Any) -> str:
    """The message of the check of a function, which refuses it."""
    with pytest.raises(Wrong) as raised:
        getattr(bptt, name)(function)
    return str(raised.value)
