"""An RNN in JAX: a scan over the steps of one example. JAX maps it over the batch and computes the gradients.

JAX compiles it for each new shape, so that a quick verdict takes about a minute.
"""

import jax
import jax.numpy as jnp
import numpy as np

from parity_tests.adapters import with_initial

jax.config.update("jax_enable_x64", True)


def rnn(weights, xs, h0):
    """All states (T, H), from a dict of weights, xs (T, I) and h0 (H,)."""

    def step(h, x):
        h = jnp.tanh(weights["input"] @ x + weights["state"] @ h + weights["bias"])
        return h, h

    return jax.lax.scan(step, h0, xs)[1]


# The adapter.
def forward(params, x, h_init):
    weights = {"input": params.U, "state": params.W, "bias": params.b[:, 0]}
    h, pullback = jax.vjp(jax.vmap(rnn, (None, -1, -1), -1), weights, x, h_init)
    return {"h": with_initial(h_init, np.asarray(h)), "pullback": pullback}


def backward(params, trace, dh):
    d, dx, dh_init = jax.tree.map(np.asarray, trace["pullback"](dh))
    return {"dU": d["input"], "dW": d["state"], "db": d["bias"][:, None], "dx": dx, "dh_init": dh_init}
