"""The layer `SimpleRNN` of Keras; a `tf.GradientTape` computes its gradients."""

import keras
import tensorflow as tf

from parity_tests.adapters import with_initial


def layer_of(kernel, recurrent_kernel, bias):
    """A layer with these weights: (I, H), (H, H) and (H,)."""
    layer = keras.layers.SimpleRNN(len(bias), return_sequences=True, dtype=bias.dtype.name)
    layer.build((None, None, len(kernel)))
    layer.set_weights([kernel, recurrent_kernel, bias])
    return layer


# The adapter.
LIMITS = {"min_T": 1}


def forward(params, x, h_init):
    layer, given = layer_of(params.U.T, params.W.T, params.b[:, 0]), [tf.Variable(v) for v in (x, h_init)]
    with tf.GradientTape() as tape:
        h = tf.transpose(layer(tf.transpose(given[0], [2, 0, 1]), initial_state=tf.transpose(given[1])), [1, 2, 0])
    return {"h": with_initial(h_init, h.numpy()), "tape": tape, "out": h, "leaves": [*layer.weights, *given]}


def backward(params, trace, dh):
    dU, dW, db, dx, dh_init = (grad.numpy() for grad in trace["tape"].gradient(trace["out"], trace["leaves"], dh))
    return {"dU": dU.T, "dW": dW.T, "db": db[:, None], "dx": dx, "dh_init": dh_init}
