"""Arrays in memory that several processes share.

The memory belongs to no file system that could be full, and has no name that could remain: the system frees it when the
last process that uses it ends, however it ends. (On macOS it is a file that has no name.)
"""

import mmap
import os
import tempfile
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np

from numpy_rnn.adam import tree_map

# An array begins at a multiple of the size of a cache line, so that no two arrays share a line.
ALIGNMENT = 64


class _Place(NamedTuple):
    """Where an array is in the memory, in bytes, and its shape and dtype."""

    offset: int
    shape: tuple[int, ...]
    dtype: np.dtype


class Block(NamedTuple):
    """Shared memory, as another process needs it to find the arrays.

    `name` is the number of an open file, which a process inherits; on Windows it is the name of the memory. `places`
    say where the arrays are, and `skeleton` is a tree of empty arrays of the types of the shared tree.
    """

    name: int | str
    size: int
    places: tuple[_Place, ...]
    skeleton: Any

    def arrays(self) -> Any:
        """Returns the arrays.

        Returns
        -------
        tree of arrays
            Views of the memory.
        """
        memory = _map(self.name, self.size)
        places = iter(self.places)

        def view(_: np.ndarray) -> np.ndarray:
            offset, shape, dtype = next(places)
            return np.ndarray(shape, dtype, memory, offset)

        return tree_map(view, self.skeleton)

    @property
    def files(self) -> tuple[int, ...]:
        """The numbers of open files that a process has to inherit."""
        return () if isinstance(self.name, str) else (self.name,)

    def close(self) -> None:
        """Closes the file; views that exist remain valid."""
        if isinstance(self.name, int):
            os.close(self.name)


def share(tree: Any) -> tuple[Block, Any]:
    """Copies arrays into shared memory.

    Parameters
    ----------
    tree : tree of arrays
        NamedTuples of arrays, nested in any way.

    Returns
    -------
    tuple of (Block, tree of arrays)
        The memory, which is to be closed, and the arrays in it.

    Raises
    ------
    OSError
        If the system has not enough memory.
    """
    places: list[_Place] = []
    size = 0

    def place(array: np.ndarray) -> np.ndarray:
        nonlocal size
        places.append(_Place(size, array.shape, array.dtype))
        size += -(-array.nbytes // ALIGNMENT) * ALIGNMENT
        return np.empty(0, array.dtype)

    skeleton = tree_map(place, tree)
    block = Block(_allocate(max(size, 1)), max(size, 1), tuple(places), skeleton)
    shared = block.arrays()
    copy(shared, tree)
    return block, shared


def copy(target: Any, source: Any) -> None:
    """Copies the arrays of a tree into those of another.

    Parameters
    ----------
    target, source : tree of arrays
        Trees of the same types, shapes and dtypes.

    Raises
    ------
    ValueError
        If a shape or a dtype differs.
    """

    def copy_one(target: np.ndarray, source: np.ndarray) -> np.ndarray:
        if (source.shape, source.dtype) != (target.shape, target.dtype):
            expected = f"{target.dtype} {target.shape} as before"
            raise ValueError(f"shared arrays: expected {expected}, got {source.dtype} {source.shape}")
        target[...] = source
        return target

    tree_map(copy_one, target, source)


def _allocate(size: int) -> int | str:
    """The name of new memory, or the number of a file that has no name."""
    if os.name == "nt":
        return f"numpy_rnn-{uuid4()}"
    if hasattr(os, "memfd_create"):
        file = os.memfd_create("numpy_rnn", os.MFD_CLOEXEC)
    else:
        with tempfile.TemporaryFile() as unnamed:
            file = os.dup(unnamed.fileno())
    try:
        os.ftruncate(file, size)
    except OSError as error:
        os.close(file)
        raise OSError(error.errno, f"expected {size} bytes of shared memory, got none: {error.strerror}") from error
    return file


def _map(name: int | str, size: int) -> mmap.mmap:
    """The memory of this name; Windows makes it where there is none."""
    if isinstance(name, int):
        return mmap.mmap(name, size)
    windows: Any = mmap.mmap
    memory: mmap.mmap = windows(-1, size, tagname=name)
    return memory
