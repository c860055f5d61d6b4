"""The number of threads of the BLAS library that computes NumPy's matrix products.

BLAS reads its environment variables, such as `OPENBLAS_NUM_THREADS`, when it is loaded, so they do nothing in a process
that has loaded NumPy. The functions here call the library itself, which works at any time.
"""

import ctypes
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

# Each library's functions that return and set the number of its threads.
OPENBLAS = [
    (f"{prefix}openblas_get_num_threads{suffix}", f"{prefix}openblas_set_num_threads{suffix}")
    for prefix, suffix in product(("scipy_", ""), ("64_", ""))
]
OTHERS = [
    ("MKL_Get_Max_Threads", "MKL_Set_Num_Threads"),
    ("bli_thread_get_num_threads", "bli_thread_set_num_threads"),
]
# The environment variables by which a process that starts gets one thread.
ENVIRONMENT = dict.fromkeys(
    (
        "OPENBLAS_NUM_THREADS",
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    ),
    "1",
)


class _Library(NamedTuple):
    """The functions of a loaded BLAS library that return and set the number of its threads."""

    threads: Callable[[], int]
    set_threads: Callable[[int], object]


def blas_threads() -> int | None:
    """Returns the number of threads of NumPy's BLAS library.

    Returns
    -------
    int or None
        The number; None if the library is neither OpenBLAS nor MKL nor BLIS.
    """
    library = _library()
    return library.threads() if library else None


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Gives BLAS one thread in the block, in all threads of this process, and the former number afterwards.

    A library that is neither OpenBLAS nor MKL nor BLIS keeps its number of threads.

    Yields
    ------
    None
        The block runs with one thread.
    """
    library = _library()
    if library is None:
        yield
        return
    former = library.threads()
    library.set_threads(1)
    try:
        yield
    finally:
        library.set_threads(former)


@cache
def _library() -> _Library | None:
    """NumPy's BLAS library; None if it is unknown."""
    for path in _files():
        try:
            loaded = ctypes.CDLL(path)
        except OSError:
            continue
        for get, put in (*OPENBLAS, *OTHERS):
            if hasattr(loaded, get) and hasattr(loaded, put):
                return _Library(getattr(loaded, get), getattr(loaded, put))
    return None


def _files() -> Iterator[str]:
    """The files in which the functions may be: NumPy's module of matrix products and the libraries beside NumPy.

    On Linux and macOS, a function of a library is also found through a module that is linked with the library.
    """
    yield str(sys.modules["numpy._core._multiarray_umath"].__file__)
    yield from sorted(map(str, (Path(np.__file__).parent.parent / "numpy.libs").glob("*openblas*")))
