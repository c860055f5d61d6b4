"""Do the models support saving, copying by configuration, other precisions, XLA and a fixed batch size?"""

import inspect
import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from numpy_rnn.sequences import from_images
from parity_tests.cases.layers import assign_random, bounded_output, random_case
from parity_tests.comparison import assert_within
from parity_tests.oracles import bounded_equations
from parity_tests.oracles.bounds import arithmetic
from tf_rnn import LSTM, RNN, LSTMCell, RNNCell, weights

STEPS = 2

LAYERS = pytest.mark.parametrize("layer_class", [RNN, LSTM])
B, T, H, INPUTS, C = 6, 4, 3, 5, 4

LOAD = """
import sys, keras, tf_rnn, numpy
for folder in sys.argv[1:]:
    model = keras.models.load_model(folder + "/model.keras")
    inputs = numpy.load(folder + "/inputs.npz")
    predicted = model.predict([inputs["x"], inputs["h_init"]], verbose=0)
    weights = [weight.numpy() for weight in model.weights]
    state = [variable.numpy() for variable in model.optimizer.variables]
    numpy.savez(folder + "/loaded.npz", predicted, *weights, *state)
"""


def random_batch(seed):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 1, (B, T, INPUTS)), np.eye(C)[rng.integers(0, C, B)], rng.uniform(-1, 1, (B, H))


def compiled(layer, **options):
    """A compiled model of x and h_init with the dtype of the layer."""
    x, h_init = keras.Input((T, INPUTS), dtype=layer.dtype), keras.Input((H,), dtype=layer.dtype)
    model = keras.Model([x, h_init], layer(x, h_init=h_init, num_timestep=STEPS))
    model.compile(loss=keras.losses.CategoricalCrossentropy(dtype=layer.dtype), **options)
    return model


@pytest.mark.slow
def test_another_process_loads_the_model_and_the_optimizer(tmp_path):
    saved = {}
    for layer in (RNN(H, C, scan="columns"), LSTM(H, C, scan="rows")):
        model = compiled(layer, optimizer="adam")
        for seed in range(3):
            x, labels, h_init = random_batch(seed)
            model.train_on_batch([x, h_init], labels)
        folder = tmp_path / type(layer).__name__
        folder.mkdir()
        predicted = model.predict([x, h_init], verbose=0)
        saved[folder] = [predicted, *(one.numpy() for one in (*model.weights, *model.optimizer.variables))]
        assert model.optimizer.iterations == 3
        model.save(folder / "model.keras")
        np.savez(folder / "inputs.npz", x=x, h_init=h_init)
    # One process for both, because it takes seconds to import TensorFlow.
    subprocess.run([sys.executable, "-c", LOAD, *map(str, saved)], check=True)
    for folder, arrays in saved.items():
        loaded = np.load(folder / "loaded.npz")
        for one, other in zip(arrays, loaded.values(), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("layer_class", "arguments"),
    [
        (RNN, {"hidden_dim": 5, "output_dim": 3, "scan": "columns", "initial_state": "learned", "unroll": False}),
        (LSTM, {"hidden_dim": 5, "output_dim": 3, "scan": "columns", "initial_state": "learned", "unroll": False}),
        (RNNCell, {"hidden_dim": 5}),
        (LSTMCell, {"hidden_dim": 5}),
    ],
)
def test_the_configuration_is_complete(layer_class, arguments):
    # For the class itself Python 3.11.2 returns the signature of Keras's __new__.
    _, *parameters = inspect.signature(layer_class.__init__).parameters.values()
    assert set(arguments) == {parameter.name for parameter in parameters if parameter.kind != parameter.VAR_KEYWORD}
    layer = layer_class(**arguments, name="other", dtype="float64", trainable=False)
    config = layer.get_config()
    assert {name: config[name] for name in arguments} == arguments
    saved = json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))
    for copy in (layer_class.from_config(config), keras.saving.deserialize_keras_object(saved)):
        assert type(copy) is layer_class
        assert copy.get_config() == config
        assert {name: getattr(copy, name) for name in arguments} == arguments
        assert (copy.name, copy.dtype, copy.trainable) == ("other", "float64", False)


@LAYERS
@pytest.mark.parametrize("dtype", ["float16", "mixed_float16", "float32", "float64"])
def test_every_weight_and_the_output_follow_the_dtype_policy(layer_class, dtype):
    layer = layer_class(H, dtype=dtype)
    x, _, h_init = random_batch(0)
    y = layer(x, h_init=h_init)
    policy = keras.dtype_policies.get(dtype)
    assert y.dtype == policy.compute_dtype
    assert {weight.dtype for weight in layer.weights} == {policy.variable_dtype}
    assert len(layer.weights) == {RNN: 5, LSTM: 6}[layer_class]


def step(layer_class, weights, jit_compile):
    """The loss of one batch, and its gradients: the change of the weights in a step of gradient descent at rate 1."""
    layer = layer_class(H, C, dtype="float64")
    model = compiled(layer, optimizer=keras.optimizers.SGD(1.0), jit_compile=jit_compile)
    model.set_weights(weights)
    x, labels, h_init = random_batch(0)
    loss = model.train_on_batch([x, h_init], labels)
    return loss, [old - new for old, new in zip(weights, model.get_weights(), strict=True)]


@LAYERS
def test_a_training_step_compiled_by_xla_equals_the_plain_one(layer_class):
    layer, *_ = random_case(layer_class, (B, T, H, INPUTS), 0, output_dim=C)
    plain_loss, plain = step(layer_class, layer.get_weights(), jit_compile=False)
    loss, compiled = step(layer_class, layer.get_weights(), jit_compile=True)
    assert loss == pytest.approx(plain_loss, rel=1e-6)  # Keras averages the loss in float32
    x, labels, h_init = random_batch(0)
    states = [h_init.T, np.zeros((H, B))][: 1 if layer_class is RNN else 2]
    kind, system = layer_class.__name__.lower(), arithmetic("tensorflow", "float64")
    bounded = bounded_equations.classifier(
        kind, system, weights.to_numpy(layer), from_images(x)[:STEPS], states, labels.argmax(axis=1)
    )
    names = [f"d{weight.name}" for weight in layer.weights]
    bounds = {}
    for name, before, expected in zip(names, layer.get_weights(), plain, strict=True):
        gradient = bounded[name]
        # θ - (θ - g)
        changed = system.take(before.reshape(gradient.value.shape)) - gradient
        bounds[name] = 2 * (before.reshape(gradient.value.shape) - changed).error.reshape(expected.shape)
        assert np.all(expected != 0)
    actual, expected = (dict(zip(names, gradients, strict=True)) for gradients in (compiled, plain))
    assert_within(actual, expected, bounds, np.float64)


@LAYERS
def test_a_model_of_fixed_batch_size_also_predicts_one_image(layer_class):
    x = keras.Input((28, 28), batch_size=128, dtype="float64")
    layer = layer_class(8, dtype="float64")
    model = keras.Model(x, layer(x))
    assign_random(layer, np.random.default_rng(0))
    images = np.random.default_rng(1).uniform(0, 1, (128, 28, 28))
    batch = model.predict(images, batch_size=128, verbose=0)
    one = model.predict(images[:1], verbose=0)
    assert one.shape == (1, 10)
    bound = 2 * bounded_output(layer, images[:1], {}).error
    assert_within({"y": one}, {"y": batch[:1]}, {"y": bound}, np.float64)
