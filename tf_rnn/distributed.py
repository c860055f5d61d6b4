"""A training whose steps are taken by replicas, on several devices or machines."""

from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

import keras
import numpy as np
import tensorflow as tf

from numpy_rnn.experiments import BATCH_SIZE, EPOCHS
from tf_rnn.replicas import Replicas
from tf_rnn.training import Training


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
        """Takes the steps of an epoch that are left; in the first one, the former means have no weight."""
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
