"""Small classifiers with random parameters, and random images with labels that fit them."""

from typing import Any

import numpy as np
import pytest

from numpy_rnn import classifier, lstm, readout, rnn
from numpy_rnn.mnist import Split

# Runs a test with `kind` as the module `numpy_rnn.rnn`, and as `numpy_rnn.lstm`.
BOTH_RECURRENCES = pytest.mark.parametrize("kind", [rnn, lstm])

# The size of an image, and how many classes there are: T, I and C of the models.
ROWS, COLUMNS, CLASSES = 4, 3, 5


def random_model(
    kind: Any,
    seed: int = 0,
    dtype: Any = np.float32,
    H: int = 4,
    I: int = COLUMNS,
    C: int = CLASSES,
    learned: bool = False,
) -> classifier.Model:
    """A new model of `numpy_rnn.rnn` or `lstm`; if it learns its initial states, these lie between 0.5 and 1."""
    rng = np.random.default_rng(seed)
    model = classifier.Model(kind.init(rng, I, H, dtype), readout.init(rng, H, C, dtype))
    if not learned:
        return model
    states = (rng.uniform(0.5, 1, (H, 1)).astype(dtype) for _ in kind.Initial._fields)
    return model._replace(initial=kind.Initial(*states))


def random_split(N: int, seed: int = 0) -> Split:
    """N images (N, ROWS, COLUMNS) of random grey values, and random labels (N,) below CLASSES."""
    rng = np.random.default_rng(seed)
    return Split(rng.integers(0, 256, (N, ROWS, COLUMNS), np.uint8), rng.integers(0, CLASSES, N))


def by_name(model: classifier.Model) -> dict[str, Any]:
    """The parameters of a model, or any tree of its form, by their symbols."""
    return {name: value for name, value, _ in classifier.axes(model)}
