"""Measures the errors of tanh, exp, log and σ in units in the last place: `python -m parity_tests.oracles.ulps`.

`bounds.ULPS` records the results. Each function is compared with Python's decimal arithmetic with 60 digits, at numbers
spread over the range where its result is neither 0 nor 1. TensorFlow is measured on a CPU and on a GPU, and cuDNN's
LSTM on a GPU. Without a GPU these rows have no numbers.

A second table shows the errors of the usual ways to write σ and tanh, and of the libraries in which foreign code may
be written, as far as they are installed. `bounds.ANY` records the largest of them.
"""

import argparse
from collections.abc import Callable, Iterator
from decimal import Decimal, localcontext
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from numpy_rnn.activations import sigmoid
from parity_tests.oracles.bounds import ANY, ULPS, Ulps
from parity_tests.oracles.ways_to_write import LARGEST, WAYS

# The libraries in `ULPS` that need a GPU, and the device of each of TensorFlow's two.
ON_GPU = "tensorflow-gpu", "cudnn"
DEVICES = {"tensorflow": "/CPU:0", "tensorflow-gpu": "/GPU:0"}
# The libraries that `ANY` covers beside the ways to write σ and tanh in NumPy.
FOREIGN = "tensorflow", "torch", "jax"

EXACT: dict[str, Callable[[Decimal], Decimal]] = {
    "tanh": lambda x: ((2 * x).exp() - 1) / ((2 * x).exp() + 1),
    "exp": Decimal.exp,
    "log": Decimal.ln,
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
}


class Measured(NamedTuple):
    """The measured and the recorded error of one function, in units in the last place.

    `floor` is the absolute error, in u, that the bounds allow in addition. If it is not 0, `measured` is the part of
    the error that exceeds it, and `in_u` is the whole error in u. Beside `ANY`, `library` may be a way in `WAYS`.
    """

    library: str
    dtype: str
    function: str
    measured: float
    recorded: float
    floor: float
    in_u: float


def functions(library: str) -> dict[str, Callable[[Any], Any]]:
    """The functions of a library in `ULPS` or `FOREIGN`, by name.

    NumPy has no σ, so this project's `sigmoid` takes its place. cuDNN has neither exp nor log, and of PyTorch and JAX
    only σ and tanh are needed.
    """
    if library == "numpy":
        return {"tanh": np.tanh, "exp": np.exp, "log": np.log, "sigmoid": sigmoid}
    if library == "cudnn":
        from parity_tests.oracles import cudnn

        return cudnn.functions()
    if library == "torch":
        import torch

        return {"tanh": lambda x: torch.tanh(torch.tensor(x)), "sigmoid": lambda x: torch.sigmoid(torch.tensor(x))}
    if library == "jax":
        import jax

        def with_float64(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
            def within(x: Any) -> Any:
                with jax.enable_x64(True):
                    return np.asarray(function(x))

            return within

        return {"tanh": with_float64(jax.numpy.tanh), "sigmoid": with_float64(jax.nn.sigmoid)}
    import tensorflow as tf

    def on_device(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def placed(x: Any) -> Any:
            with tf.device(DEVICES[library]):
                return function(tf.constant(x))

        return placed

    names = {"tanh": tf.tanh, "exp": tf.exp, "log": tf.math.log, "sigmoid": tf.sigmoid}
    return {name: on_device(function) for name, function in names.items()}


def spread(name: str, dtype: Any, points: int, seed: int = 0, largest: float = 80) -> np.ndarray:
    """Random numbers near 0, of all magnitudes, and up to `largest`; for log they are positive.

    In float32, exp and σ underflow a little beyond -80.
    """
    rng = np.random.default_rng(seed)
    near, middle, far = (rng.uniform(-bound, bound, points // 4) for bound in (1, 10, largest))
    x = np.concatenate([near, middle, far, rng.choice([-1, 1], points // 4) * 10 ** rng.uniform(-12, 1, points // 4)])
    return (np.abs(x) + 1e-30 if name == "log" else x).astype(dtype)


@lru_cache(maxsize=8)
def exact_results(name: str, numbers: tuple[float, ...]) -> list[Decimal]:
    """The results of a function in `EXACT`, with 60 digits."""
    with localcontext(prec=60):
        return [EXACT[name](Decimal(number)) for number in numbers]


def errors(name: str, function: Callable[[Any], Any], x: np.ndarray) -> Iterator[tuple[Decimal, Decimal]]:
    """The absolute error of `function` at each of the numbers x (n), and the unit in the last place of the result."""
    results = np.asarray(function(x))
    assert results.dtype == x.dtype
    assert not np.isnan(results).any()
    exact = exact_results(name, tuple(x.tolist()))
    units = np.spacing(np.abs(np.array(exact, np.float64).astype(x.dtype))).tolist()
    for result, number, unit in zip(results.tolist(), exact, units, strict=True):
        yield abs(Decimal(result) - number), Decimal(unit)


def error(name: str, function: Callable[[Any], Any], x: np.ndarray, floor: float = 0) -> float:
    """The largest error of `function` at the numbers x, in units in the last place of the exact result.

    An absolute error of `floor` times u is subtracted first.
    """
    allowed = Decimal(floor * float(np.finfo(x.dtype).eps) / 2)
    with localcontext(prec=60):
        return max(0.0, *(float((error - allowed) / unit) for error, unit in errors(name, function, x)))


def absolute_error(name: str, function: Callable[[Any], Any], x: np.ndarray) -> float:
    """The largest absolute error of `function` at the numbers x, in u."""
    with localcontext(prec=60):
        return max(float(error) for error, _ in errors(name, function, x)) / (float(np.finfo(x.dtype).eps) / 2)


def measure(library: str, dtype: str, points: int) -> list[Measured]:
    """The errors of all functions of a library in `ULPS`, each measured at `points` numbers."""
    recorded = ULPS[library, dtype]
    return [
        measure_one(library, name, function, spread(name, dtype, points), recorded)
        for name, function in functions(library).items()
    ]


def measure_one(way: str, name: str, function: Callable[[Any], Any], x: np.ndarray, recorded: Ulps) -> Measured:
    """The error of one function at the numbers x (n), beside the one that `recorded` allows."""
    floor = recorded.floor(name)
    in_u = absolute_error(name, function, x) if floor else 0.0
    beyond = error(name, function, x, floor)
    return Measured(way, x.dtype.name, name, beyond, getattr(recorded, name), floor, in_u)


def ways(name: str) -> dict[str, Callable[[Any], Any]]:
    """The ways to write "sigmoid" or "tanh", and the functions of the libraries in `FOREIGN` that are installed."""
    return WAYS[name] | {library: functions(library)[name] for library in FOREIGN if find_spec(library)}


def measure_ways(name: str, dtype: str, points: int) -> list[Measured]:
    """The errors of all ways to write "sigmoid" or "tanh", each measured at `points` numbers of up to ±40."""
    x = spread(name, dtype, points, largest=LARGEST)
    return [measure_one(way, name, function, x, ANY) for way, function in ways(name).items()]


def has_gpu() -> bool:
    """Whether TensorFlow finds a GPU."""
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def main() -> None:
    """Prints the measured and the recorded errors as two tables."""
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
    print("\nfunction  dtype      in u  floor  beyond  recorded  way to write it")
    for name in WAYS:
        for dtype in ("float32", "float64"):
            for row in measure_ways(name, dtype, points):
                numbers = f"{row.in_u:6.2f}  {row.floor:5}  {row.measured:6.2f}  {row.recorded:8}"
                print(f"{name:9} {dtype:8} {numbers}  {row.library}")


if __name__ == "__main__":
    main()
