"""What a recurrence must return for a case: outputs by the specification, gradients by the complex step, and bounds."""

from collections.abc import Callable
from typing import Any

import numpy as np

from parity_tests.cases.recurrences import Case
from parity_tests.oracles import bounded_equations, complex_step, specification
from parity_tests.oracles.bounds import Arithmetic
from parity_tests.oracles.complex_step import U, part_of_bound, weighted
from parity_tests.oracles.specification import OUTPUTS

Arrays = dict[str, np.ndarray]


def outputs(kind: str, case: Case) -> Arrays:
    """The long doubles h and, for an LSTM, the gates and c of every step, by name."""
    results = getattr(specification, kind)(**complex_step.lists(case.inputs()))
    nested = dict(zip(OUTPUTS[kind], [results] if kind == "rnn" else results, strict=True))
    return {name: as_array(numbers) for name, numbers in nested.items()}


def as_array(nested: Any) -> np.ndarray:
    """Nested lists of long doubles, of the specification, as an array."""
    return np.array(nested, np.longdouble)[..., 0]


def gradients(kind: str, case: Case) -> Arrays:
    """Every entry of every gradient of the loss Σ dh ∘ h + Σ dc ∘ c_T, by name, such as dW."""
    derivatives = complex_step.gradients(loss_of(kind, case), case.inputs())
    return {f"d{name}": value for name, value in derivatives.items()}


def loss_of(kind: str, case: Case) -> Callable[..., Any]:
    """The function L = Σ dh ∘ h + Σ dc ∘ c_T of the specification, whose derivatives are the gradients."""

    def loss(**values: Any) -> Any:
        outputs = getattr(specification, kind)(**values)
        if kind == "rnn":
            return weighted(outputs[1:], case.dh.tolist())
        *_, c, h = outputs
        return weighted(h[1:], case.dh.tolist()) + weighted(c[-1], case.dc[0].tolist())

    return loss


def bounds(kind: str, case: Case, system: Arithmetic, quantities: Any = None) -> Arrays:
    """The largest difference between each quantity in this arithmetic and its expected value, which is rounded too.

    `quantities` are those of `bounded_equations` for this case, if they are known already.
    """
    quantities = quantities or bounded_equations.BOTH[kind](
        system, case.params, case.x, *case.initial, case.dh, *case.dc
    )
    T, H, B = case.dh.shape
    of_gradients = 1 + part_of_bound(T, H, case.x.shape[1], B, 0, system.u)
    of_outputs = 1 + U / system.u
    return {
        name: quantity.error * (of_outputs if name in OUTPUTS[kind] else of_gradients)
        for name, quantity in quantities.items()
    }
