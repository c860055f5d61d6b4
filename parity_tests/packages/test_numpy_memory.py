"""Are array subclasses refused, and is memory that `out` shares either refused by name or without effect?"""

import contextlib
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numpy_rnn import adam, classifier, lstm, rnn, sequences, training
from numpy_rnn.activations import sigmoid, sigmoid_derivative, softmax, tanh_derivative
from parity_tests.cases.models import BOTH_RECURRENCES, random_model, random_split
from parity_tests.cases.public_functions import PUBLIC_FUNCTIONS, as_tuple, flat, random_arguments
from parity_tests.cases.recurrences import SEEDS
from parity_tests.comparison import assert_same_bits
from parity_tests.refusals import refused

SIZES = {"T": 2, "H": 4, "I": 3, "B": 4, "C": 4}  # H = B = C, where a product of matrices has the shape of the factors


class Other(np.ndarray):
    """A subclass of a user."""


SUBCLASSES: Any = pytest.mark.parametrize(
    ("change", "got"),
    [
        (lambda v: np.ma.masked_array(v, mask=np.zeros(v.shape, bool)), "MaskedArray, a subclass"),
        (lambda v: v.view(np.matrix) if v.ndim == 2 else v.view(Other), ""),
        (lambda v: v.view(np.recarray), "recarray, a subclass"),
        (lambda v: v.view(Other), "Other, a subclass"),
    ],
    ids=["masked", "matrix", "recarray", "other"],
)


def as_memmap(array, path):
    """The array in a file that is mapped into memory, read-only."""
    if not array.size:
        return array
    np.memmap(path, array.dtype, "w+", shape=array.shape)[:] = array
    return np.memmap(path, array.dtype, "r", shape=array.shape)


def arguments(function, seed=0):
    return random_arguments(PUBLIC_FUNCTIONS[function], SIZES, np.random.default_rng(seed))


@SUBCLASSES
@pytest.mark.parametrize(
    ("function", "name"), [(function, name) for function in PUBLIC_FUNCTIONS for name in arguments(function)]
)
def test_every_argument_of_a_subclass(function, name, change, got):
    arrays = arguments(function)
    arrays[name] = change(arrays[name])
    expected = "a NumPy array of integers" if name == "labels" else "a NumPy array of float32 or float64"
    with refused(TypeError, name, expected, got or type(arrays[name]).__name__):
        PUBLIC_FUNCTIONS[function].call(arrays)


@pytest.mark.parametrize("function", PUBLIC_FUNCTIONS)
def test_arrays_in_files(function, tmp_path):
    arrays = arguments(function)
    expected = PUBLIC_FUNCTIONS[function].call(arrays)
    inputs = {name: array for name, array in arrays.items() if not name.startswith("out.")}
    mapped = {name: as_memmap(array, tmp_path / name) for name, array in inputs.items()}
    for result, right in zip(flat(PUBLIC_FUNCTIONS[function].call(arrays | mapped)), flat(expected), strict=True):
        assert_same_bits(np.asarray(result), np.asarray(right))


@SUBCLASSES
def test_images_and_labels_of_a_subclass(change, got):
    images, labels = random_split(6)
    model = random_model(rnn)
    for call in (
        lambda: sequences.grey(change(images)),
        lambda: sequences.from_images(change(images)),
        lambda: training.evaluate(model, change(images), labels),
        lambda: training.fit(training.begin(model, np.random.default_rng(0)), change(images), labels, batch_size=2),
    ):
        with refused(TypeError, "images", "a NumPy array of ", got):
            call()
    for call in (
        lambda: training.evaluate(model, images, change(labels)),
        lambda: training.fit(training.begin(model, np.random.default_rng(0)), images, change(labels), batch_size=2),
    ):
        with refused(TypeError, "labels", "a NumPy array of integers", got):
            call()


def test_images_in_a_list():
    images: Any = random_split(6).images.tolist()
    with refused(TypeError, "images", "a NumPy array of shape (B, rows, columns)", "list"):
        sequences.from_images(images)


@SUBCLASSES
@BOTH_RECURRENCES
def test_trees_of_a_subclass(kind, change, got):
    model = random_model(kind)
    state = adam.init(model)
    wrong = model._replace(readout=model.readout._replace(V=change(model.readout.V)))
    for name, call in [
        ("params.readout.V", lambda: adam.init(wrong)),
        ("params.readout.V", lambda: adam.step(wrong, model, state)),
        ("gradients.readout.V", lambda: adam.step(model, wrong, state)),
        ("state.m.readout.V", lambda: adam.step(model, model, state._replace(m=wrong))),
        ("V", lambda: classifier.check(wrong)),
        ("V", lambda: training.begin(wrong, np.random.default_rng(0))),
    ]:
        with refused(TypeError, name, "a NumPy array of ", got):
            call()


def test_activations_of_a_matrix_are_those_of_its_entries():
    entries = np.random.default_rng(0).normal(size=(4, 4))
    for function in (sigmoid, sigmoid_derivative, tanh_derivative, softmax):
        np.testing.assert_array_equal(np.asarray(function(entries.view(np.matrix))), function(entries))


def forward_with_out(kind, arrays):
    """The trace of `kind.forward` with the arrays `out.…` as `out`."""
    states = [arrays[name] for name in kind.Initial._fields]
    return kind.forward(as_tuple(kind.Params, arrays), arrays["x"], *states, out=as_tuple(kind.Trace, arrays, "out."))


def random_forward(kind, seed=0):
    """The arguments of `kind.forward` with `out`, by name, and the trace in new memory."""
    arrays = arguments(f"{kind.__name__.rpartition('.')[2]}.forward, out", seed)
    states = [arrays[name] for name in kind.Initial._fields]
    return arrays, kind.forward(as_tuple(kind.Params, arrays), arrays["x"], *states)


def assert_same_up_to_rounding(actual, expected):
    """Other places in memory change the order of sums in a product; a wrong number would differ by far more."""
    for name in expected._fields:
        np.testing.assert_allclose(getattr(actual, name), getattr(expected, name), rtol=0, atol=1e-12, err_msg=name)


@BOTH_RECURRENCES
@given(SEEDS, st.floats(0, 1), st.booleans())
def test_memory_at_random_places_is_refused_or_without_effect(kind, seed, share, backwards):
    rng = np.random.default_rng(seed)
    arrays, _ = random_forward(kind, seed)
    buffer = np.empty(int(sum(array.size for array in arrays.values()) * (1 + rng.uniform(0, 9))))
    for name in sorted(arrays, key=lambda name: name.startswith("out.")):
        if rng.random() < share:
            first = rng.integers(0, buffer.size - arrays[name].size + 1)
            place = buffer[first : first + arrays[name].size].reshape(arrays[name].shape)
            arrays[name] = place[..., ::-1] if backwards else place
    given = {name: rng.normal(size=array.shape) for name, array in arrays.items()}
    for name, array in arrays.items():
        array[...] = given[name]
    before = {name: array.copy() for name, array in arrays.items() if not name.startswith("out.")}
    states = [before[name] for name in kind.Initial._fields]
    expected = kind.forward(as_tuple(kind.Params, before), before["x"], *states)
    try:
        assert_same_up_to_rounding(forward_with_out(kind, arrays), expected)
    except ValueError as error:
        assert re.match(r"out\.\w: expected memory of its own, got memory that", str(error))  # noqa: PT017
        for name, array in before.items():
            np.testing.assert_array_equal(arrays[name], array)


@BOTH_RECURRENCES
def test_every_pair_that_shares_memory(kind):
    names = list(random_forward(kind)[0])
    for out in [name for name in names if name.startswith("out.")]:
        for other in names:
            arrays, expected = random_forward(kind)
            size = max(arrays[out].size, arrays[other].size)
            buffer = np.zeros(size + 1)
            for name, first in ((out, 0), (other, 1)):
                shared = buffer[first : first + arrays[name].size].reshape(arrays[name].shape)
                if name == other and not name.startswith("out."):
                    shared[...] = arrays[name]
                arrays[name] = shared
            own = out == f"out.{other.partition('_')[0]}"
            one_name = rf"{out}|{other}" if other.startswith("out.") else out
            context: Any = contextlib.nullcontext()
            if out != other and not own:
                context = pytest.raises(
                    ValueError, match=rf"^({one_name}): expected memory of its own, got memory that"
                )
            with context:
                assert_same_up_to_rounding(forward_with_out(kind, arrays), expected)


@pytest.mark.parametrize("view", [False, True])
def test_an_input_that_is_a_field_of_out_or_a_view_of_one(view):
    """All other arrays have memory of their own, so that only this pair can be the reason."""
    function = PUBLIC_FUNCTIONS["lstm.forward, out"]
    arrays = random_arguments(function, SIZES | {"I": SIZES["H"]}, np.random.default_rng(0))
    assert all(array.flags.owndata for array in arrays.values())
    arrays["x"] = arrays["out.i"][...] if view else arrays["out.i"]
    with refused(ValueError, "out.i", "memory of its own", "memory that x shares"):
        forward_with_out(lstm, arrays)


def test_out_with_one_array_for_two_fields():
    arrays, _ = random_forward(lstm)
    arrays["out.f"] = arrays["out.i"]
    with refused(ValueError, "out.f", "memory of its own", "memory that out.i shares"):
        forward_with_out(lstm, arrays)


@BOTH_RECURRENCES
@pytest.mark.parametrize("field", [0, -1])
def test_out_that_overlaps_itself_or_is_read_only(kind, field):
    name = f"out.{kind.Trace._fields[field]}"
    arrays, _ = random_forward(kind)
    shape, (first, *strides) = arrays[name].shape, arrays[name].strides
    one_step = np.lib.stride_tricks.as_strided(arrays[name], shape, (0, *strides), writeable=True)
    half_a_step = np.lib.stride_tricks.as_strided(np.zeros(99), shape, (first // 2, *strides), writeable=True)
    for overlapping in (one_step, half_a_step):
        with refused(ValueError, name, "each entry in memory of its own", f"strides {overlapping.strides}"):
            forward_with_out(kind, arrays | {name: overlapping})
    arrays[name].flags.writeable = False
    with refused(ValueError, name, "a writeable array", "a read-only one"):
        forward_with_out(kind, arrays)


@BOTH_RECURRENCES
def test_out_in_parts_of_one_array(kind):
    arrays, expected = random_forward(kind)
    names = [name for name in arrays if name.startswith("out.")]
    buffer = np.zeros((SIZES["T"] + 1, SIZES["H"], SIZES["B"] * len(names)))
    for k, name in enumerate(names):
        T, H, _ = arrays[name].shape
        arrays[name] = buffer[:T, :H, k :: len(names)]  # columns side by side
    assert_same_up_to_rounding(forward_with_out(kind, arrays), expected)


@BOTH_RECURRENCES
def test_out_of_no_steps_and_no_examples(kind):
    for sizes in (SIZES | {"T": 0}, SIZES | {"B": 0}):
        function = PUBLIC_FUNCTIONS[f"{kind.__name__.rpartition('.')[2]}.forward, out"]
        arrays = random_arguments(function, sizes, np.random.default_rng(0))
        states = [arrays[name] for name in kind.Initial._fields]
        expected = kind.forward(as_tuple(kind.Params, arrays), arrays["x"], *states)
        views = {name: array[...] for name, array in arrays.items() if name.startswith("out.")}
        assert_same_up_to_rounding(forward_with_out(kind, arrays | views), expected)
