"""TF32, the products of recent GPUs for float32: 10 bits of fraction of each operand, simulated and measured.

`simulated` makes this project's cells and layers round as such a GPU does; `misses` says by how many times outputs and
gradients then miss the bound that holds in float32.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np
import tensorflow as tf

from parity_tests import tensorflow_results
from parity_tests.comparison import ratios
from parity_tests.implementations import Implementation
from parity_tests.strategies import Draw, case

FRACTION = 10
DROPPED = 23 - FRACTION
# Of the exercise's shape, but with bounds that are no larger than a thousandth of the results.
WIDE = [Draw(T, H, 28, 32, 10, seed, weights=0.05) for seed, (T, H) in enumerate([(1, 128), (2, 64), (3, 32), (4, 16)])]


def rounded(x: Any) -> tf.Tensor:
    """float32 numbers to the nearest with 10 bits of fraction."""
    bits = tf.bitcast(x, tf.uint32)
    half = tf.constant(1 << (DROPPED - 1), tf.uint32)
    mask = tf.constant((0xFFFFFFFF >> DROPPED) << DROPPED, tf.uint32)
    return tf.bitcast((bits + half) & mask, tf.float32)


def product(a: Any, b: Any) -> tf.Tensor:
    """a (B, n) times b (m, n) transposed; all operands rounded, forward and backward."""

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
    """Meanwhile this project's cells and layers take their float32 products as in TF32."""
    with (
        mock.patch("tf_rnn.cells.times", lambda M, v: product(v, M)),
        mock.patch("tf_rnn.layers.times", lambda M, v: product(v, M)),
    ):
        yield


def misses(
    ours: Implementation,
    draws: list[Draw],
    theirs: Callable[[Any], tensorflow_results.Arrays],
    library: str | None = None,
) -> float:
    """By how many times of its bound the worst quantity of these draws is off, in float32; 1 or less is within.

    `theirs` gives TensorFlow's results for a case; `library` is their row of `bounds.ULPS`, if not that of the device.
    """
    parts = {"h": slice(1, None), "c": slice(-1, None)}
    worst = 0.0
    for draw in draws:
        drawn = case(ours.kind, draw, np.float32)
        results = theirs(drawn)
        shown = parts if len(results["h"]) == draw.T else {}
        sides = tensorflow_results.both_sides(ours, drawn, np.float32, results, shown, library)
        worst = max(worst, *ratios(*sides).values())
    return worst
