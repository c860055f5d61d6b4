"""Does training see every example once an epoch, learn, report what it did, and repeat itself bit for bit?"""

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from numpy_rnn import adam, classifier, lstm, readout, rnn, sequences, training
from numpy_rnn.experiments import EXPERIMENTS
from numpy_rnn.mnist import Split
from parity_tests.cases.public_functions import flat
from parity_tests.cases.recurrences import DTYPES
from parity_tests.comparison import assert_within
from parity_tests.oracles import bounded_equations
from parity_tests.oracles.bounds import arithmetic, stack

RECURRENCES = pytest.mark.parametrize("kind", [rnn, lstm])
ROWS, COLUMNS, CLASSES = 5, 4, 3


def random_model(kind, dtype=np.float32, H=6):
    rng = np.random.default_rng(0)
    return classifier.Model(kind.init(rng, COLUMNS, H, dtype), readout.init(rng, H, CLASSES, dtype))


def random_set(N, seed=0):
    """Images whose class is the number of their bright column, in noise."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, N).astype(np.uint8)
    images = rng.integers(0, 100, (N, ROWS, COLUMNS), np.uint8)
    images[np.arange(N), :, labels] += 150
    return Split(images, labels)


def bounded_model(model, x, labels):
    """What `classifier` must give for a model and its initial states of zero."""
    H, B = len(model.recurrence[0]), x.shape[2]
    kind, states = ("rnn", 1) if isinstance(model.recurrence, rnn.Params) else ("lstm", 2)
    system = arithmetic("numpy", np.float64)
    return bounded_equations.classifier(kind, system, model, x, [np.zeros((H, B))] * states, labels)


def fit(model, data, seed=0, **options):
    choices: dict[str, Any] = {"epochs": 2, "batch_size": 8} | options
    done = training.fit(training.begin(model, np.random.default_rng(seed)), data.images, data.labels, **choices)
    return done.model, done.history


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
        # No matrix begins as a copy of another, nor as a part of it.
        assert len(np.intersect1d(one, twin)) < 0.01 * max(one.size, 100)
    again, other = (training.new_model(experiment, np.random.default_rng(seed), dtype) for seed in (0, 1))
    for one, same, different in zip(flat(model), flat(again), flat(other), strict=True):
        np.testing.assert_array_equal(one, same)
        assert np.mean(one == different) < 0.01


@RECURRENCES
@DTYPES
def test_the_loss_falls(kind, dtype):
    data = random_set(512)
    model, history = fit(random_model(kind, dtype), data, epochs=6)
    assert len(history) == 6
    losses = [epoch.loss for epoch in history]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] < np.log(CLASSES)
    assert losses[-1] < losses[0] / 2
    assert history[-1].accuracy > 0.9
    assert all(epoch.seconds > 0 for epoch in history)
    assert all(array.dtype == dtype for array in flat(model))
    loss, y = training.evaluate(model, *random_set(100, seed=1))
    assert loss < losses[-1]
    assert np.mean(y.argmax(axis=0) == random_set(100, seed=1).labels) > 0.9


@RECURRENCES
def test_the_same_seed_gives_the_same_model_bit_for_bit(kind):
    data = random_set(20)
    (model, history), (again, history_again), (other, _) = (fit(random_model(kind), data, seed) for seed in (0, 0, 1))
    for one, same, different in zip(flat(model), flat(again), flat(other), strict=True):
        np.testing.assert_array_equal(one, same)
        assert np.any(one != different)
    assert [epoch[:2] for epoch in history] == [epoch[:2] for epoch in history_again]


@RECURRENCES
def test_nothing_given_is_changed(kind):
    model, data = random_model(kind), random_set(20)
    for array in (*flat(model), *data):
        array.flags.writeable = False
    fit(model, data)
    for array, fresh in zip((*flat(model), *data), (*flat(random_model(kind)), *random_set(20)), strict=True):
        np.testing.assert_array_equal(array, fresh)


def test_no_epochs_leave_the_model_as_it_is():
    model, history = fit(random_model(rnn), random_set(8), epochs=0)
    assert history == ()
    for one, other in zip(flat(model), flat(random_model(rnn)), strict=True):
        np.testing.assert_array_equal(one, other)


@RECURRENCES
def test_a_step_is_one_of_adam_along_the_gradients(kind):
    model, data = random_model(kind, np.float64), random_set(8)
    trained, history = fit(model, data, epochs=1)
    x = sequences.from_images(sequences.grey(data.images, np.float64))
    loss, gradients = classifier.loss_and_gradients(model, x, data.labels)
    expected, _ = adam.step(model, gradients, adam.init(model))
    # The batch is in another order, so both sides round, each in its own.
    system = arithmetic("numpy", np.float64)
    bounded = bounded_model(model, x, data.labels)
    assert_within({"loss": history[0].loss}, {"loss": loss}, {"loss": 2 * bounded["loss"].error}, np.float64)
    actual, before, after = (
        {name: value for name, value, _ in classifier.axes(tree)} for tree in (trained, model, expected)
    )
    zero = adam.init(model).m
    zeros = {name: value for name, value, _ in classifier.axes(zero)}
    bounds = {}
    for name, theta in before.items():
        moved, _, _ = bounded_equations.adam(system, theta, bounded[f"d{name}"], zeros[name], zeros[name], 1)
        bounds[name] = 2 * moved.error
    assert_within(actual, after, bounds, np.float64, where=" after the step")


@RECURRENCES
def test_columns_are_the_rows_of_the_transposed_images(kind):
    data = random_set(20)
    transposed = Split(data.images.transpose(0, 2, 1), data.labels)
    by_rows, _ = fit(random_model(kind), data)
    by_columns, _ = fit(random_model(kind), transposed, scan="columns")
    for one, other in zip(flat(by_rows), flat(by_columns), strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(
        training.evaluate(by_rows, *data), training.evaluate(by_rows, *transposed, scan="columns"), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def heard(monkeypatch, N, batch_size, epochs):
    """What `on_step` hears of a model that stands still, and the batches, each as the numbers of its examples."""
    batches = []

    def from_images(images, scan):
        batches.append(np.rint(images[:, 0, 0] * 255).astype(int))
        return sequences.from_images(images, scan)

    monkeypatch.setattr(training, "from_images", from_images)
    monkeypatch.setattr(adam, "step", lambda model, gradients, state, learning_rate: (model, state))
    data = random_set(N)
    data.images[:, 0, 0] = np.arange(N)
    model, calls = random_model(rnn, np.float64), []
    choices = {
        "epochs": epochs,
        "batch_size": batch_size,
        "on_step": lambda now: calls.append((now.epoch, now.step, now.loss, now.accuracy)),
    }
    _, history = fit(model, data, **choices)
    return model, data, calls, history, batches


@pytest.mark.parametrize(("N", "batch_size"), [(20, 8), (16, 8), (7, 7), (5, 1), (15, 8)])
def test_every_example_comes_at_most_once_an_epoch_and_the_remainder_is_dropped(monkeypatch, N, batch_size):
    _, _, calls, _, batches = heard(monkeypatch, N, batch_size, 3)
    steps = N // batch_size
    assert [call[:2] for call in calls] == [(epoch, step + 1) for epoch in range(3) for step in range(steps)]
    assert all(len(batch) == batch_size for batch in batches)
    epochs = [np.concatenate(batches[first : first + steps]).tolist() for first in range(0, 3 * steps, steps)]
    assert all(len(set(epoch)) == steps * batch_size for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_on_step_hears_the_means_of_the_epoch_so_far(monkeypatch):
    model, (images, labels), calls, history, batches = heard(monkeypatch, 20, 6, 2)
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


@RECURRENCES
@pytest.mark.parametrize("N", [1, 999, 1000, 1001, 2003])
def test_evaluate(kind, N):
    model, data = random_model(kind, np.float64), random_set(N)
    loss, y = training.evaluate(model, *data)
    x = sequences.from_images(sequences.grey(data.images, np.float64))
    h = classifier.forward(model, x).h[-1]
    bounded = bounded_model(model, x, data.labels)
    assert_within(
        {"y": y, "loss": loss},
        {"y": classifier.predict(model, x), "loss": readout.cross_entropy(model.readout, h, data.labels)},
        # However the N examples are grouped.
        {"y": 2 * bounded["y"].error, "loss": 2 * bounded["loss"].error},
        np.float64,
    )
