"""Trains a small network on MNIST with an error in its code, and with the right code, from the same weights."""

from types import ModuleType

import numpy as np

from numpy_rnn import adam, classifier, lstm, mnist, readout, rnn
from numpy_rnn.sequences import from_images, grey

RIGHT = {"rnn": rnn, "lstm": lstm}
STEPS = 600
BATCH = 64
HIDDEN = 32
LEARNING_RATE = 0.003


def losses(module: ModuleType, kind: str, steps: int = STEPS) -> list[float]:
    """Return the loss of each training step.

    Parameters
    ----------
    module : module
        The forward and backward pass, with an error or without.
    kind : str
        "rnn" or "lstm".
    steps : int, optional
        The number of steps.

    Returns
    -------
    list of float
        The losses, in float32 arithmetic.
    """
    train, _ = mnist.load()
    rng = np.random.default_rng(0)
    model = classifier.Model(RIGHT[kind].init(rng, 28, HIDDEN), readout.init(rng, HIDDEN, 10))
    state = adam.init(model)
    start = np.zeros((HIDDEN, 1), np.float32)
    found = []
    for _ in range(steps):
        chosen = rng.integers(0, len(train.labels), BATCH)
        x, labels = from_images(grey(train.images[chosen])), train.labels[chosen]
        trace = module.forward(model.recurrence, x, *[start] * (1 if kind == "rnn" else 2))
        found.append(readout.cross_entropy(model.readout, trace.h[-1], labels))
        outer = readout.backward(model.readout, trace.h[-1], labels)
        dh = np.zeros((len(x), HIDDEN, BATCH), np.float32)
        dh[-1] = outer.h
        inner = module.backward(model.recurrence, trace, dh)
        model, state = adam.step(
            model, classifier.Model(inner.params, outer.params), state, learning_rate=LEARNING_RATE
        )
    return found


def smoothed(values: list[float], width: int = 20) -> np.ndarray:
    """Return the mean of each value and those before it, of at most `width` values."""
    sums = np.cumsum(np.concatenate([np.zeros(width), values]))
    counts = np.minimum(np.arange(1, len(values) + 1), width)
    return (sums[width:] - sums[:-width]) / counts
