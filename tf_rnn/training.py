"""The exercise's models, compiled and fitted by Keras; a training can be left and taken up again after any step."""

import json
import time

import keras
import numpy as np
import tensorflow as tf

from numpy_rnn.experiments import BATCH_SIZE, EPOCHS, LEARNING_RATE, Epoch
from numpy_rnn.training import ROWS, not_finite
from tf_rnn.data import training_batches
from tf_rnn.layers import LSTM, RNN

LAYERS = {"rnn": RNN, "lstm": LSTM}
COUNTS = "seed", "epoch", "step", "loss", "accuracy", "seconds"


def new_model(experiment, seed=None, jit=False, learning_rate=LEARNING_RATE, image_shape=(ROWS, ROWS)):
    """The experiment's `keras.Model`, images (B, *image_shape) → probabilities (B, 10), compiled as in the exercise.

    Adam with Keras's defaults, categorical cross-entropy, accuracy. `seed` sets Keras's, NumPy's and Python's random
    state, and with it the weights; `jit` compiles the training step with XLA. The batch may have any size: the
    exercise fixed it at 128, and could then not predict a single image.
    """
    if seed is not None:
        keras.utils.set_random_seed(seed)
    x = keras.Input(image_shape, name="x")
    layer = LAYERS[experiment.recurrence](
        experiment.hidden_dim, scan=experiment.scan, initial_state=experiment.initial_state
    )
    model = keras.Model(x, layer(x), name=experiment.name.replace("-", "_"))
    optimizer = keras.optimizers.Adam(learning_rate)
    model.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy"], jit_compile=jit)
    return model


class Training(keras.callbacks.Callback):
    """How far the training of `model` has come, and all that it needs to go on as if it had never stopped.

    Of the epoch numbered `epoch`, from 0, `step` steps are done, with the means `loss` and `accuracy`, in `seconds`;
    `history` tells of the epochs before. The order of the examples follows from `seed` and `epoch`.
    """

    def __init__(self, model, seed=None, on_step=lambda training: None):
        super().__init__()
        self.set_model(model)
        self.seed = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed
        self.on_step = on_step
        # Optimizer and metrics are built, so that their state can be restored.
        model.optimizer.build(model.trainable_variables)
        digits = np.zeros((1, model.output_shape[-1]))
        model.compute_metrics(None, digits, digits)
        self.means = []
        self.epoch, self.step, self.loss, self.accuracy, self.seconds, self.history = 0, 0, 0.0, 0.0, 0.0, []

    def fit(self, split, epochs=EPOCHS, batch_size=BATCH_SIZE, callbacks=()):
        """Takes the training on, on the training split of `data.load`, until so many epochs are done in all.

        `on_step` hears of this object after each step; `callbacks` are Keras's. Raises FloatingPointError where the
        loss ceases to be finite.
        """
        for epoch in range(self.epoch, epochs):
            self.batches = training_batches(split, batch_size, self.seed, epoch)
            if self.step < self.batches.cardinality():
                self.model.fit(
                    self.batches.skip(self.step),
                    initial_epoch=epoch,
                    epochs=epoch + 1,
                    shuffle=False,
                    verbose=0,
                    callbacks=[self, *callbacks],
                )
            self.history.append(Epoch(self.loss, self.accuracy, self.seconds))
            self.epoch, self.step, self.seconds = epoch + 1, 0, 0.0

    def on_epoch_begin(self, epoch, logs=None):
        """Lets a broken-off epoch's means go on from where they were."""
        self.begin = time.perf_counter() - self.seconds
        if self.step:
            for variable, value in zip(self.model.metrics_variables, self.means, strict=True):
                variable.assign(value)

    def on_train_batch_end(self, batch, logs=None):
        """Notes the step, and sees that the loss is a number."""
        self.step += 1
        self.loss, self.accuracy = float(logs["loss"]), float(logs["accuracy"])
        self.seconds = time.perf_counter() - self.begin
        if not np.isfinite(self.loss):
            self._stop("the loss")
        self.on_step(self)

    def to_arrays(self):
        """All of the training, as arrays by name. Raises FloatingPointError if a weight or a state isn't finite."""
        arrays = {name: keras.ops.convert_to_numpy(variable) for name, variable in self._variables().items()}
        if not all(np.isfinite(value).all() for value in arrays.values()):
            self._stop("a parameter")
        progress = {name: getattr(self, name) for name in (*COUNTS, "history")}
        return arrays | {"progress": np.array(json.dumps(progress))}

    def restore(self, arrays):
        """Takes over what `to_arrays` gave; raises ValueError, before anything is changed, if it doesn't fit."""
        variables = self._variables()
        try:
            for name, variable in variables.items():
                value = arrays[name]
                if (value.shape, value.dtype) != (variable.shape, variable.dtype) or not np.isfinite(value).all():
                    expected = f"{variable.dtype} {tuple(variable.shape)}"
                    raise ValueError(f"{name}: expected finite {expected}, got {value.dtype} {value.shape}")
            progress = json.loads(str(arrays["progress"]))
            state = {name: progress[name] for name in COUNTS}
            state["history"] = [Epoch(*epoch) for epoch in progress["history"]]
        except (KeyError, TypeError) as error:
            raise ValueError(f"expected the state of a training: {error}") from None
        for name, variable in variables.items():
            variable.assign(arrays[name])
        self.means = [arrays[name] for name in variables if name.startswith("metric_")]
        for name, value in state.items():
            setattr(self, name, value)

    def _variables(self):
        """The weights by their symbols; by number the variables of optimizer, metrics and random initial states."""
        model = self.model
        seeds = [layer.random.state for layer in model.layers if getattr(layer, "random", None)]
        numbered = {"optimizer": model.optimizer.variables, "metric": model.metrics_variables, "random": seeds}
        return {variable.name: variable for variable in model.weights} | {
            f"{kind}_{k}": variable for kind, several in numbered.items() for k, variable in enumerate(several)
        }

    def _stop(self, what):
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
