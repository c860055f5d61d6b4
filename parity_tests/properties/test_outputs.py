"""Are the outputs those of the figures, computed number by number, at every step and for every entry?"""

import numpy as np

from parity_tests.cases.recurrences import DTYPES, given_case_specs, make_case, make_readout_case
from parity_tests.comparison import assert_within
from parity_tests.oracles import bounded_equations, specification
from parity_tests.oracles.complex_step import U, lists


def as_arrays(nested):
    return np.array(nested, np.longdouble)[..., 0]


def bounds_of(quantities, system):
    """Those of an implementation, and of the specification, which rounds in the same places as finely as U."""
    return {name: quantity.error * (1 + U / system.u) for name, quantity in quantities.items()}


@DTYPES
@given_case_specs
def test_against_the_specification(recurrence, dtype, spec):
    case = make_case(recurrence.kind, spec, dtype)
    states = [np.broadcast_to(state, (spec.H, spec.B)) for state in case.initial]
    inputs = case.params._asdict() | {"x": case.x} | dict(zip(["h_init", "c_init"], states, strict=False))
    expected = getattr(specification, recurrence.kind)(**lists(inputs))
    by_name = {"h": expected} if recurrence.kind == "rnn" else dict(zip("ifouch", expected, strict=True))
    bounds = bounds_of(recurrence.bounded(case, dtype), recurrence.arithmetic(dtype))
    assert_within(
        recurrence.outputs(case), {name: as_arrays(nested) for name, nested in by_name.items()}, bounds, dtype
    )


@DTYPES
@given_case_specs
def test_of_the_read_out_against_the_specification(read_out, dtype, spec):
    params, h, labels = make_readout_case(spec, dtype)
    numbers = lists(params._asdict() | {"h": h})
    expected = {
        "y": as_arrays(specification.readout(**numbers)),
        "loss": specification.cross_entropy(**numbers, labels=labels)[0],
    }
    system = read_out.arithmetic(dtype)
    bounds = bounds_of(bounded_equations.readout(system, params, h, labels), system)
    actual = read_out.readout_results(params, h, labels)
    assert_within({name: actual[name] for name in expected}, expected, bounds, dtype)
