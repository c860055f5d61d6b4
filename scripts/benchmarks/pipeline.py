"""What the input pipeline costs: a step within `fit` fed by it against one on a batch that is already there."""

import statistics
from collections.abc import Callable

from benchmarks.part import TITLES, Part, Results, measure_both, times
from benchmarks.timing import Plan, ratio
from numpy_rnn.experiments import BATCH_SIZE, TRAINING_IMAGES
from pages.blocks import Picture, Table

NAMES = "tf_rnn-fed", "tf_rnn-ready"
STEPS = TRAINING_IMAGES // BATCH_SIZE


def measure(plan: Plan, say: Callable[[str], None]) -> Results:
    """Of each recurrence whole epochs, with the pipeline and without."""
    return measure_both(NAMES, plan._replace(seconds=3 * plan.seconds), say)


def tell(results: Results) -> list[str]:
    """What is timed."""
    return [
        f"Epochs of {STEPS} steps by Keras's `fit`: shuffled and batched by `tf_rnn.data`, or the same batch again."
    ]


def tabulate(results: Results) -> list[Table]:
    """Milliseconds a step, and the ratio."""
    rows = []
    for recurrence, result in results.items():
        fed, ready = (times(result)[name] for name in NAMES)
        ms = [f"{statistics.median(one) / STEPS:.2f}" for one in (fed, ready)]
        rows.append([TITLES[recurrence], *ms, str(ratio(fed, ready))])
    return [Table("`tf_rnn`, a step within an epoch, milliseconds", ["", "with", "without", "ratio"], rows)]


def draw(results: Results) -> list[Picture]:
    """None: the table has it all."""
    return []


PART = Part("pipeline", "The input pipeline", measure, tell, tabulate, draw)
