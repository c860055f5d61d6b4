"""The GPU, the processor beside it, and the versions of what computes."""

import ctypes
import os
import re
from pathlib import Path
from typing import Any

import tensorflow as tf
from benchmark import processor
from report import versions

from parity_tests import devices

# For each library a function that writes its version through a pointer, or returns it where there is none.
VERSION_OF = {"libcudart": ("cudaRuntimeGetVersion", True), "libcudnn": ("cudnnGetVersion", False)}
PROPERTIES = "major", "minor", "patch"


def describe() -> dict[str, Any]:
    """Comes after TensorFlow has used the GPU, so that its libraries are loaded."""
    (gpu,) = tf.config.get_visible_devices("GPU")
    details = tf.config.experimental.get_device_details(gpu)
    build = tf.sysconfig.get_build_info()
    return {
        "gpu": devices.name(),
        "compute_capability": ".".join(map(str, details.get("compute_capability", ()))) or "unknown",
        "processor": processor(),
        "cores": os.cpu_count(),
        "versions": versions("numpy", "tensorflow", "keras"),
        "built_for": {"CUDA": build.get("cuda_version", "unknown"), "cuDNN": build.get("cudnn_version", "unknown")},
        "loaded": loaded(Path("/proc/self/maps").read_text()),
    }


def loaded(maps: str) -> dict[str, str]:
    """The versions of the CUDA libraries among the files that this process has mapped."""
    found = {}
    for path in sorted(set(re.findall(r"/\S*/lib(?:cudart|cublas|cudnn)\.so[.\d]*", maps))):
        name = Path(path).name.partition(".")[0]
        version = _cublas(path) if name == "libcublas" else _number(path, *VERSION_OF[name])
        found[{"libcudart": "CUDA runtime", "libcublas": "cuBLAS", "libcudnn": "cuDNN"}[name]] = version
    return found


def _number(path: str, function: str, by_pointer: bool) -> str:
    """13010 is 13.1, cuDNN's 91300 is 9.13.0."""
    library = ctypes.CDLL(path)
    if by_pointer:
        number = ctypes.c_int()
        getattr(library, function)(ctypes.byref(number))
        return f"{number.value // 1000}.{number.value % 1000 // 10}"
    getattr(library, function).restype = ctypes.c_size_t
    number = getattr(library, function)()
    return f"{number // 10000}.{number % 10000 // 100}.{number % 100}"


def _cublas(path: str) -> str:
    library, parts = ctypes.CDLL(path), []
    for which, _ in enumerate(PROPERTIES):
        number = ctypes.c_int()
        library.cublasGetProperty(which, ctypes.byref(number))
        parts.append(str(number.value))
    return ".".join(parts)
