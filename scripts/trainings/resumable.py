"""Trains a model with checkpoints, from the newest one if the run resumes."""

from collections.abc import Callable

import numpy as np

from trainings.backend import Arrays, State, Trainer
from trainings.checkpoints import Checkpoints

TESTED = "test_accuracy"


def train_resumably(
    trainer: Trainer,
    checkpoints: Checkpoints,
    on_step: Callable[[State], None],
    test: Callable[[], float] | None = None,
) -> list[float]:
    """Train until `checkpoints.epochs` epochs are complete; call `on_step(state)` after each step.

    If `test` is given, it is called after each epoch. Its values are stored in the checkpoints, and those of all epochs
    are returned. Raises Interrupted after a signal, FloatingPointError if the loss becomes NaN or infinite, and Refused
    if a checkpoint cannot be read, is of another training, or cannot be written.
    """
    tested: list[float] = []

    def arrays() -> Arrays:
        return trainer.to_arrays() | ({TESTED: np.array(tested)} if test else {})

    def restore(arrays: Arrays) -> State:
        if test and TESTED not in arrays:
            raise ValueError(f"expected the array {TESTED}")
        former = arrays.pop(TESTED).tolist() if test else []
        state = trainer.restore(arrays)
        tested[:] = former
        return state

    def step_done(state: State) -> None:
        on_step(state)
        checkpoints.after_step(state.epoch, state.step, trainer.steps, arrays)

    checkpoints.latest(restore)
    if test is None:
        trainer.train(checkpoints.epochs, step_done)
        return []
    for epoch in range(len(tested), checkpoints.epochs):
        trainer.train(epoch + 1, step_done)
        tested.append(test())
    return tested
