"""The GPU, the processor beside it, and the versions of the packages and CUDA libraries."""

import ctypes
import os
import re
from pathlib import Path
from typing import Any

import tensorflow as tf

from parity_tests.oracles import devices
from trainings.provenance import processor, versions

# For each library the function that gives its version, and whether it writes it through a pointer or returns it.
VERSION_OF = {"libcudart": ("cudaRuntimeGetVersion", True), "libcudnn": ("cudnnGetVersion", False)}
NAMES = {"libcudart": "CUDA runtime", "libcublas": "cuBLAS", "libcudnn": "cuDNN"}
PROPERTIES = "major", "minor", "patch"


def describe_device() -> dict[str, Any]:
    """Return names and versions. TensorFlow must have used the GPU before, so that its libraries are loaded."""
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
        "loaded": loaded_libraries(Path("/proc/self/maps").read_text(encoding="utf-8")),
    }


def loaded_libraries(maps: str) -> dict[str, str]:
    """Return the versions of the CUDA libraries among the files in `maps`, the memory map of this process."""
    found = {}
    for path in sorted(set(re.findall(r"/\S*/lib(?:cudart|cublas|cudnn)\.so[.\d]*", maps))):
        name = Path(path).name.partition(".")[0]
        found[NAMES[name]] = _cublas_version(path) if name == "libcublas" else _version(path, *VERSION_OF[name])
    return found


def _version(path: str, function: str, by_pointer: bool) -> str:
    """Return a version in words: the number 13010 of CUDA is 13.1, the number 91300 of cuDNN is 9.13.0."""
    library = ctypes.CDLL(path)
    if by_pointer:
        number = ctypes.c_int()
        getattr(library, function)(ctypes.byref(number))
        return f"{number.value // 1000}.{number.value % 1000 // 10}"
    getattr(library, function).restype = ctypes.c_size_t
    number = getattr(library, function)()
    return f"{number // 10000}.{number % 10000 // 100}.{number % 100}"


def _cublas_version(path: str) -> str:
    library, parts = ctypes.CDLL(path), []
    for which, _ in enumerate(PROPERTIES):
        number = ctypes.c_int()
        library.cublasGetProperty(which, ctypes.byref(number))
        parts.append(str(number.value))
    return ".".join(parts)
