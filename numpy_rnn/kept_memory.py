"""Memory that NumPy frees stays with the process, for the arrays that it needs next.

A training step frees its arrays, and the next step allocates arrays of the same sizes. By default glibc, the C library
of most Linux systems, gives much of the freed memory back to the system between the two, and the system clears every
page before it hands it out again, which takes time in every step.

Source: the manual page mallopt(3) of the Linux man-pages project.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

# The numbers of the settings in glibc's malloc.h, and their values in bytes: in the block, and glibc's defaults.
TRIM_THRESHOLD, TOP_PAD = -1, -2
KEPT = {TRIM_THRESHOLD: 2**30, TOP_PAD: 2**26}
DEFAULT = {TRIM_THRESHOLD: 2**17, TOP_PAD: 2**17}


@contextmanager
def kept_memory() -> Iterator[None]:
    """Keeps freed memory in the block, up to 1 GiB, in all threads of this process, and gives it back afterwards.

    Only glibc has these settings; with another C library the block runs unchanged. After the block they have glibc's
    default values.

    Yields
    ------
    None
        The block runs with kept memory.
    """
    glibc = _glibc()
    if glibc is None:
        yield
        return
    _set(glibc, KEPT)
    try:
        yield
    finally:
        _set(glibc, DEFAULT)
        glibc.malloc_trim(0)


def _set(glibc: Any, settings: dict[int, int]) -> None:
    """Changes glibc's settings."""
    for setting, value in settings.items():
        glibc.mallopt(setting, value)


@cache
def _glibc() -> Any:
    """The C library of this process; None if it is another one than glibc."""
    if os.name == "nt":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") and hasattr(library, "malloc_trim") else None
