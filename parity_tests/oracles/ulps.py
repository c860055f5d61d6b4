"""Measures the errors of tanh, exp, log and σ in units in the last place: `python -m parity_tests.oracles.ulps`.

`bounds.ULPS` records the results. Each function is compared with Python's decimal arithmetic with 60 digits, at numbers
spread over the range where its result is neither 0 nor 1. TensorFlow is measured on a CPU and on a GPU, and cuDNN's
LSTM on a GPU. Without a GPU these rows have no numbers.
"""

import argparse
from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any, NamedTuple

import numpy as np

from numpy_rnn.activations import sigmoid
from parity_tests.oracles.bounds import ULPS

# The libraries in `ULPS` that need a GPU, and the device of each of TensorFlow's two.
ON_GPU = "tensorflow-gpu", "cudnn"
DEVICES = {"tensorflow": "/CPU:0", "tensorflow-gpu": "/GPU:0"}

EXACT: dict[str, Callable[[Decimal], Decimal]] = {
    "tanh": lambda x: ((2 * x).exp() - 1) / ((2 * x).exp() + 1),
    "exp": Decimal.exp,
    "log": Decimal.ln,
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
}


class Measured(NamedTuple):
    """The measured and the recorded error of one function, in units in the last place.

    `floor` is the absolute error, in u, that the bounds allow in addition. If it is not 0, `measured` is the part of
    the error that exceeds it, and `in_u` is the whole error in u.
    """

    library: str
    dtype: str
    function: str
    measured: float
    recorded: float
    floor: float
    in_u: float


def functions(library: str) -> dict[str, Callable[[Any], Any]]:
    """The functions of a library in `ULPS`, by name.

    NumPy has no σ, so this project's `sigmoid` takes its place. cuDNN has neither exp nor log.
    """
    if library == "numpy":
        return {"tanh": np.tanh, "exp": np.exp, "log": np.log, "sigmoid": sigmoid}
    if library == "cudnn":
        from parity_tests.oracles import cudnn

        return cudnn.functions()
    import tensorflow as tf

    def on_device(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def placed(x: Any) -> Any:
            with tf.device(DEVICES[library]):
                return function(tf.constant(x))

        return placed

    names = {"tanh": tf.tanh, "exp": tf.exp, "log": tf.math.log, "sigmoid": tf.sigmoid}
    return {name: on_device(function) for name, function in names.items()}


def spread(name: str, dtype: Any, points: int, seed: int = 0) -> np.ndarray:
    """Random numbers near 0, of all magnitudes, and up to where float32 underflows; for log they are positive."""
    rng = np.random.default_rng(seed)
    near, middle, far = (rng.uniform(-bound, bound, points // 4) for bound in (1, 10, 80))
    x = np.concatenate([near, middle, far, rng.choice([-1, 1], points // 4) * 10 ** rng.uniform(-12, 1, points // 4)])
    return (np.abs(x) + 1e-30 if name == "log" else x).astype(dtype)


def error(name: str, function: Callable[[Any], Any], x: np.ndarray, floor: float = 0) -> float:
    """The largest error of `function` at the numbers x, in units in the last place of the exact result.

    An absolute error of `floor` times u is subtracted first.
    """
    results = np.asarray(function(x))
    assert results.dtype == x.dtype
    allowed = Decimal(floor * float(np.finfo(x.dtype).eps) / 2)
    worst = 0.0
    with localcontext(prec=60):
        for argument, result in zip(x.tolist(), results.tolist(), strict=True):
            exact = EXACT[name](Decimal(argument))
            unit = float(np.spacing(np.abs(x.dtype.type(float(exact)))))
            worst = max(worst, float((abs(Decimal(result) - exact) - allowed) / Decimal(unit)))
    return worst


def absolute_error(name: str, function: Callable[[Any], Any], x: np.ndarray) -> float:
    """The largest absolute error of `function` at the numbers x, in u."""
    results = np.asarray(function(x)).tolist()
    with localcontext(prec=60):
        worst = max(
            abs(Decimal(result) - EXACT[name](Decimal(argument)))
            for argument, result in zip(x.tolist(), results, strict=True)
        )
    return float(worst) / (float(np.finfo(x.dtype).eps) / 2)


def measure(library: str, dtype: str, points: int) -> list[Measured]:
    """The errors of all functions of a library in `ULPS`, each measured at `points` numbers."""
    recorded = ULPS[library, dtype]
    rows = []
    for name, function in functions(library).items():
        x = spread(name, dtype, points)
        floor = recorded.sigmoid_floor if name == "sigmoid" else 0
        in_u = absolute_error(name, function, x) if floor else 0.0
        measured = error(name, function, x, floor)
        rows.append(Measured(library, dtype, name, measured, getattr(recorded, name), floor, in_u))
    return rows


def has_gpu() -> bool:
    """Whether TensorFlow finds a GPU."""
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def main() -> None:
    """Prints the measured and the recorded errors as a table."""
    parser = argparse.ArgumentParser(prog="python -m parity_tests.oracles.ulps", description=__doc__)
    numbers = "how many numbers each function is measured at (default: %(default)s)"
    parser.add_argument("--points", type=int, default=20_000, help=numbers)
    points = parser.parse_args().points
    print("library         dtype    function  measured  recorded")
    for library, dtype in ULPS:
        if library in ON_GPU and not has_gpu():
            print(f"{library:15} {dtype:8} no GPU is visible to TensorFlow")
            continue
        for row in measure(library, dtype, points):
            beyond = f"  beyond {row.floor:g} u; the whole error is {row.in_u:.2f} u" if row.floor else ""
            print(f"{library:15} {dtype:8} {row.function:9} {row.measured:8.2f}  {row.recorded:8}{beyond}")


if __name__ == "__main__":
    main()
