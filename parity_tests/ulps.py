"""How many units in the last place are tanh, exp, log and σ off? `python -m parity_tests.ulps` prints it.

`bounds.ULPS` records the answer. Each function is held against Python's decimal arithmetic
with 60 digits, at numbers spread over the range where it is neither 0 nor 1. TensorFlow has a row for each kind of
device; the rows of a GPU need one.
"""

import argparse
from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any, NamedTuple

import numpy as np

from numpy_rnn.activations import sigmoid
from parity_tests.bounds import ULPS

# In ULPS, what TensorFlow computes on a GPU, and where.
ON_GPU = "tensorflow-gpu", "cudnn"
DEVICES = {"tensorflow": "/CPU:0", "tensorflow-gpu": "/GPU:0"}

EXACT: dict[str, Callable[[Decimal], Decimal]] = {
    "tanh": lambda x: ((2 * x).exp() - 1) / ((2 * x).exp() + 1),
    "exp": Decimal.exp,
    "log": Decimal.ln,
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
}


def functions(library: str) -> dict[str, Callable[[Any], Any]]:
    """Those of a library in `ULPS`; NumPy has no σ, and gets this project's, cuDNN has no exp and no log."""
    if library == "numpy":
        return {"tanh": np.tanh, "exp": np.exp, "log": np.log, "sigmoid": sigmoid}
    if library == "cudnn":
        from parity_tests import cudnn

        return cudnn.functions()
    import tensorflow as tf

    def there(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def placed(x: Any) -> Any:
            with tf.device(DEVICES[library]):
                return function(tf.constant(x))

        return placed

    return {"tanh": there(tf.tanh), "exp": there(tf.exp), "log": there(tf.math.log), "sigmoid": there(tf.sigmoid)}


def spread(name: str, dtype: Any, points: int, seed: int = 0) -> np.ndarray:
    """Numbers near 0, of every size, and out to where float32 is about to underflow; for log positive ones."""
    rng = np.random.default_rng(seed)
    near, middle, far = (rng.uniform(-bound, bound, points // 4) for bound in (1, 10, 80))
    x = np.concatenate([near, middle, far, rng.choice([-1, 1], points // 4) * 10 ** rng.uniform(-12, 1, points // 4)])
    return (np.abs(x) + 1e-30 if name == "log" else x).astype(dtype)


def error(name: str, function: Callable[[Any], Any], x: np.ndarray, floor: float = 0) -> float:
    """The largest error of `function` at x, less `floor` times u, in units in the last place of the exact result."""
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
    """The largest error of `function` at x, in u."""
    results = np.asarray(function(x)).tolist()
    with localcontext(prec=60):
        worst = max(
            abs(Decimal(result) - EXACT[name](Decimal(at))) for at, result in zip(x.tolist(), results, strict=True)
        )
    return float(worst) / (float(np.finfo(x.dtype).eps) / 2)


class Measured(NamedTuple):
    """A function's error in units in the last place; `recorded` is what `ULPS` has, `floor` the u that it allows for σ.

    With a floor `measured` is what is beyond it, and `in_u` the whole error, in u.
    """

    library: str
    dtype: str
    function: str
    measured: float
    recorded: float
    floor: float
    in_u: float


def measure(library: str, dtype: str, points: int) -> list[Measured]:
    """All functions of a row of `ULPS`."""
    recorded = ULPS[library, dtype]
    rows = []
    for name, function in functions(library).items():
        x = spread(name, dtype, points)
        floor = recorded.sigmoid_floor if name == "sigmoid" else 0
        measured, whole = error(name, function, x, floor), absolute_error(name, function, x) if floor else 0.0
        rows.append(Measured(library, dtype, name, measured, getattr(recorded, name), floor, whole))
    return rows


def has_gpu() -> bool:
    """Whether TensorFlow sees a GPU."""
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m parity_tests.ulps", description=__doc__)
    parser.add_argument("--points", type=int, default=20_000, help="for each function (default: %(default)s)")
    points = parser.parse_args().points
    print("library         dtype    function  measured  recorded")
    for library, dtype in ULPS:
        if library in ON_GPU and not has_gpu():
            print(f"{library:15} {dtype:8} no GPU is visible to TensorFlow")
            continue
        for row in measure(library, dtype, points):
            beyond = f"  beyond {row.floor:g} u; {row.in_u:.2f} u in all" if row.floor else ""
            print(f"{library:15} {dtype:8} {row.function:9} {row.measured:8.2f}  {row.recorded:8}{beyond}")


if __name__ == "__main__":
    main()
