"""Are the outputs those of the figures, computed number by number, at every step and for every entry?"""

import numpy as np

from parity_tests.cases.recurrences import DTYPES, case, cases, readout_case
from parity_tests.comparison import assert_within
from parity_tests.oracles import bounded_equations, specification
from parity_tests.oracles.complex_step import U, lists


def as_arrays(nested):
    return np.array(nested, np.longdouble)[..., 0]


def bounds_of(quantities, system):
    """Those of an implementation, and of the specification, which rounds in the same places as finely as U."""
    return {name: quantity.error * (1 + U / system.u) for name, quantity in quantities.items()}


@DTYPES
@cases
def test_against_the_specification(recurrence, dtype, draw):
    drawn = case(recurrence.kind, draw, dtype)
    states = [np.broadcast_to(state, (draw.H, draw.B)) for state in drawn.initial]
    inputs = drawn.params._asdict() | {"x": drawn.x} | dict(zip(["h_init", "c_init"], states, strict=False))
    expected = getattr(specification, recurrence.kind)(**lists(inputs))
    by_name = {"h": expected} if recurrence.kind == "rnn" else dict(zip("ifouch", expected, strict=True))
    bounds = bounds_of(recurrence.bounded(drawn, dtype), recurrence.arithmetic(dtype))
    assert_within(
        recurrence.outputs(drawn), {name: as_arrays(nested) for name, nested in by_name.items()}, bounds, dtype
    )


@DTYPES
@cases
def test_of_the_read_out_against_the_specification(read_out, dtype, draw):
    params, h, labels = readout_case(draw, dtype)
    numbers = lists(params._asdict() | {"h": h})
    expected = {
        "y": as_arrays(specification.readout(**numbers)),
        "loss": specification.cross_entropy(**numbers, labels=labels)[0],
    }
    system = read_out.arithmetic(dtype)
    bounds = bounds_of(bounded_equations.readout(system, params, h, labels), system)
    actual = read_out.readout_results(params, h, labels)
    assert_within({name: actual[name] for name in expected}, expected, bounds, dtype)
