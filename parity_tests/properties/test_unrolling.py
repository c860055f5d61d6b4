"""Do the layers compute the same with the steps unrolled and in a loop, and does the loop's graph keep its size?"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import unrolling
from parity_tests.cases.decorators import DTYPES
from parity_tests.cases.layers import SIZES, assert_output, random_case
from parity_tests.cases.recurrences import CASE_SPECS, SEEDS
from parity_tests.implementations import OUR_RECURRENCES
from parity_tests.oracles.tensorflow_parity import assert_whole_model_parity
from tf_rnn import LSTM, RNN
from tf_rnn.layers import UNROLLED_STEPS

LAYERS = pytest.mark.parametrize("layer_class", [RNN, LSTM])


def few_examples(test):
    """A tenth of the examples of a test, because TensorFlow makes a graph for each of them."""
    return settings(max_examples=max(1, settings().max_examples // 10))(test)


@OUR_RECURRENCES
@DTYPES
@few_examples
@given(CASE_SPECS, st.booleans())
def test_whole_models_in_a_loop(ours, dtype, spec, learned):
    assert_whole_model_parity(ours, dtype, spec, learned=learned, unroll=False)


def in_both_forms(layer_class, sizes, seed, scan):
    """Two layers with the same random weights, unrolled and as a loop, with images and states."""
    layer, weights, images, states = random_case(layer_class, sizes, seed, scan)
    layers = []
    for unroll in (True, False):
        layers.append(layer_class.from_config(layer.get_config() | {"unroll": unroll}))
        layers[-1].build(images.shape)
        layers[-1].set_weights([weights[weight.name] for weight in layers[-1].weights])
    return *layers, images, states


@LAYERS
@pytest.mark.parametrize("scan", ["rows", "columns"])
@pytest.mark.parametrize("as_graph", [False, True], ids=["eager", "graph"])
@few_examples
@given(SIZES, SEEDS, st.integers(0, 6))
def test_outputs_of_rows_and_columns(layer_class, scan, as_graph, sizes, seed, num_timestep):
    unrolled, loop, images, states = in_both_forms(layer_class, sizes, seed, scan)
    num_timestep = min(num_timestep, sizes[1])
    expected = unrolled(images, **states, num_timestep=num_timestep)
    first = images[:, :num_timestep] if scan == "rows" else images[:, :, :num_timestep]
    y = (tf.function(loop) if as_graph else loop)(images, **states, num_timestep=num_timestep)
    assert_output(y, expected, loop, first, states)


@LAYERS
@few_examples
@given(SIZES, SEEDS)
def test_gradients_of_the_images(layer_class, sizes, seed):
    unrolled, loop, images, states = in_both_forms(layer_class, sizes, seed, "rows")

    def gradient(layer):
        x = tf.constant(images)
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.math.log(layer(x, **states)))
        return tape.gradient(loss, x)

    # Both are sums of the same terms; the entries are below 10, and 1e-12 is thousands of roundings.
    np.testing.assert_allclose(tf.function(gradient)(loop), gradient(unrolled), rtol=0, atol=1e-12)


@LAYERS
def test_xla_compiles_a_training_step_of_the_loop(layer_class):
    changes = []
    for unroll, jit_compile in ((True, False), (False, True)):
        layer, weights, images, _ = random_case(layer_class, (4, 3, 5, 6), 0)
        layer = layer_class.from_config(layer.get_config() | {"unroll": unroll})
        x = keras.Input((3, 6), dtype="float64")
        model = keras.Model(x, layer(x))
        loss = keras.losses.CategoricalCrossentropy(dtype="float64")
        model.compile(keras.optimizers.SGD(1.0), loss, jit_compile=jit_compile)
        layer.set_weights([weights[weight.name] for weight in layer.weights])
        model.train_on_batch(images, np.eye(10)[:4])
        changes.append([weight.numpy() for weight in layer.weights])
    for one, other in zip(*changes, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)


def operations(layer, T):
    """The number of operations in the graph of a gradient for T steps, with those inside loops."""
    layer.build((None, T, 2))

    @tf.function(input_signature=[tf.TensorSpec((3, T, 2))])
    def gradient(images):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(images)[:, 0])
        return tape.gradient(loss, [weight.value for weight in layer.weights])

    graph = gradient.get_concrete_function().graph.as_graph_def()
    return len(graph.node) + sum(len(function.node_def) for function in graph.library.function)


@LAYERS
def test_the_graph_of_a_loop_does_not_grow_with_the_number_of_steps(layer_class):
    short, long = (operations(layer_class(3, unroll=False), T) for T in (10, 40))
    assert short == long
    short, long = (operations(layer_class(3, unroll=True), T) for T in (10, 40))
    assert long > 3 * short


@LAYERS
def test_more_than_a_hundred_steps_are_a_loop_by_default(layer_class):
    assert unrolling.UNROLLED_STEPS == UNROLLED_STEPS
    in_a_loop = operations(layer_class(3, unroll=False), 100)
    assert operations(layer_class(3), 101) == in_a_loop
    assert operations(layer_class(3), 100) > 5 * in_a_loop


@LAYERS
def test_a_part_of_a_long_sequence_is_unrolled_by_its_own_length(layer_class):
    layer = layer_class(3)
    layer.build((None, 2 * UNROLLED_STEPS, 2))
    graph = tf.function(lambda x: layer(x, num_timestep=5)).get_concrete_function(tf.TensorSpec((3, 200, 2))).graph
    assert not [operation for operation in graph.get_operations() if "While" in operation.type]
