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
    """Return the name of the processor, on Linux with the numbers of its family and model; else its architecture.

    The numbers are needed because virtual machines often report a name without a model, `Intel(R) Xeon(R) Processor`.
    """
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").partition("\n\n")[0].splitlines() if path.exists() else []
    first = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if "model name" not in first:
        return platform.processor() or platform.machine()
    numbers = [f"{name.split()[-1]} {first[name]}" for name in ("cpu family", "model") if name in first]
    return f"{first['model name']} ({', '.join(numbers)})" if numbers else first["model name"]


def sha256(arrays: Mapping[str, np.ndarray]) -> str:
    """Return a SHA-256 checksum of the names, dtypes, shapes and bits of all arrays."""
    digest = hashlib.sha256()
    for name, value in sorted(arrays.items()):
        digest.update(f"{name} {value.dtype} {value.shape}\n".encode() + value.tobytes())
    return digest.hexdigest()
