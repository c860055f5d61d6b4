"""Arrays that are allocated and freed, and the memory of this process; for Linux."""

from pathlib import Path

import numpy as np

# Each array is smaller than 128 KiB, from which on glibc takes memory of its own for every array.
ARRAYS, BYTES, REPETITIONS = 40, 100_000, 20


def allocate_and_free(_: object = None) -> None:
    """Fills arrays of 4 MB with ones, and frees them."""
    arrays = [np.ones(BYTES, np.uint8) for _ in range(ARRAYS)]
    del arrays


def fresh_pages(_: object = None) -> int:
    """The number of memory pages that the system gives this process while it allocates and frees arrays repeatedly."""
    import resource  # Windows lacks it

    allocate_and_free()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(REPETITIONS):
        allocate_and_free()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def resident_pages() -> int:
    """The number of memory pages of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
