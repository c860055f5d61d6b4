"""Do the parameters come back from a file bit for bit, and is any other file refused in one line that names it?"""

import pickle
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numpy_rnn import checkpoint, classifier, lstm, readout, rnn
from parity_tests.cases.public_functions import flat
from parity_tests.cases.recurrences import DTYPES, SEEDS

RECURRENCES = pytest.mark.parametrize("kind", [rnn, lstm])


def random_model(kind, seed=0, dtype=np.float32, H=3, I=2, C=4):
    rng = np.random.default_rng(seed)
    return classifier.Model(kind.init(rng, I, H, dtype), readout.init(rng, H, C, dtype))


def assert_same(model, other):
    assert type(model.recurrence) is type(other.recurrence)
    for one, value in zip(flat(model), flat(other), strict=True):
        assert (one.dtype, one.shape, one.tobytes()) == (value.dtype, value.shape, value.tobytes())


def arrays_of(model):
    return model.recurrence._asdict() | model.readout._asdict()


def assert_refused(path, *words):
    """One line that names the file."""
    with pytest.raises((ValueError, TypeError, OSError)) as caught:
        checkpoint.load(path)
    message = str(caught.value)
    assert "\n" not in message
    for word in (path, *words):
        assert str(word) in message


def contents_refused_or_right(contents, model):
    """A file of these bytes is refused, or it holds the model nevertheless: not every byte of it counts."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some.npz"
        path.write_bytes(contents)
        try:
            assert_same(checkpoint.load(path), model)
        except (ValueError, TypeError, OSError):
            assert_refused(path)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "some.npz"
    checkpoint.save(path, random_model(rnn))
    return path.read_bytes()


@RECURRENCES
@DTYPES
@given(SEEDS, st.integers(1, 5), st.integers(1, 5), st.integers(1, 5))
def test_round_trip(kind, dtype, seed, H, I, C):
    model = random_model(kind, seed, dtype, H, I, C)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some.npz"
        checkpoint.save(path, random_model(kind))
        checkpoint.save(path, model)
        assert [file.name for file in Path(folder).iterdir()] == [path.name]
        assert_same(checkpoint.load(path), model)


@RECURRENCES
def test_every_bit_of_a_number_counts(kind, tmp_path):
    model = random_model(kind)
    model.readout.d[:3, 0] = [-0.0, np.finfo(np.float32).smallest_subnormal, np.finfo(np.float32).max]
    checkpoint.save(tmp_path / "some.npz", model)
    assert_same(checkpoint.load(tmp_path / "some.npz"), model)


def test_every_byte_changed_in_turn(saved):
    for position in range(len(saved)):
        contents_refused_or_right(
            saved[:position] + bytes([saved[position] ^ 1]) + saved[position + 1 :], random_model(rnn)
        )


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


def test_one_array_without_a_name(tmp_path):
    np.save(tmp_path / "some.npy", np.zeros(3))
    assert_refused(tmp_path / "some.npy")


class Bomb:
    def __reduce__(self):
        return pytest.fail, ("the file was executed",)


def test_nothing_in_the_file_is_executed(tmp_path):
    (tmp_path / "some.npz").write_bytes(pickle.dumps(Bomb()))
    assert_refused(tmp_path / "some.npz")
    arrays = arrays_of(random_model(rnn))
    np.savez(tmp_path / "other.npz", **arrays | {"b": np.array([[Bomb()]] * 3)})
    assert_refused(tmp_path / "other.npz")


@pytest.mark.parametrize("path", ["missing.npz", "folder"])
def test_no_file(tmp_path, path):
    (tmp_path / "folder").mkdir()
    assert_refused(tmp_path / path)


@pytest.mark.parametrize("kind", [rnn, lstm])
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
def test_arrays_of_no_model(kind, change, words, tmp_path):
    arrays = arrays_of(random_model(kind))
    change(arrays)
    np.savez(tmp_path / "some.npz", **arrays)
    assert_refused(tmp_path / "some.npz", *words)


@RECURRENCES
def test_a_model_that_does_not_fit_is_not_saved(kind, tmp_path):
    model = random_model(kind)
    not_finite = model._replace(readout=model.readout._replace(d=model.readout.d * np.float32(np.nan)))
    mixed = model._replace(readout=readout.Params(*(v.astype(np.float64) for v in model.readout)))
    wrong = model._replace(readout=random_model(kind, H=7).readout)
    for other, error in [(not_finite, ValueError), (mixed, TypeError), (wrong, ValueError)]:
        with pytest.raises(error, match=r"^[dV]: expected .*, got "):
            checkpoint.save(tmp_path / "some.npz", other)
    assert list(tmp_path.iterdir()) == []
