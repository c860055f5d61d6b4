"""Where a result comes from: the processor, versions of the packages, and a checksum of the weights."""

import hashlib
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import numpy as np


def versions(*packages: str) -> dict[str, str]:
    """Return the versions of Python and of these installed packages."""
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


def processor() -> str:
    """Return the name of the processor's model, or if it is unknown its architecture."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def sha256(arrays: Mapping[str, np.ndarray]) -> str:
    """Return a SHA-256 checksum of the names, dtypes, shapes and bits of all arrays."""
    digest = hashlib.sha256()
    for name, value in sorted(arrays.items()):
        digest.update(f"{name} {value.dtype} {value.shape}\n".encode() + value.tobytes())
    return digest.hexdigest()
