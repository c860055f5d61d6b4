"""Keras's LSTM as cuDNN computes it: outputs, gradients, and its tanh and σ alone.

Keras calls cuDNN for an LSTM that has a bias, tanh and σ, and is not unrolled. The equations have no bias. Here it is
0, which changes no sum. With `use_cudnn=False` the same functions use Keras's own loop, on any device.
"""

from collections.abc import Callable
from typing import Any
from unittest import mock

import keras
import numpy as np
import tensorflow as tf

from parity_tests.cases.recurrences import Case
from parity_tests.oracles.tensorflow_results import Arrays, loss_of, tensors_of
from tf_rnn import weights

# σ(100) and tanh(100) are 1 to the last bit.
OPEN = 100


def layer_with(
    kernel: np.ndarray, recurrent_kernel: np.ndarray, bias: np.ndarray, use_cudnn: bool = True
) -> keras.layers.LSTM:
    """Keras's LSTM with the weights `kernel` (I, 4 H), `recurrent_kernel` (H, 4 H) and `bias` (4 H,)."""
    layer = keras.layers.LSTM(
        len(recurrent_kernel), use_cudnn=use_cudnn, return_sequences=True, return_state=True, dtype=kernel.dtype.name
    )
    layer.build((None, None, len(kernel)))
    layer.set_weights([kernel, recurrent_kernel, bias])
    return layer


def call(layer: keras.layers.LSTM, x: Any, states: Any) -> tuple[Any, Any, Any]:
    """h (B, T, H), h_T and c_T (B, H) for x (B, T, I) and the initial states (B, H).

    Raises AssertionError if the layer is to use cuDNN and does not call it once, or is not to use it and calls it.
    """
    with mock.patch.object(tf.raw_ops, "CudnnRNNV3", wraps=tf.raw_ops.CudnnRNNV3) as operation:
        results = layer(x, initial_state=states)
    expected = int(layer.use_cudnn)
    assert operation.call_count == expected, f"expected {expected} calls of cuDNN, got {operation.call_count}"
    return results


def of_cudnn(case: Case, use_cudnn: bool = True) -> Arrays:
    """The parts `KERAS_PARTS` of h and c, and every gradient, of an LSTM's case, with the axes of `numpy_rnn`."""
    # Gradients have the layout of the weights, so `to_params` converts them too.
    without_bias = weights.to_keras_layer(case.params)
    kernel, recurrent_kernel = without_bias.get_weights()
    layer = layer_with(kernel, recurrent_kernel, np.zeros(kernel.shape[1], kernel.dtype), use_cudnn)
    x, states = tensors_of(case)
    with tf.GradientTape() as tape:
        tape.watch([x, *states])
        h, _, c_T = call(layer, x, states)
        loss = loss_of(case, h, c_T)
    # All gradients come from one call: cuDNN's backward pass overwrites what its forward pass stored, so that a second
    # backward pass gives wrong numbers.
    kernels = [weight.value for weight in layer.weights[:2]]
    dkernel, drecurrent_kernel, dx, dh_init, dc_init = tape.gradient(loss, [*kernels, x, *states])
    without_bias.set_weights([dkernel.numpy(), drecurrent_kernel.numpy()])
    params = {f"d{name}": value for name, value in weights.to_params(without_bias)._asdict().items()}
    return {
        "h": h.numpy().transpose(1, 2, 0),
        "c": c_T.numpy().T[None],
        **params,
        "dx": dx.numpy().transpose(1, 2, 0),
        "dh_init": dh_init.numpy().T,
        "dc_init": dc_init.numpy().T,
    }


def functions(use_cudnn: bool = True) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """The tanh and σ of x (N,) in cuDNN's LSTM; cuDNN does not offer them as functions.

    One step of one unit from states of 0 gives c_1 = i u. If a large bias makes i or u equal to 1, c_1 is the other.
    """

    def gate(number: int, opened: int) -> Callable[[np.ndarray], np.ndarray]:
        def function(x: np.ndarray) -> np.ndarray:
            kernel, bias = np.zeros((1, 4), x.dtype), np.zeros(4, x.dtype)
            kernel[0, number] = 1
            bias[opened] = OPEN
            layer = layer_with(kernel, np.zeros((1, 4), x.dtype), bias, use_cudnn)
            zeros = np.zeros((len(x), 1), x.dtype)
            return call(layer, tf.constant(x[:, None, None]), [tf.constant(zeros)] * 2)[2].numpy()[:, 0]

        return function

    # Keras's gates are in the order i, f, u, o.
    return {"tanh": gate(2, opened=0), "sigmoid": gate(0, opened=2)}
