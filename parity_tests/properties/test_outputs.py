"""Do the outputs equal those of the scalar specification, at every step and for every entry?"""

from parity_tests.cases.decorators import DTYPES, given_case_specs
from parity_tests.cases.recurrences import make_case, make_readout_case
from parity_tests.comparison import assert_within
from parity_tests.oracles import bounded_equations, expected, specification
from parity_tests.oracles.complex_step import U, lists


def bounds_of(quantities, system):
    """The sums of the bounds of an implementation and of the specification, which rounds alike with unit roundoff U."""
    return {name: quantity.error * (1 + U / system.u) for name, quantity in quantities.items()}


@DTYPES
@given_case_specs
def test_against_the_specification(recurrence, dtype, spec):
    case = make_case(recurrence.kind, spec, dtype)
    bounds = bounds_of(recurrence.bounded(case, dtype), recurrence.arithmetic(dtype))
    assert_within(recurrence.outputs(case), expected.outputs(recurrence.kind, case), bounds, dtype)


@DTYPES
@given_case_specs
def test_of_the_read_out_against_the_specification(read_out, dtype, spec):
    params, h, labels = make_readout_case(spec, dtype)
    numbers = lists(params._asdict() | {"h": h})
    exact = {
        "y": expected.as_array(specification.readout(**numbers)),
        "loss": specification.cross_entropy(**numbers, labels=labels)[0],
    }
    system = read_out.arithmetic(dtype)
    bounds = bounds_of(bounded_equations.readout(system, params, h, labels), system)
    actual = read_out.readout_results(params, h, labels)
    assert_within({name: actual[name] for name in exact}, exact, bounds, dtype)
