"""A basic RNN and an LSTM, forward and backpropagation through time, in plain NumPy.

`import numpy_rnn` makes every module available, `numpy_rnn.lstm.forward` for example; a module is loaded at its first
use. `__all__` lists them in reading order.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

__all__ = [  # noqa: RUF022 # the reading order
    "rnn",
    "lstm",
    "readout",
    "classifier",
    "activations",
    "adam",
    "clipping",
    "sequences",
    "images",
    "mnist",
    "experiments",
    "training",
    "parallel",
    "checkpoint",
    "progress",
    "initialization",
    "torch_weights",
    "shared_memory",
    "worker",
    "blas_threads",
    "checks",
]


def __getattr__(name: str) -> Any:
    """Loads a module at its first use."""
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The modules and the version."""
    return [*__all__, "__version__"]
