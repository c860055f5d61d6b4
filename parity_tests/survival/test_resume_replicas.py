"""Does a training by replicas that stops after any step, and resumes with others, end with the same bits?"""

import json
from functools import partial

import keras
import numpy as np
import pytest

from numpy_rnn.experiments import EXPERIMENTS
from parity_tests.cases.image_splits import random_images
from parity_tests.cases.replicas import two_devices
from parity_tests.cases.trainings import StopTraining
from parity_tests.survival.faults import survives
from tf_rnn.distributed import DistributedTraining
from tf_rnn.replicas import Replicas
from tf_rnn.training import Training, new_model

N, B, EPOCHS = 20, 7, 2
STEPS = EPOCHS * (N // B)


def dataset():
    return random_images(N)


def new_training(name="rnn-128", learning_rate=0.001, initial_state="zeros"):
    experiment = EXPERIMENTS[name]._replace(hidden_dim=3, initial_state=initial_state)
    model = new_model(experiment, 0, learning_rate=learning_rate, clip_norm=0.5)
    make_model = partial(new_model, experiment, learning_rate=learning_rate)
    return DistributedTraining(model, Replicas(two_devices(), make_model, B, clip_norm=0.5), 0)


def fit(training, stop_after=None):
    """Trains to the end, or until this number of steps is complete; the running loss and accuracy after each step."""
    reported = []

    def on_step(state):
        reported.append((state.loss, state.accuracy))
        if state.epoch * (N // B) + state.step == stop_after:
            raise StopTraining

    training.on_step = on_step
    if stop_after:
        with pytest.raises(StopTraining):
            training.fit(dataset(), EPOCHS, B)
    else:
        training.fit(dataset(), EPOCHS, B)
    return reported


def without_seconds(arrays):
    progress = json.loads(str(arrays["progress"]))
    del progress["seconds"]
    progress["history"] = [epoch[:2] for epoch in progress["history"]]
    return progress, {name: value.tobytes() for name, value in arrays.items() if name != "progress"}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "initial_state", "stop_after"), [("rnn-128", "learned", 1), ("lstm-128", "zeros", 3)])
def test_stopped_and_resumed(name, initial_state, stop_after):
    with survives("training by replicas stopped and resumed"):
        whole = new_training(name, initial_state=initial_state)
        reported = fit(whole)
        stopped, resumed = (new_training(name, initial_state=initial_state) for _ in range(2))
        before = fit(stopped, stop_after)
        resumed.restore(stopped.to_arrays())
        assert before + fit(resumed) == reported
        assert len(reported) == STEPS
        assert without_seconds(resumed.to_arrays()) == without_seconds(whole.to_arrays())


def test_it_begins_with_the_weights_of_the_same_seed_and_reports_the_means():
    replicated, alone = new_training(), new_training().model
    for one, other in zip(replicated.replicas.model.weights, alone.weights, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other))
    single = Training(alone, 0)
    single.fit(dataset(), EPOCHS, B)
    fit(replicated)
    for one, other in zip(replicated.history, single.history, strict=True):
        assert one.loss == pytest.approx(other.loss, rel=1e-5)
        assert one.accuracy == pytest.approx(other.accuracy, rel=1e-6)


def test_a_number_that_is_not_finite_ends_the_training():
    message = r"^the loss is no longer finite in epoch 1, step \d; the largest gradient is that of \w+: "
    with survives("NaN or infinite loss, replicas"), pytest.raises(FloatingPointError, match=message):
        fit(new_training(learning_rate=1e38))
