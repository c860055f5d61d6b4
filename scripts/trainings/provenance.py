"""Where a result comes from: versions of the packages, and a checksum of the weights."""

import hashlib
import platform
from collections.abc import Mapping
from importlib.metadata import version

import numpy as np


def versions(*packages: str) -> dict[str, str]:
    """Return the versions of Python and of these installed packages."""
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


def sha256(arrays: Mapping[str, np.ndarray]) -> str:
    """Return a SHA-256 checksum of the names, dtypes, shapes and bits of all arrays."""
    digest = hashlib.sha256()
    for name, value in sorted(arrays.items()):
        digest.update(f"{name} {value.dtype} {value.shape}\n".encode() + value.tobytes())
    return digest.hexdigest()
