"""The code under test: `numpy_rnn`, or with `--implementation rnn=MODULE` another module with the same signatures.

Such a module has, in the place of `numpy_rnn.rnn` (or `lstm`, or `readout`),

    forward(params, x, h_init) → trace             params is numpy_rnn.rnn.Params; trace.h is (T+1, H, B)
    backward(params, trace, dh) → gradients        with .params, .x and .h_init, shaped as what they are of

and for an LSTM c_init, dc, trace.c and gradients.c_init beside them. Of the trace nothing else is asked; where it has
gates i, f, o, u (T, H, B) they are compared, too. parity_tests/other_implementations shows two such modules.
"""

import importlib
from typing import Any, NamedTuple

import numpy as np
import pytest

from parity_tests.cases.recurrences import Case
from parity_tests.oracles import bounded_equations
from parity_tests.oracles.bounds import ANY, Arithmetic, arithmetic

KINDS = ("rnn", "lstm", "readout")
STATES = {"rnn": ["h_init"], "lstm": ["h_init", "c_init"]}
OUTPUTS = {"rnn": "h", "lstm": "ifouch"}


class Implementation(NamedTuple):
    """A module and the kind of thing that it computes."""

    kind: str
    module: Any

    def arithmetic(self, dtype: Any) -> Arithmetic:
        """What it may round."""
        ours = self.module.__name__ == f"numpy_rnn.{self.kind}"
        return arithmetic("numpy", dtype) if ours else Arithmetic(np.dtype(dtype).name, ANY)

    def bounded(
        self, case: Case, dtype: Any = np.float64, system: Arithmetic | None = None
    ) -> bounded_equations.Quantities:
        """What a recurrence must give for a case, in its own arithmetic or in that of another library."""
        equations = bounded_equations.BOTH[self.kind]
        return equations(system or self.arithmetic(dtype), case.params, case.x, *case.initial, case.dh, *case.dc)

    def errors(self, case: Case, dtype: Any = np.float64) -> dict[str, np.ndarray]:
        """How far each quantity of a recurrence may be off."""
        return {name: quantity.error for name, quantity in self.bounded(case, dtype).items()}

    def forward(self, case: Case) -> Any:
        """A recurrence's trace."""
        return self.module.forward(case.params, case.x, *case.initial)

    def outputs(self, case: Case) -> dict[str, np.ndarray]:
        """The arrays of that trace, by name: h, and c and the gates where there are any."""
        return self.named_outputs(self.forward(case))

    def named_outputs(self, trace: Any) -> dict[str, np.ndarray]:
        """The arrays of a trace, by name."""
        return {name: getattr(trace, name) for name in OUTPUTS[self.kind] if name == "h" or hasattr(trace, name)}

    def gradients(self, case: Case, trace: Any = None) -> dict[str, np.ndarray]:
        """∂L/∂ all that a recurrence takes, by name, dW and so on; of a trace that is there already, or its own."""
        trace = self.forward(case) if trace is None else trace
        gradients = self.module.backward(case.params, trace, case.dh, *case.dc)
        inputs = {name: getattr(gradients, name) for name in ("x", *STATES[self.kind])}
        return {f"d{name}": value for name, value in (gradients.params._asdict() | inputs).items()}

    def results(self, case: Case) -> dict[str, np.ndarray]:
        """Outputs and gradients."""
        trace = self.forward(case)
        return self.named_outputs(trace) | self.gradients(case, trace)

    def readout_results(self, params: Any, h: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
        """Probabilities, loss and gradients of a read-out."""
        gradients = self.module.backward(params, h, labels)
        return {
            "y": self.module.forward(params, h),
            "loss": self.module.cross_entropy(params, h, labels),
            "dd": gradients.params.d,
            "dV": gradients.params.V,
            "dh": gradients.h,
        }


def load(choices: list[str]) -> list[Implementation]:
    """What `--implementation KIND=MODULE` names; without it all of `numpy_rnn`. Raises pytest.UsageError."""
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


# For tests of what no other implementation is asked for.
OUR_RECURRENCES = pytest.mark.parametrize("ours", load([])[:2], ids=["rnn", "lstm"])
