"""Times whole training steps side by side, and says how they stand to the limits the project has set itself.

Every comparison is a ratio of medians, of steps taken in turns within this one run. Nothing else should run meanwhile.
"""

import argparse
import math
import os
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec

from arguments import one_of, whole_number
from quiet import quiet_start
from rich.console import Console
from rich.table import Table

THREADS = 2
SIZES = {"T": (7, 14, 28, 56), "H": (32, 64, 128, 256), "B": (32, 64, 128, 256)}
TITLES = {"rnn": "RNN", "lstm": "LSTM"}

Step = Callable[[], object]


class Limits:
    """The table of ratios, and whether all of them keep to their limits."""

    def __init__(self, title: str):
        self.kept = True
        self.table = Table("step", "ms", "against", "ms", "ratio", "limit", "kept", title=title)

    def add(self, steps: Mapping[str, Step], rounds: int, limit: float | None = None, **options: int) -> None:
        """Times two steps against each other, so that a third leaves no mark on them; options are of `medians`."""
        (name, ms), (other, other_ms) = medians(steps, rounds, **options).items()
        ratio = ms / other_ms
        kept = limit is None or ratio <= limit
        self.kept = self.kept and kept
        verdict = ("", "") if limit is None else (f"≤ {limit}", "[green]yes" if kept else "[bold red]no")
        self.table.add_row(name, f"{ms:.2f}", other, f"{other_ms:.2f}", f"{ratio:.3f}", *verdict)


def medians(steps: Mapping[str, Step], rounds: int, repeat: int = 10, within: int = 1) -> dict[str, float]:
    """The median time of each step, in ms, taken in turns: `rounds` times `repeat` in a row, after one to warm up.

    Where a call takes several steps, their number is `within`.
    """
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            step()
            for _ in range(repeat):
                start = time.perf_counter()
                step()
                times[name].append(1000 * (time.perf_counter() - start) / within)
    return {name: statistics.median(values) for name, values in times.items()}


def tensorflow_limits(rounds: int) -> Limits:
    """This project's Keras layers against Keras's own, and against the exercise's literal broadcast."""
    import contenders

    limits = Limits("Keras layers, a training step")
    for recurrence, keras_limit, broadcast_limit in (("rnn", 0.8, 0.12), ("lstm", 0.8, 0.09)):
        title = TITLES[recurrence]
        own = {f"tf_rnn {title}": contenders.tensorflow_step(contenders.project_model(recurrence))}
        keras = {f"keras {title}": contenders.tensorflow_step(contenders.keras_model(recurrence))}
        limits.add(own | keras, rounds, keras_limit)
        limits.add(own | {f"broadcast {title}": contenders.broadcast_step(recurrence)}, rounds, broadcast_limit)
    return limits


def pipeline_cost(rounds: int) -> Limits:
    """A step within `fit` fed by the input pipeline against one on a batch that is already there, over whole epochs."""
    import contenders

    from tf_rnn import data

    fed = data.training_batches(data.load()[0], seed=0)
    steps = int(fed.cardinality())
    ready = contenders.one_batch().repeat(steps)
    limits = Limits("Input pipeline, a training step")
    for recurrence, title in TITLES.items():
        model = contenders.project_model(recurrence)
        epochs = {
            f"{title}, with": partial(model.fit, fed, shuffle=False, verbose=0),
            f"{title}, without": partial(model.fit, ready, shuffle=False, verbose=0),
        }
        limits.add(epochs, max(rounds // 5, 2), repeat=1, within=steps)
    return limits


def numpy_limits(rounds: int) -> Limits:
    """This project's NumPy against torch and Keras, and the share of its time that the matrix products alone take."""
    import contenders

    with_torch = find_spec("torch") is not None
    limits = Limits("NumPy, a training step" + ("" if with_torch else " (torch is not installed: extra 'bench')"))
    for recurrence, torch_limit, keras_limit in (("rnn", 0.8, 1.0), ("lstm", 1.25, 0.9)):
        title = TITLES[recurrence]
        own = {f"numpy_rnn {title}": contenders.numpy_step(recurrence)}
        if with_torch:
            limits.add(own | {f"torch {title}": contenders.torch_step(recurrence, THREADS)}, rounds, torch_limit)
        keras = {f"keras {title}": contenders.tensorflow_step(contenders.keras_model(recurrence))}
        limits.add(own | keras, rounds, keras_limit)
        limits.add({f"products {title}": contenders.products_step(recurrence)} | own, rounds)
    return limits


def growth(rounds: int) -> Table:
    """How time and memory of NumPy's loss and gradients grow with each size, from T 28, H 128, B 128, I 28, float32."""
    import contenders

    table = Table("", "size", "ms", "slope", "MiB", "slope", title="NumPy, loss and gradients: growth with each size")
    for recurrence, title in TITLES.items():
        for letter, sizes in SIZES.items():
            shapes = [{"T": 28, "H": 128, "B": 128, letter: size} for size in sizes]
            steps = {str(shape[letter]): contenders.gradients_step(recurrence, **shape) for shape in shapes}
            ms, mib = list(medians(steps, rounds).values()), [peak(step) for step in steps.values()]
            table.add_row(f"{title} {letter}", row(sizes), row(ms), slope(sizes, ms), row(mib), slope(sizes, mib))
    return table


def row(values: Sequence[float]) -> str:
    """The values side by side."""
    return " ".join(f"{value:.3g}" for value in values)


def slope(sizes: Sequence[float], values: Sequence[float]) -> str:
    """The power of the size with which the values grow: the slope of the line through their logarithms."""
    line = statistics.linear_regression([math.log(size) for size in sizes], [math.log(value) for value in values])
    return f"{line.slope:.2f}"


def peak(step: Step) -> float:
    """The memory, in MiB, that a step holds at its peak beyond what was there before."""
    tracemalloc.start()
    step()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 2**20


PARTS = {"layers": tensorflow_limits, "pipeline": pipeline_cost, "numpy": numpy_limits, "growth": growth}


def main() -> int:
    """Measures what the command line names; returns 1 if a limit isn't kept."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="Exit code: 1 if a limit is not kept.")
    parts = f"{', '.join(PARTS)} (default: all)"
    parser.add_argument("parts", nargs="*", type=one_of(PARTS), default=[*PARTS.values()], metavar="PART", help=parts)
    rounds = "of ten steps of each contender (default: %(default)s)"
    parser.add_argument("--rounds", type=whole_number(1, 1000), default=15, help=rounds)
    options = parser.parse_args()
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        os.environ[variable] = str(THREADS)

    console = Console(highlight=False)
    with console.status("starting TensorFlow"), quiet_start():
        import tensorflow as tf

        tf.config.set_visible_devices([], "GPU")
    kept = True
    for measure in options.parts:
        with console.status("measuring"):
            result = measure(options.rounds)
        console.print(result.table if isinstance(result, Limits) else result)
        kept = kept and (not isinstance(result, Limits) or result.kept)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
