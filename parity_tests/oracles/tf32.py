"""TF32, the format with 10 bits of fraction to which recent GPUs round the operands of float32 products.

`simulated` makes this project's cells and layers round as such a GPU does. `worst_ratio` measures by how much outputs
and gradients then exceed the bound for float32.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np
import tensorflow as tf

from parity_tests.cases.recurrences import Case, CaseSpec, make_case
from parity_tests.comparison import ratios
from parity_tests.implementations import Implementation
from parity_tests.oracles.tensorflow_parity import both_sides
from parity_tests.oracles.tensorflow_results import KERAS_PARTS, Arrays

FRACTION = 10
DROPPED = 23 - FRACTION
# Sizes of the exercise, with so few steps that no bound is vacuous.
WIDE = [
    CaseSpec(T, H, 28, 32, 10, seed, weights=0.05) for seed, (T, H) in enumerate([(1, 128), (2, 64), (3, 32), (4, 16)])
]


def rounded(x: Any) -> tf.Tensor:
    """The float32 numbers x, of any shape, rounded to 10 bits of fraction."""
    bits = tf.bitcast(x, tf.uint32)
    half = tf.constant(1 << (DROPPED - 1), tf.uint32)
    mask = tf.constant((0xFFFFFFFF >> DROPPED) << DROPPED, tf.uint32)
    return tf.bitcast((bits + half) & mask, tf.float32)


def product(a: Any, b: Any) -> tf.Tensor:
    """a bᵀ for a (B, n) and b (m, n), with operands in TF32, in the forward and in the backward pass."""

    @tf.custom_gradient
    def rounding(a, b):
        a, b = rounded(a), rounded(b)

        def gradients(dy):
            dy = rounded(dy)
            return tf.matmul(dy, b), tf.matmul(dy, a, transpose_a=True)

        return tf.matmul(a, b, transpose_b=True), gradients

    return rounding(tf.convert_to_tensor(a), tf.convert_to_tensor(b))


@contextmanager
def simulated() -> Iterator[None]:
    """Makes the float32 products of this project's cells and layers use TF32 within the block."""
    with (
        mock.patch("tf_rnn.cells.times", lambda M, v: product(v, M)),
        mock.patch("tf_rnn.layers.times", lambda M, v: product(v, M)),
    ):
        yield


def worst_ratio(
    ours: Implementation,
    specs: Sequence[CaseSpec],
    theirs: Callable[[Case], Arrays],
    library: str | None = None,
) -> float:
    """The largest error in float32 as a part of its bound, over all quantities and specs.

    `theirs` returns TensorFlow's results for a case. `library` is the library in `bounds.ULPS` that computes them; None
    means TensorFlow on its device.
    """
    worst = 0.0
    for spec in specs:
        case = make_case(ours.kind, spec, np.float32)
        results = theirs(case)
        parts = KERAS_PARTS if len(results["h"]) == spec.T else {}
        worst = max(worst, *ratios(*both_sides(ours, case, np.float32, results, parts, library)).values())
    return worst
