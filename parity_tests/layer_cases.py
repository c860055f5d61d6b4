"""Layers with random weights, images and states, and how far rounding may take two evaluations of them apart."""

import numpy as np
from hypothesis import strategies as st

STATES = {"RNN": ["h_init"], "LSTM": ["h_init", "c_init"]}

# B, T, H and the length of x_t
SIZES = st.tuples(st.integers(1, 5), st.integers(1, 6), st.integers(1, 6), st.integers(1, 7))
SEEDS = st.integers(0, 2**32 - 1)


def assign_random(layer, rng):
    """Gives every weight of a built layer random values whose rows add up to at most 1/4; vectors lie in ±1."""
    for weight in layer.weights:
        bound = 1 if len(weight.shape) == 1 else 1 / (4 * weight.shape[1])
        weight.assign(rng.uniform(-bound, bound, weight.shape))


def close(T, H, inputs):
    """How far two float64 evaluations of the same equations may be apart, for weights as `assign_random` draws them.

    A sum of n = H + inputs + 1 terms whose absolute values add up to at most 3/2 is off by 3/2 n 2⁻⁵³, on either side,
    and tanh and σ by a few 2⁻⁵³ more: 2 (n + 8) 2⁻⁵² is enough for a step. The weights' rows add up to at most 1/4, and
    with that a step enlarges no error that it is handed (largest entry), so the T steps and the read-out add theirs.
    """
    return (T + 1) * 2 * (H + inputs + 9) * 2.0**-52


def random_case(layer_class, sizes, seed, scan="rows", output_dim=10):
    """A float64 layer with random weights, its weights by name, and random images and states, none of them zero."""
    B, T, H, inputs = sizes
    rng = np.random.default_rng(seed)
    layer = layer_class(H, output_dim, scan=scan, dtype="float64")
    images = rng.uniform(0, 1, (B, T, inputs) if scan == "rows" else (B, inputs, T))
    layer.build(images.shape)
    assign_random(layer, rng)
    weights = {weight.name: weight.numpy() for weight in layer.weights}
    return layer, weights, images, {name: rng.uniform(-1, 1, (B, H)) for name in STATES[layer_class.__name__]}
