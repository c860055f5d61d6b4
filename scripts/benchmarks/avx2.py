"""One training step on a processor without AVX-512, whose instructions compute 8 numbers of float32 at most."""

import os
from collections.abc import Callable
from unittest import mock

from benchmarks.contenders import OTHERS
from benchmarks.part import TITLES, Part, Results, label, measure_both, side_by_side, times
from benchmarks.timing import Plan, fastest, ratio
from pages.blocks import Picture, Table

NAMES = "numpy_rnn", "numpy_rnn-1", "floor", "tf_rnn", "keras", "keras-unrolled", "torch", "jax"
# With these settings NumPy, OpenBLAS, torch, oneDNN, MKL and XLA use no wider instructions than those of AVX2.
ENVIRONMENT = {
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR X86_V4",
    "OPENBLAS_CORETYPE": "Haswell",
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
}


def measure(plan: Plan, say: Callable[[str], None]) -> Results:
    """Measure the times of most contenders for both recurrences, without AVX-512."""
    names = [name for name in NAMES if name in plan.contenders]
    with mock.patch.dict(os.environ, ENVIRONMENT):
        return measure_both(names, plan, say)


def describe(results: Results) -> list[str]:
    """Return sentences on the instructions, and the ratio of `numpy_rnn` with one shard."""
    return [
        "Many processors lack AVX-512, the instructions that compute 16 numbers of float32 at once. Their widest "
        "instructions are those of AVX2, which compute 8. Here every library is set to use AVX2 at most, on the same "
        "machine as above: the ratios of the libraries differ, because not every library gains equally from AVX-512. A "
        "processor without AVX-512 also differs from this one in other ways.",
        *with_one_shard(results),
    ]


def with_one_shard(results: Results) -> list[str]:
    """Return a sentence for each recurrence on the ratio of `numpy_rnn` with one shard."""
    sentences = []
    for recurrence, result in results.items():
        ms = times(result)
        if "numpy_rnn-1" in ms and any(name in ms for name in OTHERS):
            other = fastest(OTHERS, ms)
            sentences.append(
                f"With one shard, `numpy_rnn` takes {ratio(ms['numpy_rnn-1'], ms[other])} times as long as "
                f"{label(other, recurrence)} ({TITLES[recurrence]})."
            )
    return sentences


def tabulate(results: Results) -> list[Table]:
    """Return a table of all contenders, with both recurrences side by side."""
    heads = ["", "RNN, ms", "against `numpy_rnn`", "LSTM, ms", "against `numpy_rnn`"]
    return [Table("A training step without AVX-512", heads, side_by_side(results))]


def draw(results: Results, threads: int) -> list[Picture]:
    """Return no pictures, because the table shows all values."""
    return []


PART = Part("avx2", "A training step without AVX-512", measure, describe, tabulate, draw)
