"""The processes of one training: which of them writes, and how they agree. Most trainings have one process."""

from collections.abc import Callable, Mapping
from typing import Any

from command.signals import Stopping
from trainings.checkpoints import Checkpoints


class OneProcess:
    """A training in one process, which writes all files. `checkpoints` takes the arguments of `Checkpoints`."""

    chief = True
    checkpoints: Callable[..., Checkpoints] = Checkpoints

    def listening(self, stopping: Stopping) -> Stopping:
        """Return what the training checks after each step: the signals of this process."""
        return stopping

    def asked(self) -> bool:
        """Return whether this process asks the others to stop; alone, it stops by itself."""
        return False

    def agree(self, asked: bool) -> None:
        """Note after a step whether any process asked to stop before it."""

    def compare(self, settings: Mapping[str, Any]) -> None:
        """Raise ValueError unless all processes have the same settings."""
