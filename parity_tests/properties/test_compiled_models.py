"""Are the Keras models trained with cross-entropy, accuracy, Adam's default constants and a seeded order?"""

import numpy as np
import pytest
import tensorflow as tf

from numpy_rnn import adam, classifier
from numpy_rnn.experiments import EXPERIMENTS
from numpy_rnn.sequences import from_images
from parity_tests.cases.models import by_name
from parity_tests.comparison import assert_within
from parity_tests.oracles import bounded_equations
from parity_tests.oracles.bounds import arithmetic
from tf_rnn import training, weights

SMALL = [experiment._replace(hidden_dim=4) for experiment in EXPERIMENTS.values()]
EVERY = pytest.mark.parametrize("experiment", SMALL, ids=EXPERIMENTS)
B = 6


def batch(seed, n=B):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 1, (n, 28, 28)).astype(np.float32), rng.integers(0, 10, n)


@EVERY
def test_one_step(experiment):
    keras_model = training.new_model(experiment, seed=0)
    images, labels = batch(1)
    x = from_images(images, experiment.scan)
    model = weights.to_numpy(keras_model)
    kind, states = experiment.recurrence, [np.zeros((4, B))] * {"rnn": 1, "lstm": 2}[experiment.recurrence]
    loss, gradients = classifier.loss_and_gradients(model, x, labels)
    after, _ = adam.step(model, gradients, adam.init(model))
    reported = keras_model.train_on_batch(images, np.eye(10)[labels], return_dict=True)
    after_keras = by_name(weights.to_numpy(keras_model))

    bounds = {name: np.zeros_like(value, np.float64) for name, value in after_keras.items()} | {"loss": 0.0}
    for library in ("numpy", "tensorflow"):
        system = arithmetic(library, np.float32)
        bounded = bounded_equations.classifier(kind, system, model, x, states, labels)
        bounds["loss"] += bounded["loss"].error
        for name, theta in by_name(model).items():
            zero = np.zeros_like(theta)
            updated, _, _ = bounded_equations.adam(system, theta, bounded[f"d{name}"], zero, zero, 1)
            bounds[name] += updated.error
    assert_within({"loss": loss}, {"loss": reported["loss"]}, {"loss": bounds.pop("loss")}, np.float32)
    assert_within(by_name(after), after_keras, bounds, np.float32)
    hits = classifier.predict(model, x).argmax(axis=0) == labels
    assert reported["accuracy"] == pytest.approx(hits.mean(), abs=1e-6)
    assert reported.keys() == {"loss", "accuracy"}


def split(n=8 * B):
    images, labels = batch(2, n)
    return tf.data.Dataset.from_tensor_slices((images, np.eye(10, dtype=np.float32)[labels])).cache()


def trained(**options):
    model = training.new_model(SMALL[0], seed=4)
    progress = training.Training(model, seed=4, **options)
    progress.fit(split(), epochs=2, batch_size=B)
    return model, progress.history


def test_training():
    model, history = trained()
    assert len(history) == 2
    # After so few steps the model is hardly better than chance: loss log 10 = 2.3, accuracy 0.1.
    assert all(2 < epoch.loss < 2.6 and 0 <= epoch.accuracy < 0.5 and epoch.seconds > 0 for epoch in history)
    again, _ = trained()
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_seed_sets_the_order_of_each_epoch(monkeypatch):
    calls = []

    def training_batches(data, batch_size, seed, epoch):
        calls.append((batch_size, seed, epoch))
        return data.batch(batch_size)

    monkeypatch.setattr(training, "training_batches", training_batches)
    trained()
    assert calls == [(B, 4, 0), (B, 4, 1)]
