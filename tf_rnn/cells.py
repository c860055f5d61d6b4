"""One time step of the exercise's two recurrent networks, as Keras cells: Fig. 1 and Fig. 2, line by line.

Keras lays one example in each row: a state is (B, H), an input (B, I). The equations lay it in a column. `times` is the
one place where the two conventions meet, so that every line below it reads as in the figures. Gradients are left to
TensorFlow's automatic differentiation.

Both cells follow Keras's cell protocol, so `keras.layers.RNN(cell, return_sequences=…, unroll=…)` takes them, alone,
stacked or inside `keras.layers.Bidirectional`.
"""

import keras
import tensorflow as tf
from tensorflow import sigmoid, tanh

from numpy_rnn.checks import whole_number
from numpy_rnn.experiments import STANDARD_DEVIATION


def times(M, v):
    """`M v` for every row v of a batch: M (m, n), v (B, n) → (B, m), as one matrix product, v Mᵀ."""
    return tf.matmul(v, M, transpose_b=True)


def add_parameter(layer, name, shape):
    """A trainable weight of `layer`, N(0, 0.05²), by an initializer of its own: one used twice repeats its numbers."""
    return layer.add_weight(
        name=name, shape=shape, initializer=keras.initializers.RandomNormal(stddev=STANDARD_DEVIATION)
    )


@keras.saving.register_keras_serializable(package="tf_rnn")
class RNNCell(keras.layers.Layer):
    """Fig. 1, one step of the basic RNN.

        a_t = b + W h_{t-1} + U x_t
        h_t = tanh(a_t)

    Arguments: `hidden_dim`, H; and those of `keras.layers.Layer`.
    Weights, each N(0, 0.05²): b (H,), W (H, H), U (H, I).
    `call(x (B, I), [h (B, H)])` → `h (B, H), [h]`, in the compute dtype.
    Raises ValueError if `hidden_dim` is not a whole number of 1 or more.
    Source: J. L. Elman, Finding structure in time, Cognitive Science 14 (1990).
    """

    def __init__(self, hidden_dim, **kwargs):
        super().__init__(**kwargs)
        self.hidden_dim = whole_number("hidden_dim", hidden_dim, 1)
        self.state_size = self.hidden_dim
        self.output_size = self.hidden_dim

    def build(self, x_shape):
        """Makes the weights for inputs (B, I)."""
        H, I = self.hidden_dim, x_shape[-1]
        self.b = add_parameter(self, "b", (H,))
        self.W = add_parameter(self, "W", (H, H))
        self.U = add_parameter(self, "U", (H, I))

    def call(self, x, states):
        """One step: x (B, I), states [h (B, H)] → h (B, H), [h]."""
        (h,) = states
        a = self.b + times(self.W, h) + times(self.U, x)
        h = tanh(a)
        return h, [h]

    def get_config(self):
        """The arguments that make this cell again."""
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

    Arguments: `hidden_dim`, H; and those of `keras.layers.Layer`. Weights, each (H, H+I) and N(0, 0.05²), the columns
    first the H of h, then the I of x: M_input, M_forget, M_output, M_modulated_input.
    `call(x (B, I), [h (B, H), c (B, H)])` → `h (B, H), [h, c]`, in the compute dtype.
    Raises ValueError if `hidden_dim` is not a whole number of 1 or more.
    Source: S. Hochreiter and J. Schmidhuber, Long short-term memory, Neural Computation 9 (1997), with the forget gate
    of F. A. Gers et al., Learning to forget, Neural Computation 12 (2000).
    """

    def __init__(self, hidden_dim, **kwargs):
        super().__init__(**kwargs)
        self.hidden_dim = whole_number("hidden_dim", hidden_dim, 1)
        self.state_size = [self.hidden_dim, self.hidden_dim]
        self.output_size = self.hidden_dim

    def build(self, x_shape):
        """Makes the weights for inputs (B, I)."""
        H, I = self.hidden_dim, x_shape[-1]
        self.M_input = add_parameter(self, "M_input", (H, H + I))
        self.M_forget = add_parameter(self, "M_forget", (H, H + I))
        self.M_output = add_parameter(self, "M_output", (H, H + I))
        self.M_modulated_input = add_parameter(self, "M_modulated_input", (H, H + I))

    def call(self, x, states):
        """One step: x (B, I), states [h (B, H), c (B, H)] → h (B, H), [h, c]."""
        h, c = states
        hx = tf.concat([h, x], axis=-1)
        i = sigmoid(times(self.M_input, hx))
        f = sigmoid(times(self.M_forget, hx))
        o = sigmoid(times(self.M_output, hx))
        u = tanh(times(self.M_modulated_input, hx))
        c = i * u + f * c
        h = o * tanh(c)
        return h, [h, c]

    def get_config(self):
        """The arguments that make this cell again."""
        return {**super().get_config(), "hidden_dim": self.hidden_dim}
