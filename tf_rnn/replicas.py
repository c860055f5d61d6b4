"""One training step computed on several devices or machines at once, by `tf.distribute`.

The gradient of a batch is the sum over its examples, so each device computes the sum over its own part of the batch:

    L = Σ_r L_r        L_r = (1 / B) Σ l_n over the examples n of replica r; B counts the examples of the whole batch
    g = Σ_r ∂L_r/∂θ    added by an all-reduce; then every replica takes the same step of Adam

A part may have any size, because B is that of the whole batch. Clipping uses the norm of the sum g, as on one device.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from numpy_rnn.experiments import BATCH_SIZE

# What TensorFlow raises in a worker if another one has ended or does not answer.
LOST = tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError, tf.errors.DeadlineExceededError

Parts = Sequence[tuple[tf.Tensor, tf.Tensor]]


class Step(NamedTuple):
    """A step's mean loss and accuracy over the whole batch, and whether any process asks all of them to stop."""

    loss: float
    accuracy: float
    asked: bool


@contextmanager
def explained() -> Iterator[None]:
    """Turns what TensorFlow raises if another worker is lost into one line.

    Returns
    -------
    context manager
        For a block that waits for other workers.

    Raises
    ------
    ConnectionError
        If another worker has ended or does not answer.
    """
    try:
        yield
    except LOST as error:
        raise ConnectionError("another worker has ended or does not answer") from error


class Replicas:
    """The copies of a model on the devices of a strategy, which take each step together and always have equal weights.

    Parameters
    ----------
    strategy : tf.distribute.Strategy
        A `MirroredStrategy` or a `MultiWorkerMirroredStrategy`.
    make_model : callable
        Returns a compiled model with inputs and one-hot labels as in `training.new_model`, whose optimizer clips
        nothing: it would clip the gradients of each part before they are added.
    batch_size : int, optional
        B, the number of examples in the whole batch.
    clip_norm : float, optional
        The largest global norm of the gradients of a step, after they are added; by default they are not clipped.

    Raises
    ------
    ValueError
        If a batch has fewer examples than there are replicas.
    """

    def __init__(
        self,
        strategy: tf.distribute.Strategy,
        make_model: Callable[[], keras.Model],
        batch_size: int = BATCH_SIZE,
        clip_norm: float | None = None,
    ):
        self.strategy, self.batch_size, self.clip_norm = strategy, batch_size, clip_norm
        self.number = strategy.num_replicas_in_sync
        if batch_size < self.number:
            raise ValueError(f"batch_size: expected {self.number} or more, one for each replica, got {batch_size}")
        with explained(), strategy.scope():
            self.model = make_model()
            self.model.optimizer.build(self.model.trainable_variables)
        numbers = strategy.experimental_distribute_values_from_function(lambda context: _number(context))
        # The replicas of this process, by their numbers among all.
        self.own = [int(number) for number in strategy.experimental_local_results(numbers)]
        self._compiled = tf.function(self._run, autograph=False)

    def split(self, x: tf.Tensor, labels: tf.Tensor) -> tuple[tuple[tf.Tensor, tf.Tensor], ...]:
        """Splits a batch; the sizes of two parts differ by one example at most.

        Parameters
        ----------
        x : tensor (B, rows, columns)
            The images.
        labels : tensor (B, C)
            The one-hot labels.

        Returns
        -------
        tuple of (tensor, tensor)
            The images and labels of each replica of this process.
        """
        ends = [self.batch_size * r // self.number for r in range(self.number + 1)]
        return tuple((x[ends[r] : ends[r + 1]], labels[ends[r] : ends[r + 1]]) for r in self.own)

    def step(self, parts: Parts, asked: bool = False) -> Step:
        """Takes one step on all devices.

        Parameters
        ----------
        parts : sequence of (tensor, tensor)
            The result of `split`.
        asked : bool, optional
            Whether this process asks all of them to stop.

        Returns
        -------
        Step
            The same in every process.

        Raises
        ------
        ConnectionError
            If another worker has ended or does not answer.
        """
        own = self.strategy.experimental_distribute_values_from_function(
            lambda context: parts[self.own.index(context.replica_id_in_sync_group)]
        )
        with explained():
            loss, hits, stops = self._compiled(own, tf.constant(asked)).numpy()
        return Step(float(loss), float(hits) / self.batch_size, bool(stops))

    def _run(self, parts: Any, asked: tf.Tensor) -> tf.Tensor:
        """The sums over all replicas: loss, number of examples classified correctly, number that asks to stop."""
        sums = self.strategy.run(self._step_of_one, args=(parts, asked))
        return self.strategy.reduce(tf.distribute.ReduceOp.SUM, sums, axis=None)

    def _step_of_one(self, part: tuple[tf.Tensor, tf.Tensor], asked: tf.Tensor) -> tf.Tensor:
        """What one replica computes; the optimizer adds the gradients of all replicas."""
        (x, labels), variables = part, self.model.trainable_variables
        with tf.GradientTape() as tape:
            y = self.model(x, training=True)
            losses = keras.losses.categorical_crossentropy(labels, y)
            loss = tf.nn.compute_average_loss(losses, global_batch_size=self.batch_size)
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        if self.clip_norm is not None:
            total = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, gradients)
            gradients, _ = tf.clip_by_global_norm(gradients, self.clip_norm, tf.linalg.global_norm(total))
        self.model.optimizer.apply(gradients, variables)
        hits = tf.reduce_sum(keras.metrics.categorical_accuracy(labels, y))
        return tf.stack([loss, tf.cast(hits, loss.dtype), tf.cast(asked, loss.dtype)])


def _number(context: tf.distribute.experimental.ValueContext) -> tf.Tensor:
    return tf.constant(context.replica_id_in_sync_group)
