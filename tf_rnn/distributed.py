"""A training whose steps are computed on several devices or machines at once, by `tf.distribute`.

The gradient of a batch is the sum over its examples, so each device computes the sum over its own part of the batch:

    L = Σ_r L_r        L_r = (1 / B) Σ l_n over the examples n of replica r; B counts the examples of the whole batch
    g = Σ_r ∂L_r/∂θ    added by an all-reduce; then every replica takes the same step of Adam

A part may have any size, because B is that of the whole batch. Clipping uses the norm of the sum g, as on one device.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, NoReturn

import keras
import numpy as np
import tensorflow as tf

from numpy_rnn.experiments import BATCH_SIZE, EPOCHS
from tf_rnn.training import Training

# What TensorFlow raises in a worker if another one has ended or does not answer.
LOST = tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError, tf.errors.DeadlineExceededError

Parts = Sequence[tuple[tf.Tensor, tf.Tensor]]


class Step(NamedTuple):
    """The result of a step: the mean loss of the batch, the share classified correctly, whether a worker asks to stop."""

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


class DistributedTraining(Training):
    """A training whose steps `replicas` take; its state has the form of `Training`.

    `model` has the weights of the replicas before and after `fit`, and in `to_arrays`. It runs on one device.

    Parameters
    ----------
    model : keras.Model
        A model compiled for one device, with the weights from which the training starts.
    replicas : Replicas
        Copies of a model of the same form.
    seed : int, optional
        Determines the order of the examples.
    asked : callable, optional
        Returns whether this process asks all of them to stop; it is called before each step.
    agree : callable, optional
        It is called after each step, before `on_step`, with whether any process asked to stop: the same in all.

    Raises
    ------
    ValueError
        If the two models differ in their weights.
    """

    def __init__(
        self,
        model: keras.Model,
        replicas: Replicas,
        seed: int | None = None,
        asked: Callable[[], bool] = lambda: False,
        agree: Callable[[bool], None] = lambda asked: None,
    ):
        super().__init__(model, seed)
        self.replicas, self.asked, self.agree = replicas, asked, agree
        self._copy(model, replicas.model)

    def fit(
        self,
        split: tf.data.Dataset,
        epochs: int = EPOCHS,
        batch_size: int = BATCH_SIZE,
        callbacks: Sequence[keras.callbacks.Callback] = (),
    ) -> None:
        """Trains until `epochs` epochs are complete, counting earlier ones.

        Parameters
        ----------
        split : tf.data.Dataset
            The training split of `data.load`.
        epochs : int, optional
            The number of epochs in all.
        batch_size : int, optional
            B, as that of the replicas.
        callbacks : sequence of keras.callbacks.Callback, optional
            None are supported.

        Raises
        ------
        ValueError
            If the batch size is not that of the replicas, or if callbacks are given.
        FloatingPointError
            If the loss ceases to be finite.
        ConnectionError
            If another worker has ended or does not answer.
        """
        if batch_size != self.replicas.batch_size:
            raise ValueError(f"batch_size: expected that of the replicas, {self.replicas.batch_size}, got {batch_size}")
        if callbacks:
            raise ValueError(f"callbacks: expected none, got {len(callbacks)}")
        super().fit(split, epochs, batch_size)
        self._copy(self.replicas.model, self.model)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Turns the training into arrays.

        Returns
        -------
        dict of str to array
            As `Training.to_arrays`.

        Raises
        ------
        FloatingPointError
            If a weight or a state is not finite.
        """
        self._copy(self.replicas.model, self.model)
        return super().to_arrays()

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restores the training that `to_arrays` turned into arrays, in all replicas of this process.

        Parameters
        ----------
        arrays : mapping of str to array
            The result of `to_arrays`, for a model of the same form.

        Raises
        ------
        ValueError
            If the arrays do not fit; nothing is changed then.
        """
        super().restore(arrays)
        self._copy(self.model, self.replicas.model)

    def _rest_of_epoch(self, epoch: int, callbacks: Sequence[keras.callbacks.Callback]) -> None:
        """Takes the steps of an epoch that are left; `loss` and `accuracy` are running means over its steps."""
        if not self.step:
            self.loss = self.accuracy = 0.0
        self.on_epoch_begin(epoch)
        parts_of_steps = self.batches.skip(self.step).map(self.replicas.split).prefetch(tf.data.AUTOTUNE)
        for parts in parts_of_steps:
            loss, accuracy, asked = self.replicas.step(parts, self.asked())
            self.agree(asked)
            n = self.step + 1
            means = self.loss + (loss - self.loss) / n, self.accuracy + (accuracy - self.accuracy) / n
            self.on_train_batch_end(self.step, dict(zip(("loss", "accuracy"), means, strict=True)))

    def _stop(self, what: str) -> NoReturn:
        self._copy(self.replicas.model, self.model)
        super()._stop(what)

    @staticmethod
    def _copy(source: keras.Model, target: keras.Model) -> None:
        """Copies the weights and the optimizer's state."""
        both = [[*model.weights, *model.optimizer.variables] for model in (source, target)]
        for value, variable in zip(*both, strict=True):
            variable.assign(keras.ops.convert_to_numpy(value))
