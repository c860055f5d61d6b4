"""Small data sets of TensorFlow with random images."""

import numpy as np
import tensorflow as tf


def random_images(N: int) -> tf.data.Dataset:
    """N random images with one-hot labels, like the splits of `tf_rnn.data`."""
    rng = np.random.default_rng(1)
    images, labels = rng.uniform(0, 1, (N, 28, 28)).astype(np.float32), rng.integers(0, 10, N)
    return tf.data.Dataset.from_tensor_slices((images, np.eye(10, dtype=np.float32)[labels])).cache()
