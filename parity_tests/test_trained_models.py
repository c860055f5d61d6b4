"""Do a trained Keras model, `numpy_rnn` with its weights and Keras's own layers read all 10,000 test images alike?"""

import numpy as np
import pytest

from numpy_rnn import adam, classifier, mnist
from numpy_rnn.experiments import EXPERIMENTS
from numpy_rnn.sequences import from_images, grey
from tf_rnn import data, weights
from tf_rnn.training import train

STEPS = 100


@pytest.fixture(scope="module", params=list(EXPERIMENTS.values()), ids=list(EXPERIMENTS))
def trained(request, data_dir):
    """An experiment and its Keras model after 100 steps, by when it reads digits well above chance."""
    split, _ = data.load(data_dir)
    model, _ = train(request.param, split.take(STEPS * 128), epochs=1, seed=0)
    return request.param, model


@pytest.fixture(scope="module")
def test_set():
    return mnist.load()[1]


def numpy_probabilities(model, images, experiment):
    return classifier.predict(model, from_images(images, experiment.scan)).T


def test_probabilities(trained, test_set):
    experiment, model = trained
    images = grey(test_set.images)
    parameters = weights.to_numpy(model)
    ours = numpy_probabilities(parameters, images, experiment)
    assert np.mean(ours.argmax(axis=1) == test_set.labels) > 0.3

    in_float64 = adam.tree_map(lambda value: value.astype(np.float64), parameters)
    rounding = np.abs(ours - numpy_probabilities(in_float64, images.astype(np.float64), experiment)).max()
    assert 0 < rounding < 1e-4
    sequences = images if experiment.scan == "rows" else images.transpose(0, 2, 1)
    for theirs in (
        model.predict(images, batch_size=1000, verbose=0),
        weights.to_keras(parameters).predict(sequences, batch_size=1000, verbose=0),
    ):
        assert theirs.dtype == ours.dtype == np.float32
        np.testing.assert_array_equal(theirs.argmax(axis=1), ours.argmax(axis=1))
        # Both sides round as float32 does, each in an order of its own: their errors add up, and theirs may be larger.
        assert np.abs(theirs - ours).max() <= 4 * rounding
