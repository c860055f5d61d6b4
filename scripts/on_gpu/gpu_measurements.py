"""Measurements on a GPU: the errors of functions, the effect of TF32, and the time of a training step."""

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
from parity_tests.implementations import OURS
from parity_tests.oracles import cudnn, devices, tensorflow_results, tf32, ulps
from parity_tests.oracles.bounds import ULPS
from tf_rnn.training import new_model
from tf_rnn.weights import from_numpy, to_keras

Results = dict[str, Any]

H = 128
WARM_UP = 20


def measure_functions(points: int) -> list[Results]:
    """Return the measured error of each function on the GPU, and the error that the bounds assume."""
    rows = [row for row in ULPS if row[0] in ulps.ON_GPU]
    return [one._asdict() for library, dtype in rows for one in ulps.measure(library, dtype, points)]


def measure_tf32() -> list[Results]:
    """Return the largest error of each layer as a part of its bound, with TF32 off and on.

    It is None for cuDNN with TF32 on: TensorFlow keeps cuDNN's description of a network, including TF32, from the first
    call with the same sizes, so that TF32 cannot be switched on later in the same process.
    """
    layers: list[tuple[str, str, Callable[[Any], Any], str | None]] = [
        ("`tf_rnn` RNN cell", "rnn", partial(tensorflow_results.of_cells, "rnn"), None),
        ("`tf_rnn` LSTM cell", "lstm", partial(tensorflow_results.of_cells, "lstm"), None),
        ("`keras.layers.SimpleRNN`", "rnn", tensorflow_results.of_keras, None),
        ("`keras.layers.LSTM`, unrolled", "lstm", tensorflow_results.of_keras, None),
        ("`keras.layers.LSTM` by cuDNN", "lstm", cudnn.of_cudnn, "cudnn"),
    ]
    ours = {one.kind: one for one in OURS}
    rows = []
    for name, kind, theirs, library in layers:
        ratio: dict[str, float | None] = {"off": None, "on": None}
        for state in ["off"] if library == "cudnn" else ["off", "on"]:
            devices.switch_tf32(state == "on")
            ratio[state] = tf32.worst_ratio(ours[kind], tf32.WIDE, theirs, library)
        devices.switch_tf32(False)
        rows.append({"layer": name, **ratio})
    return rows


def batches() -> Iterator[Any]:
    """Return an endless iterator over the first batch of MNIST, from memory."""
    training, _ = mnist.load()
    images, labels = grey(training.images[:BATCH_SIZE]), tf.one_hot(training.labels[:BATCH_SIZE], CLASSES)
    return iter(tf.data.Dataset.from_tensors((images, labels)).repeat())


def contenders() -> dict[str, Callable[[], keras.Model]]:
    """Return a function that makes each model, all with the same weights; cuDNN needs a bias, which starts as 0."""

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


def started(name: str, make: Callable[[], keras.Model], batch: Iterator[Any]) -> Callable[[Iterator[Any]], Any]:
    """Return the compiled training step of a model after its warm-up.

    Raises ValueError if its loss is NaN or infinite, or if cuDNN computes another model than Keras's LSTM.
    """
    model = make()
    adam = keras.optimizers.Adam(LEARNING_RATE)
    model.compile(optimizer=adam, loss="categorical_crossentropy", jit_compile=False)
    model.make_train_function()
    with mock.patch.object(tf.raw_ops, "CudnnRNNV3", wraps=tf.raw_ops.CudnnRNNV3) as operation:
        for _ in range(WARM_UP):
            loss = float(model.train_function(batch)["loss"])
    if not np.isfinite(loss):
        raise ValueError(f"{name}: expected a finite loss, got {loss}")
    if devices.has_gpu() and bool(operation.call_count) != ("cuDNN" in name):
        raise ValueError(f"{name}: expected calls of cuDNN for Keras's LSTM only, got {operation.call_count}")
    return model.train_function


def measure_steps(rounds: int, in_a_round: int = 10) -> list[Results]:
    """Return the milliseconds of a training step, from images in memory to the loss: median and quartiles.

    The models take turns. The warm-up and the first step of each turn are not counted.
    """
    rows = []
    for state in ("off", "on"):
        devices.switch_tf32(state == "on")
        batch = batches()
        functions = {name: started(name, make, batch) for name, make in contenders().items()}
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
