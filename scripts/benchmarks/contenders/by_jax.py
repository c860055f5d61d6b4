"""JAX: the same equations, with `lax.scan` over the time steps and one compiled function for the training step."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

from benchmarks.contenders import batches_of, first_gradients
from numpy_rnn import classifier, lstm
from numpy_rnn.experiments import LEARNING_RATE

Batch = tuple[jax.Array, jax.Array]
ADAM = optax.adam(LEARNING_RATE, eps=1e-7)


class Jax:
    """A row for each example, one product for all gates of the LSTM, and optax's Adam."""

    def __init__(self, weights: classifier.Model, T: int, threads: int):
        self.weights = jax.tree.map(jnp.asarray, weights)
        self.state = ADAM.init(self.weights)

    def ready(self, images: np.ndarray, labels: np.ndarray) -> Batch:
        """Return two arrays."""
        return jnp.asarray(images), jnp.asarray(labels)

    def step(self, batch: Batch) -> float:
        """Run one step; return the loss before it."""
        self.weights, self.state, loss = _step(self.weights, self.state, *batch)
        jax.block_until_ready(self.weights)
        return float(loss)

    def gradients(self) -> classifier.Model:
        """Return the gradients of the first step."""
        return first_gradients(jax.tree.map(np.asarray, self.state[0].mu))

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the probabilities."""
        parts = [_predict(self.weights, part) for part in batches_of(images)]
        return np.concatenate([np.asarray(part) for part in parts])


def _last_state(params, x):
    """Return h_T (B, H) for x (T, B, 28)."""
    zeros = jnp.zeros((x.shape[1], len(params[0])), x.dtype)
    if isinstance(params, lstm.Params):
        M = jnp.concatenate(params)

        def lstm_step(states, x_t):
            h, c = states
            a_i, a_f, a_o, a_u = jnp.split(jnp.concatenate([h, x_t], axis=1) @ M.T, 4, axis=1)
            c = jax.nn.sigmoid(a_i) * jnp.tanh(a_u) + jax.nn.sigmoid(a_f) * c
            return (jax.nn.sigmoid(a_o) * jnp.tanh(c), c), None

        return jax.lax.scan(lstm_step, (zeros, zeros), x)[0][0]

    def rnn_step(h, x_t):
        return jnp.tanh(params.b[:, 0] + h @ params.W.T + x_t @ params.U.T), None

    return jax.lax.scan(rnn_step, zeros, x)[0]


def _logits(weights, images):
    h = _last_state(weights.recurrence, images.transpose(1, 0, 2))
    return weights.readout.d[:, 0] + h @ weights.readout.V.T


@partial(jax.jit, donate_argnums=(0, 1))
def _step(weights, state, images, labels):
    def mean_loss(weights):
        return optax.softmax_cross_entropy_with_integer_labels(_logits(weights, images), labels).mean()

    loss, gradients = jax.value_and_grad(mean_loss)(weights)
    updates, state = ADAM.update(gradients, state)
    return optax.apply_updates(weights, updates), state, loss


@jax.jit
def _predict(weights, images):
    return jax.nn.softmax(_logits(weights, images), axis=1)
