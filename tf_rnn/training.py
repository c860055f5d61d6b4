"""The exercise's models, compiled and fitted by Keras."""

import time

import keras

from numpy_rnn.experiments import BATCH_SIZE, EPOCHS, Epoch
from tf_rnn.data import training_batches
from tf_rnn.layers import LSTM, RNN

LAYERS = {"rnn": RNN, "lstm": LSTM}


def new_model(experiment, seed=None, jit=False):
    """The experiment's `keras.Model`, images (B, 28, 28) → probabilities (B, 10), compiled as the exercise has it.

    Adam with Keras's defaults, categorical cross-entropy, accuracy. `seed` sets Keras's, NumPy's and Python's random
    state, and with it the weights; `jit` compiles the training step with XLA. The batch may have any size: the
    exercise fixed it at 128, and could then not predict a single image.
    """
    if seed is not None:
        keras.utils.set_random_seed(seed)
    x = keras.Input((28, 28), name="x")
    layer = LAYERS[experiment.recurrence](experiment.hidden_dim, scan=experiment.scan)
    model = keras.Model(x, layer(x), name=experiment.name.replace("-", "_"))
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"], jit_compile=jit)
    return model


def train(experiment, split, epochs=EPOCHS, batch_size=BATCH_SIZE, seed=None, jit=False, callbacks=()):
    """Trains a new model on the training split of `data.load`; returns the `keras.Model` and a list of `Epoch`s.

    The seed sets the initial weights and the order of the examples. `callbacks` are Keras's.
    """
    model = new_model(experiment, seed, jit)
    stopwatch = _Stopwatch()
    batches = training_batches(split, batch_size, seed)
    history = model.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=[stopwatch, *callbacks]).history
    return model, [Epoch(*epoch) for epoch in zip(history["loss"], history["accuracy"], stopwatch.seconds, strict=True)]


class _Stopwatch(keras.callbacks.Callback):
    """The duration of each epoch, in seconds."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.start)
