"""A checkpoint whose counts contradict each other, or whose progress is no JSON of a training, is refused by name."""

import json

import numpy as np
import pytest

from numpy_rnn import checkpoint, rnn
from parity_tests.cases.models import BOTH_RECURRENCES
from parity_tests.cases.trainings import BATCH_SIZE, change_progress, fit, new_training


def repeat_an_example(arrays):
    arrays["batches"] = np.zeros_like(arrays["batches"])


def set_progress(arrays, changes):
    """Changes entries of a checkpoint's progress, also to None."""
    arrays["progress"] = np.array(json.dumps(json.loads(str(arrays["progress"])) | changes))


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


WHOLE, FINITE = "a whole number from 0", "a finite number"
NOT_FINITE = [float("nan"), float("inf"), -float("inf")]


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        *((name, [-1, 2**63, 1.0, True, "1", None], WHOLE) for name in ("epoch", "step", "hits", "t")),
        ("losses", [*NOT_FINITE, False, "1", []], FINITE),
        ("seconds", [*NOT_FINITE, -0.5, True], f"{FINITE} from 0"),
    ],
)
def test_a_number_of_another_type_or_out_of_range(name, values, expected):
    arrays = checkpoint.to_arrays(fit(new_training(rnn), stop_after=2))
    for value in values:
        changed = dict(arrays)
        set_progress(changed, {name: value})
        with pytest.raises(ValueError, match=f"^{name}: expected {expected}, got "):
            checkpoint.from_arrays(changed)


@pytest.mark.parametrize(
    ("number", "values", "expected"),
    [
        (0, [*NOT_FINITE, None], f"loss to be {FINITE}"),
        (1, [*NOT_FINITE, -0.1, 1.1, True], "accuracy to be a number from 0 to 1"),
        (2, [*NOT_FINITE, -0.5], f"seconds to be {FINITE} from 0"),
    ],
)
def test_a_number_of_the_history_out_of_range(number, values, expected):
    arrays = checkpoint.to_arrays(fit(new_training(rnn), stop_after=4))
    for value in values:
        changed, epoch = dict(arrays), [1.0, 0.5, 1.0]
        epoch[number] = value
        set_progress(changed, {"history": [epoch]})
        with pytest.raises(ValueError, match=f"^history: expected {expected}, got "):
            checkpoint.from_arrays(changed)


@pytest.mark.parametrize("epochs", [0, 2])
def test_a_history_of_another_number_of_epochs(epochs):
    arrays = checkpoint.to_arrays(fit(new_training(rnn), stop_after=4))
    set_progress(arrays, {"history": [[1.0, 0.5, 1.0]] * epochs})
    with pytest.raises(ValueError, match=r"^history: expected a list of 1 epochs, got "):
        checkpoint.from_arrays(arrays)


def test_a_progress_without_a_history():
    arrays = checkpoint.to_arrays(fit(new_training(rnn), stop_after=2))
    change_progress(history=None)(arrays)
    with pytest.raises(ValueError, match=r"^expected the progress of a training, found no 'history'$"):
        checkpoint.from_arrays(arrays)
