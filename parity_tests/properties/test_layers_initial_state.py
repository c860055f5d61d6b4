"""Do the layers start from zeros, from learned states or from random ones, as chosen?"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from numpy_rnn import classifier, lstm, rnn
from numpy_rnn.experiments import EXPERIMENTS
from parity_tests.cases.layers import assert_output, random_case
from parity_tests.cases.models import random_model
from parity_tests.comparison import assert_same_bits
from tf_rnn import LSTM, RNN, weights
from tf_rnn.training import new_model

LAYERS = pytest.mark.parametrize("layer_class", [RNN, LSTM])
MODULES = {RNN: rnn, LSTM: lstm}
B, T, H, I, C = 4, 3, 5, 6, 7


def built(layer_class, initial_state, dtype="float64", batch=B):
    """A built layer, random images, and states (B, H) by name that differ from those of the layer."""
    layer = layer_class(H, C, initial_state=initial_state, dtype=dtype)
    _, _, images, states = random_case(layer_class, (batch, T, H, I), 0)
    layer.build(images.shape)
    return layer, images, states


@LAYERS
def test_a_learned_state_is_a_weight_named_by_its_symbol(layer_class):
    layer, _, states = built(layer_class, "learned")
    zeros, _, _ = built(layer_class, "zeros")
    names = {weight.name: tuple(weight.shape) for weight in layer.trainable_weights}
    assert names == {weight.name: tuple(weight.shape) for weight in zeros.weights} | dict.fromkeys(states, (H,))


@LAYERS
def test_a_learned_state_is_used_unless_another_is_given(layer_class):
    layer, images, states = built(layer_class, "learned")
    learned = {name: getattr(layer, name).numpy() for name in states}
    shared = {name: np.tile(value, (B, 1)) for name, value in learned.items()}
    assert_output(layer(images), layer(images, **learned), layer, images, shared)
    assert np.any(layer(images).numpy() != layer(images, **states).numpy())


@LAYERS
def test_a_learned_state_has_a_gradient(layer_class):
    layer, images, _ = built(layer_class, "learned")
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(tf.math.log(layer(images)[:, 3]))
    for gradient in tape.gradient(loss, [weight.value for weight in layer.weights]):
        assert np.all(gradient.numpy() != 0)


@LAYERS
def test_random_states_are_normal_and_differ_between_examples_and_calls(layer_class, monkeypatch):
    layer, images, states = built(layer_class, "random", batch=50)
    states_of_steps = []
    original = layer.cell.call

    def call(x_t, inner):
        states_of_steps.append([state.numpy() for state in inner])
        return original(x_t, inner)

    monkeypatch.setattr(layer.cell, "call", call)
    layer(images), layer(images)
    first = np.concatenate([np.ravel(state) for step in states_of_steps[::T] for state in step])
    assert first.size == 2 * len(states) * 50 * H
    assert len(np.unique(first)) == first.size
    # Five standard deviations of the mean, and of the standard deviation, of n draws.
    assert abs(first.mean()) < 5 / np.sqrt(first.size)
    assert abs(first.std() - 1) < 5 / np.sqrt(2 * first.size)
    assert_output(layer(images, **states), layer(images, **states), layer, images, states)


@LAYERS
@pytest.mark.parametrize("compiled", [False, True])
def test_a_seed_sets_the_random_states(layer_class, compiled):
    def predictions():
        keras.utils.set_random_seed(0)
        layer, images, _ = built(layer_class, "random", "float32")
        call = tf.function(layer) if compiled else layer
        return [call(images.astype(np.float32)).numpy() for _ in range(2)]

    (first, second), (again, second_again) = predictions(), predictions()
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(second, second_again)
    assert np.all(first != second)


@LAYERS
@pytest.mark.parametrize("initial_state", ["zeros", "learned", "random"])
def test_a_saved_model_keeps_its_initial_states(layer_class, initial_state, tmp_path):
    x = keras.Input((T, I))
    model = keras.Model(x, layer_class(H, C, initial_state=initial_state)(x))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.layers[-1].initial_state == initial_state
    images = np.random.default_rng(0).uniform(0, 1, (B, T, I)).astype(np.float32)
    if initial_state != "random":
        np.testing.assert_array_equal(loaded.predict(images, verbose=0), model.predict(images, verbose=0))


@LAYERS
@pytest.mark.parametrize("initial_state", ["zeros", "learned", "random"])
def test_an_experiments_model_has_its_initial_state(layer_class, initial_state):
    name = {RNN: "rnn-64", LSTM: "lstm-128"}[layer_class]
    model = new_model(EXPERIMENTS[name]._replace(initial_state=initial_state, hidden_dim=H), seed=0)
    assert model.layers[-1].initial_state == initial_state


@LAYERS
def test_weights_convert_to_numpy_and_back(layer_class):
    model = random_model(MODULES[layer_class], 0, np.float64, H, I, C, learned=True)
    layer, images, states = built(layer_class, "learned")
    weights.from_numpy(layer, model)
    assert_same_bits(weights.to_numpy(layer), model)
    y = classifier.predict(model, images.transpose(1, 2, 0).copy()).T
    shared = {name: np.tile(getattr(model.initial, name).T, (B, 1)) for name in states}
    assert_output(layer(images), y, layer, images, shared, ("tensorflow", "numpy"))


@LAYERS
def test_weights_with_other_initial_states_are_refused(layer_class):
    (zeros, *_), (learned, *_) = built(layer_class, "zeros"), built(layer_class, "learned")
    with pytest.raises(ValueError, match=r"^expected the parameters .*, d, V, got .*, d, V, h_init.*$"):
        weights.from_numpy(zeros, weights.to_numpy(learned))
    with pytest.raises(ValueError, match=r"^expected the parameters .*, d, V, h_init.*, got .*, d, V$"):
        weights.from_numpy(learned, weights.to_numpy(zeros))
    with pytest.raises(ValueError, match=r"^model: expected no learned initial states, got \S+Initial$"):
        weights.to_keras(weights.to_numpy(learned))


@LAYERS
@pytest.mark.parametrize("initial_state", ["zero", "", None, 0, "Random"])
def test_an_unknown_initial_state_is_refused(layer_class, initial_state):
    with pytest.raises(ValueError, match=r"^initial_state: expected one of zeros, learned, random, got "):
        layer_class(H, initial_state=initial_state)
