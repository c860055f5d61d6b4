"""How Keras lays out weights, and how `numpy_rnn` does: arrays in both directions, bit for bit.

This project's cells hold the equations' own matrices; only the column vectors differ, (H, 1) there and (H,) in Keras.
Keras's own cells multiply from the other side, h_t = tanh(x_t kernel + h_{t-1} recurrent_kernel + bias), and put the
gates side by side in the order i, f, u, o. So, with M_g = [W_g U_g], or [W_g U_g b_g] where the cell has biases,

    SimpleRNN   kernel = Uᵀ    recurrent_kernel = Wᵀ    bias = b
    LSTM        kernel = [U_iᵀ U_fᵀ U_uᵀ U_oᵀ]    recurrent_kernel = [W_iᵀ W_fᵀ W_uᵀ W_oᵀ]    bias = [b_i b_f b_u b_o]
    Dense       kernel = Vᵀ    bias = d

A column b_g is the weight of an input that is always 1: `numpy_rnn.sequences.with_ones`.
"""

from typing import Any

import keras
import numpy as np

from numpy_rnn import lstm, readout, rnn
from tf_rnn.cells import LSTMCell, RNNCell

KERAS_GATES = "M_input", "M_forget", "M_modulated_input", "M_output"
EQUATIONS: dict[type, dict[str, Any]] = {
    RNNCell: {},
    LSTMCell: {},
    keras.layers.SimpleRNNCell: {"activation": keras.activations.tanh, "use_bias": True},
    keras.layers.LSTMCell: {
        "activation": keras.activations.tanh,
        "recurrent_activation": keras.activations.sigmoid,
    },
}


def is_rnn(cell: keras.layers.Layer) -> bool:
    """Returns whether a cell is one of Fig. 1, and not one of Fig. 2.

    Parameters
    ----------
    cell : keras.layers.Layer
        A cell whose type is in `EQUATIONS`.

    Returns
    -------
    bool
        Whether its parameters are an `rnn.Params`.
    """
    return type(cell) in (RNNCell, keras.layers.SimpleRNNCell)


def params_of(cell: keras.layers.Layer) -> rnn.Params | lstm.Params:
    """Converts the weights of a cell.

    Parameters
    ----------
    cell : keras.layers.Layer
        A cell whose type is in `EQUATIONS`, and that has been built.

    Returns
    -------
    rnn.Params or lstm.Params
        New arrays; for a `keras.layers.LSTMCell` with biases, these are the last columns.
    """
    if type(cell) is RNNCell:
        return rnn.Params(b=column(cell.b), W=array(cell.W), U=array(cell.U))
    if type(cell) is LSTMCell:
        return lstm.Params(*(array(getattr(cell, name)) for name in lstm.Params._fields))
    U, W = array(cell.kernel).T, array(cell.recurrent_kernel).T
    if is_rnn(cell):
        return rnn.Params(b=column(cell.bias), W=W.copy(), U=U.copy())
    M = np.hstack([W, U, column(cell.bias)] if cell.use_bias else [W, U])
    return lstm.Params(**dict(zip(KERAS_GATES, np.split(M, 4), strict=True)))


def assign(cell: keras.layers.Layer, params: rnn.Params | lstm.Params) -> None:
    """Sets the weights of a cell, the reverse of `params_of`.

    Parameters
    ----------
    cell : keras.layers.Layer
        A cell that has been built.
    params : rnn.Params or lstm.Params
        What `params_of` gives for such a cell.
    """
    if type(cell) in (RNNCell, LSTMCell):
        for name, value in params._asdict().items():
            variable = getattr(cell, name)
            variable.assign(value.reshape(variable.shape))
    elif isinstance(params, rnn.Params):
        cell.kernel.assign(params.U.T)
        cell.recurrent_kernel.assign(params.W.T)
        cell.bias.assign(params.b[:, 0])
    else:
        H = len(params.M_input)
        M = np.concatenate([getattr(params, name) for name in KERAS_GATES])
        cell.kernel.assign(M[:, H : M.shape[1] - cell.use_bias].T)
        cell.recurrent_kernel.assign(M[:, :H].T)
        if cell.use_bias:
            cell.bias.assign(M[:, -1])


def readout_of(dense: keras.layers.Dense) -> readout.Params:
    """Converts the weights of a layer `Dense`.

    Parameters
    ----------
    dense : keras.layers.Dense
        A layer with a bias, that has been built.

    Returns
    -------
    readout.Params
        New arrays.
    """
    return readout.Params(d=column(dense.bias), V=array(dense.kernel).T.copy())


def assign_readout(dense: keras.layers.Dense, params: readout.Params) -> None:
    """Sets the weights of a layer `Dense`, the reverse of `readout_of`.

    Parameters
    ----------
    dense : keras.layers.Dense
        A layer with a bias, that has been built.
    params : readout.Params
        What `readout_of` gives for such a layer.
    """
    dense.set_weights([params.V.T, params.d[:, 0]])


def array(variable: keras.Variable) -> np.ndarray:
    """Returns the numbers of a variable.

    Parameters
    ----------
    variable : keras.Variable
        The variable.

    Returns
    -------
    array
        A new array of the same dtype and shape.
    """
    return keras.ops.convert_to_numpy(variable)


def column(variable: keras.Variable) -> np.ndarray:
    """Returns the numbers of a vector (n,) as a column.

    Parameters
    ----------
    variable : keras.Variable
        The vector.

    Returns
    -------
    array (n, 1)
        A new array of the same dtype.
    """
    return array(variable)[:, np.newaxis]
