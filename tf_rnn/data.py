"""MNIST for TensorFlow: `tf_rnn.prepared` prepares the project's archives, the exercise's pipeline feeds them."""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from numpy_rnn import mnist
from numpy_rnn.experiments import BATCH_SIZE
from tf_rnn import prepared

CLASSES = 10


def load(
    data_dir: str | Path | None = None,
    archives: Path = mnist.ARCHIVES,
    say: Callable[[str], None] = warnings.warn,
) -> list[tf.data.Dataset]:
    """Loads the training and the test split, which are prepared once, without a network.

    The prepared examples are compared with those of the archives. If they differ or cannot be read, they are prepared
    again. Processes that need the same preparation at the same time wait for the one that makes it.

    Parameters
    ----------
    data_dir : str or Path, optional
        Where `tensorflow_datasets` keeps the prepared set, by default `TFDS_DATA_DIR`, else `~/tensorflow_datasets`.
    archives : Path, optional
        The folder of the four archives.
    say : callable, optional
        It is called with one line if the examples are prepared again, or if another process prepares them.

    Returns
    -------
    list of tf.data.Dataset
        Two data sets, in memory, of (image (28, 28) float32, one-hot label (10,) float32).

    Raises
    ------
    FileNotFoundError, ValueError
        If an archive is missing or damaged, before anything is written; the message names it and both checksums.
    OSError
        If the folder cannot be read or written.
    """
    mnist.verify(archives)
    # All examples of a set at once: one by one they would take two seconds. The data stay in the computer's memory.
    with tf.device("CPU"):
        return [
            tf.data.Dataset.from_tensor_slices(transform(*split)) for split in prepared.load(data_dir, archives, say)
        ]


def transform(image: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Turns an example of `tensorflow_datasets`, or N of them, into the exercise's form.

    Parameters
    ----------
    image : tensor (28, 28, 1) or (N, 28, 28, 1)
        Grey values from 0 to 255, uint8.
    label : tensor () or (N,)
        The digit, an integer.

    Returns
    -------
    tuple of (tensor (28, 28) or (N, 28, 28), tensor (10,) or (N, 10))
        Grey values from 0 to 1, and the one-hot label, both float32.
    """
    return tf.cast(tf.squeeze(image, axis=-1), tf.float32) / 255, tf.one_hot(label, CLASSES)


def training_batches(
    train: tf.data.Dataset, batch_size: int = BATCH_SIZE, seed: int | None = None, epoch: int = 0
) -> tf.data.Dataset:
    """Shuffles the training split and groups it into batches, without the last short one.

    Parameters
    ----------
    train : tf.data.Dataset
        The split.
    batch_size : int, optional
        B.
    seed, epoch : int, optional
        They determine the order; without a seed it differs from call to call.

    Returns
    -------
    tf.data.Dataset
        Batches of (images (B, 28, 28), labels (B, 10)).
    """
    own_seed = None if seed is None else int(np.random.SeedSequence(seed, spawn_key=(epoch,)).generate_state(1)[0])
    shuffled = train.shuffle(train.cardinality(), own_seed, reshuffle_each_iteration=False)
    return shuffled.batch(batch_size, drop_remainder=True).prefetch(tf.data.AUTOTUNE)


def evaluation_batches(test: tf.data.Dataset, batch_size: int = BATCH_SIZE) -> tf.data.Dataset:
    """Groups the test split into batches, in its own order; the last one may be short.

    Parameters
    ----------
    test : tf.data.Dataset
        The split.
    batch_size : int, optional
        B.

    Returns
    -------
    tf.data.Dataset
        Batches of (images (B, 28, 28), labels (B, 10)).
    """
    return test.batch(batch_size).prefetch(tf.data.AUTOTUNE)
