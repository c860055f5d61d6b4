"""Would the comparison see float32 products in TF32? Is TF32 off, in this test run and in a training?"""

import sys
from argparse import Namespace
from functools import partial
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_backend
import train as script
from hypothesis import given
from hypothesis import strategies as st

from parity_tests import comparison, devices, tensorflow_results, tf32
from parity_tests.implementations import OUR_RECURRENCES
from parity_tests.strategies import DISTINCT, case, draws
from parity_tests.tensorflow_results import assert_parity

NUMBERS = st.floats(2.0**-100, 2.0**100, width=32)


@pytest.fixture(autouse=True, scope="module")
def _empty_ledger():
    """These comparisons are not part of the run's own."""
    with mock.patch.object(comparison, "LEDGER", {}):
        yield


@pytest.fixture
def _off_again():
    yield
    devices.switch_tf32(False)


def test_the_suite_has_switched_tf32_off():
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
@given(draw=draws(DISTINCT))
def test_products_in_tf32_are_rejected(ours, draw):
    drawn = case(ours.kind, draw, np.float32)
    with tf32.simulated():
        theirs = tensorflow_results.of_cells(ours.kind, drawn)
    with pytest.raises(AssertionError, match=r"off by \S+ times the bound"):
        assert_parity(ours, drawn, np.float32, theirs)


@OUR_RECURRENCES
@pytest.mark.parametrize("draw", tf32.WIDE, ids=lambda draw: f"T={draw.T},H={draw.H}")
def test_they_are_at_the_exercises_width_too(ours, draw):
    of_cells = partial(tensorflow_results.of_cells, ours.kind)
    assert tf32.misses(ours, [draw], of_cells) <= 1
    with tf32.simulated():
        assert tf32.misses(ours, [draw], of_cells) > 3


@pytest.mark.usefixtures("_off_again")
@pytest.mark.parametrize("chosen", ["on", "off"])
def test_a_training_switches_it(chosen):
    devices.switch_tf32(chosen == "off")
    tensorflow_backend.Backend(Namespace(device="cpu", tensorboard=False, deterministic=False, tf32=chosen))
    assert tf.config.experimental.tensor_float_32_execution_enabled() == (chosen == "on")


@pytest.mark.parametrize(("arguments", "recorded"), [([], "off"), (["--tf32", "off"], "off"), (["--tf32", "on"], "on")])
def test_a_training_records_it(monkeypatch, arguments, recorded):
    """Among the settings, which `result.json` holds and `--resume` compares."""
    monkeypatch.setattr(sys, "argv", ["train.py", *arguments])
    options = script.parse_arguments()
    assert script.settings(options, options.experiments[0])["tf32"] == recorded


def test_a_training_by_numpy_has_no_such_setting(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["train.py", "--backend", "numpy"])
    options = script.parse_arguments()
    assert "tf32" not in script.settings(options, options.experiments[0])
