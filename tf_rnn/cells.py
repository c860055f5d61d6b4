"""One time step of the exercise's two recurrent networks, as Keras cells: Fig. 1 and Fig. 2, line by line.

Keras lays one example in each row: a state is (B, H), an input (B, I). The equations lay it in a column. `times` is the
one place where the two conventions meet, so that every line below it reads as in the figures. Gradients are left to
TensorFlow's automatic differentiation.

Both cells follow Keras's cell protocol, so `keras.layers.RNN(cell, return_sequences=…, unroll=…)` takes them, alone,
stacked or inside `keras.layers.Bidirectional`.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from tensorflow import sigmoid, tanh

from numpy_rnn.checks import whole_number
from numpy_rnn.initialization import STANDARD_DEVIATION


def times(M: Any, v: tf.Tensor) -> tf.Tensor:
    """`M v` for every row v of a batch, as one matrix product, v Mᵀ.

    Parameters
    ----------
    M : tensor or variable (m, n)
        The matrix.
    v : tensor (B, n)
        One vector in each row, of the same dtype.

    Returns
    -------
    tensor (B, m)
        M v in each row.
    """
    return tf.matmul(v, M, transpose_b=True)


def add_parameter(layer: keras.layers.Layer, name: str, shape: tuple[int, ...]) -> keras.Variable:
    """Adds a trainable weight, drawn from N(0, 0.05²), to a layer.

    Each weight has an initializer of its own, because one that is used twice repeats its numbers.

    Parameters
    ----------
    layer : keras.layers.Layer
        The layer.
    name : str
        The weight's name.
    shape : tuple of int
        The weight's shape.

    Returns
    -------
    keras.Variable
        The weight, of the layer's dtype.
    """
    return layer.add_weight(
        name=name, shape=shape, initializer=keras.initializers.RandomNormal(stddev=STANDARD_DEVIATION)
    )


@keras.saving.register_keras_serializable(package="tf_rnn")
class RNNCell(keras.layers.Layer):
    """Fig. 1, one step of the basic RNN.

        a_t = b + W h_{t-1} + U x_t
        h_t = tanh(a_t)

    The weights are drawn from N(0, 0.05²): b (H,), W (H, H), U (H, I). Source: J. L. Elman, Finding structure in time,
    Cognitive Science 14 (1990).

    Parameters
    ----------
    hidden_dim : int
        H.
    **kwargs
        Those of `keras.layers.Layer`.

    Raises
    ------
    ValueError
        If `hidden_dim` is not a whole number of 1 or more.
    """

    def __init__(self, hidden_dim: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.hidden_dim = whole_number("hidden_dim", hidden_dim, 1)
        self.state_size = self.hidden_dim
        self.output_size = self.hidden_dim

    def build(self, x_shape: tuple[Any, ...]) -> None:
        """Makes the weights.

        Parameters
        ----------
        x_shape : tuple of int
            The shape of the inputs, (B, I).
        """
        H, I = self.hidden_dim, x_shape[-1]
        self.b = add_parameter(self, "b", (H,))
        self.W = add_parameter(self, "W", (H, H))
        self.U = add_parameter(self, "U", (H, I))

    def call(self, x: tf.Tensor, states: Sequence[tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Computes one step.

        Parameters
        ----------
        x : tensor (B, I)
            The inputs of the step.
        states : sequence of tensor h (B, H)
            The states before the step.

        Returns
        -------
        tuple of (tensor, list of tensor)
            h (B, H), and the states after the step, [h], in the compute dtype.
        """
        (h,) = states
        a = self.b + times(self.W, h) + times(self.U, x)
        h = tanh(a)
        return h, [h]

    def get_config(self) -> dict[str, Any]:
        """Describes the cell for `from_config`.

        Returns
        -------
        dict of str to object
            The arguments of `__init__`.
        """
        return {**super().get_config(), "hidden_dim": self.hidden_dim}


@keras.saving.register_keras_serializable(package="tf_rnn")
class LSTMCell(keras.layers.Layer):
    """Fig. 2, one step of the LSTM; [h; x] is h above x, and the gates have no bias.

        i_t = σ(M_input  [h_{t-1}; x_t])
        f_t = σ(M_forget [h_{t-1}; x_t])
        o_t = σ(M_output [h_{t-1}; x_t])
        u_t = tanh(M_modulated_input [h_{t-1}; x_t])
        c_t = i_t ∘ u_t + f_t ∘ c_{t-1}
        h_t = o_t ∘ tanh(c_t)

    The weights, each (H, H+I), are drawn from N(0, 0.05²); the columns are first the H of h, then the I of x: M_input,
    M_forget, M_output, M_modulated_input. Source: S. Hochreiter and J. Schmidhuber, Long short-term memory, Neural
    Computation 9 (1997), with the forget gate of F. A. Gers et al., Learning to forget, Neural Computation 12 (2000).

    Parameters
    ----------
    hidden_dim : int
        H.
    **kwargs
        Those of `keras.layers.Layer`.

    Raises
    ------
    ValueError
        If `hidden_dim` is not a whole number of 1 or more.
    """

    def __init__(self, hidden_dim: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.hidden_dim = whole_number("hidden_dim", hidden_dim, 1)
        self.state_size = [self.hidden_dim, self.hidden_dim]
        self.output_size = self.hidden_dim

    def build(self, x_shape: tuple[Any, ...]) -> None:
        """Makes the weights.

        Parameters
        ----------
        x_shape : tuple of int
            The shape of the inputs, (B, I).
        """
        H, I = self.hidden_dim, x_shape[-1]
        self.M_input = add_parameter(self, "M_input", (H, H + I))
        self.M_forget = add_parameter(self, "M_forget", (H, H + I))
        self.M_output = add_parameter(self, "M_output", (H, H + I))
        self.M_modulated_input = add_parameter(self, "M_modulated_input", (H, H + I))

    def call(self, x: tf.Tensor, states: Sequence[tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Computes one step.

        Parameters
        ----------
        x : tensor (B, I)
            The inputs of the step.
        states : sequence of tensors h and c, each (B, H)
            The states before the step.

        Returns
        -------
        tuple of (tensor, list of tensor)
            h (B, H), and the states after the step, [h, c], in the compute dtype.
        """
        h, c = states
        hx = tf.concat([h, x], axis=-1)
        i = sigmoid(times(self.M_input, hx))
        f = sigmoid(times(self.M_forget, hx))
        o = sigmoid(times(self.M_output, hx))
        u = tanh(times(self.M_modulated_input, hx))
        c = i * u + f * c
        h = o * tanh(c)
        return h, [h, c]

    def get_config(self) -> dict[str, Any]:
        """Describes the cell for `from_config`.

        Returns
        -------
        dict of str to object
            The arguments of `__init__`.
        """
        return {**super().get_config(), "hidden_dim": self.hidden_dim}
