"""Do files keep parameters bit for bit, and is any other file refused with one line that names it?"""

import pickle
import re
import tempfile
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numpy_rnn import checkpoint, classifier, lstm, readout, rnn
from parity_tests.cases.decorators import DTYPES
from parity_tests.cases.models import BOTH_RECURRENCES, by_name, random_model
from parity_tests.cases.recurrences import SEEDS
from parity_tests.comparison import assert_same_bits

OTHER = {rnn: lstm, lstm: rnn}
new_model = partial(random_model, H=3, I=2, C=4)


def assert_refused(path, *words):
    """Loading raises an error of one line, which contains the path and the words."""
    with pytest.raises((ValueError, TypeError, OSError)) as caught:
        checkpoint.load(path)
    message = str(caught.value)
    assert "\n" not in message
    for word in (path, *words):
        assert str(word) in message


def assert_refused_or_equal(contents, model):
    """A file with these bytes is refused, or holds the model nevertheless, because some bytes have no meaning."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some.npz"
        path.write_bytes(contents)
        try:
            assert_same_bits(checkpoint.load(path), model)
        except (ValueError, TypeError, OSError):
            assert_refused(path)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The bytes of a saved model."""
    path = tmp_path_factory.mktemp("saved") / "some.npz"
    checkpoint.save(path, new_model(rnn))
    return path.read_bytes()


@BOTH_RECURRENCES
@DTYPES
@given(SEEDS, st.integers(1, 5), st.integers(1, 5), st.integers(1, 5))
def test_round_trip(kind, dtype, seed, H, I, C):
    model = random_model(kind, seed, dtype, H, I, C)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some.npz"
        checkpoint.save(path, new_model(kind))
        checkpoint.save(path, model)
        assert [file.name for file in Path(folder).iterdir()] == [path.name]
        assert_same_bits(checkpoint.load(path), model)


@BOTH_RECURRENCES
def test_special_numbers_are_kept(kind, tmp_path):
    model = new_model(kind)
    model.readout.d[:3, 0] = [-0.0, np.finfo(np.float32).smallest_subnormal, np.finfo(np.float32).max]
    checkpoint.save(tmp_path / "some.npz", model)
    assert_same_bits(checkpoint.load(tmp_path / "some.npz"), model)


@pytest.mark.slow
def test_every_byte_changed_in_turn(saved):
    for position in range(len(saved)):
        assert_refused_or_equal(saved[:position] + bytes([saved[position] ^ 1]) + saved[position + 1 :], new_model(rnn))


@given(st.integers(0, 2**32))
def test_truncated(saved, length):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some.npz"
        path.write_bytes(saved[: length % len(saved)])
        assert_refused(path)


@given(st.binary(max_size=100))
def test_foreign_bytes(contents):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some.npz"
        path.write_bytes(contents)
        assert_refused(path)


def test_a_file_of_one_array(tmp_path):
    np.save(tmp_path / "some.npy", np.zeros(3))
    assert_refused(tmp_path / "some.npy")


class FailsWhenUnpickled:
    def __reduce__(self):
        return pytest.fail, ("the file was executed",)


def test_no_code_in_the_file_is_executed(tmp_path):
    (tmp_path / "some.npz").write_bytes(pickle.dumps(FailsWhenUnpickled()))
    assert_refused(tmp_path / "some.npz")
    arrays = by_name(new_model(rnn))
    np.savez(tmp_path / "other.npz", **arrays | {"b": np.array([[FailsWhenUnpickled()]] * 3)})
    assert_refused(tmp_path / "other.npz")


@pytest.mark.parametrize("path", ["missing.npz", "folder"])
def test_a_path_that_is_no_file(tmp_path, path):
    (tmp_path / "folder").mkdir()
    assert_refused(tmp_path / path)


@BOTH_RECURRENCES
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda arrays: arrays.pop("d"), ["expected the parameters"]),
        (lambda arrays: arrays.clear(), ["expected the parameters", "[]"]),
        (lambda arrays: arrays.update(more=np.zeros(3)), ["expected the parameters", "'more'"]),
        (lambda arrays: arrays.update(d=np.zeros((4, 2), np.float32)), ["d: expected shape", "(4, 2)"]),
        (lambda arrays: arrays.update(V=np.zeros((4, 7), np.float32)), ["V: expected shape (4, 3)", "(4, 7)"]),
        (lambda arrays: arrays.update(V=arrays["V"].astype(float)), ["V: expected float32", "float64"]),
        (lambda arrays: arrays.update(V=arrays["V"].astype(int)), ["V: expected float32 or float64", "int64"]),
        (lambda arrays: arrays.update(V=arrays["V"] + np.float32(np.inf)), ["V: expected finite", "inf at (0, 0)"]),
        (lambda arrays: arrays.update(d=arrays["d"] * np.float32(np.nan)), ["d: expected finite", "nan at (0, 0)"]),
    ],
)
def test_arrays_that_are_no_model(kind, change, words, tmp_path):
    arrays = by_name(new_model(kind))
    change(arrays)
    np.savez(tmp_path / "some.npz", **arrays)
    assert_refused(tmp_path / "some.npz", *words)


@BOTH_RECURRENCES
def test_a_model_that_does_not_fit_is_not_saved(kind, tmp_path):
    model = new_model(kind)
    not_finite = model._replace(readout=model.readout._replace(d=model.readout.d * np.float32(np.nan)))
    mixed = model._replace(readout=readout.Params(*(v.astype(np.float64) for v in model.readout)))
    wrong = model._replace(readout=new_model(kind, H=7).readout)
    for other, error in [(not_finite, ValueError), (mixed, TypeError), (wrong, ValueError)]:
        with pytest.raises(error, match=r"^[dV]: expected .*, got "):
            checkpoint.save(tmp_path / "some.npz", other)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arrays", "error", "message"),
    [
        ({"W": np.array([{}, 1], object)}, TypeError, "W: expected numbers or text, got object"),
        ({"W": np.zeros(2, [("a", int)])}, TypeError, "W: expected numbers or text, got [('a'"),
        (
            {"W": np.ma.masked_array([1.0, 2.0], [True, False])},
            TypeError,
            "W: expected a NumPy array of numbers or text",
        ),
        (
            {"W": np.zeros((1, 1)).view(np.matrix)},
            TypeError,
            "W: expected a NumPy array of numbers or text, got matrix",
        ),
        ({"W": [1.0]}, TypeError, "W: expected a NumPy array of numbers or text, got list"),
        ({"W": 1.0}, TypeError, "W: expected a NumPy array of numbers or text, got float"),
        ({"file": np.zeros(3)}, ValueError, "expected names that are identifiers, other than"),
        ({"allow_pickle": np.zeros(3)}, ValueError, "expected names that are identifiers, other than"),
        ({"W.npy": np.zeros(3)}, ValueError, "expected names that are identifiers, other than"),
        ({"../W": np.zeros(3)}, ValueError, "expected names that are identifiers, other than"),
        ({"W": np.broadcast_to(np.float32(0), (2**14, 2**14 + 1))}, ValueError, "unpacked it would have "),
        (
            {"W": np.broadcast_to(np.float32(0), (2**14, 2**13)), "U": np.broadcast_to(0.0, (2**26,))},
            ValueError,
            "unpacked it",
        ),
    ],
)
def test_what_cannot_be_read_is_not_written(arrays, error, message, tmp_path):
    path = tmp_path / "some.npz"
    checkpoint.save(path, new_model(rnn))
    before = path.read_bytes()
    with pytest.raises(error, match=f"^{re.escape(f'{path}: {message}')}") as caught:
        checkpoint.write(path, arrays)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@given(st.lists(st.lists(st.integers(0, 12), max_size=3), min_size=1, max_size=4), st.sampled_from(["f4", "i1", "U3"]))
def test_the_limit_is_the_same_for_writing_and_reading(shapes, dtype):
    arrays = {f"array_{k}": np.zeros(shape, dtype) for k, shape in enumerate(shapes)}
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder) / "some.npz"
        checkpoint.write(path, arrays)
        with zipfile.ZipFile(path) as members:
            size = sum(member.file_size for member in members.infolist())
        patch.setattr(checkpoint, "LARGEST", size)
        checkpoint.write(path, arrays)
        assert checkpoint.read(path).keys() == arrays.keys()
        patch.setattr(checkpoint, "LARGEST", size - 1)
        message = f"unpacked it would have {size} bytes, expected {size - 1} at most"
        with pytest.raises(ValueError, match=message):
            checkpoint.write(path, arrays)
        with pytest.raises(ValueError, match=message):
            checkpoint.read(path)


def test_arrays_in_files_and_in_any_order_are_written(tmp_path):
    mapped = np.memmap(tmp_path / "mapped", np.float32, "w+", shape=(3, 2))
    mapped[:] = [[1, 2], [3, 4], [5, 6]]
    checkpoint.write(tmp_path / "some.npz", {"W": mapped, "U": np.asfortranarray(mapped)[::-1]})
    arrays = checkpoint.read(tmp_path / "some.npz")
    np.testing.assert_array_equal(arrays["W"], mapped)
    np.testing.assert_array_equal(arrays["U"], mapped[::-1])


@BOTH_RECURRENCES
def test_a_model_of_mixed_kinds_is_not_saved(kind, tmp_path):
    other = new_model(OTHER[kind], learned=True)
    model: Any = new_model(kind)
    wrongs: list[Any] = [
        model._replace(initial=other.initial),
        model._replace(recurrence=(*model.recurrence,)),
        (*model,),
    ]
    for wrong in wrongs:
        with pytest.raises(TypeError, match=r"^model[.a-z]*: expected numpy_rnn\.\w+\.\w+.*, got "):
            checkpoint.save(tmp_path / "some.npz", wrong)
    number = model._replace(initial=kind.Initial(*(0 for _ in kind.Initial._fields)))
    with pytest.raises(TypeError, match=r"^h_init: expected a NumPy array of float32 or float64, got int$"):
        checkpoint.save(tmp_path / "some.npz", number)
    one_for_each = model._replace(initial=classifier.random_initial(model, np.random.default_rng(0), 2))
    with pytest.raises(ValueError, match=r"^h_init: expected shape \(3, 1\), got \(3, 2\)$"):
        checkpoint.save(tmp_path / "some.npz", one_for_each)
    assert list(tmp_path.iterdir()) == []
