"""The TensorFlow backend: device, data, and models trained by Keras."""

import os
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from numpy_rnn import classifier, mnist
from numpy_rnn.sequences import grey
from numpy_rnn.training import CLASSES
from tf_rnn import data, weights
from tf_rnn.distributed import DistributedTraining
from tf_rnn.replicas import Replicas
from tf_rnn.training import Training, new_model
from trainings.backend import Arrays, Data, Setup
from trainings.provenance import versions
from trainings.strategies import Distribution, distribution

# The rounding of a long sum depends on the number of threads.
THREADS = 2


class Backend:
    """Data sets are `tf.data.Dataset` objects of images and one-hot labels."""

    def __init__(
        self,
        device: str | None = None,
        deterministic: bool = False,
        tf32: str = "off",
        jit: bool = False,
        tensorboard: bool = False,
        data_dir: Path | None = None,
        strategy: str | None = None,
        **choices: Any,
    ):
        """Raises ValueError, in one line, if the device, another worker or the package tensorboard is missing.

        `device` is "auto", "cpu" or "gpu"; None keeps TensorFlow's own choice. `tf32`, "on" or
        "off", says whether float32 products on a GPU may use TF32. `strategy` and `choices` are the arguments of
        `strategies.distribution`.
        """
        if tensorboard and find_spec("tensorboard") is None:
            raise ValueError("--tensorboard: needs the package tensorboard: python -m pip install -e '.[tensorboard]'")
        self.jit, self.tensorboard, self.data_dir = jit, tensorboard, data_dir
        self.device = use_device(device, all_gpus=strategy is not None) if device else "TensorFlow's own choice"
        tf.config.experimental.enable_tensor_float_32_execution(tf32 == "on")
        if deterministic:
            make_deterministic()
        self.distribution = distribution(strategy, **choices)
        self.device += self.distribution.description
        self.workers, self.replicas = self.distribution.workers, self.distribution.replicas
        self.versions = versions("numpy", "tensorflow", "keras", "tensorflow-datasets")

    def load_data(self, warn: Callable[[str], None]) -> Data:
        """Return MNIST; the first call for a data directory prepares it, and so does one that finds it damaged.

        `warn` shows a line if the data are prepared again. Raises ValueError or OSError, in one line, if the archives
        are damaged or the directory cannot be used.
        """
        mnist.verify()
        tfds.disable_progress_bar()  # they have another style, and report a download although there is none
        try:
            training, test = data.load(self.data_dir, say=warn)
        except Exception as error:  # tfds and TensorFlow report a full disk in many types of their own
            said = " ".join(str(getattr(error, "message", error)).split())
            raise OSError(f"--data-dir: {said or type(error).__name__}") from error
        images, labels = next(iter(test.batch(test.cardinality())))
        return Data(training, test, images.numpy(), labels.numpy().argmax(axis=1))

    def dataset(self, images: np.ndarray, labels: np.ndarray) -> tf.data.Dataset:
        """Return a data set of the images, as grey values from 0 to 1, and of their one-hot labels."""
        return tf.data.Dataset.from_tensor_slices((grey(images), np.eye(CLASSES, dtype=np.float32)[labels]))

    def trainer(self, setup: Setup, training: tf.data.Dataset, log: Path | None = None) -> "Trainer":
        """Return a trainer, which writes a TensorBoard log into `log` if the backend was started with that option."""
        return Trainer(setup, training, self.jit, log if self.tensorboard else None, self.distribution)


class Trainer:
    """A model in training by `tf_rnn`."""

    def __init__(
        self, setup: Setup, training: tf.data.Dataset, jit: bool, log: Path | None, distribution: Distribution
    ):
        self.setup, self.training = setup, training
        image, _ = training.element_spec
        rows, columns = image.shape
        shape = int(rows), int(columns)
        self.model = new_model(setup.experiment, setup.seed, jit, setup.learning_rate, shape, setup.clip_norm)
        if setup.start:
            weights.from_numpy(self.model, setup.start(np.random.default_rng(setup.seed)))
        self.steps = int(training.cardinality()) // setup.batch_size
        self.state = (
            self._distributed(distribution, shape) if distribution.strategy else Training(self.model, setup.seed)
        )
        self.callbacks = [keras.callbacks.TensorBoard(log / time.strftime("%Y-%m-%d-%H-%M-%S"))] if log else []

    def _distributed(self, distribution: Distribution, shape: tuple[int, int]) -> DistributedTraining:
        """Return the training of the model by replicas; the model itself tests and is saved, on one device."""
        setup = self.setup
        make_model = partial(new_model, setup.experiment, learning_rate=setup.learning_rate, image_shape=shape)
        replicas = Replicas(distribution.strategy, make_model, setup.batch_size, setup.clip_norm)
        workers = distribution.workers
        return DistributedTraining(self.model, replicas, self.setup.seed, workers.asked, workers.agree)

    def train(self, epochs: int, on_step: Callable[[Training], None]) -> None:
        """Train until `epochs` epochs are complete, counting earlier ones; call `on_step(state)` after each step.

        Raises FloatingPointError if the loss becomes NaN or infinite, and ConnectionError if another worker is lost.
        """
        self.state.on_step = on_step
        self.state.fit(self.training, epochs, self.setup.batch_size, self.callbacks)

    def to_arrays(self) -> Arrays:
        """Return the complete training state as named arrays."""
        return self.state.to_arrays()

    def restore(self, arrays: Arrays) -> Training:
        """Restore what `to_arrays` returned; raise ValueError if it does not fit this model."""
        self.state.restore(arrays)
        return self.state

    def evaluate(self, test: tf.data.Dataset) -> tuple[float, np.ndarray]:
        """Return the mean loss and the probabilities (N, 10)."""
        batches = data.evaluation_batches(test, self.setup.batch_size)
        loss, _ = self.model.evaluate(batches, verbose=0)
        return loss, np.asarray(self.model.predict(batches, verbose=0))

    def weights(self) -> dict[str, np.ndarray]:
        """Return the parameters by their symbols."""
        return {weight.name: weight.numpy() for weight in self.model.weights}

    def numpy_model(self) -> classifier.Model:
        """Return the model as `numpy_rnn` represents it."""
        return weights.to_numpy(self.model)

    def save(self, folder: Path) -> None:
        """Write `model.keras` into `folder`."""
        self.model.save(folder / "model.keras")


def make_deterministic() -> None:
    """Make TensorFlow compute the same bits in every process on one machine. Must precede any computation."""
    tf.config.experimental.enable_op_determinism()
    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(THREADS)


def use_device(choice: str, all_gpus: bool = False) -> str:
    """Make TensorFlow compute on `choice`, "auto", "cpu" or "gpu", and return the device's name.

    Of several GPUs it uses the first one, or all. GPU memory is allocated as needed.

    Raises ValueError for "gpu" if TensorFlow finds no GPU.
    """
    gpus: list[Any] = tf.config.list_physical_devices("GPU") if choice != "cpu" else []
    if choice == "gpu" and not gpus:
        raise ValueError("--device: expected a GPU that TensorFlow can use, found none")
    used = gpus if all_gpus else gpus[:1]
    tf.config.set_visible_devices(used, "GPU")
    for gpu in used:
        tf.config.experimental.set_memory_growth(gpu, True)
    for gpu in used[:1]:
        return f"GPU, {tf.config.experimental.get_device_details(gpu).get('device_name', gpu.name)}"
    return f"CPU, {os.cpu_count()} cores"
