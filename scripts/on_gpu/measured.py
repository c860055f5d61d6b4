"""Ulp counts, what TF32 does to the bounds, and the time of a training step, all on TensorFlow's first device."""

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from unittest import mock

import keras
import numpy as np
import tensorflow as tf

from numpy_rnn import classifier, mnist
from numpy_rnn.experiments import BATCH_SIZE, EXPERIMENTS, LEARNING_RATE
from numpy_rnn.sequences import grey
from numpy_rnn.training import CLASSES, ROWS
from numpy_rnn.training import new_model as new_weights
from parity_tests import cudnn, devices, tensorflow_results, tf32, ulps
from parity_tests.bounds import ULPS
from parity_tests.implementations import load
from tf_rnn.training import new_model
from tf_rnn.weights import from_numpy, to_keras

Results = dict[str, Any]

H = 128
WARM_UP = 20


def exactness(points: int, libraries: tuple[str, ...] = ulps.ON_GPU) -> list[Results]:
    """The error of each function beside what the bounds take it to be."""
    return [
        row._asdict() for library, dtype in ULPS if library in libraries for row in ulps.measure(library, dtype, points)
    ]


def bounds_missed(with_cudnn: bool = True) -> list[Results]:
    """For each layer by how many times it misses its bound, with TF32 off and on.

    None for cuDNN with TF32 on: TensorFlow keeps its description of a network, TF32 included, from the first call of a
    size, so that switching has no effect in the same process.
    """
    layers: list[tuple[str, str, Callable[[Any], Any], str | None]] = [
        ("`tf_rnn` RNN cell", "rnn", partial(tensorflow_results.of_cells, "rnn"), None),
        ("`tf_rnn` LSTM cell", "lstm", partial(tensorflow_results.of_cells, "lstm"), None),
        ("`keras.layers.SimpleRNN`", "rnn", tensorflow_results.of_keras, None),
        ("`keras.layers.LSTM`, unrolled", "lstm", tensorflow_results.of_keras, None),
    ]
    if with_cudnn:
        layers.append(("`keras.layers.LSTM` by cuDNN", "lstm", cudnn.of_cudnn, "cudnn"))
    ours = {one.kind: one for one in load([])}
    rows = []
    for name, kind, theirs, library in layers:
        found: dict[str, float | None] = {"off": None, "on": None}
        for state in ("off", "on")[: 1 if library == "cudnn" else 2]:
            devices.switch_tf32(state == "on")
            found[state] = tf32.misses(ours[kind], tf32.WIDE, theirs, library)
        devices.switch_tf32(False)
        rows.append({"layer": name, **found})
    return rows


def batches() -> Iterator[Any]:
    """The first batch of MNIST again and again, from memory."""
    training, _ = mnist.load()
    images, labels = grey(training.images[:BATCH_SIZE]), tf.one_hot(training.labels[:BATCH_SIZE], CLASSES)
    return iter(tf.data.Dataset.from_tensors((images, labels)).repeat())


def contenders() -> dict[str, Callable[[], keras.Model]]:
    """What makes each model, all with the same weights; cuDNN asks for a bias, which begins as 0."""

    def weights(name: str) -> classifier.Model:
        return new_weights(EXPERIMENTS[name]._replace(hidden_dim=H), np.random.default_rng(0))

    def project(name: str) -> keras.Model:
        model = new_model(EXPERIMENTS[name]._replace(hidden_dim=H))
        from_numpy(model, weights(name))
        return model

    def simple_rnn() -> keras.Model:
        return to_keras(weights("rnn-128"), num_timestep=ROWS)

    def lstm_by_cudnn() -> keras.Model:
        kernel, recurrent_kernel, V, d = to_keras(weights("lstm-128"), num_timestep=ROWS).get_weights()
        x = keras.Input((ROWS, ROWS))
        layer, dense = keras.layers.LSTM(H), keras.layers.Dense(CLASSES, activation="softmax")
        model = keras.Model(x, dense(layer(x)))
        model.set_weights([kernel, recurrent_kernel, np.zeros(4 * H, np.float32), V, d])
        return model

    return {
        "`tf_rnn` RNN": partial(project, "rnn-128"),
        "`keras.layers.SimpleRNN`": simple_rnn,
        "`tf_rnn` LSTM": partial(project, "lstm-128"),
        "`keras.layers.LSTM` by cuDNN": lstm_by_cudnn,
    }


def steps(rounds: int, in_a_round: int = 10) -> list[Results]:
    """The milliseconds of a training step, from images in memory to the loss: median and quartiles.

    The models are timed in turns. Warm-up steps, and the first of each turn, are not counted.
    """
    rows = []
    for state in ("off", "on"):
        devices.switch_tf32(state == "on")
        batch, functions = batches(), {}
        for name, make in contenders().items():
            model = make()
            adam = keras.optimizers.Adam(LEARNING_RATE)
            model.compile(optimizer=adam, loss="categorical_crossentropy", jit_compile=False)
            model.make_train_function()
            functions[name] = model.train_function
            with mock.patch.object(tf.raw_ops, "CudnnRNNV3", wraps=tf.raw_ops.CudnnRNNV3) as operation:
                for _ in range(WARM_UP):
                    loss = float(functions[name](batch)["loss"])
            if not np.isfinite(loss):
                raise ValueError(f"{name}: expected a loss that is a number, got {loss}")
            if devices.has_gpu() and bool(operation.call_count) != ("cuDNN" in name):
                raise ValueError(f"{name}: expected cuDNN for Keras's LSTM alone, got {operation.call_count} calls")
        times: dict[str, list[float]] = {name: [] for name in functions}
        for _ in range(rounds):
            for name, function in functions.items():
                float(function(batch)["loss"])
                for _ in range(in_a_round):
                    begin = time.perf_counter()
                    float(function(batch)["loss"])
                    times[name].append(1000 * (time.perf_counter() - begin))
        for name, ms in times.items():
            low, _, high = statistics.quantiles(ms, n=4)
            rows.append(
                {"model": name, "tf32": state, "ms": statistics.median(ms), "low": low, "high": high, "steps": len(ms)}
            )
    devices.switch_tf32(False)
    return rows
