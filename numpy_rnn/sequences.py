"""Images as sequences: T steps of I inputs, one example in each column."""

from typing import Literal

import numpy as np


def from_images(images: np.ndarray, scan: Literal["rows", "columns"] = "rows") -> np.ndarray:
    """Images (B, rows, columns) → a fresh, contiguous sequence (T, I, B), dtype unchanged.

    Step t is row t of each image, or with scan="columns" column t. Raises ValueError for another shape or scan.
    """
    if np.ndim(images) != 3:
        raise ValueError(f"images: expected shape (B, rows, columns), got {np.shape(images)}")
    if scan not in ("rows", "columns"):
        raise ValueError(f"scan: expected 'rows' or 'columns', got {scan!r}")
    return images.transpose((1, 2, 0) if scan == "rows" else (2, 1, 0)).copy(order="C")


def grey(images: np.ndarray, dtype: type = np.float32) -> np.ndarray:
    """Grey values 0 … 255, uint8, as numbers from 0 to 1 of `dtype`. Raises TypeError if they are anything else."""
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        came = images.dtype if isinstance(images, np.ndarray) else type(images).__name__
        raise TypeError(f"images: expected a NumPy array of uint8, got {came}")
    return images.astype(dtype) / dtype(255)
