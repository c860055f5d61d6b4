"""Is a damaged file always refused with one line, and is the checkpoint before it used instead?"""

import re
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from command.errors import Refused
from numpy_rnn import checkpoint, mnist, rnn
from parity_tests.cases.models import BOTH_RECURRENCES, random_model
from parity_tests.cases.trainings import assert_same_training, fit, new_training
from parity_tests.comparison import assert_same_bits
from parity_tests.survival.corruption import DAMAGES, checkpoints, damaged
from parity_tests.survival.faults import survives

MANY = settings(max_examples=200)
NEWER, OLDER = "epoch-00002-step-000002.npz", "epoch-00001-step-000003.npz"


@pytest.fixture(scope="module")
def two_checkpoints(tmp_path_factory):
    """A folder with two checkpoints of one training, and the newer and the older state."""
    folder = tmp_path_factory.mktemp("checkpoints")
    newer, older = (fit(new_training(rnn), steps) for steps in (5, 3))
    files = checkpoints(folder, [])
    files.after_step(0, 3, 3, lambda: checkpoint.to_arrays(older))
    files.after_step(1, 2, 2, lambda: checkpoint.to_arrays(newer))
    assert [path.name for path in checkpoints(folder, []).paths()] == [NEWER, OLDER]
    return folder, newer, older


def latest(folder, **settings):
    """The training that resumes, and the messages."""
    messages: list[str] = []
    return checkpoints(folder, messages, **settings).latest(checkpoint.from_arrays), messages


@contextmanager
def refused_or_right(message):
    """The block either raises an error with this message, or passes its own assertions."""
    try:
        yield
    except (OSError, TypeError, ValueError, Refused) as error:
        assert re.fullmatch(message, str(error)), error  # noqa: PT017


@BOTH_RECURRENCES
@MANY
@given(DAMAGES)
def test_weights(kind, damage):
    model = random_model(kind)
    with tempfile.TemporaryDirectory() as folder, survives("damaged weights, NumPy"):
        path = Path(folder) / "some.npz"
        checkpoint.save(path, model)
        path.write_bytes(damaged(path.read_bytes(), *damage))
        with refused_or_right(rf"{re.escape(str(path))}: .*"):
            assert_same_bits(checkpoint.load(path), model)


@settings(MANY, max_examples=300)
@given(DAMAGES)
def test_the_newest_checkpoint(two_checkpoints, damage):
    sound, newer, older = two_checkpoints
    with tempfile.TemporaryDirectory() as folder, survives("damaged newest checkpoint, NumPy"):
        (Path(folder) / NEWER).write_bytes(damaged((sound / NEWER).read_bytes(), *damage))
        (Path(folder) / OLDER).write_bytes((sound / OLDER).read_bytes())
        training, (*warnings, origin) = latest(Path(folder))
        assert_same_training(training, older if warnings else newer)
        assert origin == f"resumes from {Path(folder) / (OLDER if warnings else NEWER)}"
        for warning in warnings:
            assert re.fullmatch(rf".*{NEWER} is damaged and is not used: .+", warning)


@settings(MANY, max_examples=100)
@given(DAMAGES)
def test_both_checkpoints(two_checkpoints, damage):
    sound, newer, older = two_checkpoints
    with tempfile.TemporaryDirectory() as folder, survives("both checkpoints damaged, NumPy"):
        for name in (NEWER, OLDER):
            (Path(folder) / name).write_bytes(damaged((sound / name).read_bytes(), *damage))
        with refused_or_right(rf"--resume: expected a sound checkpoint in {folder}, found only damaged ones"):
            training, (*warnings, _) = latest(Path(folder))
            # Damage that spares the newer one may still be found in the older one.
            newer_is_damaged = any(NEWER in warning for warning in warnings)
            assert_same_training(training, older if newer_is_damaged else newer)


@MANY
@given(DAMAGES)
def test_archives_of_mnist(damage):
    name = "t10k-labels-idx1-ubyte.gz"
    original = (mnist.ARCHIVES / name).read_bytes()
    with tempfile.TemporaryDirectory() as folder, survives("damaged archive of MNIST"):
        contents = damaged(original, *damage)
        (Path(folder) / name).write_bytes(contents)
        with refused_or_right(rf".*{name}: expected SHA-256 \w+, found \w+"):
            mnist.read_idx(Path(folder), name, (10000,))
            assert contents == original


def test_another_training_is_refused_with_the_difference(two_checkpoints):
    folder = two_checkpoints[0]
    with survives("checkpoint of another training"), pytest.raises(Refused) as caught:
        latest(folder, seed=1, hidden_dim=4)
    message = (
        f"--resume: expected a checkpoint of this training, got {folder / NEWER}: seed 0 there, 1 now; hidden_dim None"
    )
    assert str(caught.value) == f"{message} there, 4 now"


def test_fewer_epochs_than_completed_are_refused(two_checkpoints):
    with pytest.raises(Refused, match=r"^--epochs: expected 2 or more, as in .*, got 1$"):
        latest(two_checkpoints[0], epochs=1)
    assert latest(two_checkpoints[0], epochs=2)


def test_a_file_of_too_much_unpacked_data_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "LARGEST", 10_000)
    np.savez_compressed(tmp_path / "some.npz", W=np.zeros(10_000))
    assert (tmp_path / "some.npz").stat().st_size < 1000
    monkeypatch.setattr(np, "load", lambda *arguments, **options: pytest.fail("the file is unpacked"))
    with (
        survives("weights that unpack to too much"),
        pytest.raises(ValueError, match=r"unpacked it would have 80128 bytes, expected 10000 at most$"),
    ):
        checkpoint.load(tmp_path / "some.npz")


def test_a_header_of_a_huge_array(tmp_path):
    with zipfile.ZipFile(tmp_path / "some.npz", "w") as archive, archive.open("W.npy", "w") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": (2**50,)})
        file.write(bytes(100))
    message = r"expected an \.npz file of arrays"
    with survives("weights that promise petabytes"), pytest.raises(ValueError, match=message):
        checkpoint.load(tmp_path / "some.npz")


def test_a_member_that_is_not_an_array(tmp_path):
    with zipfile.ZipFile(tmp_path / "some.npz", "w") as archive:
        archive.writestr("W", b"text")
    with pytest.raises(
        ValueError, match=r"expected an \.npz file of arrays: W: expected a NumPy array of .*, got bytes$"
    ):
        checkpoint.load(tmp_path / "some.npz")
