"""Keras's LSTM where cuDNN computes it: outputs, gradients, and its tanh and σ by themselves.

Keras calls cuDNN for an LSTM that has a bias, tanh and σ, and isn't unrolled. The equations have no bias: it is 0 here,
and a sum does not change with it. With `use_cudnn=False` the same functions take Keras's own loop, on any device.
"""

from collections.abc import Callable
from typing import Any
from unittest import mock

import keras
import numpy as np
import tensorflow as tf

from parity_tests.strategies import Case
from parity_tests.tensorflow_results import Arrays, inputs_of, loss_of
from tf_rnn import weights

# σ(100) and tanh(100) are 1 to the last bit.
OPEN = 100


def layer_with(
    kernel: np.ndarray, recurrent_kernel: np.ndarray, bias: np.ndarray, use_cudnn: bool = True
) -> keras.layers.LSTM:
    """Keras's LSTM of H units with these numbers: (I, 4 H), (H, 4 H), (4 H,)."""
    layer = keras.layers.LSTM(
        len(recurrent_kernel), use_cudnn=use_cudnn, return_sequences=True, return_state=True, dtype=kernel.dtype.name
    )
    layer.build((None, None, len(kernel)))
    layer.set_weights([kernel, recurrent_kernel, bias])
    return layer


def called(layer: keras.layers.LSTM, x: Any, states: Any) -> tuple[Any, Any, Any]:
    """h (B, T, H), h_T and c_T (B, H) of x (B, T, I); raises AssertionError where cuDNN is asked for and not called."""
    with mock.patch.object(tf.raw_ops, "CudnnRNNV3", wraps=tf.raw_ops.CudnnRNNV3) as operation:
        results = layer(x, initial_state=states)
    expected = int(layer.use_cudnn)
    assert operation.call_count == expected, f"expected {expected} calls of cuDNN, got {operation.call_count}"
    return results


def of_cudnn(drawn: Case, use_cudnn: bool = True) -> Arrays:
    """By cuDNN: h_1 … h_T, c_T and every gradient of an LSTM's case."""
    # One place knows how Keras lays out weights, and gradients lie the same way.
    plain = weights.to_keras_layer(drawn.params)
    kernel, recurrent_kernel = plain.get_weights()
    layer = layer_with(kernel, recurrent_kernel, np.zeros(kernel.shape[1], kernel.dtype), use_cudnn)
    x, states = inputs_of(drawn)
    with tf.GradientTape() as tape:
        tape.watch([x, *states])
        h, _, c_T = called(layer, x, states)
        loss = loss_of(drawn, h, c_T)
    # All at once: cuDNN's backward pass overwrites what the forward pass kept, so a second one gives wrong numbers.
    kernels = [weight.value for weight in layer.weights[:2]]
    dkernel, drecurrent_kernel, dx, dh_init, dc_init = tape.gradient(loss, [*kernels, x, *states])
    plain.set_weights([dkernel.numpy(), drecurrent_kernel.numpy()])
    params = {f"d{name}": value for name, value in weights.to_params(plain)._asdict().items()}
    return {
        "h": h.numpy().transpose(1, 2, 0),
        "c": c_T.numpy().T[None],
        **params,
        "dx": dx.numpy().transpose(1, 2, 0),
        "dh_init": dh_init.numpy().T,
        "dc_init": dc_init.numpy().T,
    }


def functions(use_cudnn: bool = True) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """cuDNN's tanh and σ of x (N,), which it does not offer by themselves.

    One step of one unit from states of 0 gives c_1 = i u. With a bias that opens the other gate, i = 1 or u = 1, it is
    the function of x.
    """

    def gate(number: int, opened: int) -> Callable[[np.ndarray], np.ndarray]:
        def function(x: np.ndarray) -> np.ndarray:
            kernel, bias = np.zeros((1, 4), x.dtype), np.zeros(4, x.dtype)
            kernel[0, number] = 1
            bias[opened] = OPEN
            layer = layer_with(kernel, np.zeros((1, 4), x.dtype), bias, use_cudnn)
            zeros = np.zeros((len(x), 1), x.dtype)
            return called(layer, tf.constant(x[:, None, None]), [tf.constant(zeros)] * 2)[2].numpy()[:, 0]

        return function

    # Keras's gates are i, f, u, o.
    return {"tanh": gate(2, opened=0), "sigmoid": gate(0, opened=2)}
