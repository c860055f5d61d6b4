"""Do the exercise's models have the right number of weights, initially independent draws from N(0, 0.05²)?"""

import math
from itertools import combinations

import keras
import numpy as np
import pytest

from numpy_rnn.experiments import EXPERIMENTS
from tf_rnn.training import new_model


@pytest.mark.parametrize(
    ("name", "count"),
    [("rnn-128", "21,386"), ("rnn-64", "6,602"), ("lstm-128", "81,162"), ("column-rnn-128", "21,386")],
)
def test_summary_shows_the_number_of_parameters(name, count):
    model = new_model(EXPERIMENTS[name])
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    assert f"Trainable params: {count}" in "\n".join(lines)
    assert f"Total params: {count}" in "\n".join(lines)
    assert model.count_params() == EXPERIMENTS[name].parameters


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=EXPERIMENTS)
def test_weights_start_as_normal_numbers(experiment):
    weights = {weight.name: weight.numpy() for weight in new_model(experiment, seed=0).weights}
    for weight in weights.values():
        # Five standard deviations of the mean, and of the standard deviation, of n draws.
        assert abs(weight.mean()) < 5 * 0.05 / math.sqrt(weight.size)
        assert abs(weight.std() / 0.05 - 1) < 5 / math.sqrt(2 * weight.size)
    sample = np.sort(np.concatenate([weight.ravel() for weight in weights.values()]))
    normal = np.array([(1 + math.erf(number / 0.05 / math.sqrt(2))) / 2 for number in sample])
    # Kolmogorov-Smirnov test: n draws exceed 2.23 / √n with probability 1e-4. A normal truncated at 2σ reaches 0.023.
    distance = np.abs(normal - (np.arange(len(sample)) + 0.5) / len(sample)).max()
    assert distance < 2.23 / math.sqrt(len(sample))


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=EXPERIMENTS)
@pytest.mark.parametrize("seed", [None, 0])
def test_no_two_weights_start_equal(experiment, seed):
    weights = [weight.numpy().ravel() for weight in new_model(experiment, seed=seed).weights]
    for one, other in combinations(weights, 2):
        length = min(one.size, other.size)
        assert np.mean(one[:length] == other[:length]) < 0.01


def initial_weights(experiment, seed):
    return np.concatenate([weight.numpy().ravel() for weight in new_model(experiment, seed=seed).weights])


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=EXPERIMENTS)
def test_the_seed_sets_the_weights(experiment):
    once = initial_weights(experiment, 3)
    np.testing.assert_array_equal(initial_weights(experiment, 3), once)
    assert np.mean(initial_weights(experiment, 4) == once) < 0.01
    without = [initial_weights(experiment, None) for _ in range(2)]
    assert np.mean(without[0] == once) < 0.01
    assert np.mean(without[0] == without[1]) < 0.01


def test_the_global_seed_sets_the_weights_of_a_layer():
    from tf_rnn import LSTM

    def weights():
        keras.utils.set_random_seed(5)
        layer = LSTM(4)
        layer.build((None, 28, 28))
        return layer.get_weights()

    for one, other in zip(weights(), weights(), strict=True):
        np.testing.assert_array_equal(one, other)
