"""Does the comparison catch a planted error in every quantity and dtype, name its place, and reject vacuous bounds?"""

import re
from unittest import mock

import hypothesis
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity_tests import comparison
from parity_tests.cases.decorators import DTYPES
from parity_tests.cases.recurrences import CASE_SPECS, make_case, make_readout_case
from parity_tests.comparison import assert_same_bits, assert_within
from parity_tests.oracles import bounded_equations
from parity_tests.oracles.specification import OUTPUTS

QUANTITIES = {
    "rnn": ["h", "db", "dW", "dU", "dx", "dh_init"],
    "lstm": [*OUTPUTS["lstm"], "dM_input", "dM_forget", "dM_output", "dM_modulated_input", "dx", "dh_init", "dc_init"],
    "readout": ["y", "loss", "dd", "dV", "dh"],
}
# Without the phase in which Hypothesis maximises error / bound, which a planted error would mislead.
WITHOUT_TARGET = settings(phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink])


@pytest.fixture(autouse=True, scope="module")
def _empty_ledger():
    """Keeps these comparisons out of the table at the end of the test run."""
    with mock.patch.object(comparison, "LEDGER", {}):
        yield


def results_and_bounds(implementation, spec, dtype):
    if implementation.kind == "readout":
        arguments = make_readout_case(spec, dtype)
        bounded = bounded_equations.readout(implementation.arithmetic(dtype), *arguments)
        return implementation.readout_results(*arguments), bounded
    case = make_case(implementation.kind, spec, dtype)
    return implementation.results(case), implementation.bounded(case, dtype)


@DTYPES
@pytest.mark.parametrize("kind", QUANTITIES)
@WITHOUT_TARGET
@given(spec=CASE_SPECS, data=st.data())
def test_a_planted_error_of_ten_times_the_bound_is_caught(implementation_of, kind, dtype, spec, data):
    actual, bounded = results_and_bounds(implementation_of[kind], spec, dtype)
    assert actual.keys() <= bounded.keys() == set(QUANTITIES[kind])
    expected = {name: quantity.value for name, quantity in bounded.items()}
    bounds = {name: 2 * quantity.error for name, quantity in bounded.items()}
    assert_within(actual, expected, bounds, dtype)

    for name in actual:
        value = np.array(actual[name])
        place = tuple(data.draw(st.integers(0, n - 1)) for n in value.shape)
        sign = data.draw(st.sampled_from([-1, 1]))
        value[place] += sign * max(10 * bounds[name][place], 2 * np.spacing(np.abs(value[place])))
        planted = actual | {name: value if value.ndim else float(value)}
        message = rf"^{name}: expected .* times the bound, as are 1 of {value.size} entries$"
        with pytest.raises(AssertionError, match=message) as caught:
            assert_within(planted, expected, bounds, dtype)
        time = comparison.FIRST_STEP.get(name) if value.ndim == 3 else None
        where = f"t = {place[0] + time}, entry {place[1:]}" if time is not None else f"entry {place}"
        assert where in str(caught.value) or value.ndim == 0


@given(st.floats(1, 2), st.sampled_from([np.nan, np.inf, -np.inf]))
def test_nan_and_infinity_are_errors(value, wrong):
    with pytest.raises(AssertionError, match=r"^W: expected .*, got (nan|inf|-inf) at entry \(0,\); off by inf times"):
        assert_within({"W": np.array([wrong])}, {"W": np.array([value])}, {"W": np.array([1e-9])}, np.float64)


@DTYPES
def test_a_bound_of_zero_is_equality(dtype):
    value = np.array([0, 1, -3], dtype)
    assert_within({"W": value}, {"W": value}, {"W": np.zeros(3)}, dtype)
    with pytest.raises(AssertionError, match=r"^W: .*entry \(1,\); off by inf times"):
        assert_within({"W": value}, {"W": np.nextafter(value, [0, 2, -3])}, {"W": np.zeros(3)}, dtype)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.ones((2, 1), np.float32), "expected dtype float64, got float32"),
        (np.ones((2, 1), np.longdouble), "expected dtype float64, got "),
        (np.ones((1, 2)), "expected shape (2, 1), got (1, 2)"),
        (np.ones(2), "expected shape (2, 1), got (2,)"),
        (np.ones((1, 1)), "expected shape (2, 1), got (1, 1)"),
        ([[1.0], [1.0]], "expected a NumPy array, got list"),
        (1.0, "expected a NumPy array, got float"),
    ],
)
def test_form_is_strict(value, message):
    one = np.ones((2, 1))
    with pytest.raises(AssertionError, match=f"^b: {re.escape(message)}"):
        assert_within({"b": value}, {"b": one}, {"b": 1e-9 * one}, np.float64)


def test_a_bound_of_another_shape_is_an_error():
    one = np.ones((2, 1))
    for expected, bound in [(np.ones(2), one), (one, np.ones(2)), (np.ones(()), one)]:
        with pytest.raises(AssertionError, match=r"^b: expected .* and bound .* don't fit$"):
            assert_within({"b": one}, {"b": expected}, {"b": 1e-9 * bound}, np.float64)


@pytest.mark.parametrize("bound", [2e-3, np.inf, np.nan])
def test_a_vacuous_bound_rejects_the_case_and_is_counted(bound):
    one = np.ones(3)

    def compare():
        assert_within({"b": one}, {"b": one}, {"b": one * bound}, np.float64)

    with mock.patch.object(comparison, "LEDGER", {}):
        with pytest.raises(AssertionError, match=r"^b: the bound .* is vacuous$"):
            compare()

        @settings(database=None)
        @given(st.integers())
        def inside(_):
            compare()

        with pytest.raises((hypothesis.errors.Unsatisfiable, hypothesis.errors.FailedHealthCheck)):
            inside()
        (entry,) = comparison.LEDGER.values()
        assert entry.cases == 0
        assert entry.vacuous > 1


def test_the_largest_error_over_bound_is_recorded_and_shown():
    one = np.ones(3)
    both, bounds = {"W": one, "U": one}, {"W": 1e-9 * one, "U": 1e-9 * one}
    with mock.patch.object(comparison, "LEDGER", {}):
        assert_within(both, {"W": one + 1e-10, "U": one}, bounds, np.float64)
        assert_within(both, {"W": one, "U": one - 3e-10}, bounds, np.float64)
        ((name, entry),) = comparison.LEDGER.items()
        assert name == "test_comparison.py: the largest error over bound is recorded and shown"
        assert (entry.quantity, entry.cases, entry.vacuous) == ("U", 2, 0)
        assert abs(entry.ratio - 0.3) < 1e-6
        assert re.search(rf"{re.escape(name)} +0.300  U +2 +0$", comparison.summary(set(), all_properties=True)[1])


def test_the_table_shows_failures_first_and_then_the_largest_parts_of_a_bound():
    entries = {f"test_some.py: {n}": comparison.Entry(cases=1, ratio=n / 10) for n in range(9)}
    with mock.patch.object(comparison, "LEDGER", entries):
        _, *lines, rest = comparison.summary({"test_some.py: 2", "test_other.py: 1"}, all_properties=False)
        assert [line.split()[1:3] for line in lines] == [
            ["2", "FAILED"],
            *([f"{n}", f"0.{n}00"] for n in (8, 7, 6, 5, 4)),
        ]
        assert rest == "… and 3 more, which -v shows"
        assert len(comparison.summary(set(), all_properties=True)) == 10


@pytest.mark.parametrize(
    ("actual", "message"),
    [
        ([np.ones(2)], "expected <class 'tuple'>"),
        ((np.ones(2), 1.0, 3), "expected 2 parts, got 3"),
        ((np.ones(2), 2.0), "1"),
        ((np.ones(2), 1), "1: expected <class 'float'>"),
        ((np.ones(3), 1.0), r"0: expected float64 \(2,\), got float64 \(3,\)"),
        ((np.ones(2, np.float32), 1.0), "0: expected float64"),
        ((np.array([1, 1 + 2**-52]), 1.0), "0"),
    ],
)
def test_trees_with_other_bits_are_not_the_same(actual, message):
    expected = (np.ones(2), 1.0)
    assert_same_bits((np.ones(2), 1.0), expected)
    with pytest.raises(AssertionError, match=message):
        assert_same_bits(actual, expected)


def test_zeros_of_other_signs_are_not_the_same_bits():
    with pytest.raises(AssertionError, match=r"^W: expected the same bits, got another zero or NaN$"):
        assert_same_bits(np.array([-0.0]), np.array([0.0]), "W")


def test_case_specs_cover_distinct_and_special_sizes():
    seen = []

    @settings(WITHOUT_TARGET, max_examples=400, database=None, derandomize=True)
    @given(CASE_SPECS)
    def collect(spec):
        seen.append(spec)

    collect()
    distinct = [len(set(spec[:5])) == 5 for spec in seen]
    assert 0.45 < sum(distinct) / len(seen) < 0.8
    assert any(spec.H == spec.I > 1 for spec in seen)
    assert any(spec.T == 1 < spec.H for spec in seen)
    assert any(spec.B == 1 < spec.H for spec in seen)
    assert any(spec.T == 6 and spec.H == 5 for spec in seen)
    assert any(spec[:4] == (1, 1, 1, 1) for spec in seen)
    assert any(spec.shared for spec in seen)


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
@given(CASE_SPECS)
def test_all_numbers_of_a_case_differ(kind, spec):
    numbers = np.concatenate([array.ravel() for array in make_case(kind, spec).arrays()])
    assert len(np.unique(numbers)) == len(numbers)
    assert np.all(numbers != 0)
