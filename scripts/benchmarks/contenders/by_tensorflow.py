"""TensorFlow: this project's layers, Keras's own layers, and the notebook's broadcast, all trained by Keras."""

from contextlib import contextmanager
from unittest import mock

import keras
import numpy as np
import tensorflow as tf

from benchmarks.cases import NAMES
from benchmarks.contenders import batches_of, first_gradients
from benchmarks.tensorflow_profile import time_by_kind
from numpy_rnn import classifier, lstm
from numpy_rnn.experiments import EXPERIMENTS, LEARNING_RATE
from numpy_rnn.training import CLASSES, ROWS
from tf_rnn import data
from tf_rnn.training import new_model
from tf_rnn.weights import from_numpy, to_keras, to_numpy


class _Trained:
    """A `keras.Model` from images to probabilities, and the function that its `fit` calls for each batch."""

    def __init__(self, model: keras.Model, jit: bool = False, eager: bool = False):
        self.model = model
        adam = keras.optimizers.Adam(LEARNING_RATE)
        model.compile(optimizer=adam, loss="categorical_crossentropy", jit_compile=jit, run_eagerly=eager)
        model.make_train_function()
        self.probabilities = model if eager else tf.function(model, jit_compile=jit)

    def ready(self, images: np.ndarray, labels: np.ndarray):
        """Return an iterator that repeats this batch from memory."""
        return iter(tf.data.Dataset.from_tensors((images, tf.one_hot(labels, CLASSES))).repeat())

    def step(self, batch) -> float:
        """Run one step; return the loss before it."""
        return float(self.model.train_function(batch)["loss"])

    def fit(self, images: np.ndarray, labels: np.ndarray, epochs: int, batch_size: int) -> None:
        """Train for `epochs` epochs, as users of Keras do."""
        self.model.fit(images, tf.one_hot(labels, CLASSES), batch_size, epochs, verbose=0)

    def gradients(self) -> classifier.Model:
        """Return the gradients of the first step, converted by `tf_rnn.weights` like the weights."""
        kept = self.model.get_weights()
        self.model.set_weights([keras.ops.convert_to_numpy(m) for m in self.model.optimizer._momentums])
        m = to_numpy(self.model)
        self.model.set_weights(kept)
        return first_gradients(m)

    def time_by_kind(self, batch) -> dict[str, float]:
        """Return the milliseconds that a step spends in TensorFlow's operations, by kind; use one thread."""
        return time_by_kind(lambda: self.step(batch))

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the probabilities."""
        return np.concatenate([self.probabilities(part).numpy() for part in batches_of(images)])


class Project(_Trained):
    """`tf_rnn`: as a graph, which is Keras's default, eager, or compiled by XLA; `unroll` is that of the layer."""

    def __init__(self, weights: classifier.Model, T: int, threads: int, unroll: bool | None = None, **options: bool):
        _use(threads)
        name = NAMES["lstm" if isinstance(weights.recurrence, lstm.Params) else "rnn"]
        experiment = EXPERIMENTS[name]._replace(hidden_dim=len(weights.recurrence[0]))
        model = new_model(experiment, image_shape=(T, ROWS))
        from_numpy(model, weights)
        model.layers[-1].unroll = unroll
        super().__init__(model, **options)


class Epoch:
    """`tf_rnn`, where a step is a whole epoch of `fit`, with the pipeline of `tf_rnn.data` or with one batch."""

    def __init__(self, weights: classifier.Model, T: int, threads: int, fed: bool):
        self.model = Project(weights, T, threads).model
        self.fed = fed

    def ready(self, images: np.ndarray, labels: np.ndarray):
        """Return the `tf.data.Dataset` of an epoch."""
        fed = data.training_batches(data.load()[0], seed=0)
        if self.fed:
            return fed
        return tf.data.Dataset.from_tensors((images, tf.one_hot(labels, CLASSES))).repeat(int(fed.cardinality()))

    def step(self, batch) -> None:
        """Train for one epoch."""
        self.model.fit(batch, shuffle=False, verbose=0)


class Keras(_Trained):
    """Keras's `SimpleRNN`, or its `LSTM` without biases, and `Dense`; with a loop over the steps, or unrolled."""

    def __init__(self, weights: classifier.Model, T: int, threads: int, unroll: bool = False):
        _use(threads)
        super().__init__(to_keras(weights, num_timestep=T, unroll=unroll))


class Broadcast(Project):
    """`tf_rnn` with the notebook's product, (1, m, n) @ (B, n, 1), in place of one matrix product."""

    def step(self, batch) -> float:
        """Run one step; return the loss before it. The first step traces the graph."""
        with _notebook_product():
            return super().step(batch)

    def fit(self, images: np.ndarray, labels: np.ndarray, epochs: int, batch_size: int) -> None:
        """Train for `epochs` epochs."""
        with _notebook_product():
            super().fit(images, labels, epochs, batch_size)

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the probabilities."""
        with _notebook_product():
            return super().predict(images)


def _use(threads: int) -> None:
    """Set the number of threads and hide GPUs. Must precede any other call of TensorFlow."""
    tf.config.set_visible_devices([], "GPU")
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


@contextmanager
def _notebook_product():
    """Make graphs that are traced in the block use the notebook's product."""
    with mock.patch("tf_rnn.cells.times", _broadcast), mock.patch("tf_rnn.layers.times", _broadcast):
        yield


def _broadcast(M, v):
    return tf.squeeze(tf.matmul(M[tf.newaxis], v[..., tf.newaxis]), axis=-1)
