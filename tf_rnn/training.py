"""The exercise's models, compiled and fitted by Keras; a training can be interrupted and resumed after any step."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import keras
import numpy as np
import tensorflow as tf

from numpy_rnn import progress
from numpy_rnn.experiments import BATCH_SIZE, EPOCHS, LEARNING_RATE, Epoch, Experiment
from numpy_rnn.training import ROWS, not_finite
from tf_rnn.data import training_batches
from tf_rnn.layers import LSTM, RNN

LAYERS: dict[str, Any] = {"rnn": RNN, "lstm": LSTM}
COUNTS = "seed", "epoch", "step", "loss", "accuracy", "seconds"


def new_model(
    experiment: Experiment,
    seed: int | None = None,
    jit: bool = False,
    learning_rate: float = LEARNING_RATE,
    image_shape: tuple[int, int] = (ROWS, ROWS),
    clip_norm: float | None = None,
) -> keras.Model:
    """Makes the experiment's model, compiled as in the exercise: Adam, categorical cross-entropy, accuracy.

    The batch may have any size; the exercise fixed it at 128 and could then not classify a single image.

    Parameters
    ----------
    experiment : Experiment
        Determines the recurrence, H, the scan and the initial state.
    seed : int, optional
        The seed of Keras's, NumPy's and Python's random state, which determines the weights.
    jit : bool, optional
        Whether XLA compiles the training step.
    learning_rate : float, optional
        Adam's; its other constants are Keras's defaults.
    image_shape : tuple of (int, int), optional
        Rows and columns.
    clip_norm : float, optional
        The largest global norm of the gradients of a step; by default they are not clipped.

    Returns
    -------
    keras.Model
        Images (B, rows, columns) → probabilities (B, 10).
    """
    if seed is not None:
        keras.utils.set_random_seed(seed)
    x = keras.Input(image_shape, name="x")
    layer = LAYERS[experiment.recurrence](
        experiment.hidden_dim, scan=experiment.scan, initial_state=experiment.initial_state
    )
    model = keras.Model(x, layer(x), name=experiment.name.replace("-", "_"))
    optimizer = keras.optimizers.Adam(learning_rate, global_clipnorm=clip_norm)
    model.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy"], jit_compile=jit)
    return model


class Training(keras.callbacks.Callback):
    """A training and its complete state, enough to resume bit for bit.

    `step` steps of the epoch numbered `epoch`, from 0, are complete, with the means `loss` and `accuracy`, in
    `seconds`. `history` describes the epochs before. `seed` and `epoch` determine the order of the examples.

    Parameters
    ----------
    model : keras.Model
        A compiled model, of `new_model` for example.
    seed : int, optional
        Determines the order of the examples.
    on_step : callable, optional
        It is called with this object after each step.
    """

    def __init__(
        self,
        model: keras.Model,
        seed: int | None = None,
        on_step: Callable[["Training"], None] = lambda training: None,
    ):
        super().__init__()
        self.set_model(model)
        self.seed = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed
        self.on_step = on_step
        # Optimizer and metrics are built, so that their state can be restored.
        model.optimizer.build(model.trainable_variables)
        digits = np.zeros((1, model.output_shape[-1]))
        model.compute_metrics(None, digits, digits)
        self.means: list[np.ndarray] = []
        self.history: list[Epoch] = []
        self.epoch, self.step, self.loss, self.accuracy, self.seconds = 0, 0, 0.0, 0.0, 0.0

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
            B.
        callbacks : sequence of keras.callbacks.Callback, optional
            Further callbacks.

        Raises
        ------
        FloatingPointError
            If the loss ceases to be finite.
        """
        for epoch in range(self.epoch, epochs):
            self.batches = training_batches(split, batch_size, self.seed, epoch)
            if self.step < self.batches.cardinality():
                self._rest_of_epoch(epoch, callbacks)
            self.history.append(Epoch(self.loss, self.accuracy, self.seconds))
            self.epoch, self.step, self.seconds = epoch + 1, 0, 0.0

    def _rest_of_epoch(self, epoch: int, callbacks: Sequence[keras.callbacks.Callback]) -> None:
        """Takes the steps of an epoch that are left."""
        self.model.fit(
            self.batches.skip(self.step),
            initial_epoch=epoch,
            epochs=epoch + 1,
            shuffle=False,
            verbose=0,
            callbacks=[self, *callbacks],
        )

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Restores the means of an interrupted epoch; Keras calls it.

        Parameters
        ----------
        epoch : int
            The number of the epoch, from 0.
        logs : mapping of str to float, optional
            Unused.
        """
        self.begin = time.perf_counter() - self.seconds
        if self.step:
            for variable, value in zip(self.model.metrics_variables, self.means, strict=True):
                variable.assign(value)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Counts the step and checks that the loss is finite; Keras calls it.

        Parameters
        ----------
        batch : int
            The number of the batch, from 0.
        logs : mapping of str to float
            The loss and the accuracy, means over the epoch so far.

        Raises
        ------
        FloatingPointError
            If the loss ceases to be finite.
        """
        self.step += 1
        self.loss, self.accuracy = float(logs["loss"]), float(logs["accuracy"])
        self.seconds = time.perf_counter() - self.begin
        if not np.isfinite(self.loss):
            self._stop("the loss")
        self.on_step(self)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Turns the training into arrays.

        Returns
        -------
        dict of str to array
            The weights, the states of optimizer and metrics, and the progress, by name.

        Raises
        ------
        FloatingPointError
            If a weight or a state is not finite.
        """
        arrays = {name: keras.ops.convert_to_numpy(variable) for name, variable in self._variables().items()}
        if not all(np.isfinite(value).all() for value in arrays.values()):
            self._stop("a parameter")
        entries = {name: getattr(self, name) for name in (*COUNTS, "history")}
        return arrays | {"progress": np.array(json.dumps(entries))}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restores the training that `to_arrays` turned into arrays.

        Parameters
        ----------
        arrays : mapping of str to array
            The result of `to_arrays`, for a model of the same form.

        Raises
        ------
        ValueError
            If the arrays do not fit; nothing is changed then.
        """
        variables = self._variables()
        try:
            for name, variable in variables.items():
                value = arrays[name]
                if (value.shape, value.dtype) != (variable.shape, variable.dtype) or not np.isfinite(value).all():
                    expected = f"{variable.dtype} {tuple(variable.shape)}"
                    raise ValueError(f"{name}: expected finite {expected}, got {value.dtype} {value.shape}")
            found = progress.read(arrays["progress"], COUNTS, "the state of a training")
            state = {name: found[name] for name in COUNTS} | {"history": list(found["history"])}
        except (KeyError, TypeError) as error:
            raise ValueError(f"expected the state of a training: {error}") from None
        for name, variable in variables.items():
            variable.assign(arrays[name])
        self.means = [arrays[name] for name in variables if name.startswith("metric_")]
        for name, value in state.items():
            setattr(self, name, value)

    def _variables(self) -> dict[str, keras.Variable]:
        """The weights by their symbols; by number the variables of optimizer, metrics and random initial states."""
        model = self.model
        seeds = [layer.random.state for layer in model.layers if getattr(layer, "random", None)]
        numbered = {"optimizer": model.optimizer.variables, "metric": model.metrics_variables, "random": seeds}
        return {variable.name: variable for variable in model.weights} | {
            f"{kind}_{k}": variable for kind, several in numbered.items() for k, variable in enumerate(several)
        }

    def _stop(self, what: str) -> NoReturn:
        """Raises FloatingPointError that names the step and the gradient that is largest there."""
        x, labels = next(iter(self.batches.skip(self.step - 1)))
        with tf.GradientTape() as tape:
            loss = self.model.compute_loss(x, labels, self.model(x, training=True))
        variables = self.model.trainable_variables
        sizes = {
            variable.name: float(keras.ops.max(keras.ops.abs(gradient)))
            for variable, gradient in zip(variables, tape.gradient(loss, [v.value for v in variables]), strict=True)
        }
        raise not_finite(what, self.epoch, self.step, sizes)
