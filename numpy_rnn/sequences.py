"""Images as sequences: T steps of I inputs, one example in each column."""

from typing import Literal

import numpy as np

from numpy_rnn.checks import plain_array


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
