"""What the recipes of the guide compute, composed of the bounded equations: each result with its error bound.

The names of the results are those of `cases/recipes.py`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from parity_tests.cases.recipes import Arguments
from parity_tests.oracles.bounded_equations import Quantities, lstm, lstm_forward, readout, softmax
from parity_tests.oracles.bounds import Arithmetic, Bounded, concatenate, stack, total

GATES = "M_input", "M_forget", "M_output", "M_modulated_input"


def slopes(quantities: Quantities, ending: str = "") -> Quantities:
    """The gradients of the four matrices."""
    return {f"d{gate}{ending}": quantities[f"d{gate}"] for gate in GATES}


def zeros(params: Any, B: int = 1) -> np.ndarray:
    """The state zero."""
    return np.zeros((len(params.M_input), B))


def layer(system: Arithmetic, params: Any, x: Any, dh: Any) -> Quantities:
    """An LSTM that starts with zeros, and whose c_T the loss does not contain."""
    return lstm(system, params, x, zeros(params), zeros(params), dh, zeros(params, system.take(dh).value.shape[2]))


def states_of(system: Arithmetic, a: Arguments) -> Bounded:
    """h_1 … h_T of the first layer."""
    return lstm_forward(system, a.params, a.x, zeros(a.params), zeros(a.params))["h"][1:]


def stacked(system: Arithmetic, a: Arguments) -> Quantities:
    ones = system.take(a.x[:, -1:])
    between = concatenate([states_of(system, a), ones], axis=1)
    upper = layer(system, a.upper, between, a.dh_upper)
    lower = layer(system, a.params, a.x, upper["dx"][:, :-1])
    results = {"states": upper["h"][1:], "dx": lower["dx"][:, :-1]}
    return results | slopes(lower) | slopes(upper, "_upper")


def bidirectional(system: Arithmetic, a: Arguments) -> Quantities:
    H = len(a.params.M_input)
    first = layer(system, a.params, a.x, a.dh_both[:, :H])
    second = layer(system, a.second, a.x[::-1], a.dh_both[::-1, H:])
    states = concatenate([first["h"][1:], second["h"][:0:-1]], axis=1)
    dx = first["dx"][:, :-1] + second["dx"][::-1, :-1]
    return {"states": states, "dx": dx} | slopes(first) | slopes(second, "_second")


def read_alone(system: Arithmetic, a: Arguments, mask: np.ndarray) -> Quantities:
    """The steps in the mask, one example after another, moved to the beginning; those behind them are zeros."""
    x, dh = np.zeros_like(a.x), np.zeros_like(a.dh)
    steps = [np.flatnonzero(column) for column in mask.T]
    for n, read in enumerate(steps):
        x[: len(read), :, n] = a.x[read, :, n]
        if len(read):
            dh[len(read) - 1, :, n] = a.dh[-1, :, n]
    found = layer(system, a.params, x, dh)
    last = stack(found["h"][len(read), :, n] for n, read in enumerate(steps)).T
    value, error = np.zeros_like(found["dx"].value), np.zeros_like(found["dx"].value)
    for n, read in enumerate(steps):
        value[read, :, n] = found["dx"].value[: len(read), :, n]
        error[read, :, n] = found["dx"].error[: len(read), :, n]
    return {"last": last, "dx": Bounded(value, error, system)[:, :-1]} | slopes(found)


def several_lengths(system: Arithmetic, a: Arguments) -> Quantities:
    return read_alone(system, a, np.arange(len(a.x))[:, np.newaxis] < a.lengths)


def masked(system: Arithmetic, a: Arguments) -> Quantities:
    return read_alone(system, a, a.mask)


def every_step(system: Arithmetic, a: Arguments) -> Quantities:
    T, B = a.labels.shape
    outside = readout(system, a.read_out, concatenate(states_of(system, a), axis=1), a.labels.ravel())
    dh = stack(outside["dh"][:, t * B : (t + 1) * B] for t in range(T))
    inside = layer(system, a.params, a.x, dh)
    return {name: outside[name] for name in ("loss", "dd", "dV")} | slopes(inside)


def step_by_step(system: Arithmetic, a: Arguments) -> Quantities:
    d, V = (system.take(value) for value in a.read_out)
    return {"y": stack(softmax(total(d, (V, h)))[0] for h in states_of(system, a))}


def handed_over(system: Arithmetic, a: Arguments) -> Quantities:
    whole = layer(system, a.params, a.x, a.dh)
    return {"states": whole["h"][1:]} | slopes(whole)


def truncated(system: Arithmetic, a: Arguments) -> Quantities:
    """Each piece is an example of its own, whose initial states are those before its first step."""
    found = lstm_forward(system, a.params, a.x, zeros(a.params), zeros(a.params))
    starts = range(0, len(a.x), a.steps)
    h, c = (concatenate([found[state][start] for start in starts], axis=1) for state in "hc")
    x, dh = (side_by_side(array, a.steps) for array in (a.x, a.dh))
    return {"states": found["h"][1:]} | slopes(lstm(system, a.params, x, h, c, dh, np.zeros_like(dh[0])))


def side_by_side(array: np.ndarray, steps: int) -> np.ndarray:
    """The pieces of an array over time as examples; zeros complete the last piece."""
    missing = np.zeros((-len(array) % steps, *array.shape[1:]))
    whole = np.concatenate([array, missing])
    return np.concatenate(np.split(whole, len(whole) // steps), axis=2)


def learned_state(system: Arithmetic, a: Arguments) -> Quantities:
    found = lstm(system, a.params, a.x, *a.initial, a.dh, zeros(a.params, a.dh.shape[2]))
    shared = {name: found[name].sum(axis=1)[:, None] for name in ("dh_init", "dc_init")}
    return {"states": found["h"][1:]} | slopes(found) | shared


def squared_error(system: Arithmetic, a: Arguments) -> Quantities:
    d, V = (system.take(value) for value in a.read_out)
    states = states_of(system, a)
    T, (K, B) = len(a.x), a.r.shape
    error = total(d, (V, states[-1])) - a.r
    squares = (error * error).sum(axis=0).sum(axis=0) * (1 / (K * B))
    # The factor 2 / (C B), as 1/B and 1/C or at once, takes up to six roundings.
    dz = error.off(error.value, error.error, 6 * system.u) * (2 / (K * B))
    dh = [system.take(np.zeros_like(a.dh[0], np.float64))] * (T - 1) + [total((V.T, dz))]
    inside = layer(system, a.params, a.x, stack(dh))
    results = {"loss": squares.off(squares.value, squares.error, 2 * system.u)}
    return results | {"dd": dz.sum(axis=1)[:, None], "dV": total((dz, states[-1].T))} | slopes(inside)


BOUNDED: dict[str, Callable[[Arithmetic, Arguments], Quantities]] = {
    one.__name__: one
    for one in (
        stacked,
        bidirectional,
        several_lengths,
        masked,
        every_step,
        step_by_step,
        handed_over,
        truncated,
        learned_state,
        squared_error,
    )
}
