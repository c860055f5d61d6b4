"""Is a Keras training that was left after any step, and taken up again by another model, the same to the last bit?"""

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings

from numpy_rnn import checkpoint
from numpy_rnn.experiments import EXPERIMENTS
from parity_tests.survival.corruption import DAMAGES, checkpoints, damaged
from parity_tests.survival.faults import survives
from tf_rnn.training import Training, new_model

N, B, EPOCHS = 20, 6, 3
STEPS = EPOCHS * (N // B)


class Left(Exception):
    """The training is left here."""


def split():
    rng = np.random.default_rng(1)
    images, labels = rng.uniform(0, 1, (N, 28, 28)).astype(np.float32), rng.integers(0, 10, N)
    return tf.data.Dataset.from_tensor_slices((images, np.eye(10, dtype=np.float32)[labels])).cache()


def fresh(name="rnn-128", initial_state="zeros", learning_rate=0.001, on_step=lambda now: None):
    experiment = EXPERIMENTS[name]._replace(hidden_dim=3, initial_state=initial_state)
    model = new_model(experiment, seed=0, learning_rate=learning_rate)
    return Training(model, 0, on_step)


def left(name, initial_state, after=()):
    """The arrays of a training that was left, and taken up by another model, after each of these numbers of steps.

    And the running loss and accuracy after each step.
    """
    arrays: dict[str, np.ndarray] = {}
    heard = []
    for steps in (*after, None):

        def stop(now, steps=steps):
            heard.append((now.loss, now.accuracy))
            if now.epoch * (N // B) + now.step == steps:
                raise Left

        training = fresh(name, initial_state, on_step=stop)
        if arrays:
            training.restore(arrays)
        try:
            training.fit(split(), EPOCHS, B)
        except Left:
            arrays = training.to_arrays()
    return training.to_arrays(), heard


def parts(arrays):
    """All but the seconds."""
    progress = json.loads(str(arrays["progress"]))
    del progress["seconds"]
    progress["history"] = [epoch[:2] for epoch in progress["history"]]
    return progress, {name: value.tobytes() for name, value in arrays.items() if name != "progress"}


@pytest.mark.parametrize(
    ("name", "initial_state", "after"),
    [("rnn-128", "zeros", [2, 3, 7, STEPS]), ("rnn-128", "random", [4]), ("lstm-128", "learned", [4])],
)
def test_left_and_taken_up_again(name, initial_state, after):
    (uninterrupted, said), (resumed, said_too) = left(name, initial_state), left(name, initial_state, after)
    assert parts(resumed) == parts(uninterrupted)
    assert said == said_too
    assert len(said) == STEPS


def test_more_epochs_than_were_asked_for_first():
    first, second, both = fresh(), fresh(), fresh()
    first.fit(split(), 1, B)
    second.restore(first.to_arrays())
    second.fit(split(), 2, B)
    both.fit(split(), 2, B)
    assert parts(second.to_arrays()) == parts(both.to_arrays())


@pytest.mark.parametrize("learning_rate", [1e300, 1e38])
def test_what_is_no_number_ends_the_training(learning_rate):
    training = fresh(learning_rate=learning_rate, on_step=lambda now: now.to_arrays())
    said = r"^(the loss|a parameter) is no longer finite in epoch 1, step [12]; the largest gradient is that of \w+: "
    with survives("loss that is no number, TensorFlow"), pytest.raises(FloatingPointError, match=said):
        training.fit(split(), 1, B)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The bytes of a checkpoint, and the state that is in it."""
    training = fresh()
    training.fit(split(), 1, B)
    folder = tmp_path_factory.mktemp("saved")
    checkpoints(folder, []).after_step(0, 3, 3, training.to_arrays)
    return next(folder.glob("*.npz")).read_bytes(), training.to_arrays()


def change_progress(**changes):
    def change(arrays):
        arrays["progress"] = np.array(json.dumps(json.loads(str(arrays["progress"])) | changes))

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda arrays: arrays.pop("W"), "expected the state of a training: 'W'"),
        (lambda arrays: arrays.pop("optimizer_0"), "expected the state of a training: 'optimizer_0'"),
        (lambda arrays: arrays.pop("progress"), "expected the state of a training: 'progress'"),
        (lambda arrays: arrays.pop("metric_1"), "expected the state of a training: 'metric_1'"),
        (lambda arrays: arrays.update(W=np.zeros((4, 4), np.float32)), r"^W: expected finite float32 \(3, 3\), got"),
        (
            lambda arrays: arrays.update(W=arrays["W"].astype(float)),
            r"^W: expected finite float32 .*, got float64",
        ),
        (lambda arrays: arrays.update(W=arrays["W"] * np.float32(np.nan)), r"^W: expected finite float32"),
        (lambda arrays: arrays.update(progress=np.array("{}")), "expected the state of a training: 'seed'"),
        (lambda arrays: arrays.update(progress=np.array("{")), "Expecting property name"),
        (change_progress(history=[[1]]), "expected the state of a training: "),
    ],
)
def test_arrays_of_no_training(saved, change, message):
    arrays, other = dict(saved[1]), fresh()
    change(arrays)
    before = parts(other.to_arrays())
    with pytest.raises(ValueError, match=message):
        other.restore(arrays)
    assert parts(other.to_arrays()) == before


@settings(max_examples=100)
@given(DAMAGES)
def test_the_newest_checkpoint(saved, damage):
    contents, state = saved
    with tempfile.TemporaryDirectory() as folder, survives("damaged newest checkpoint, TensorFlow"):
        path = Path(folder) / "epoch-00001-step-000003.npz"
        path.write_bytes(damaged(contents, *damage))
        try:
            found = checkpoint.read(path)
        except ValueError as error:
            assert str(error).startswith(f"{path}: ")  # noqa: PT017
        else:
            del found["settings"]
            assert {name: value.tobytes() for name, value in found.items()} == {
                name: value.tobytes() for name, value in state.items()
            }


def test_memory_stays_flat_over_50_epochs():
    statm = Path("/proc/self/statm")
    if not statm.exists():
        pytest.skip("no /proc")
    pages = {}

    def note(now):
        now.to_arrays()
        pages[now.epoch] = int(statm.read_text().split()[1])

    fresh(on_step=note).fit(split(), 50, B)
    megabytes = {epoch + 1: pages[epoch] * 4096 // 2**20 for epoch in (9, 49)}
    with survives(f"50 epochs, TensorFlow: {megabytes[10]} MB after 10, {megabytes[50]} MB after 50"):
        assert megabytes[50] <= 1.02 * megabytes[10]
