"""Do the functions leave their arguments unchanged and unshared, repeat their results, and keep the dtype?"""

from collections.abc import Callable
from itertools import combinations, product

import numpy as np
from hypothesis import example, given

from numpy_rnn import classifier
from parity_tests.cases.decorators import DTYPES, given_case_specs
from parity_tests.cases.public_functions import flat
from parity_tests.cases.recurrences import CASE_SPECS, SEEDS, CaseSpec, make_case, make_readout_case
from parity_tests.comparison import assert_same_bits, assert_within
from parity_tests.implementations import OUR_RECURRENCES

EMPTY = CaseSpec(3, 2, 4, 0, 3)

LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "Fortran order": np.asfortranarray,
    "last axis backwards": lambda v: v[..., ::-1].copy()[..., ::-1],
    "first axis backwards": lambda v: v[::-1].copy()[::-1],
    "every other": lambda v: np.repeat(v, 2, axis=-1)[..., ::2],
    "first axis innermost": lambda v: np.moveaxis(np.moveaxis(v, 0, -1).copy(), -1, 0),
    "not aligned": lambda v: np.frombuffer(b" " + v.tobytes(), v.dtype, offset=1).reshape(v.shape),
}


def arrays_in(values):
    return [value for value in flat(values) if isinstance(value, np.ndarray)]


def assert_pure(function, arguments, dtype):
    """Three calls of `function`, two of them with read-only arrays, give the same bits in memory of their own."""
    expected = function(arguments)
    copies = [value.copy() for value in arguments]
    for value in arguments:
        value.flags.writeable = False
    results = function(arguments)
    assert_same_bits(results, expected)
    assert_same_bits(function(arguments), expected)
    assert_same_bits(tuple(arguments), tuple(copies))
    for result, value in product(arrays_in(results), arguments):
        assert not np.shares_memory(result, value)
    for one, other in combinations(arrays_in(results), 2):
        assert not np.shares_memory(one, other)
    for result in flat(results):
        assert type(result) is float or (result.dtype == dtype and result.flags.writeable)


@DTYPES
@given_case_specs
@example(CaseSpec(0, 2, 3, 1, 2))
@example(CaseSpec(0, 2, 3, 2, 2))
def test_forward(recurrence, dtype, spec):
    case = make_case(recurrence.kind, spec, dtype)
    assert_pure(lambda arguments: tuple(recurrence.outputs(case.with_arrays(arguments)).values()), case.arrays(), dtype)


@DTYPES
@given_case_specs
@example(CaseSpec(0, 2, 3, 1, 2))
@example(CaseSpec(0, 2, 3, 2, 2))
def test_backward(recurrence, dtype, spec):
    case = make_case(recurrence.kind, spec, dtype)
    trace = recurrence.forward(case)
    in_trace = list(recurrence.named_outputs(trace).values())

    def gradients(arguments):
        other = case.with_arrays(arguments[: len(arguments) - len(in_trace)])
        return tuple(recurrence.gradients(other, trace).values())

    assert_pure(gradients, [*case.arrays(), *in_trace], dtype)


@DTYPES
@given_case_specs
def test_read_out(read_out, dtype, spec):
    params, h, labels = make_readout_case(spec, dtype)

    def results(arguments):
        d, V, h, labels = arguments
        return tuple(read_out.readout_results(type(params)(d, V), h, labels).values())

    assert_pure(results, [*params, h, labels], dtype)


def model_results(model, x, labels, initial):
    """The results of all public functions of `classifier`."""
    trace = classifier.forward(model, x, initial)
    return (
        tuple(trace),
        classifier.backward(model, trace, labels),
        classifier.predict(model, x, initial),
        classifier.loss_and_gradients(model, x, labels, initial),
    )


@OUR_RECURRENCES
@DTYPES
@given_case_specs
def test_the_whole_model(ours, dtype, spec):
    case = make_case(ours.kind, spec, dtype)
    params, _, labels = make_readout_case(spec, dtype)

    def results(arguments):
        *recurrent, d, V, labels = arguments
        other = case.with_arrays(recurrent)
        initial = ours.module.Initial(*other.initial)
        return model_results(classifier.Model(other.params, type(params)(d, V)), other.x, labels, initial)

    assert_pure(results, [*case.arrays(), *params, labels], dtype)


@DTYPES
def test_an_empty_batch(recurrence, dtype):
    case = make_case(recurrence.kind, EMPTY, dtype)
    for name, result in recurrence.results(case).items():
        assert result.dtype == dtype
        # Only the gradients of the parameters have entries, which are empty sums.
        np.testing.assert_array_equal(result, np.zeros_like(result), err_msg=name)


@given(CASE_SPECS, SEEDS)
def test_any_layout_in_memory(recurrence, spec, seed):
    case = make_case(recurrence.kind, spec)
    rng = np.random.default_rng(seed)
    laid_out = case.map(lambda array: LAYOUTS[rng.choice(list(LAYOUTS))](array))
    for array in laid_out.arrays():
        array.flags.writeable = False
    assert_same_bits(tuple(case.arrays()), tuple(laid_out.arrays()))
    results, errors = recurrence.results(case), recurrence.errors(case)
    twice = {name: 2 * errors[name] for name in results}
    assert_within(recurrence.results(laid_out), results, twice, np.float64)


def filled_with_nan(trace):
    return type(trace)(*(np.full_like(array, np.nan) for array in trace))


@OUR_RECURRENCES
@DTYPES
@given_case_specs
@example(CaseSpec(0, 2, 3, 2, 2))
def test_a_reused_trace_equals_a_new_one(ours, dtype, spec):
    case = make_case(ours.kind, spec, dtype)
    fresh = ours.forward(case)
    out = filled_with_nan(fresh)
    for _ in range(2):
        filled = ours.module.forward(case.params, case.x, *case.initial, out=out)
        assert type(filled) is type(fresh)
        assert all(one is other for one, other in zip(filled, out, strict=True))
        assert_same_bits(filled, fresh)


@OUR_RECURRENCES
@given_case_specs
def test_the_last_states_of_a_reused_trace_as_initial_states(ours, spec):
    case = make_case(ours.kind, spec)
    trace = ours.forward(case)
    last = [trace.h[-1], trace.c[-1]] if ours.kind == "lstm" else [trace.h[-1]]
    fresh = ours.module.forward(case.params, case.x, *last)
    assert_same_bits(ours.module.forward(case.params, case.x, *last, out=trace), fresh)
