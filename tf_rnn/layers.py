"""The exercise's layers: from images, as sequences of rows or of columns, to the ten digits' probabilities.

    h_0 = h_init                            (c_0 = c_init): zeros, learned, or random for each example
    h_t = one step of the cell, for t = 1 … T, with x_t = row t, or column t, of the image
    y   = softmax(d + V h_T)

The steps themselves are in `cells.py`.
"""

from typing import Any, Literal, get_args

import keras
import tensorflow as tf

from numpy_rnn.checks import whole_number
from numpy_rnn.experiments import InitialState
from tf_rnn.cells import LSTMCell, RNNCell, add_parameter, times

AXIS = {"rows": 1, "columns": 2}
INITIAL_STATES = get_args(InitialState)

# The largest number of steps that is unrolled by default. The time to build the graph grows with their number, and a
# training of more steps would wait for minutes before its first one.
UNROLLED_STEPS = 100


class _Classifier(keras.layers.Layer):
    """What both layers share: the scan of the image, the initial states, the read-out."""

    cell_class: type
    states: tuple[str, ...]

    def __init__(
        self,
        hidden_dim: int,
        output_dim: int = 10,
        scan: Literal["rows", "columns"] = "rows",
        initial_state: InitialState = "zeros",
        unroll: bool | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.hidden_dim = whole_number("hidden_dim", hidden_dim, 1)
        self.output_dim = whole_number("output_dim", output_dim, 1)
        if scan not in AXIS:
            raise ValueError(f"scan: expected 'rows' or 'columns', got {scan!r}")
        if initial_state not in INITIAL_STATES:
            raise ValueError(f"initial_state: expected one of {', '.join(INITIAL_STATES)}, got {initial_state!r}")
        if not (unroll is None or isinstance(unroll, bool)):
            raise ValueError(f"unroll: expected True, False or None, got {unroll!r}")
        self.scan = scan
        self.initial_state = initial_state
        self.unroll = unroll
        self.random = keras.random.SeedGenerator() if initial_state == "random" else None
        self.cell = self.cell_class(hidden_dim, dtype=self.dtype_policy)

    def build(self, x_shape: tuple[int | None, ...]) -> None:
        """Makes the weights.

        Parameters
        ----------
        x_shape : tuple of int
            The shape of the images, (B, rows, columns).

        Raises
        ------
        ValueError
            If the shape is not as described.
        """
        if len(x_shape) != 3 or None in x_shape[1:]:
            raise ValueError(f"x: expected images of shape (B, rows, columns), got {tuple(x_shape)}")
        self.input_dim = x_shape[3 - AXIS[self.scan]]
        self.cell.build((None, self.input_dim))
        self.d = add_parameter(self, "d", (self.output_dim,))
        self.V = add_parameter(self, "V", (self.output_dim, self.hidden_dim))
        if self.initial_state == "learned":
            for name in self.states:
                setattr(self, name, add_parameter(self, name, (self.hidden_dim,)))

    def _classify(self, x: tf.Tensor, num_timestep: int | None, **initial: Any) -> tf.Tensor:
        """Runs the cell from the `initial` states, by name, over x (B, rows, columns), and classifies by the last h."""
        if not x.dtype.is_floating:
            raise TypeError(f"x: expected floating-point images, got {x.dtype.name}")
        expected = {"rows": (None, None, self.input_dim), "columns": (None, self.input_dim, None)}[self.scan]
        if not x.shape.is_compatible_with(expected):
            raise ValueError(f"x: expected images of shape {expected}, got {tuple(x.shape)}")
        T = x.shape[AXIS[self.scan]]
        steps = T if num_timestep is None else whole_number("num_timestep", num_timestep, 0, T)
        states = [self._initial_state(name, value, x) for name, value in initial.items()]
        if self.unroll or (self.unroll is None and steps <= UNROLLED_STEPS):
            for x_t in tf.unstack(x, T, axis=AXIS[self.scan])[:steps]:
                _, states = self.cell(x_t, states)
        else:
            states = self._loop(x, steps, states)
        h = states[0]
        return keras.activations.softmax(self.d + times(self.V, h))

    def _loop(self, x: tf.Tensor, steps: int, states: list[tf.Tensor]) -> list[tf.Tensor]:
        """The states after `steps` steps, computed by one loop in the graph, whatever their number."""
        axes = [1, 0, 2] if self.scan == "rows" else [2, 0, 1]
        inputs = tf.TensorArray(x.dtype, size=0, dynamic_size=True).unstack(tf.transpose(x, axes))

        def step(t: tf.Tensor, *states: tf.Tensor) -> tuple[tf.Tensor, ...]:
            _, states = self.cell(inputs.read(t), states)
            return t + 1, *states

        # With the number of steps known, XLA can differentiate the loop.
        _, *states = tf.while_loop(lambda t, *_: t < steps, step, (0, *states), maximum_iterations=steps)
        return states

    def _initial_state(self, name: str, value: Any, x: tf.Tensor) -> tf.Tensor:
        """The state (B, H) from `value`: one vector for all examples, one for each, or None for the layer's own."""
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

    def get_config(self) -> dict[str, Any]:
        """Describes the layer for `from_config`.

        Returns
        -------
        dict of str to object
            The arguments of `__init__`.
        """
        own = {"hidden_dim": self.hidden_dim, "initial_state": self.initial_state, "unroll": self.unroll}
        return {**super().get_config(), **own, "output_dim": self.output_dim, "scan": self.scan}


@keras.saving.register_keras_serializable(package="tf_rnn")
class RNN(_Classifier):
    """The basic RNN of Fig. 1 over an image, and the read-out: `RNN(128)(x)` classifies MNIST row by row.

        a_t = b + W h_{t-1} + U x_t
        h_t = tanh(a_t)
        y   = softmax(d + V h_T)

    The weights are drawn from N(0, 0.05²): b (H,), W (H, H), U (H, I), d (C,), V (C, H).

    Parameters
    ----------
    hidden_dim : int
        H.
    output_dim : int, optional
        C.
    scan : {"rows", "columns"}, optional
        Whether x_t is row t or column t of the image.
    initial_state : {"zeros", "learned", "random"}, optional
        The state before the first step where a call gives none: zeros, a weight h_init (H,), or for each example
        another state, drawn from N(0, 1).
    unroll : bool, optional
        Whether the graph contains the operations of every step (True), or those of one step in a loop (False), which is
        built fast for any number of steps. By default up to 100 steps are unrolled.
    **kwargs
        Those of `keras.layers.Layer`.

    Raises
    ------
    ValueError
        If one of these, or an argument of `call`, is not as described.
    """

    cell_class = RNNCell
    states = ("h_init",)

    def call(self, x: tf.Tensor, h_init: Any = None, num_timestep: int | None = None) -> tf.Tensor:
        """Classifies images.

        Parameters
        ----------
        x : tensor (B, rows, columns)
            The images, floating-point numbers.
        h_init : array or tensor, optional
            The state before the first step: one vector for all examples, (H,), (1, H) or (1, H, 1), or one for each,
            (B, H) or (B, H, 1). By default it is what the layer's `initial_state` says.
        num_timestep : int, optional
            The number of steps, by default T, that of the image's rows or columns.

        Returns
        -------
        tensor (B, C)
            The probabilities, in the compute dtype.

        Raises
        ------
        TypeError, ValueError
            If an argument is not as described; the message names it.
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

    The weights are drawn from N(0, 0.05²): M_input, M_forget, M_output, M_modulated_input (H, H+I), d (C,), V (C, H).

    Parameters
    ----------
    hidden_dim : int
        H.
    output_dim : int, optional
        C.
    scan : {"rows", "columns"}, optional
        Whether x_t is row t or column t of the image.
    initial_state : {"zeros", "learned", "random"}, optional
        The states before the first step where a call gives none: zeros, weights h_init (H,) and c_init (H,), or
        for each example other states, drawn from N(0, 1).
    unroll : bool, optional
        Whether the graph contains the operations of every step (True), or those of one step in a loop (False), which is
        built fast for any number of steps. By default up to 100 steps are unrolled.
    **kwargs
        Those of `keras.layers.Layer`.

    Raises
    ------
    ValueError
        If one of these, or an argument of `call`, is not as described.
    """

    cell_class = LSTMCell
    states = ("h_init", "c_init")

    def call(self, x: tf.Tensor, h_init: Any = None, c_init: Any = None, num_timestep: int | None = None) -> tf.Tensor:
        """Classifies images.

        Parameters
        ----------
        x : tensor (B, rows, columns)
            The images, floating-point numbers.
        h_init, c_init : array or tensor, optional
            The states before the first step, as in `RNN.call`.
        num_timestep : int, optional
            The number of steps, by default T, that of the image's rows or columns.

        Returns
        -------
        tensor (B, C)
            The probabilities, in the compute dtype.

        Raises
        ------
        TypeError, ValueError
            If an argument is not as described; the message names it.
        """
        return self._classify(x, num_timestep, h_init=h_init, c_init=c_init)
