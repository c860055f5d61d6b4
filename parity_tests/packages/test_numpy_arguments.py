"""Do the public functions refuse arrays that don't fit, by name, and change none of their arguments?"""

import numpy as np
import pytest

from parity_tests.cases.public_functions import PUBLIC_FUNCTIONS, random_arguments
from parity_tests.refusals import refused

SIZES = {"T": 2, "H": 3, "I": 4, "B": 5, "C": 6}

ARGUMENTS = [(function, name) for function in PUBLIC_FUNCTIONS for name in PUBLIC_FUNCTIONS[function].arguments()]
EVERY_ARGUMENT = pytest.mark.parametrize(("function", "name"), ARGUMENTS)

OTHER_DTYPES = [np.float16, int, np.uint8, bool, complex, object, str, np.dtype(float).newbyteorder()]


def assert_refused(function, arrays, error, name, expected, got):
    """The function refuses these arrays in these words, and changes none of them."""
    arrays_only = [array for array in arrays.values() if isinstance(array, np.ndarray)]
    with refused(error, name, expected, got, arrays_only):
        PUBLIC_FUNCTIONS[function].call(arrays)


def random_arrays(function, dtype=np.float64):
    return random_arguments(PUBLIC_FUNCTIONS[function], SIZES, np.random.default_rng(0), dtype)


def group_of(function, name):
    return next(group for group in PUBLIC_FUNCTIONS[function].groups if name in group)


def rejected_argument(function, name, axis):
    """The argument that the message must name when this axis of `name` has another size; None if any size fits.

    A letter gets its size from the first axis that contains it, and in a sum like H+I only the last letter is new. If
    this axis sets the size of a letter, the message names the next argument with that letter, which no longer fits.
    Otherwise it names this argument.
    """
    group = group_of(function, name)
    axes = [(other, sum_of) for other in group for sum_of in group[other].split()]
    place = [place for place, (other, _) in enumerate(axes) if other == name][axis]
    known = {letter for _, sum_of in axes[:place] for letter in sum_of}
    new = [letter for letter in axes[place][1] if letter.isalpha() and letter not in known]
    if not new:
        return name
    return next((other for other, sum_of in axes[place:] if other != name and new[-1] in sum_of), None)


@EVERY_ARGUMENT
@pytest.mark.parametrize("dtype", OTHER_DTYPES)
def test_another_dtype(function, name, dtype):
    arrays = random_arrays(function)
    arrays[name] = arrays[name].astype(dtype)
    assert_refused(function, arrays, TypeError, name, "float32 or float64", arrays[name].dtype)


@EVERY_ARGUMENT
@pytest.mark.parametrize(
    ("change", "got"),
    [(np.ndarray.tolist, "list"), (np.ndarray.tobytes, "bytes"), (lambda v: "0.5", "str")],
)
def test_another_type(function, name, change, got):
    arrays = random_arrays(function)
    arrays[name] = change(arrays[name])
    assert_refused(function, arrays, TypeError, name, "a NumPy array of float32 or float64", got)


@EVERY_ARGUMENT
@pytest.mark.parametrize(("one", "all_others"), [("float32", "float64"), ("float64", "float32")])
def test_one_array_of_the_other_precision(function, name, one, all_others):
    arrays = random_arrays(function, all_others)
    arrays[name] = arrays[name].astype(one)
    first, second, *_ = group_of(function, name)
    if name == first:
        assert_refused(function, arrays, TypeError, second, f"{one} as in {first}", all_others)
    else:
        assert_refused(function, arrays, TypeError, name, all_others, one)


@EVERY_ARGUMENT
@pytest.mark.parametrize("change", [lambda v: v[None], lambda v: v[..., None], lambda v: v[0], lambda v: v[:, 0]])
def test_another_number_of_axes(function, name, change):
    arrays = random_arrays(function)
    arrays[name] = change(arrays[name])
    assert_refused(function, arrays, ValueError, name, "shape (", arrays[name].shape)


@EVERY_ARGUMENT
def test_no_axes(function, name):
    arrays = random_arrays(function)
    arrays[name] = np.array(0.5)
    assert_refused(function, arrays, ValueError, name, "shape (", "()")


@pytest.mark.parametrize(
    ("function", "name", "axis"),
    [
        (function, name, axis)
        for function, name in ARGUMENTS
        for axis in range(len(PUBLIC_FUNCTIONS[function].arguments()[name].split()))
        if rejected_argument(function, name, axis)
    ],
)
@pytest.mark.parametrize("change", [1, -1])
def test_another_size(function, name, axis, change):
    arrays = random_arrays(function)
    shape = list(arrays[name].shape)
    shape[axis] += change
    arrays[name] = np.resize(arrays[name], shape)
    rejected = rejected_argument(function, name, axis)
    got = arrays[rejected].shape if rejected in arrays else (SIZES["H"], SIZES["B"])
    assert_refused(function, arrays, ValueError, rejected, "shape (", got)


@pytest.mark.parametrize(
    ("function", "name", "got", "expected"),
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
def test_what_was_expected(function, name, got, expected):
    arrays = random_arrays(function)
    arrays[name] = np.zeros(got)
    assert_refused(function, arrays, ValueError, name, f"shape {expected}", got)


@pytest.mark.parametrize("function", [name for name, one in PUBLIC_FUNCTIONS.items() if one.takes_labels])
@pytest.mark.parametrize(
    ("labels", "error", "expected", "got"),
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
def test_labels(function, labels, error, expected, got):
    arrays = random_arrays(function) | {"labels": labels}
    assert_refused(function, arrays, error, "labels", expected, got)


@pytest.mark.parametrize("function", [name for name, one in PUBLIC_FUNCTIONS.items() if one.takes_labels])
def test_no_example_has_no_mean(function):
    arrays = random_arguments(PUBLIC_FUNCTIONS[function], SIZES | {"B": 0}, np.random.default_rng(0))
    assert_refused(function, arrays, ValueError, "labels", "at least one example", "shape (0,)")
