"""This project's Keras layers, Keras's own, and the notebook's literal broadcast; all trained by Keras."""

from contextlib import contextmanager
from unittest import mock

import keras
import numpy as np
import tensorflow as tf

from benchmarks.cases import NAMES
from benchmarks.contenders import first_gradients, in_parts
from benchmarks.profiled import shares_of
from numpy_rnn import classifier, lstm
from numpy_rnn.experiments import EXPERIMENTS, LEARNING_RATE
from numpy_rnn.training import CLASSES, ROWS
from tf_rnn import data
from tf_rnn.training import new_model
from tf_rnn.weights import from_numpy, to_keras, to_numpy


class _Trained:
    """A `keras.Model` from images to probabilities, and the very function that its `fit` calls for each batch."""

    def __init__(self, model: keras.Model, jit: bool = False, eager: bool = False):
        self.model = model
        adam = keras.optimizers.Adam(LEARNING_RATE)
        model.compile(optimizer=adam, loss="categorical_crossentropy", jit_compile=jit, run_eagerly=eager)
        model.make_train_function()
        self.probabilities = model if eager else tf.function(model, jit_compile=jit)

    def ready(self, images: np.ndarray, labels: np.ndarray):
        """An iterator that has this batch again and again, from memory."""
        return iter(tf.data.Dataset.from_tensors((images, tf.one_hot(labels, CLASSES))).repeat())

    def step(self, batch) -> float:
        """The loss before the step."""
        return float(self.model.train_function(batch)["loss"])

    def fit(self, images: np.ndarray, labels: np.ndarray, epochs: int, batch_size: int) -> None:
        """A whole training, as Keras's users write it."""
        self.model.fit(images, tf.one_hot(labels, CLASSES), batch_size, epochs, verbose=0)

    def gradients(self) -> classifier.Model:
        """Those of the first step, laid out by `tf_rnn.weights` as it lays out the weights."""
        kept = self.model.get_weights()
        self.model.set_weights([keras.ops.convert_to_numpy(m) for m in self.model.optimizer._momentums])
        m = to_numpy(self.model)
        self.model.set_weights(kept)
        return first_gradients(m)

    def shares(self, batch) -> dict[str, float]:
        """The milliseconds of a step that pass in TensorFlow's operations, by kind; on one thread they add up."""
        return shares_of(lambda: self.step(batch))

    def predict(self, images: np.ndarray) -> np.ndarray:
        """The probabilities."""
        return np.concatenate([self.probabilities(part).numpy() for part in in_parts(images)])


class Project(_Trained):
    """`tf_rnn`: eager, as a graph, which is Keras's default, or compiled by XLA."""

    def __init__(self, weights: classifier.Model, T: int, threads: int, **options: bool):
        _use(threads)
        name = NAMES["lstm" if isinstance(weights.recurrence, lstm.Params) else "rnn"]
        experiment = EXPERIMENTS[name]._replace(hidden_dim=len(weights.recurrence[0]))
        model = new_model(experiment, image_shape=(T, ROWS))
        from_numpy(model, weights)
        super().__init__(model, **options)


class Epoch:
    """This project's layers; a step is a whole epoch of `fit`, fed by `tf_rnn.data` or by a batch that is ready."""

    def __init__(self, weights: classifier.Model, T: int, threads: int, fed: bool):
        self.model = Project(weights, T, threads).model
        self.fed = fed

    def ready(self, images: np.ndarray, labels: np.ndarray):
        """The `tf.data.Dataset` of an epoch."""
        fed = data.training_batches(data.load()[0], seed=0)
        if self.fed:
            return fed
        return tf.data.Dataset.from_tensors((images, tf.one_hot(labels, CLASSES))).repeat(int(fed.cardinality()))

    def step(self, batch) -> None:
        """The epoch."""
        self.model.fit(batch, shuffle=False, verbose=0)


class Keras(_Trained):
    """Keras's `SimpleRNN` or `LSTM`, without the bias, and `Dense`; a loop over the steps, or unrolled."""

    def __init__(self, weights: classifier.Model, T: int, threads: int, unroll: bool = False):
        _use(threads)
        super().__init__(to_keras(weights, num_timestep=T, unroll=unroll))


class Broadcast(Project):
    """This project's layers with the notebook's product, (1, m, n) @ (B, n, 1), in place of one matrix product."""

    def step(self, batch) -> float:
        """The loss before the step; the first one makes the graph."""
        with _literally():
            return super().step(batch)

    def fit(self, images: np.ndarray, labels: np.ndarray, epochs: int, batch_size: int) -> None:
        """A whole training."""
        with _literally():
            super().fit(images, labels, epochs, batch_size)

    def predict(self, images: np.ndarray) -> np.ndarray:
        """The probabilities."""
        with _literally():
            return super().predict(images)


def _use(threads: int) -> None:
    """Comes before all else that TensorFlow does."""
    tf.config.set_visible_devices([], "GPU")
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


@contextmanager
def _literally():
    """Graphs that are made meanwhile have the notebook's product."""
    with mock.patch("tf_rnn.cells.times", _broadcast), mock.patch("tf_rnn.layers.times", _broadcast):
        yield


def _broadcast(M, v):
    return tf.squeeze(tf.matmul(M[tf.newaxis], v[..., tf.newaxis]), axis=-1)
