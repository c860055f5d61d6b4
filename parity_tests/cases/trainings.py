"""Trainings of nine steps on 20 random images, which can be stopped after any step."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from numpy_rnn import checkpoint, training
from parity_tests.cases.models import random_model, random_split
from parity_tests.comparison import assert_same_bits

N, BATCH_SIZE, EPOCHS = 20, 6, 3
STEPS_PER_EPOCH = N // BATCH_SIZE
STEPS = EPOCHS * STEPS_PER_EPOCH


class StopTraining(Exception):
    """Raised by a test's `on_step` to stop a training."""


def new_training(kind: Any, dtype: Any = np.float32, H: int = 4, learned: bool = False) -> training.Training:
    """A training before its first step, with or without learned initial states."""
    return training.begin(random_model(kind, dtype=dtype, H=H, learned=learned), np.random.default_rng(0))


def fit(start: training.Training, stop_after: int | None = None, **options: Any) -> training.Training:
    """The finished training, or its state after `stop_after` steps, counted from the first epoch."""
    states = []

    def on_step(state: training.Training) -> None:
        states.append(state)
        if state.epoch * STEPS_PER_EPOCH + state.step == stop_after:
            raise StopTraining

    choices = {"epochs": EPOCHS, "batch_size": BATCH_SIZE} | options
    try:
        return training.fit(start, *random_split(N, seed=1), on_step=on_step, **choices)
    except StopTraining:
        return states[-1]


def through_a_file(state: training.Training) -> training.Training:
    """The training after it was written to a file and read again."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint.write(Path(folder) / "some.npz", checkpoint.to_arrays(state))
        return checkpoint.from_arrays(checkpoint.read(Path(folder) / "some.npz"))


def assert_same_training(actual: training.Training, expected: training.Training) -> None:
    """Two states of a training are equal to the last bit, except for the seconds that they took."""

    def without_seconds(state: training.Training) -> tuple[Any, ...]:
        history = tuple(epoch[:2] for epoch in state.history)
        return state.model, state.optimizer, state.batches, state.epoch, state.step, state.losses, state.hits, history

    assert_same_bits(without_seconds(actual), without_seconds(expected))
    assert actual.rng.bit_generator.state == expected.rng.bit_generator.state


def change_progress(**changes: Any) -> Callable[[dict[str, np.ndarray]], None]:
    """A function that changes these entries of a checkpoint's progress, and removes those that are None."""

    def change(arrays: dict[str, np.ndarray]) -> None:
        progress = json.loads(str(arrays["progress"])) | changes
        present = {name: value for name, value in progress.items() if value is not None}
        arrays["progress"] = np.array(json.dumps(present))

    return change
