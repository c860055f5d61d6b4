"""Does the comparison reject float32 products in TF32, and is TF32 off in this test run?"""

from functools import partial
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from parity_tests import comparison
from parity_tests.cases.recurrences import DISTINCT, case_specs, make_case
from parity_tests.implementations import OUR_RECURRENCES
from parity_tests.oracles import devices, tf32
from parity_tests.oracles.tensorflow_parity import assert_parity
from parity_tests.oracles.tensorflow_results import of_cells

NUMBERS = st.floats(2.0**-100, 2.0**100, width=32)


@pytest.fixture(autouse=True, scope="module")
def _empty_ledger():
    """Keeps these comparisons out of the table at the end of the test run."""
    with mock.patch.object(comparison, "LEDGER", {}):
        yield


def test_tf32_is_off_in_this_test_run():
    assert not tf.config.experimental.tensor_float_32_execution_enabled()
    assert devices.describe().endswith(", TF32 off")


@given(NUMBERS, st.sampled_from([-1, 1]))
def test_rounding_leaves_ten_bits_of_fraction(size, sign):
    x = np.float32(sign * size)
    y = tf32.rounded(x).numpy()
    fraction, _ = np.frexp(y)
    assert (fraction * 2 ** (tf32.FRACTION + 1)).is_integer()
    assert abs(float(y) - float(x)) <= 2.0 ** -(tf32.FRACTION + 1) * abs(float(x))
    assert tf32.rounded(y).numpy() == y


@OUR_RECURRENCES
@given(spec=case_specs(DISTINCT))
def test_simulated_products_in_tf32_are_rejected(ours, spec):
    case = make_case(ours.kind, spec, np.float32)
    with tf32.simulated():
        theirs = of_cells(ours.kind, case)
    with pytest.raises(AssertionError, match=r"off by \S+ times the bound"):
        assert_parity(ours, case, np.float32, theirs)


@OUR_RECURRENCES
@pytest.mark.parametrize("spec", tf32.WIDE, ids=lambda spec: f"T={spec.T},H={spec.H}")
def test_simulated_products_in_tf32_exceed_the_bound_at_the_exercises_width(ours, spec):
    results = partial(of_cells, ours.kind)
    assert tf32.worst_ratio(ours, [spec], results) <= 1
    with tf32.simulated():
        assert tf32.worst_ratio(ours, [spec], results) > 3
