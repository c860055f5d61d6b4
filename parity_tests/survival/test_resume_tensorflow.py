"""Does a Keras training that stops after any step, and resumes with another model, end with the same bits?"""

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from numpy_rnn import checkpoint
from numpy_rnn.experiments import EXPERIMENTS
from parity_tests.cases.image_splits import random_images
from parity_tests.cases.trainings import StopTraining, change_progress
from parity_tests.survival.corruption import DAMAGES, checkpoints, damaged
from parity_tests.survival.faults import survives
from tf_rnn.training import Training, new_model

N, B, EPOCHS = 20, 6, 3
STEPS = EPOCHS * (N // B)


def dataset():
    return random_images(N)


def new_training(name="rnn-128", initial_state="zeros", learning_rate=0.001, on_step=lambda state: None):
    experiment = EXPERIMENTS[name]._replace(hidden_dim=3, initial_state=initial_state)
    model = new_model(experiment, seed=0, learning_rate=learning_rate)
    return Training(model, 0, on_step)


def trained(name, initial_state, stop_after=()):
    """The arrays of a finished training, and the running loss and accuracy after each step.

    The training stops after each of these numbers of steps, and resumes with another model.
    """
    arrays: dict[str, np.ndarray] = {}
    reported = []
    for steps in (*stop_after, None):

        def stop(state, steps=steps):
            reported.append((state.loss, state.accuracy))
            if state.epoch * (N // B) + state.step == steps:
                raise StopTraining

        training = new_training(name, initial_state, on_step=stop)
        if arrays:
            training.restore(arrays)
        try:
            training.fit(dataset(), EPOCHS, B)
        except StopTraining:
            arrays = training.to_arrays()
    return training.to_arrays(), reported


def without_seconds(arrays):
    """The progress and the arrays of a training, except for the seconds that it took."""
    progress = json.loads(str(arrays["progress"]))
    del progress["seconds"]
    progress["history"] = [epoch[:2] for epoch in progress["history"]]
    return progress, {name: value.tobytes() for name, value in arrays.items() if name != "progress"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "initial_state", "stop_after"),
    [("rnn-128", "zeros", [2, 3, 7, STEPS]), ("rnn-128", "random", [4]), ("lstm-128", "learned", [4])],
)
def test_stopped_and_resumed(name, initial_state, stop_after):
    uninterrupted, reported = trained(name, initial_state)
    resumed, reported_when_resumed = trained(name, initial_state, stop_after)
    assert without_seconds(resumed) == without_seconds(uninterrupted)
    assert reported_when_resumed == reported
    assert len(reported) == STEPS
    # Small weights forget the initial state within 28 steps, so that no loss shows whether its generator is kept.
    generators = {name: state for name, state in resumed.items() if name.startswith("random_")}
    assert generators.keys() == ({"random_0"} if initial_state == "random" else set())
    assert all(number_of_draws == STEPS for _, number_of_draws in generators.values())


def test_more_epochs_than_before_the_stop():
    first, second, both = new_training(), new_training(), new_training()
    first.fit(dataset(), 1, B)
    second.restore(first.to_arrays())
    second.fit(dataset(), 2, B)
    both.fit(dataset(), 2, B)
    assert without_seconds(second.to_arrays()) == without_seconds(both.to_arrays())


@pytest.mark.slow
@pytest.mark.parametrize("learning_rate", [1e300, 1e38])
@pytest.mark.parametrize("what", ["the loss", "a parameter"])
def test_a_number_that_is_not_finite_ends_the_training(learning_rate, what):
    # The loss is checked after each step, the parameters when they are saved.
    on_step = {"the loss": lambda state: None, "a parameter": lambda state: state.to_arrays()}[what]
    training = new_training(learning_rate=learning_rate, on_step=on_step)
    message = (
        r"^(the loss|a parameter) is no longer finite in epoch 1, step [123]; the largest gradient is that of \w+: "
    )
    with survives("NaN or infinite loss, TensorFlow"), pytest.raises(FloatingPointError, match=message):
        training.fit(dataset(), 1, B)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The bytes of a checkpoint, and the arrays in it."""
    training = new_training()
    training.fit(dataset(), 1, B)
    folder = tmp_path_factory.mktemp("saved")
    checkpoints(folder, []).after_step(0, 3, 3, training.to_arrays)
    return next(folder.glob("*.npz")).read_bytes(), training.to_arrays()


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
        (lambda arrays: arrays.update(progress=np.array("{}")), "expected the state of a training, found no 'seed'"),
        (lambda arrays: arrays.update(progress=np.array("{")), "Expecting property name"),
        (change_progress(history=[[1]]), r"history: expected loss, accuracy and seconds of each epoch, got \[1\]"),
    ],
)
def test_arrays_that_are_no_training(saved, change, message):
    arrays, other = dict(saved[1]), new_training()
    change(arrays)
    before = without_seconds(other.to_arrays())
    with pytest.raises(ValueError, match=message):
        other.restore(arrays)
    assert without_seconds(other.to_arrays()) == before


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

    def record(state):
        state.to_arrays()
        pages[state.epoch] = int(statm.read_text(encoding="utf-8").split()[1])

    new_training(on_step=record).fit(dataset(), 50, B)
    megabytes = {epoch + 1: pages[epoch] * 4096 // 2**20 for epoch in (9, 49)}
    with survives(f"50 epochs, TensorFlow: {megabytes[10]} MB after 10, {megabytes[50]} MB after 50"):
        assert megabytes[50] <= 1.02 * megabytes[10]
