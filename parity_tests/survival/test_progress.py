"""A checkpoint whose counts contradict each other, or whose progress is no JSON of a training, is refused by name."""

import numpy as np
import pytest

from numpy_rnn import checkpoint
from parity_tests.cases.models import BOTH_RECURRENCES
from parity_tests.cases.trainings import BATCH_SIZE, change_progress, fit, new_training


def repeat_an_example(arrays):
    arrays["batches"] = np.zeros_like(arrays["batches"])


def nest_deeply(arrays):
    arrays["progress"] = np.array("[" * 100_000)


@BOTH_RECURRENCES
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (change_progress(hits=2 * BATCH_SIZE + 1), r"^hits: expected at most one for each example, got 13$"),
        (change_progress(step=4), r"^step: expected at most the 3 steps of the epoch, got 4$"),
        (change_progress(t=1), r"^t: expected at least the 2 steps of the epoch, got 1$"),
        (repeat_an_example, r"^batches: expected each example once, from 0$"),
        (nest_deeply, r"^expected the progress of a training, got JSON that is nested too deeply$"),
    ],
)
def test_progress_that_contradicts_itself(kind, change, message):
    arrays = checkpoint.to_arrays(fit(new_training(kind), stop_after=2))
    change(arrays)
    with pytest.raises(ValueError, match=message):
        checkpoint.from_arrays(arrays)
