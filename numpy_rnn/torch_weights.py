"""Weights from PyTorch and back, as the arrays of a `state_dict` by their names, without PyTorch.

A `torch.nn.RNN` or `torch.nn.LSTM` has these arrays for each layer k, from 0. With two directions it has them once more
for the second, with names that end with `_reverse`.

    weight_ih_lk    weight_hh_lk    bias_ih_lk    bias_hh_lk

An RNN computes h_t = tanh(weight_ih x_t + bias_ih + weight_hh h_{t-1} + bias_hh). An LSTM puts its gates one above the
other in the order i, f, g, o; g is u in Fig. 2. The two biases act as one sum. So, with M_g = [W_g U_g b_g],

    RNN     weight_ih = U       weight_hh = W       bias_ih + bias_hh = b
    LSTM    weight_ih = U_i     weight_hh = W_i     bias_ih + bias_hh = b_i
                        U_f                 W_f                         b_f
                        U_u                 W_u                         b_u
                        U_o                 W_o                         b_o

The b_g are the last columns of the matrices, the weights of an input that is always 1: `sequences.with_ones(x)`.
Examples lie in rows in PyTorch, x (T, B, I), and in columns here, x (T, I, B). Source: the documentation of
`torch.nn.RNN` and `torch.nn.LSTM`.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import numpy as np

from numpy_rnn import lstm, rnn
from numpy_rnn.checks import check_shapes, check_type, fields, whole_number

GATES = "M_input", "M_forget", "M_modulated_input", "M_output"
NAMES = "weight_ih", "weight_hh", "bias_ih", "bias_hh"
PROJECTION = "weight_hr"
GATES_OF_GRU = 3


def from_state_dict(
    state_dict: Mapping[str, Any], layer: int = 0, reverse: bool = False, prefix: str = ""
) -> rnn.Params | lstm.Params:
    """Converts one layer and one direction of a `torch.nn.RNN` or `torch.nn.LSTM`.

    Whether an RNN has tanh or ReLU is not in its weights, and can't be detected: `nonlinearity` must be "tanh".

    Parameters
    ----------
    state_dict : mapping of str to array
        The arrays by their names, anything that `numpy.asarray` takes, float32 or float64.
    layer : int, optional
        The number of the layer, from 0.
    reverse : bool, optional
        Whether to convert the second direction, which reads the sequence from its end.
    prefix : str, optional
        What precedes the names in the `state_dict` of a larger module, "lstm." for example. Other names are ignored.

    Returns
    -------
    rnn.Params or lstm.Params
        New arrays of the same dtype. An LSTM's matrices are (H, H+I+1), with the sum of its two biases in the last
        column, or (H, H+I) if it has none. Its kind follows from the shapes.

    Raises
    ------
    TypeError
        If `state_dict` is no mapping, or an array has no numbers of float32 or float64.
    ValueError
        If a name is missing or unknown, a shape does not fit, or the layer is no RNN with biases and no LSTM: a GRU,
        or an LSTM with projections.
    """
    check_type("state_dict", state_dict, Mapping)
    names = _names(layer, reverse)
    known = _known(state_dict, prefix)
    W = _array(state_dict, known, prefix + names["weight_hh"])
    H = W.shape[-1] if W.ndim == 2 else 0
    gates = W.shape[0] // H if H and W.shape[0] % H == 0 else 0
    if gates not in (1, len(GATES)):
        given = f"{W.shape} of a GRU" if gates == GATES_OF_GRU else str(W.shape)
        raise ValueError(f"{prefix}{names['weight_hh']}: expected shape (H, H) or (4 H, H), got {given}")
    has_biases = gates == 1 or any(prefix + names[name] in state_dict for name in NAMES[2:])
    given_names = [prefix + names[name] for name in NAMES if has_biases or not name.startswith("bias")]
    arrays = [_array(state_dict, known, name) for name in given_names]
    axes = f"{gates * H} I", f"{gates * H} {H}", f"{gates * H}", f"{gates * H}"
    check_shapes(*zip(given_names, arrays, axes, strict=False))
    U, W = arrays[:2]
    b = (arrays[2] + arrays[3])[:, np.newaxis] if has_biases else np.empty((len(W), 0), W.dtype)
    if gates == 1:
        return rnn.Params(b=b, W=W.copy(), U=U.copy())
    M = np.hstack([W, U, b])
    return lstm.Params(**dict(zip(GATES, np.split(M, len(GATES)), strict=True)))


def to_state_dict(
    params: rnn.Params | lstm.Params,
    layer: int = 0,
    reverse: bool = False,
    prefix: str = "",
    bias_column: bool = False,
) -> dict[str, np.ndarray]:
    """Converts parameters to the arrays of one layer and one direction, the reverse of `from_state_dict`.

    `module.load_state_dict({name: torch.from_numpy(value) for name, value in arrays.items()})` reads them; `|` joins
    the arrays of several layers.

    Parameters
    ----------
    params : rnn.Params or lstm.Params
        The parameters.
    layer, reverse, prefix
        Those of `from_state_dict`.
    bias_column : bool, optional
        Whether the last column of each matrix of an LSTM is its bias. Without biases the module needs `bias=False`. An
        RNN always has the bias b.

    Returns
    -------
    dict of str to array
        New arrays by their names. The sum of the two biases is `bias_ih`, and `bias_hh` is zero.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described; the message names it.
    """
    check_type("params", params, rnn.Params, lstm.Params)
    names = [prefix + name for name in _names(layer, reverse).values()]
    if isinstance(params, rnn.Params):
        check_shapes(*fields("params", params, rnn.Params, rnn.AXES))
        if bias_column:
            raise ValueError("bias_column: expected False for an RNN, whose bias is b, got True")
        W, U, b = params.W, params.U, params.b
    else:
        H = check_shapes(*fields("params", params, lstm.Params, lstm.AXES))["H"]
        M = np.concatenate([getattr(params, gate) for gate in GATES])
        inputs = whole_number("inputs of params", M.shape[1] - H - bias_column, 1)
        W, U, b = np.split(M, [H, H + inputs], axis=1)
    biases = [b[:, 0].copy(), np.zeros(len(W), W.dtype)] if b.shape[1] else []
    return dict(zip(names, [U.copy(), W.copy(), *biases], strict=False))


def _names(layer: int, reverse: bool) -> dict[str, str]:
    """The four names of a layer and a direction."""
    number = whole_number("layer", layer, 0)
    return {name: f"{name}_l{number}{'_reverse' if reverse else ''}" for name in NAMES}


def _known(state_dict: Mapping[str, Any], prefix: str) -> list[str]:
    """The names after the prefix; raises ValueError if one does not belong to an RNN or LSTM."""
    names = [name for name in state_dict if name.startswith(prefix)]
    for name in names:
        kind = re.fullmatch(r"(\w+)_l\d+(_reverse)?", name.removeprefix(prefix))
        if kind and kind[1] == PROJECTION:
            raise ValueError(f"{name}: expected an LSTM without projections, got the weights of proj_size > 0")
        if not kind or kind[1] not in NAMES:
            raise ValueError(
                f"state_dict: expected names such as {prefix}weight_ih_l0, got {name!r}; a prefix selects a module"
            )
    return names


def _array(state_dict: Mapping[str, Any], known: list[str], name: str) -> np.ndarray:
    """The array of this name; raises ValueError if it is missing, and TypeError if it is none."""
    if name not in state_dict:
        near = get_close_matches(name, known, 1)
        given = f"names such as {near[0]}" if near else "none like it"
        raise ValueError(f"{name}: expected an array of this name in state_dict, got {given}")
    try:
        return np.asarray(state_dict[name])
    except (TypeError, ValueError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise TypeError(
            f"{name}: expected what numpy.asarray takes, got {type(state_dict[name]).__name__}: {reason}"
        ) from error
