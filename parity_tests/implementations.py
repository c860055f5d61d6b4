"""The code under test: `numpy_rnn`, or with `--implementation rnn=MODULE` another module with the same signatures.

A module that replaces `numpy_rnn.rnn` has the functions

    forward(params, x, h_init) → trace             params is numpy_rnn.rnn.Params; trace.h is (T+1, H, B)
    backward(params, trace, dh) → gradients        .params, .x and .h_init have the shapes of the arguments

An LSTM also takes c_init and dc, and has trace.c and gradients.c_init. No other field of the trace is required; gates
i, f, o, u (T, H, B) are compared if it has them. parity_tests/other_implementations shows two such modules.
"""

import importlib
from typing import Any, NamedTuple

import numpy as np
import pytest

from parity_tests.cases.recurrences import STATES, Case
from parity_tests.oracles import bounded_equations
from parity_tests.oracles.bounds import ANY, Arithmetic, arithmetic
from parity_tests.oracles.specification import OUTPUTS

KINDS = ("rnn", "lstm", "readout")


class Implementation(NamedTuple):
    """A module, and which of `KINDS` it computes."""

    kind: str
    module: Any

    def arithmetic(self, dtype: Any) -> Arithmetic:
        """How exactly the module must compute: `numpy_rnn` like NumPy itself, other code with a wider margin."""
        ours = self.module.__name__ == f"numpy_rnn.{self.kind}"
        return arithmetic("numpy", dtype) if ours else Arithmetic(np.dtype(dtype).name, ANY)

    def bounded(
        self, case: Case, dtype: Any = np.float64, system: Arithmetic | None = None
    ) -> bounded_equations.Quantities:
        """The values and bounds of a recurrence's results for a case, in its own or another library's arithmetic."""
        equations = bounded_equations.BOTH[self.kind]
        return equations(system or self.arithmetic(dtype), case.params, case.x, *case.initial, case.dh, *case.dc)

    def errors(self, case: Case, dtype: Any = np.float64) -> dict[str, np.ndarray]:
        """The bound of each quantity of a recurrence."""
        return {name: quantity.error for name, quantity in self.bounded(case, dtype).items()}

    def forward(self, case: Case) -> Any:
        """The trace of a recurrence."""
        return self.module.forward(case.params, case.x, *case.initial)

    def outputs(self, case: Case) -> dict[str, np.ndarray]:
        """The arrays of the trace by name: h and, for an LSTM, c and the gates."""
        return self.named_outputs(self.forward(case))

    def named_outputs(self, trace: Any) -> dict[str, np.ndarray]:
        """The arrays of a trace, by name."""
        return {name: getattr(trace, name) for name in OUTPUTS[self.kind] if name == "h" or hasattr(trace, name)}

    def gradients(self, case: Case, trace: Any = None) -> dict[str, np.ndarray]:
        """The gradients by name, such as dW, of all arguments of a recurrence; `trace` saves a call of `forward`."""
        trace = self.forward(case) if trace is None else trace
        gradients = self.module.backward(case.params, trace, case.dh, *case.dc)
        inputs = {name: getattr(gradients, name) for name in ("x", *STATES[self.kind])}
        return {f"d{name}": value for name, value in (gradients.params._asdict() | inputs).items()}

    def results(self, case: Case) -> dict[str, np.ndarray]:
        """Outputs and gradients of a recurrence by name."""
        trace = self.forward(case)
        return self.named_outputs(trace) | self.gradients(case, trace)

    def readout_results(self, params: Any, h: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
        """Probabilities, loss and gradients of a read-out by name."""
        gradients = self.module.backward(params, h, labels)
        return {
            "y": self.module.forward(params, h),
            "loss": self.module.cross_entropy(params, h, labels),
            "dd": gradients.params.d,
            "dV": gradients.params.V,
            "dh": gradients.h,
        }


def load(choices: list[str]) -> list[Implementation]:
    """The modules of the options `--implementation KIND=MODULE`, without any those of `numpy_rnn`.

    Raises pytest.UsageError, with one line, for an unknown kind or a module that lacks a function.
    """
    if not choices:
        return [Implementation(kind, importlib.import_module(f"numpy_rnn.{kind}")) for kind in KINDS]
    loaded = []
    for choice in choices:
        kind, _, name = choice.partition("=")
        if kind not in KINDS or not name:
            kinds = ", ".join(KINDS)
            raise pytest.UsageError(f"--implementation: expected KIND=MODULE, KIND one of {kinds}, got {choice!r}")
        try:
            module = importlib.import_module(name)
        except ImportError as error:
            message = f"--implementation: expected a module that can be imported, got {name!r}: {error}"
            raise pytest.UsageError(message) from error
        needed = ["forward", "backward", "cross_entropy"][: 3 if kind == "readout" else 2]
        for function in needed:
            if not callable(getattr(module, function, None)):
                functions = f"{', '.join(needed[:-1])} and {needed[-1]}"
                raise pytest.UsageError(
                    f"--implementation: expected the functions {functions} in {name}, found no {function}"
                )
        loaded.append(Implementation(kind, module))
    return loaded


# For tests of behaviour that other implementations need not have.
OUR_RECURRENCES = pytest.mark.parametrize("ours", load([])[:2], ids=["rnn", "lstm"])
