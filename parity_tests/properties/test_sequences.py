"""Does step t of a sequence hold row or column t of each image, in memory of its own, and are greys from 0 to 1?"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from numpy_rnn import sequences
from parity_tests.cases.decorators import DTYPES
from parity_tests.comparison import assert_within
from parity_tests.oracles.bounds import arithmetic
from parity_tests.refusals import refused

SCANS = st.sampled_from(["rows", "columns"])


def images_of(dtype):
    shapes = st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))
    return arrays.arrays(dtype, shapes)


@given(images_of(np.float32) | images_of(np.uint8), SCANS)
def test_sequences(images, scan):
    before = images.copy()
    x = sequences.from_images(images, scan)
    rows = images if scan == "rows" else images.transpose(0, 2, 1)
    assert (x.shape, x.dtype) == ((*rows.shape[1:], len(images)), images.dtype)
    for n, image in enumerate(rows):
        np.testing.assert_array_equal(x[:, :, n], image)
    assert x.flags.c_contiguous
    assert x.base is None
    assert not np.shares_memory(x, images)
    np.testing.assert_array_equal(images, before)


@given(images_of(np.uint8))
def test_rows_are_the_default_and_columns_are_rows_of_the_transpose(images):
    rows = sequences.from_images(images)
    np.testing.assert_array_equal(sequences.from_images(images.transpose(0, 2, 1), "columns"), rows)


@DTYPES
def test_grey(dtype):
    images = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    grey = sequences.grey(images, dtype)
    assert grey.dtype == dtype
    # One division on each side; the expected values are float64.
    expected = images / 255
    assert_within({"grey": grey}, {"grey": expected}, {"grey": 2 * arithmetic("numpy", dtype).u * expected}, dtype)
    assert (grey.min(), grey.max()) == (0, 1)


@given(images_of(np.uint8))
def test_grey_is_float32_by_default(images):
    assert sequences.grey(images).dtype == np.float32
    np.testing.assert_array_equal(sequences.grey(images), sequences.grey(images, np.float32))


@pytest.mark.parametrize("shape", [(), (4,), (4, 4), (2, 4, 4, 1)])
@pytest.mark.parametrize("scan", ["rows", "columns"])
def test_images_of_another_shape(shape, scan):
    images = np.zeros(shape, np.float32)
    with refused(ValueError, "images", "shape (B, rows, columns)", shape, [images]):
        sequences.from_images(images, scan)


@pytest.mark.parametrize("scan", ["row", "Rows", "", None, 0, b"rows"])
def test_an_unknown_scan(scan):
    with refused(ValueError, "scan", "'rows' or 'columns'", repr(scan)):
        sequences.from_images(np.zeros((2, 3, 4)), scan)


@pytest.mark.parametrize(
    ("images", "got"),
    [
        (np.zeros((1, 2, 2), np.float32), "float32"),
        (np.zeros((1, 2, 2), np.int64), "int64"),
        (np.zeros((1, 2, 2), np.int8), "int8"),
        (np.zeros((1, 2, 2), bool), "bool"),
        ([[[0]]], "list"),
        (None, "NoneType"),
    ],
)
def test_images_that_are_not_grey_values(images, got):
    with refused(TypeError, "images", "a NumPy array of uint8", got):
        sequences.grey(images)
