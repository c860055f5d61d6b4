"""Do the recipes of the guide give the outputs and gradients of Keras's own layers, entry by entry?"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given

from parity_tests.cases.decorators import half_as_many_examples
from parity_tests.cases.recipes import PINNED_SPEC, RECIPE_SPECS, RESULTS, arguments, float64, recipes, slopes
from parity_tests.comparison import assert_within
from parity_tests.oracles import devices
from parity_tests.oracles.bounded_recipes import BOUNDED
from parity_tests.oracles.bounds import arithmetic
from tf_rnn import weights


def keras_layer(params, return_sequences=True, **options):
    return weights.to_keras_layer(params, bias_column=True, return_sequences=return_sequences, unroll=True, **options)


def rows(x):
    """The inputs without that of the ones, as (B, T, I)."""
    return tf.constant(x[:, :-1].transpose(2, 0, 1))


def columns(value):
    """(B, T, N) as (T, N, B)."""
    return value.numpy().transpose(1, 2, 0)


def summed(h, dh):
    return tf.reduce_sum(h * dh.transpose(2, 0, 1))


def matrices(params, gradients, ending=""):
    """The gradients of a layer's weights by name; they have the layout of the weights, so `to_params` converts them."""
    layer = weights.to_keras_layer(params, bias_column=True)
    layer.set_weights([gradient.numpy() for gradient in gradients])
    return slopes(weights.to_params(layer), ending)


def of_dense(kernel, bias):
    return {"dV": kernel.numpy().T, "dd": bias.numpy()[:, np.newaxis]}


def stacked(a):
    lower, upper, x = keras_layer(a.params), keras_layer(a.upper), rows(a.x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        h = upper(lower(x))
        loss = summed(h, a.dh_upper)
    dx, below, above = tape.gradient(loss, [x, lower.trainable_variables, upper.trainable_variables])
    return {"states": columns(h), "dx": columns(dx)} | matrices(a.params, below) | matrices(a.upper, above, "_upper")


def bidirectional(a):
    dtype, x = a.x.dtype.name, rows(a.x)
    one = keras.layers.LSTM(a.dh.shape[1], return_sequences=True, unroll=True, dtype=dtype)
    layer = keras.layers.Bidirectional(one, dtype=dtype)
    layer.build(x.shape)
    layer.set_weights([*keras_layer(a.params).get_weights(), *keras_layer(a.second).get_weights()])
    with tf.GradientTape() as tape:
        tape.watch(x)
        h = layer(x)
        loss = summed(h, a.dh_both)
    dx, found = tape.gradient(loss, [x, layer.trainable_variables])
    states = {"states": columns(h), "dx": columns(dx)}
    return states | matrices(a.params, found[:3]) | matrices(a.second, found[3:], "_second")


def last_state(a, x, call):
    """The results of an LSTM that gives its last state, which `call` applies to x."""
    layer, x = keras_layer(a.params, return_sequences=False), rows(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        h = call(layer, x)
        loss = tf.reduce_sum(h * a.dh[-1].T)
    dx, found = tape.gradient(loss, [x, layer.trainable_variables])
    return {"last": h.numpy().T, "dx": columns(dx)} | matrices(a.params, found)


def several_lengths(a):
    masking = keras.layers.Masking(dtype=a.x.dtype.name)
    return last_state(a, a.padded, lambda layer, x: layer(masking(x)))


def masked(a):
    return last_state(a, a.x, lambda layer, x: layer(x, mask=tf.constant(a.mask.T)))


def every_step(a):
    model = weights.to_keras(a.model, len(a.x), bias_column=True, return_sequences=True, unroll=True)
    with tf.GradientTape() as tape:
        y = model(rows(a.x))
        loss = -tf.reduce_mean(tf.math.log(tf.gather(y, a.labels.T, axis=2, batch_dims=2)))
    found = tape.gradient(loss, model.trainable_variables)
    return {"loss": loss.numpy()} | matrices(a.params, found[:3]) | of_dense(*found[3:])


def step_by_step(a):
    B = a.x.shape[2]
    model = weights.to_keras(a.model, 1, bias_column=True, batch_size=B, stateful=True, unroll=True)
    return {"y": np.stack([model(x_t[:, np.newaxis]).numpy().T for x_t in tf.unstack(rows(a.x), axis=1)])}


def handed_over(a):
    layer = keras_layer(a.params)
    with tf.GradientTape() as tape:
        h = layer(rows(a.x))
        loss = summed(h, a.dh)
    return {"states": columns(h)} | matrices(a.params, tape.gradient(loss, layer.trainable_variables))


def truncated(a):
    layer, x = keras_layer(a.params, stateful=True, batch_size=a.x.shape[2]), rows(a.x)
    with tf.GradientTape() as tape:
        h = tf.concat([layer(x[:, start : start + a.steps]) for start in range(0, len(a.x), a.steps)], axis=1)
        loss = summed(h, a.dh)
    return {"states": columns(h)} | matrices(a.params, tape.gradient(loss, layer.trainable_variables))


def learned_state(a):
    layer, x = keras_layer(a.params), rows(a.x)
    shared = [tf.Variable(state.T) for state in a.initial]
    with tf.GradientTape() as tape:
        h = layer(x, initial_state=[tf.repeat(state, len(x), axis=0) for state in shared])
        loss = summed(h, a.dh)
    found, (dh_init, dc_init) = tape.gradient(loss, [layer.trainable_variables, shared])
    states = {"states": columns(h), "dh_init": dh_init.numpy().T, "dc_init": dc_init.numpy().T}
    return states | matrices(a.params, found)


def squared_error(a):
    layer, dtype = keras_layer(a.params, return_sequences=False), a.x.dtype.name
    dense = keras.layers.Dense(len(a.r), dtype=dtype)
    dense.build((None, a.dh.shape[1]))
    dense.set_weights([a.read_out.V.T, a.read_out.d[:, 0]])
    with tf.GradientTape() as tape:
        loss = keras.losses.MeanSquaredError(dtype=dtype)(a.r.T, dense(layer(rows(a.x))))
    found, outside = tape.gradient(loss, [layer.trainable_variables, dense.trainable_variables])
    return {"loss": loss.numpy()} | matrices(a.params, found) | of_dense(*outside)


KERAS = {
    one.__name__: one
    for one in (
        stacked,
        bidirectional,
        several_lengths,
        masked,
        every_step,
        step_by_step,
        handed_over,
        truncated,
        learned_state,
        squared_error,
    )
}


@pytest.mark.parametrize("recipe", RESULTS)
@half_as_many_examples
@example(PINNED_SPEC)
@given(RECIPE_SPECS)
def test_keras_gives_the_same(recipe, spec):
    drawn = arguments(spec)
    ours, theirs = RESULTS[recipe](drawn), KERAS[recipe](drawn)
    assert ours.keys() == theirs.keys()
    systems = arithmetic("numpy", spec.dtype), arithmetic(devices.library(), spec.dtype)
    both = [BOUNDED[recipe](system, drawn) for system in systems]
    assert_within(ours, theirs, {name: both[0][name].error + both[1][name].error for name in ours}, spec.dtype)


def test_a_model_of_letters_becomes_a_model_of_keras():
    rng = np.random.default_rng(0)
    text = recipes().sentences(200, rng)
    model, letters, _ = recipes().learn_characters(text, 20, rng)
    model = float64(model)
    numbers = np.searchsorted(letters, list(text[:100]))
    x = np.eye(len(letters))[numbers][:, :, np.newaxis]
    ours = np.stack(list(recipes().step_by_step(model, x)))
    theirs = weights.to_keras(model, return_sequences=True)(x.transpose(2, 0, 1))
    # A propagated bound is vacuous after so many steps. 1e-12 leaves 10,000 roundings of probabilities up to 1.
    np.testing.assert_allclose(ours, columns(theirs), rtol=0, atol=1e-12)
