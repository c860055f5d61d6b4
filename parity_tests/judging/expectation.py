"""The expected quantities of a case, and by how much a correct implementation can differ from them."""

import pickle
from functools import lru_cache
from typing import Any

import numpy as np

from parity_tests.cases.recurrences import Case
from parity_tests.judging.drawing import AnyCase, ReadoutCase
from parity_tests.judging.subject import AXES, Arrays, gradient_names, sizes_of
from parity_tests.oracles import bounded_equations, complex_step, expected, specification
from parity_tests.oracles.bounds import ANY, Arithmetic
from parity_tests.oracles.complex_step import lists, part_of_bound
from parity_tests.oracles.specification import OUTPUTS

# An adapter may round each result a few times more, for example if it scales gradients or recovers them from an update.
ROUNDINGS_OF_ADAPTER = 4


def expectation(kind: str, case: AnyCase, gradients: bool) -> tuple[Arrays, Arrays]:
    """The expected outputs and, if asked for, gradients of a case by name, and the bound of each.

    They are remembered, because the judge tries the same cases on each implementation. The arrays are read-only.
    """
    values, bounds = _computed(pickle.dumps((kind, case, gradients)))
    return dict(values), dict(bounds)


@lru_cache(maxsize=512)
def _computed(pickled: bytes) -> tuple[Arrays, Arrays]:
    """What `expectation` returns for its pickled arguments, which unlike arrays can be compared as a whole."""
    kind, case, gradients = pickle.loads(pickled)
    system = Arithmetic(case.params[0].dtype.name, ANY)
    if isinstance(case, ReadoutCase):
        values, bounds = of_readout(system, case)
    elif case.dh.size:
        values = expected.outputs(kind, case) | (expected.gradients(kind, case) if gradients else {})
        bounds = expected.bounds(kind, case, system)
    else:
        values = of_nothing(kind, case)
        bounds = dict.fromkeys(values, np.zeros(()))
    for name, value in values.items():
        rounded = ROUNDINGS_OF_ADAPTER * system.u * np.abs(value) + system.tiny
        bounds[name] = np.broadcast_to((bounds[name] + rounded) * (1 + 2.0**-20), value.shape)
        value.flags.writeable = False
    return values, bounds


def of_nothing(kind: str, case: Case) -> Arrays:
    """The expected quantities of a case without steps or without examples: initial states, dc, and empty sums."""
    sizes = sizes_of(case)
    names = [*OUTPUTS[kind], *gradient_names(kind)]
    values = {name: np.zeros([sizes[axis] for axis in AXES[name]], np.longdouble) for name in names}
    for name, state in case.states.items():
        values[name[0]][0] = state
    if case.dc and not len(case.x):
        values["dc_init"] = case.dc[0].astype(np.longdouble)
    return values


def of_readout(system: Arithmetic, case: ReadoutCase) -> tuple[Arrays, Arrays]:
    """The expected quantities of a read-out and their bounds."""
    numbers = case.params._asdict() | {"h": case.h}
    nested = lists(numbers)
    values = {
        "y": expected.as_array(specification.readout(**nested)),
        "loss": np.asarray(specification.cross_entropy(**nested, labels=case.labels)[0]),
    }
    derivatives = complex_step.gradients(
        lambda **values: specification.cross_entropy(**values, labels=case.labels), numbers
    )
    values |= {f"d{name}": value for name, value in derivatives.items()}
    (C, H), B = case.params.V.shape, case.h.shape[1]
    factor = 1 + part_of_bound(0, H, 0, B, C, system.u)
    quantities: Any = bounded_equations.readout(system, *case)
    return values, {name: quantity.error * factor for name, quantity in quantities.items()}
