"""Does training use every example once an epoch, learn, report its progress, and repeat itself bit for bit?"""

from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from numpy_rnn import adam, classifier, parallel, readout, rnn, sequences, training
from numpy_rnn.experiments import EXPERIMENTS
from numpy_rnn.mnist import Split
from parity_tests.cases.decorators import DTYPES
from parity_tests.cases.models import BOTH_RECURRENCES, by_name, random_model
from parity_tests.cases.public_functions import flat
from parity_tests.comparison import assert_same_bits, assert_within
from parity_tests.oracles import bounded_equations
from parity_tests.oracles.bounds import arithmetic, stack

ROWS, COLUMNS, CLASSES = 5, 4, 3

new_model = partial(random_model, H=6, I=COLUMNS, C=CLASSES)


def learnable_split(N, seed=0):
    """N images of noise with one bright column, whose number is the label."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, N).astype(np.uint8)
    images = rng.integers(0, 100, (N, ROWS, COLUMNS), np.uint8)
    images[np.arange(N), :, labels] += 150
    return Split(images, labels)


def bounded_model(model, x, labels):
    """The bounded results of `classifier` for a model and initial states of zero."""
    H, B = len(model.recurrence[0]), x.shape[2]
    kind, states = ("rnn", 1) if isinstance(model.recurrence, rnn.Params) else ("lstm", 2)
    system = arithmetic("numpy", np.float64)
    return bounded_equations.classifier(kind, system, model, x, [np.zeros((H, B))] * states, labels)


def fit(model, data, seed=0, **options):
    """The model after training, and the history."""
    choices: dict[str, Any] = {"epochs": 2, "batch_size": 8} | options
    finished = training.fit(training.begin(model, np.random.default_rng(seed)), data.images, data.labels, **choices)
    return finished.model, finished.history


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=EXPERIMENTS)
@DTYPES
def test_new_models_are_normal_numbers(experiment, dtype):
    model = training.new_model(experiment, np.random.default_rng(0), dtype)
    classifier.check(model)
    assert all(array.dtype == dtype for array in flat(model))
    assert sum(array.size for array in flat(model)) == experiment.parameters
    for array in flat(model):
        # Five standard deviations of the mean, and of the standard deviation, of n draws.
        assert abs(array.mean()) < 5 * 0.05 / np.sqrt(array.size)
        assert abs(array.std() / 0.05 - 1) < 5 / np.sqrt(2 * array.size)
    for one, twin in combinations(flat(model), 2):
        # No array contains another one.
        assert len(np.intersect1d(one, twin)) < 0.01 * max(one.size, 100)
    same, other = (training.new_model(experiment, np.random.default_rng(seed), dtype) for seed in (0, 1))
    assert_same_bits(same, model)
    for one, different in zip(flat(model), flat(other), strict=True):
        assert np.mean(one == different) < 0.01


@BOTH_RECURRENCES
@DTYPES
def test_the_loss_falls(kind, dtype):
    data = learnable_split(512)
    model, history = fit(new_model(kind, dtype=dtype), data, epochs=6)
    assert len(history) == 6
    losses = [epoch.loss for epoch in history]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] < np.log(CLASSES)
    assert losses[-1] < losses[0] / 2
    assert history[-1].accuracy > 0.9
    assert all(epoch.seconds > 0 for epoch in history)
    assert all(array.dtype == dtype for array in flat(model))
    loss, y = training.evaluate(model, *learnable_split(100, seed=1))
    assert loss < losses[-1]
    assert np.mean(y.argmax(axis=0) == learnable_split(100, seed=1).labels) > 0.9


@BOTH_RECURRENCES
def test_the_same_seed_gives_the_same_model_bit_for_bit(kind):
    data = learnable_split(20)
    (model, history), (same, same_history), (other, _) = (fit(new_model(kind), data, seed) for seed in (0, 0, 1))
    assert_same_bits(same, model)
    assert [epoch[:2] for epoch in same_history] == [epoch[:2] for epoch in history]
    for one, different in zip(flat(model), flat(other), strict=True):
        assert np.any(one != different)


@BOTH_RECURRENCES
def test_no_argument_is_changed(kind):
    model, data = new_model(kind), learnable_split(20)
    for array in (*flat(model), *data):
        array.flags.writeable = False
    fit(model, data)
    assert_same_bits((model, data), (new_model(kind), learnable_split(20)))


def test_no_epochs_leave_the_model_unchanged():
    model, history = fit(new_model(rnn), learnable_split(8), epochs=0)
    assert history == ()
    assert_same_bits(model, new_model(rnn))


@BOTH_RECURRENCES
def test_a_step_is_a_step_of_adam_with_the_gradients(kind):
    model, data = new_model(kind, dtype=np.float64), learnable_split(8)
    trained, history = fit(model, data, epochs=1)
    x = sequences.from_images(sequences.grey(data.images, np.float64))
    loss, gradients = classifier.loss_and_gradients(model, x, data.labels)
    expected, _ = adam.step(model, gradients, adam.init(model))
    # The order of the examples differs, so both sides round differently.
    system = arithmetic("numpy", np.float64)
    bounded = bounded_model(model, x, data.labels)
    assert_within({"loss": history[0].loss}, {"loss": loss}, {"loss": 2 * bounded["loss"].error}, np.float64)
    bounds = {}
    for name, theta in by_name(model).items():
        zero = np.zeros_like(theta)
        updated, _, _ = bounded_equations.adam(system, theta, bounded[f"d{name}"], zero, zero, 1)
        bounds[name] = 2 * updated.error
    assert_within(by_name(trained), by_name(expected), bounds, np.float64, where=" after the step")


@BOTH_RECURRENCES
def test_columns_are_the_rows_of_the_transposed_images(kind):
    data = learnable_split(20)
    transposed = Split(data.images.transpose(0, 2, 1), data.labels)
    by_rows, _ = fit(new_model(kind), data)
    by_columns, _ = fit(new_model(kind), transposed, scan="columns")
    assert_same_bits(by_columns, by_rows)
    by_transposed = training.evaluate(by_rows, *transposed, scan="columns")
    assert_same_bits(by_transposed, training.evaluate(by_rows, *data))


def observed_training(monkeypatch, N, batch_size, epochs):
    """A training whose steps don't change the model.

    Returns the model, its data, the arguments of `on_step`, the history, and the numbers of the examples of each batch.
    """
    batches = []

    def from_images(images, scan):
        batches.append(np.rint(images[:, 0, 0] * 255).astype(int))
        return sequences.from_images(images, scan)

    monkeypatch.setattr(parallel, "from_images", from_images)
    monkeypatch.setattr(adam, "step", lambda model, gradients, state, learning_rate: (model, state))
    data = learnable_split(N)
    data.images[:, 0, 0] = np.arange(N)
    model, calls = new_model(rnn, dtype=np.float64), []
    choices = {
        "epochs": epochs,
        "batch_size": batch_size,
        "on_step": lambda state: calls.append((state.epoch, state.step, state.loss, state.accuracy)),
    }
    _, history = fit(model, data, **choices)
    return model, data, calls, history, batches


@pytest.mark.parametrize(("N", "batch_size"), [(20, 8), (16, 8), (7, 7), (5, 1), (15, 8)])
def test_every_example_is_used_at_most_once_an_epoch_and_the_remainder_is_dropped(monkeypatch, N, batch_size):
    _, _, calls, _, batches = observed_training(monkeypatch, N, batch_size, 3)
    steps = N // batch_size
    assert [call[:2] for call in calls] == [(epoch, step + 1) for epoch in range(3) for step in range(steps)]
    assert all(len(batch) == batch_size for batch in batches)
    epochs = [np.concatenate(batches[first : first + steps]).tolist() for first in range(0, 3 * steps, steps)]
    assert all(len(set(epoch)) == steps * batch_size for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_on_step_is_called_with_the_means_of_the_epoch_so_far(monkeypatch):
    model, (images, labels), calls, history, batches = observed_training(monkeypatch, 20, 6, 2)
    x = sequences.from_images(sequences.grey(images, np.float64))
    hits = classifier.predict(model, x).argmax(axis=0) == labels
    losses = stack(bounded_model(model, x[:, :, n : n + 1], labels[n : n + 1])["loss"] for n in range(20))
    for epoch in range(2):
        seen = np.array([], int)
        for step, batch in enumerate(batches[3 * epoch : 3 * epoch + 3]):
            seen = np.append(seen, batch)
            assert calls[3 * epoch + step][:2] == (epoch, step + 1)
            mean = losses[seen].sum(axis=0) * (1 / len(seen))
            loss, accuracy = calls[3 * epoch + step][2:]
            where = f" of epoch {epoch}, step {step}"
            assert_within({"loss": loss}, {"loss": mean.value}, {"loss": 2 * mean.error}, np.float64, where)
            assert accuracy == pytest.approx(hits[seen].mean(), rel=1e-15)
        assert history[epoch][:2] == calls[3 * epoch + 2][2:]


@BOTH_RECURRENCES
@pytest.mark.parametrize("N", [1, 999, 1000, 1001, 2003])
def test_evaluate(kind, N):
    model, data = new_model(kind, dtype=np.float64), learnable_split(N)
    loss, y = training.evaluate(model, *data)
    x = sequences.from_images(sequences.grey(data.images, np.float64))
    h = classifier.forward(model, x).h[-1]
    bounded = bounded_model(model, x, data.labels)
    assert_within(
        {"y": y, "loss": loss},
        {"y": classifier.predict(model, x), "loss": readout.cross_entropy(model.readout, h, data.labels)},
        # The bound holds for any division of the N examples into batches.
        {"y": 2 * bounded["y"].error, "loss": 2 * bounded["loss"].error},
        np.float64,
    )
