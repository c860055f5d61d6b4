"""The cost of the input pipeline: a step of `fit` with the pipeline, compared with one on a batch in memory."""

import statistics
from collections.abc import Callable

from benchmarks.part import TITLES, Part, Results, measure_both, three_digits, times
from benchmarks.timing import Plan, ratio
from numpy_rnn.experiments import BATCH_SIZE, TRAINING_IMAGES
from pages.blocks import Picture, Table

NAMES = "tf_rnn-fed", "tf_rnn-ready"
STEPS = TRAINING_IMAGES // BATCH_SIZE


def measure(plan: Plan, say: Callable[[str], None]) -> Results:
    """Measure whole epochs of both recurrences, with the pipeline and without."""
    return measure_both(NAMES, plan._replace(seconds=3 * plan.seconds), say)


def describe(results: Results) -> list[str]:
    """Return sentences on what is timed."""
    return [
        f"The input pipeline is `tf_rnn.data`, which shuffles and batches the images. An epoch of {STEPS} steps of "
        "Keras's `fit` is timed with the pipeline, and with one batch in memory that every step uses."
    ]


def tabulate(results: Results) -> list[Table]:
    """Return a table of milliseconds for a step, and their ratio."""
    rows = []
    for recurrence, result in results.items():
        ms_of = times(result)
        if not ms_of.keys() >= set(NAMES):
            rows.append([TITLES[recurrence], "–", "–", "–"])
            continue
        fed, ready = (ms_of[name] for name in NAMES)
        ms = [three_digits(statistics.median(one) / STEPS) for one in (fed, ready)]
        rows.append([TITLES[recurrence], *ms, str(ratio(fed, ready))])
    return [
        Table(
            "`tf_rnn`: milliseconds for a step within an epoch, with and without the pipeline",
            ["", "with", "without", "ratio"],
            rows,
        )
    ]


def draw(results: Results, threads: int) -> list[Picture]:
    """Return no pictures, because the table shows all values."""
    return []


PART = Part("pipeline", "The input pipeline", measure, describe, tabulate, draw)
