"""The lines of the forward and backward loops, as `numpy_rnn` has them, and the errors that the page can plant."""

import inspect
import re
import textwrap
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from mutations import planted_errors
from numpy_rnn import lstm, rnn

MODULES = {"rnn": rnn, "lstm": lstm}


class Switch(NamedTuple):
    """An error that a switch of the page plants: in which lines, and the test that catches it.

    `mutants` are the names of planted errors of `parity_tests/mutants/numpy_rnn.toml`, by network; `lines` are other
    changes of one line, as pairs of the old and the new one.
    """

    key: str
    title: str
    effect: str
    test: str
    mutants: Mapping[str, str] = MappingProxyType({})
    lines: Mapping[str, tuple[str, str]] = MappingProxyType({})


PROPERTIES = "parity_tests/properties"
SWITCHES = [
    Switch(
        "c",
        "Forget the second path of c",
        "∂L/∂c no longer flows past h through the forget gates, so the LSTM's gradient vanishes within a few steps.",
        f"{PROPERTIES}/test_closed_forms.py::test_an_lstm_without_weights_halves_c",
        mutants={"lstm": "lstm: dc past h missing"},
    ),
    Switch(
        "dh",
        "Drop dh through time",
        "The RNN gets no gradient before the step of the loss. In the LSTM the path of c remains.",
        f"{PROPERTIES}/test_gradients.py::test_against_the_complex_step",
        mutants={"rnn": "rnn: dh through time missing", "lstm": "lstm: dh through time missing"},
    ),
    Switch(
        "W",
        "Transpose W",
        "The trained RNN reads its last state through the wrong matrix. Every shape still fits, so no error is raised.",
        f"{PROPERTIES}/test_outputs.py::test_against_the_specification",
        mutants={"rnn": "rnn: W transposed"},
    ),
    Switch(
        "h_init",
        "Start from h = 1000",
        "The first W h is huge and saturates tanh and the gates. Compare how long each network takes to recover.",
        f"{PROPERTIES}/test_closed_forms.py::test_a_sequence_of_no_steps",
        lines={"rnn": ("h[0] = h_init", "h[0] = 1000"), "lstm": ("h[0] = h_init", "h[0] = 1000")},
    ),
]


def loops() -> dict[str, dict[str, list[dict[str, str]]]]:
    """Return the lines of both loops of each network: the code of each line, and its comment."""
    return {
        name: {direction: _loop(getattr(module, direction)) for direction in ("forward", "backward")}
        for name, module in MODULES.items()
    }


def _loop(function: Callable[..., Any]) -> list[dict[str, str]]:
    """Return the only loop over t of a function, without its indentation."""
    source = inspect.getsource(function)
    start = re.search(r"^ *for t", source, re.MULTILINE)
    assert start, function
    text = textwrap.dedent(source[start.start() : source.rindex("    return")])
    parts = (line.partition("  # ") for line in text.splitlines())
    return [{"code": code, "comment": comment} for code, _, comment in parts]


def switches() -> list[dict[str, Any]]:
    """Return the switches with the old and the new line of each network, as the page shows them."""
    return [
        {"key": one.key, "title": one.title, "effect": one.effect, "test": one.test, "changes": changes(one)}
        for one in SWITCHES
    ]


def changes(switch: Switch) -> dict[str, dict[str, str]]:
    """Return the file, the old and the new line by network."""
    mutants = {mutant.name: mutant for mutant in planted_errors.read("numpy_rnn")}
    found = {}
    for name in MODULES:
        file = f"numpy_rnn/{name}.py"
        if name in switch.mutants:
            mutant = mutants[switch.mutants[name]]
            found[name] = {"file": file, "old": mutant.old, "new": mutant.new}
        elif name in switch.lines:
            old, new = switch.lines[name]
            found[name] = {"file": file, "old": old, "new": new}
    return found
