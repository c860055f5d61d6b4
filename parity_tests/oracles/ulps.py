"""Measures the errors of tanh, exp, log and σ in units in the last place: `python -m parity_tests.oracles.ulps`.

`bounds.ULPS` records the results. Each function is compared with Python's decimal arithmetic with 60 digits, at numbers
spread over the range where its result is neither 0 nor 1.
"""

import argparse
from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any

import numpy as np

from numpy_rnn.activations import sigmoid
from parity_tests.oracles.bounds import ULPS

EXACT: dict[str, Callable[[Decimal], Decimal]] = {
    "tanh": lambda x: ((2 * x).exp() - 1) / ((2 * x).exp() + 1),
    "exp": Decimal.exp,
    "log": Decimal.ln,
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
}


def functions(library: str) -> dict[str, Callable[[Any], Any]]:
    """The functions of "numpy" or "tensorflow"; NumPy has no σ, so this project's `sigmoid` takes its place."""
    if library == "numpy":
        return {"tanh": np.tanh, "exp": np.exp, "log": np.log, "sigmoid": sigmoid}
    import tensorflow as tf

    return {"tanh": tf.tanh, "exp": tf.exp, "log": tf.math.log, "sigmoid": tf.sigmoid}


def spread(name: str, dtype: Any, points: int, seed: int = 0) -> np.ndarray:
    """Random numbers near 0, of all magnitudes, and up to where float32 underflows; for log they are positive."""
    rng = np.random.default_rng(seed)
    near, middle, far = (rng.uniform(-bound, bound, points // 4) for bound in (1, 10, 80))
    x = np.concatenate([near, middle, far, rng.choice([-1, 1], points // 4) * 10 ** rng.uniform(-12, 1, points // 4)])
    return (np.abs(x) + 1e-30 if name == "log" else x).astype(dtype)


def error(name: str, function: Callable[[Any], Any], x: np.ndarray) -> float:
    """The largest error of `function` at the numbers x, in units in the last place of the exact result."""
    results = np.asarray(function(x))
    assert results.dtype == x.dtype
    worst = 0.0
    with localcontext(prec=60):
        for argument, result in zip(x.tolist(), results.tolist(), strict=True):
            exact = EXACT[name](Decimal(argument))
            unit = float(np.spacing(np.abs(x.dtype.type(float(exact)))))
            worst = max(worst, float(abs(Decimal(result) - exact) / Decimal(unit)))
    return worst


def main() -> None:
    """Prints the measured and the recorded errors as a table."""
    parser = argparse.ArgumentParser(prog="python -m parity_tests.oracles.ulps", description=__doc__)
    numbers = "how many numbers each function is measured at (default: %(default)s)"
    parser.add_argument("--points", type=int, default=20_000, help=numbers)
    points = parser.parse_args().points
    print("library     dtype    function  measured  recorded")
    for (library, dtype), recorded in ULPS.items():
        for name, function in functions(library).items():
            measured = error(name, function, spread(name, dtype, points))
            print(f"{library:11} {dtype:8} {name:9} {measured:8.2f}  {getattr(recorded, name):8}")


if __name__ == "__main__":
    main()
