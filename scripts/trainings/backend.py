"""The interface of the two backends, through which `train.py` and `study.py` train."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from command.quiet_start import quiet_start
from numpy_rnn import classifier
from numpy_rnn.experiments import BATCH_SIZE, LEARNING_RATE, Epoch, Experiment

Arrays = dict[str, np.ndarray]


class Setup(NamedTuple):
    """What is trained, and how. `clip_norm` is the largest global norm of the gradients, None if they are not clipped.

    `start` returns the weights before training, drawn from the generator that it is given. Without it, the backend
    draws the weights of `experiment` itself. `shards` is the number of shards of a batch, with NumPy.
    """

    experiment: Experiment
    seed: int
    batch_size: int = BATCH_SIZE
    learning_rate: float = LEARNING_RATE
    start: Callable[[np.random.Generator], classifier.Model] | None = None
    clip_norm: float | None = None
    shards: int = 1


class Data(NamedTuple):
    """MNIST: the two sets in the backend's own form, and the test set as arrays.

    `test_images` (N, 28, 28) are grey values from 0 to 1, `test_labels` (N,) digits.
    """

    training: Any
    test: Any
    test_images: np.ndarray
    test_labels: np.ndarray


class State(Protocol):
    """The progress of a training: `step` steps of epoch `epoch`, counted from 0, are complete.

    `loss` and `accuracy` are the running means of this epoch; `history` holds the epochs before it.
    """

    @property
    def epoch(self) -> int:
        """The number of complete epochs."""

    @property
    def step(self) -> int:
        """The number of complete steps of the current epoch."""

    @property
    def history(self) -> Sequence[Epoch]:
        """The complete epochs."""

    @property
    def loss(self) -> float:
        """The mean loss over the steps of this epoch."""

    @property
    def accuracy(self) -> float:
        """The share of this epoch's examples, so far, that were classified correctly."""


class Trainer(Protocol):
    """A model in training; `steps` is the number of steps in an epoch."""

    state: Any
    steps: int

    def train(self, epochs: int, on_step: Callable[[Any], None]) -> None:
        """Train until `epochs` epochs are complete, counting earlier ones; call `on_step(state)` after each step.

        Raises FloatingPointError if the loss or a parameter becomes NaN or infinite.
        """

    def to_arrays(self) -> Arrays:
        """Return the complete training state as named arrays, enough to resume bit for bit."""

    def restore(self, arrays: Arrays) -> State:
        """Restore what `to_arrays` returned; raise TypeError or ValueError if it does not fit this model."""

    def evaluate(self, test: Any) -> tuple[float, np.ndarray]:
        """Return the mean loss on a test set in the backend's form, and the probabilities (N, 10)."""

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return the parameters by their symbols."""

    def numpy_model(self) -> classifier.Model:
        """Return the model as `numpy_rnn` represents it."""

    def save(self, folder: Path) -> None:
        """Write the model into `folder`."""


class Backend(Protocol):
    """A library that trains: `device` names what computes, `versions` the packages used.

    `workers` are the processes that train together, `replicas` the number of devices that do; None means one device.
    """

    device: str
    versions: dict[str, str]
    workers: Any
    replicas: int | None

    def load_data(self, warn: Callable[[str], None]) -> Data:
        """Return MNIST; `warn` shows a line if its files are repaired.

        Raises ValueError or OSError, in one line, if the archives are missing or damaged.
        """

    def dataset(self, images: np.ndarray, labels: np.ndarray) -> Any:
        """Return images (N, T, I) uint8 and labels (N,) in the backend's form."""

    def trainer(self, setup: Setup, training: Any, log: Path | None = None) -> Trainer:
        """Return a trainer on a training set in the backend's form; `log` is the folder of a TensorBoard log."""


def start_backend(name: str, **options: Any) -> Backend:
    """Return the backend "numpy" or "tf" with its options; TensorFlow is loaded only for "tf"."""
    with quiet_start() if name == "tf" else nullcontext():
        if name == "numpy":
            from trainings import numpy_backend as backend
        else:
            from trainings import tensorflow_backend as backend  # type: ignore[no-redef]
        return backend.Backend(**options)
