"""One run of `train.py` for one experiment: trained with checkpoints, tested, and recorded."""

from collections.abc import Callable

from command.errors import Refused
from trainings.backend import Backend, Data, Setup, State, Trainer
from trainings.checkpoints import Checkpoints
from trainings.record import Record
from trainings.resumable import train_resumably


def train_and_test(
    backend: Backend, data: Data, setup: Setup, checkpoints: Checkpoints, on_step: Callable[[State], None]
) -> tuple[Record, Trainer]:
    """Train and test one experiment; return its record, and the trainer, which can save the model.

    `on_step(state)` is called after each step. Raises Refused if the loss becomes NaN or infinite or if another process
    that takes part is lost, and Interrupted after a signal.
    """
    try:
        trainer = backend.trainer(setup, data.training, checkpoints.folder.parent / "tensorboard")
        with checkpoints.stopping.training():
            train_resumably(trainer, checkpoints, on_step)
            test_loss, probabilities = trainer.evaluate(data.test)
    except (FloatingPointError, OSError) as error:  # OSError: a process that takes part is lost, or cannot start
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise Refused(f"{setup.experiment.name}: {reason}; {checkpoints.last()}") from error
    record = Record(
        experiment=setup.experiment,
        settings=checkpoints.settings,
        epochs=trainer.state.history,
        weights=trainer.weights(),
        images=data.test_images,
        labels=data.test_labels,
        probabilities=probabilities,
        test_loss=test_loss,
        device=backend.device,
        versions=backend.versions,
    )
    return record, trainer
