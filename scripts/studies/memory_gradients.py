"""∂L/∂h_t and ∂L/∂c_t over the time steps, by a backward pass for one step at a time."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogFormatterSciNotation, LogLocator

from numpy_rnn import classifier, lstm, mnist, readout, rnn
from numpy_rnn.activations import tanh_derivative
from numpy_rnn.sequences import from_images, grey
from studies.recipes import Recipe
from studies.run_files import Runs

IMAGES = 500

Sizes = dict[str, list[float]]


def gradients(recipes: dict[str, Recipe], runs: Runs) -> dict[str, dict[str, Sizes]]:
    """Return the `sizes` of each model's gradients, on 500 test images, before and after training."""
    _, test = mnist.load()
    results: dict[str, dict[str, Sizes]] = {"untrained": {}, "trained": {}}
    for name, recipe in recipes.items():
        x = from_images(grey(recipe.prepared(test.images[:IMAGES])))
        before = recipe.new_model(np.random.default_rng(recipe.seed))
        for what, model in (("untrained", before), ("trained", runs.model(recipe))):
            results[what][name] = sizes(model, x, test.labels[:IMAGES])
    return results


def sizes(model: classifier.Model, x: np.ndarray, labels: np.ndarray) -> Sizes:
    """Return the root mean square, over units and examples, of ∂L/∂h_t for t = 0 … T, and of an LSTM's ∂L/∂c_t."""
    trace = classifier.forward(model, x)
    dh = readout.backward(model.readout, trace.h[-1], labels).h
    dc = np.zeros_like(dh)
    found: dict[str, list[float]] = {"h": [_size(dh)]} | ({"c": []} if isinstance(trace, lstm.Trace) else {})
    for t in range(len(x), 0, -1):
        gradient: Any
        if isinstance(trace, lstm.Trace) and isinstance(model.recurrence, lstm.Params):
            around = {name: getattr(trace, name)[t - 1 : t + 1] for name in ("c", "h")}
            step = trace._replace(**{name: getattr(trace, name)[t - 1 : t] for name in "xifou"}, **around)
            tanh_c = np.tanh(trace.c[t])
            found["c"].append(_size(dh * trace.o[t - 1] * tanh_derivative(tanh_c) + dc))
            gradient = lstm.backward(model.recurrence, step, dh[np.newaxis], dc)
            dc = gradient.c_init
        elif isinstance(model.recurrence, rnn.Params):
            gradient = rnn.backward(
                model.recurrence, rnn.Trace(trace.x[t - 1 : t], trace.h[t - 1 : t + 1]), dh[np.newaxis]
            )
        dh = gradient.h_init
        found["h"].append(_size(dh))
    if "c" in found:
        found["c"].append(_size(dc))
    return {state: values[::-1] for state, values in found.items()}


def _size(gradient: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(gradient, dtype=np.float64))))


def logarithmic(axes: Axes) -> None:
    """Label the vertical axis with a few powers of ten, and leave room above the lines."""
    low, high = (np.log10(limit) for limit in axes.get_ylim())
    axes.set_ylim(10**low, 10 ** (high + 0.1 * (high - low)))
    axes.yaxis.set_major_locator(LogLocator(numticks=8))
    axes.yaxis.set_major_formatter(LogFormatterSciNotation())
    axes.minorticks_off()
