"""The TensorFlow side of `train.py`: device, data, and one trained experiment at a time."""

import argparse
import io
import os
import sys
import time
from contextlib import redirect_stdout
from importlib.util import find_spec

import keras
import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from checkpoints import Arrays, Checkpoints
from display import Display
from report import Run, versions

from numpy_rnn.experiments import TRAINING_IMAGES, Experiment
from tf_rnn import data
from tf_rnn.training import Training, new_model

# With another number of threads a sum over many terms is another sum.
THREADS = 2


class Backend:
    """The chosen device and the prepared data; raises ValueError or OSError, in one line, where either can't be had."""

    def __init__(self, options: argparse.Namespace):
        if options.tensorboard and find_spec("tensorboard") is None:
            raise ValueError("--tensorboard: needs the package tensorboard: python -m pip install -e '.[tensorboard]'")
        self.options = options
        self.device = use_device(options.device)
        tf.config.experimental.enable_tensor_float_32_execution(options.tf32 == "on")
        if options.deterministic:
            make_deterministic()

    def load_data(self) -> None:
        """Loads MNIST, and prepares it first where no earlier run has, with a progress bar on a terminal."""
        if not sys.stderr.isatty():
            tfds.disable_progress_bar()
        try:
            # tfds announces a download that never happens here; its progress bars go to stderr.
            with redirect_stdout(io.StringIO()):
                self.training_split, self.test_split = data.load(self.options.data_dir)
        except (tf.errors.OpError, NotADirectoryError, PermissionError) as error:
            raise OSError(f"--data-dir: {getattr(error, 'message', error)}") from error
        images, labels = next(iter(self.test_split.batch(self.test_split.cardinality())))
        self.images, self.labels = images.numpy(), labels.numpy().argmax(axis=1)

    def train(self, experiment: Experiment, checkpoints: Checkpoints, display: Display) -> Run:
        """Trains one experiment, from the latest checkpoint if that is asked for, and tests the model."""
        options = self.options
        steps = TRAINING_IMAGES // options.batch_size

        def on_step(now: Training) -> None:
            display(now.epoch, now.step, now.loss, now.accuracy)
            checkpoints.after_step(now.epoch, now.step, steps, now.to_arrays)

        model = new_model(experiment, options.seed, options.jit, options.learning_rate)
        training = Training(model, options.seed, on_step)

        def restored(arrays: Arrays) -> Training:
            training.restore(arrays)
            return training

        checkpoints.latest(restored)
        log = checkpoints.folder.parent / "tensorboard" / time.strftime("%Y-%m-%d-%H-%M-%S")
        callbacks = [keras.callbacks.TensorBoard(log)] if options.tensorboard else []
        training.fit(self.training_split, options.epochs, options.batch_size, callbacks)
        batches = data.evaluation_batches(self.test_split, options.batch_size)
        test_loss, _ = model.evaluate(batches, verbose=0)
        return Run(
            experiment=experiment,
            settings=checkpoints.settings,
            epochs=training.history,
            weights={weight.name: weight.numpy() for weight in model.weights},
            images=self.images,
            labels=self.labels,
            probabilities=np.asarray(model.predict(batches, verbose=0)),
            test_loss=test_loss,
            device=self.device,
            versions=versions("numpy", "tensorflow", "keras", "tensorflow-datasets"),
            save=lambda folder: model.save(folder / "model.keras"),
        )


def make_deterministic() -> None:
    """Makes TensorFlow compute the same again, to the bit, in any process on one machine. Comes before all else."""
    tf.config.experimental.enable_op_determinism()
    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(THREADS)


def use_device(choice: str) -> str:
    """Makes TensorFlow compute on `choice`, "auto", "cpu" or "gpu", and returns the device's name.

    Raises ValueError for "gpu" where TensorFlow sees none. GPU memory is taken as it is needed, not all at once.
    """
    gpus = tf.config.list_physical_devices("GPU") if choice != "cpu" else []
    if choice == "gpu" and not gpus:
        raise ValueError("--device: expected a GPU that TensorFlow can use, found none")
    tf.config.set_visible_devices(gpus[:1], "GPU")
    for gpu in gpus[:1]:
        tf.config.experimental.set_memory_growth(gpu, True)
        return f"GPU, {tf.config.experimental.get_device_details(gpu).get('device_name', gpu.name)}"
    return f"CPU, {os.cpu_count()} cores"
