"""Whole training steps of the same models, by each library: what `benchmark.py` times.

A step is forward, loss, backward and Adam, on one batch of the first MNIST images, B = 128, T = 28, I = 28, H = 128,
float32. Every function returns a step, ready to be called again and again.
"""

from collections.abc import Callable
from unittest import mock

import numpy as np

from numpy_rnn import adam, classifier, mnist, readout
from numpy_rnn.experiments import BATCH_SIZE, EXPERIMENTS
from numpy_rnn.sequences import from_images, grey
from numpy_rnn.training import new_model

Step = Callable[[], object]

HIDDEN_DIM = 128
NAMES = {"rnn": "rnn-128", "lstm": "lstm-128"}


def batch() -> tuple[np.ndarray, np.ndarray]:
    """Images (B, 28, 28) float32, labels (B,)."""
    training, _ = mnist.load()
    return grey(training.images[:BATCH_SIZE]), training.labels[:BATCH_SIZE]


def numpy_step(recurrence: str) -> Step:
    """This project's NumPy step, the trace filled anew each time, as `numpy_rnn.training.fit` does."""
    images, labels = batch()
    model = new_model(EXPERIMENTS[NAMES[recurrence]], np.random.default_rng(0))
    state, trace = adam.init(model), None

    def step() -> None:
        nonlocal model, state, trace
        trace = classifier.forward(model, from_images(images), out=trace)
        readout.cross_entropy(model.readout, trace.h[-1], labels)
        model, state = adam.step(model, classifier.backward(model, trace, labels), state)

    return step


def gradients_step(recurrence: str, T: int, H: int, B: int) -> Step:
    """`classifier.loss_and_gradients` for random sequences of these sizes."""
    rng = np.random.default_rng(0)
    model = new_model(EXPERIMENTS[NAMES[recurrence]]._replace(hidden_dim=H), rng)
    x, labels = rng.random((T, 28, B), np.float32), rng.integers(0, 10, B)
    return lambda: classifier.loss_and_gradients(model, x, labels)


def products_step(recurrence: str) -> Step:
    """The matrix products of the NumPy step's recurrence alone, into arrays that are already there: its floor."""
    model = new_model(EXPERIMENTS[NAMES[recurrence]], np.random.default_rng(0))
    x_t = np.ascontiguousarray(from_images(batch()[0])[14])
    h_t = np.random.default_rng(0).standard_normal((HIDDEN_DIM, BATCH_SIZE)).astype(np.float32)
    if recurrence == "rnn":
        pairs = [(model.recurrence[1], h_t), (model.recurrence[2], x_t)]
    else:
        pairs = [(np.concatenate(model.recurrence), np.concatenate([h_t, x_t]))]
    # M v forward; backward, with da the size of M v, Mᵀ da and da vᵀ
    products = []
    for M, v in pairs:
        da = M @ v
        products += [(M, v, np.empty_like(da)), (M.T, da, np.empty_like(v)), (da, v.T, np.empty_like(M))]

    def step() -> None:
        for _ in range(28):
            for left, right, out in products:
                np.matmul(left, right, out=out)

    return step


def tensorflow_step(model) -> Step:
    """A step of a `keras.Model` from images to probabilities, the function that `fit` calls."""
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    model.make_train_function()
    batches = iter(one_batch().repeat())
    return lambda: np.asarray(model.train_function(batches)["loss"])


def one_batch():
    """The batch as a `tf.data.Dataset` of its own: images (B, 28, 28), one-hot labels (B, 10)."""
    import tensorflow as tf

    images, labels = batch()
    return tf.data.Dataset.from_tensors((images, tf.one_hot(labels, 10)))


def project_model(recurrence: str):
    """This project's Keras model."""
    from tf_rnn import training

    return training.new_model(EXPERIMENTS[NAMES[recurrence]], seed=0)


def keras_model(recurrence: str):
    """The same model in Keras's own layers."""
    from tf_rnn.weights import to_keras

    return to_keras(new_model(EXPERIMENTS[NAMES[recurrence]], np.random.default_rng(0)))


def broadcast_step(recurrence: str) -> Step:
    """This project's Keras model with the exercise's literal product, (1, m, n) @ (B, n, 1), in place of a GEMM."""
    import tensorflow as tf

    def times(M, v):
        return tf.squeeze(tf.matmul(M[tf.newaxis], v[..., tf.newaxis]), axis=-1)

    with mock.patch("tf_rnn.cells.times", times):
        step = tensorflow_step(project_model(recurrence))
        step()
    return step


def torch_step(recurrence: str, threads: int) -> Step:
    """The step of `torch.nn.RNN`, or `LSTM` without biases, with its own loss and Adam."""
    import torch

    torch.set_num_threads(threads)
    images, labels = batch()
    x, targets = torch.from_numpy(images.transpose(1, 0, 2).copy()), torch.from_numpy(labels.astype(np.int64))
    cell = torch.nn.RNN(28, HIDDEN_DIM) if recurrence == "rnn" else torch.nn.LSTM(28, HIDDEN_DIM, bias=False)
    output = torch.nn.Linear(HIDDEN_DIM, 10)
    optimizer = torch.optim.Adam([*cell.parameters(), *output.parameters()])
    criterion = torch.nn.CrossEntropyLoss()

    def step() -> None:
        optimizer.zero_grad()
        criterion(output(cell(x)[0][-1]), targets).backward()
        optimizer.step()

    return step
