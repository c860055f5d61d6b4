"""MNIST for TensorFlow: `tensorflow_datasets` prepares the project's archives, the exercise's pipeline feeds them."""

import tempfile

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from numpy_rnn import mnist
from numpy_rnn.experiments import BATCH_SIZE

CLASSES = 10


def load(data_dir=None, archives=mnist.ARCHIVES):
    """The training and the test split: cached `tf.data.Dataset`s of (image (28, 28) float32, one-hot (10,) float32).

    The set is prepared once, without a network, in `data_dir` (by default `TFDS_DATA_DIR`, else
    `~/tensorflow_datasets`). A damaged or missing archive is found before anything is written: FileNotFoundError or
    ValueError, in one line that names the file and both checksums.
    """
    mnist.verify(archives)
    with tempfile.TemporaryDirectory(prefix="mnist-") as unpacked:
        splits = tfds.load(
            "mnist",
            split=["train", "test"],
            as_supervised=True,
            data_dir=data_dir,
            download_and_prepare_kwargs={
                "download_dir": unpacked,
                "download_config": tfds.download.DownloadConfig(manual_dir=archives),
            },
        )
    return [split.map(transform, num_parallel_calls=tf.data.AUTOTUNE).cache() for split in splits]


def transform(image, label):
    """(28, 28, 1) uint8, () int → (28, 28) float32 from 0 to 1, one-hot (10,) float32."""
    return tf.cast(tf.squeeze(image, axis=-1), tf.float32) / 255, tf.one_hot(label, CLASSES)


def training_batches(train, batch_size=BATCH_SIZE, seed=None, epoch=0):
    """Batches (B, 28, 28), (B, 10) of the whole split in the order of seed and epoch, the last short one dropped."""
    own_seed = None if seed is None else int(np.random.SeedSequence(seed, spawn_key=(epoch,)).generate_state(1)[0])
    shuffled = train.shuffle(train.cardinality(), own_seed, reshuffle_each_iteration=False)
    return shuffled.batch(batch_size, drop_remainder=True).prefetch(tf.data.AUTOTUNE)


def evaluation_batches(test, batch_size=BATCH_SIZE):
    """Batches (B, 28, 28), (B, 10) of the whole split in its own order, the last one short."""
    return test.batch(batch_size).prefetch(tf.data.AUTOTUNE)
