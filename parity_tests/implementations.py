"""`numpy_rnn` as the code under test: its results by name, and their error bounds.

The judge, in `judging/`, tests other implementations.
"""

import importlib
from typing import Any, NamedTuple

import numpy as np
import pytest

from parity_tests.cases.recurrences import Case, named_gradients
from parity_tests.oracles import bounded_equations
from parity_tests.oracles.bounds import Arithmetic, arithmetic
from parity_tests.oracles.specification import OUTPUTS

KINDS = ("rnn", "lstm", "readout")


class Implementation(NamedTuple):
    """A module, and which of `KINDS` it computes."""

    kind: str
    module: Any

    def arithmetic(self, dtype: Any) -> Arithmetic:
        """How exactly the module must compute: like NumPy itself."""
        return arithmetic("numpy", dtype)

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
        return {name: getattr(trace, name) for name in OUTPUTS[self.kind]}

    def gradients(self, case: Case, trace: Any = None) -> dict[str, np.ndarray]:
        """The gradients by name, such as dW, of all arguments of a recurrence; `trace` saves a call of `forward`."""
        trace = self.forward(case) if trace is None else trace
        return named_gradients(self.kind, self.module.backward(case.params, trace, case.dh, *case.dc))

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


OURS = [Implementation(kind, importlib.import_module(f"numpy_rnn.{kind}")) for kind in KINDS]

# For tests of functions and arguments that only `numpy_rnn` has.
OUR_RECURRENCES = pytest.mark.parametrize("ours", OURS[:2], ids=["rnn", "lstm"])
