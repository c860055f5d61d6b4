"""Is every array that doesn't fit refused, with its name, what was expected and what came, and nothing changed?"""

import numpy as np
import pytest

from parity_tests.cases.public_functions import DOORS, draw
from parity_tests.refusals import refused

SIZES = {"T": 2, "H": 3, "I": 4, "B": 5, "C": 6}

ARGUMENTS = [(door, name) for door in DOORS for name in DOORS[door].arguments()]
EVERY_ARGUMENT = pytest.mark.parametrize(("door", "name"), ARGUMENTS)

OTHER_DTYPES = [np.float16, int, np.uint8, bool, complex, object, str, np.dtype(float).newbyteorder()]


def assert_refused(door, arrays, error, name, expected, came):
    """The door refuses these arrays in these words, and changes none of them."""
    arrays_only = [array for array in arrays.values() if isinstance(array, np.ndarray)]
    with refused(error, name, expected, came, arrays_only):
        DOORS[door].call(arrays)


def random_arrays(door, dtype=np.float64):
    return draw(DOORS[door], SIZES, np.random.default_rng(0), dtype)


def group_of(door, name):
    return next(group for group in DOORS[door].groups if name in group)


def culprit(door, name, axis):
    """The argument that is named when this axis of `name` has another size, or None if that fits.

    A letter gets its size from the first axis that brings it; in a sum that is the last letter. If this axis does, the
    next argument with the letter no longer fits, if there is one; otherwise this one.
    """
    group = group_of(door, name)
    axes = [(other, sum_of) for other in group for sum_of in group[other].split()]
    place = [place for place, (other, _) in enumerate(axes) if other == name][axis]
    known = {letter for _, sum_of in axes[:place] for letter in sum_of}
    new = [letter for letter in axes[place][1] if letter.isalpha() and letter not in known]
    later = [other for other, sum_of in axes[place:] if other != name and new and new[-1] in sum_of]
    return name if not new else later[0] if later else None


@EVERY_ARGUMENT
@pytest.mark.parametrize("dtype", OTHER_DTYPES)
def test_another_dtype(door, name, dtype):
    arrays = random_arrays(door)
    arrays[name] = arrays[name].astype(dtype)
    assert_refused(door, arrays, TypeError, name, "float32 or float64", arrays[name].dtype)


@EVERY_ARGUMENT
@pytest.mark.parametrize(
    ("change", "came"),
    [(np.ndarray.tolist, "list"), (np.ndarray.tobytes, "bytes"), (lambda v: "0.5", "str")],
)
def test_another_type(door, name, change, came):
    arrays = random_arrays(door)
    arrays[name] = change(arrays[name])
    assert_refused(door, arrays, TypeError, name, "a NumPy array of float32 or float64", came)


@EVERY_ARGUMENT
@pytest.mark.parametrize(("one", "all_others"), [("float32", "float64"), ("float64", "float32")])
def test_one_array_of_the_other_precision(door, name, one, all_others):
    arrays = random_arrays(door, all_others)
    arrays[name] = arrays[name].astype(one)
    first, second, *_ = group_of(door, name)
    if name == first:
        assert_refused(door, arrays, TypeError, second, f"{one} as in {first}", all_others)
    else:
        assert_refused(door, arrays, TypeError, name, all_others, one)


@EVERY_ARGUMENT
@pytest.mark.parametrize("change", [lambda v: v[None], lambda v: v[..., None], lambda v: v[0], lambda v: v[:, 0]])
def test_another_number_of_axes(door, name, change):
    arrays = random_arrays(door)
    arrays[name] = change(arrays[name])
    assert_refused(door, arrays, ValueError, name, "shape (", arrays[name].shape)


@EVERY_ARGUMENT
def test_no_axes(door, name):
    arrays = random_arrays(door)
    arrays[name] = np.array(0.5)
    assert_refused(door, arrays, ValueError, name, "shape (", "()")


@pytest.mark.parametrize(
    ("door", "name", "axis"),
    [
        (door, name, axis)
        for door, name in ARGUMENTS
        for axis in range(len(DOORS[door].arguments()[name].split()))
        if culprit(door, name, axis)
    ],
)
@pytest.mark.parametrize("change", [1, -1])
def test_another_size(door, name, axis, change):
    arrays = random_arrays(door)
    shape = list(arrays[name].shape)
    shape[axis] += change
    arrays[name] = np.resize(arrays[name], shape)
    guilty = culprit(door, name, axis)
    came = arrays[guilty].shape if guilty in arrays else (SIZES["H"], SIZES["B"])
    assert_refused(door, arrays, ValueError, guilty, "shape (", came)


@pytest.mark.parametrize(
    ("door", "name", "came", "expected"),
    [
        ("rnn.forward", "b", (3, 2), "(3, 1)"),
        ("rnn.forward", "W", (3, 4), "(3, 3)"),
        ("rnn.forward", "U", (2, 4), "(3, I)"),
        ("rnn.forward", "x", (2, 3, 5), "(2, 4, B)"),
        ("rnn.forward", "h_init", (3, 2), "(3, 5 or 1)"),
        ("rnn.forward, out", "out.h", (2, 3, 5), "(3, 3, 5)"),
        ("rnn.backward", "trace.h", (2, 3, 5), "(3, 3, 5)"),
        ("lstm.forward", "M_input", (3, 2), "(3, H+I)"),
        ("lstm.forward", "M_output", (3, 6), "(3, 7)"),
        ("lstm.forward", "c_init", (1, 5), "(3, 5 or 1)"),
        ("lstm.backward, dc", "dc", (3, 1), "(3, 5)"),
        ("readout.forward", "V", (5, 3), "(6, H)"),
    ],
)
def test_what_was_expected(door, name, came, expected):
    arrays = random_arrays(door)
    arrays[name] = np.zeros(came)
    assert_refused(door, arrays, ValueError, name, f"shape {expected}", came)


@pytest.mark.parametrize("door", [name for name, door in DOORS.items() if door.takes_labels])
@pytest.mark.parametrize(
    ("labels", "error", "expected", "came"),
    [
        (np.array([0, 1, 2, 3, 6]), ValueError, "values from 0 to 5", "0 to 6"),
        (np.array([0, 1, -1, 3, 5]), ValueError, "values from 0 to 5", "-1 to 5"),
        (np.array([0, 1, 2, 255, 5], np.uint8), ValueError, "values from 0 to 5", "0 to 255"),
        (np.zeros(4, int), ValueError, "shape (5,)", "(4,)"),
        (np.zeros(6, int), ValueError, "shape (5,)", "(6,)"),
        (np.zeros((5, 1), int), ValueError, "shape (5,)", "(5, 1)"),
        (np.zeros((1, 5), int), ValueError, "shape (5,)", "(1, 5)"),
        (np.array(0), ValueError, "shape (5,)", "()"),
        (np.zeros(5), TypeError, "a NumPy array of integers", "float64"),
        (np.zeros(5, bool), TypeError, "a NumPy array of integers", "bool"),
        (np.zeros(5, object), TypeError, "a NumPy array of integers", "object"),
        ([0, 1, 2, 3, 4], TypeError, "a NumPy array of integers", "list"),
        (0, TypeError, "a NumPy array of integers", "int"),
        (None, TypeError, "a NumPy array of integers", "NoneType"),
    ],
)
def test_labels(door, labels, error, expected, came):
    arrays = random_arrays(door) | {"labels": labels}
    assert_refused(door, arrays, error, "labels", expected, came)


@pytest.mark.parametrize("door", [name for name, door in DOORS.items() if door.takes_labels])
def test_no_example_has_no_mean(door):
    arrays = draw(DOORS[door], SIZES | {"B": 0}, np.random.default_rng(0))
    assert_refused(door, arrays, ValueError, "labels", "at least one example", "shape (0,)")
