"""The exercise's layers: an image in, read as a sequence of rows or of columns, the ten digits' probabilities out.

    h_0 = h_init                            (c_0 = c_init): zeros, learned, or random for each example
    h_t = one step of the cell, for t = 1 … T, with x_t = row t, or column t, of the image
    y   = softmax(d + V h_T)

The steps themselves stand in `cells.py`.
"""

from typing import get_args

import keras
import tensorflow as tf

from numpy_rnn.checks import whole_number
from numpy_rnn.experiments import InitialState
from tf_rnn.cells import LSTMCell, RNNCell, add_parameter, times

AXIS = {"rows": 1, "columns": 2}
INITIAL_STATES = get_args(InitialState)


class _Classifier(keras.layers.Layer):
    """What both layers share: the scan of the image, the initial states, the read-out."""

    cell_class: type
    states: tuple[str, ...]

    def __init__(self, hidden_dim, output_dim=10, scan="rows", initial_state="zeros", **kwargs):
        super().__init__(**kwargs)
        self.hidden_dim = whole_number("hidden_dim", hidden_dim, 1)
        self.output_dim = whole_number("output_dim", output_dim, 1)
        if scan not in AXIS:
            raise ValueError(f"scan: expected 'rows' or 'columns', got {scan!r}")
        if initial_state not in INITIAL_STATES:
            raise ValueError(f"initial_state: expected one of {', '.join(INITIAL_STATES)}, got {initial_state!r}")
        self.scan = scan
        self.initial_state = initial_state
        self.random = keras.random.SeedGenerator() if initial_state == "random" else None
        self.cell = self.cell_class(hidden_dim, dtype=self.dtype_policy)

    def build(self, x_shape):
        """Makes the weights for images (B, rows, columns)."""
        if len(x_shape) != 3 or None in x_shape[1:]:
            raise ValueError(f"x: expected images of shape (B, rows, columns), got {tuple(x_shape)}")
        self.input_dim = x_shape[3 - AXIS[self.scan]]
        self.cell.build((None, self.input_dim))
        self.d = add_parameter(self, "d", (self.output_dim,))
        self.V = add_parameter(self, "V", (self.output_dim, self.hidden_dim))
        if self.initial_state == "learned":
            for name in self.states:
                setattr(self, name, add_parameter(self, name, (self.hidden_dim,)))

    def _classify(self, x, num_timestep, **initial):
        """Runs the cell from the `initial` states, by name, over x (B, rows, columns), and reads out the last h."""
        if not x.dtype.is_floating:
            raise TypeError(f"x: expected floating-point images, got {x.dtype.name}")
        expected = {"rows": (None, None, self.input_dim), "columns": (None, self.input_dim, None)}[self.scan]
        if not x.shape.is_compatible_with(expected):
            raise ValueError(f"x: expected images of shape {expected}, got {tuple(x.shape)}")
        T = x.shape[AXIS[self.scan]]
        steps = T if num_timestep is None else whole_number("num_timestep", num_timestep, 0, T)
        states = [self._initial_state(name, value, x) for name, value in initial.items()]
        for x_t in tf.unstack(x, T, axis=AXIS[self.scan])[:steps]:
            _, states = self.cell(x_t, states)
        h = states[0]
        return keras.activations.softmax(self.d + times(self.V, h))

    def _initial_state(self, name, value, x):
        """The state (B, H) that `value` stands for: one vector for all examples, one for each, or the layer's own."""
        B, H = tf.shape(x)[0], self.hidden_dim
        if value is None and self.initial_state == "random":
            return keras.random.normal((B, H), dtype=x.dtype, seed=self.random)
        if value is None and self.initial_state == "zeros":
            return tf.zeros((B, H), x.dtype)
        value = getattr(self, name) if value is None else value
        state = keras.ops.convert_to_tensor(value, x.dtype)
        rows = tf.squeeze(state, axis=-1) if state.shape.rank == 3 and state.shape[-1] == 1 else state
        rows = rows[tf.newaxis] if rows.shape.rank == 1 else rows
        if not any(rows.shape.is_compatible_with((b, H)) for b in (1, x.shape[0])):
            raise ValueError(
                f"{name}: expected shape ({H},), (1, {H}) or ({x.shape[0] or 'B'}, {H}), got {state.shape}"
            )
        return tf.broadcast_to(rows, (B, H))

    def get_config(self):
        """The arguments that make this layer again."""
        own = {"hidden_dim": self.hidden_dim, "initial_state": self.initial_state}
        return {**super().get_config(), **own, "output_dim": self.output_dim, "scan": self.scan}


@keras.saving.register_keras_serializable(package="tf_rnn")
class RNN(_Classifier):
    """The basic RNN of Fig. 1 over an image, and the read-out: `RNN(128)(x)` classifies MNIST row by row.

        a_t = b + W h_{t-1} + U x_t
        h_t = tanh(a_t)
        y   = softmax(d + V h_T)

    Arguments: `hidden_dim`, H; `output_dim`, C; `scan`, "rows" (x_t is row t of the image) or "columns";
    `initial_state`, what h_init is where a call gives none: "zeros", "learned", a weight h_init (H,), or "random", for
    each example another, drawn from N(0, 1); and those of `keras.layers.Layer`. Weights, each N(0, 0.05²): b (H,),
    W (H, H), U (H, I), d (C,), V (C, H).
    Raises ValueError if one of these, or an argument of `call`, is not as described.
    """

    cell_class = RNNCell
    states = ("h_init",)

    def call(self, x, h_init=None, num_timestep=None):
        """Images x (B, rows, columns), floating-point → probabilities (B, C), in the compute dtype.

        `h_init`, the state before the first step, is one vector for all examples, (H,), (1, H) or (1, H, 1), or one for
        each, (B, H) or (B, H, 1); by default what the layer's `initial_state` says. `num_timestep` stops after that
        many of the image's T steps.
        """
        return self._classify(x, num_timestep, h_init=h_init)


@keras.saving.register_keras_serializable(package="tf_rnn")
class LSTM(_Classifier):
    """The LSTM of Fig. 2 over an image, and the read-out: `LSTM(128)(x)` classifies MNIST row by row.

        i_t = σ(M_input  [h_{t-1}; x_t])
        f_t = σ(M_forget [h_{t-1}; x_t])
        o_t = σ(M_output [h_{t-1}; x_t])
        u_t = tanh(M_modulated_input [h_{t-1}; x_t])
        c_t = i_t ∘ u_t + f_t ∘ c_{t-1}
        h_t = o_t ∘ tanh(c_t)
        y   = softmax(d + V h_T)

    Arguments: those of `RNN`, `initial_state` for c_init too. Weights, each N(0, 0.05²): M_input, M_forget, M_output
    and M_modulated_input (H, H+I), d (C,), V (C, H). Raises ValueError if an argument is not as described.
    """

    cell_class = LSTMCell
    states = ("h_init", "c_init")

    def call(self, x, h_init=None, c_init=None, num_timestep=None):
        """Images x (B, rows, columns), floating-point → probabilities (B, C), in the compute dtype.

        `h_init` and `c_init`, the states before the first step, and `num_timestep` are as `RNN.call` has them.
        """
        return self._classify(x, num_timestep, h_init=h_init, c_init=c_init)
