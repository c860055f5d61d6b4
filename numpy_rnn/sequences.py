"""Images as sequences: T steps of I inputs, one example in each column."""

from typing import Literal

import numpy as np

from numpy_rnn.checks import check_shapes, plain_array


def from_images(images: np.ndarray, scan: Literal["rows", "columns"] = "rows") -> np.ndarray:
    """Turns images into sequences.

    Parameters
    ----------
    images : array (B, rows, columns)
        The images, of any dtype.
    scan : {"rows", "columns"}, optional
        Whether step t is row t or column t of each image.

    Returns
    -------
    array (T, I, B)
        New, contiguous sequences of the same dtype.

    Raises
    ------
    TypeError, ValueError
        If the type, the shape or the scan is not as described.
    """
    plain_array("images", images, "shape (B, rows, columns)")
    if images.ndim != 3:
        raise ValueError(f"images: expected shape (B, rows, columns), got {images.shape}")
    if scan not in ("rows", "columns"):
        raise ValueError(f"scan: expected 'rows' or 'columns', got {scan!r}")
    return images.transpose((1, 2, 0) if scan == "rows" else (2, 1, 0)).copy(order="C")


def grey(images: np.ndarray, dtype: type = np.float32) -> np.ndarray:
    """Scales grey values to numbers from 0 to 1.

    Parameters
    ----------
    images : array
        Grey values from 0 to 255, uint8, of any shape.
    dtype : type, optional
        `numpy.float32` or `numpy.float64`.

    Returns
    -------
    array
        Numbers of `dtype`, of the same shape.

    Raises
    ------
    TypeError
        If `images` is not an array of uint8.
    """
    plain_array("images", images, "uint8")
    if images.dtype != np.uint8:
        raise TypeError(f"images: expected a NumPy array of uint8, got {images.dtype}")
    return images.astype(dtype) / dtype(255)


def with_ones(x: np.ndarray) -> np.ndarray:
    """Appends an input that is always 1, whose weights are biases.

    With these inputs the last column of each M of an LSTM is the bias of that gate, and the last column of its gradient
    is the gradient of the bias: that is how `tf_rnn.weights` and `torch_weights` read an LSTM with biases. The basic
    RNN has its b, and needs no such input.

    A model with biases refuses x without the input of ones, because a shape does not fit. It can't detect an x whose
    last input is another number, for its last column may as well be the weights of an ordinary input.

    Parameters
    ----------
    x : array (T, I, B)
        The inputs, float32 or float64.

    Returns
    -------
    array (T, I+1, B)
        New inputs of the same dtype.

    Raises
    ------
    TypeError, ValueError
        If the type, the dtype or the shape is not as described.
    """
    sizes = check_shapes(("x", x, "T I B"))
    return np.concatenate([x, np.ones((sizes["T"], 1, sizes["B"]), x.dtype)], axis=1)
