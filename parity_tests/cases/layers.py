"""Layers and cells with random weights, images and states, and the error bounds of their results."""

import numpy as np
from hypothesis import strategies as st

from numpy_rnn.sequences import from_images
from parity_tests.cases.recurrences import STATES
from parity_tests.comparison import assert_within
from parity_tests.oracles import bounded_equations
from parity_tests.oracles.bounds import Bounded, arithmetic
from tf_rnn import RNNCell, weights

# B, T, H and the length of x_t
SIZES = st.tuples(st.integers(1, 5), st.integers(1, 6), st.integers(1, 6), st.integers(1, 7))


def assign_random(layer, rng):
    """Assigns random weights to a built layer: rows of matrices sum to at most 1/4, vectors lie between -1 and 1."""
    for weight in layer.weights:
        bound = 1 if len(weight.shape) == 1 else 1 / (4 * weight.shape[1])
        weight.assign(rng.uniform(-bound, bound, weight.shape))


def random_case(layer_class, sizes, seed, scan="rows", output_dim=10):
    """A float64 layer with random weights, its weights by name, random images, and random states (B, H) by name."""
    B, T, H, inputs = sizes
    rng = np.random.default_rng(seed)
    layer = layer_class(H, output_dim, scan=scan, dtype="float64")
    images = rng.uniform(0, 1, (B, T, inputs) if scan == "rows" else (B, inputs, T))
    layer.build(images.shape)
    assign_random(layer, rng)
    weights = {weight.name: weight.numpy() for weight in layer.weights}
    return layer, weights, images, {name: rng.uniform(-1, 1, (B, H)) for name in STATES[layer_class.__name__.lower()]}


def bounded_states(cell, x, states, library="tensorflow"):
    """The bounded h (T+1, H, B), and c of an LSTM, of a cell for x (T, inputs, B) and initial states (B, H)."""
    params = weights.to_params(cell)
    forward = bounded_equations.FORWARD["rnn" if isinstance(cell, RNNCell) else "lstm"]
    columns = [np.asarray(state).T for state in states]
    return forward(arithmetic(library, cell.compute_dtype), params, x, *columns)


def bounded_output(layer, images, states, library="tensorflow") -> Bounded:
    """The bounded probabilities (B, C) of a layer for initial states (B, H) by name, zero where none is given."""
    x = from_images(np.asarray(images), layer.scan)
    B, H = x.shape[2], layer.hidden_dim
    zeros = {name: np.zeros((B, H)) for name in STATES[type(layer).__name__.lower()]}
    h = bounded_states(layer.cell, x, (zeros | states).values(), library)["h"][-1]
    system, params = arithmetic(library, layer.compute_dtype), weights.to_numpy(layer).readout
    return bounded_equations.readout(system, params, h, np.zeros(B, int))["y"].T


def assert_output(y, expected, layer, images, states=None, libraries=("tensorflow", "tensorflow"), where=""):
    """Asserts that the probabilities y (B, C) of a layer are the expected ones; `libraries` computed the two sides."""
    bound = sum(bounded_output(layer, images, states or {}, library).error for library in libraries)
    assert_within({"y": np.asarray(y)}, {"y": np.asarray(expected)}, {"y": bound}, layer.compute_dtype, where)
