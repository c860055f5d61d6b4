"""This project's NumPy implementation, and the floor, a lower limit for any NumPy implementation."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.contenders import PREDICTED_AT_ONCE, batches_of, first_gradients
from benchmarks.numpy_profile import time_by_kind
from numpy_rnn import adam, classifier, lstm, parallel
from numpy_rnn.blas_threads import one_blas_thread
from numpy_rnn.experiments import SHARDS
from numpy_rnn.sequences import from_images
from numpy_rnn.worker import Worker

Batch = tuple[np.ndarray, np.ndarray]
Call = tuple[np.ufunc, tuple[np.ndarray, ...], np.ndarray]


class Project:
    """`numpy_rnn`: the step of `numpy_rnn.training.fit`, with as many processes as other contenders have threads.

    With `shards` None, there are as many shards, too.
    """

    def __init__(self, weights: classifier.Model, T: int, threads: int, shards: int | None = SHARDS):
        self.model = weights
        self.state = adam.init(weights)
        self.shards, self.processes = threads if shards is None else shards, threads
        self.context: parallel.Shards | None = None

    def ready(self, images: np.ndarray, labels: np.ndarray) -> Batch:
        """Return the images with grey values as `fit` takes them, and the labels."""
        return np.rint(images * 255).astype(np.uint8), labels

    def step(self, batch: Batch) -> float:
        """Run one step; return the loss before it."""
        return self._step(batch)[0].loss

    def _step(self, batch: Batch) -> tuple[parallel.Sum, float]:
        """Run one step; return the results of its shards, and when they were added."""
        images, labels = batch
        if self.context is None:
            shards = min(self.shards, len(labels))
            self.context = parallel.Shards(len(labels), shards, processes=self.processes).__enter__()
        result = self.context.loss_and_gradients(parallel.Batch(self.model, images, labels))
        added = time.perf_counter()
        self.model, self.state = adam.step(self.model, result.gradients, self.state)
        return result, added

    def close(self) -> None:
        """End the processes; the next step starts new ones."""
        if self.context is not None:
            self.context.__exit__()
            self.context = None

    def timeline(self, batch: Batch) -> dict[str, Any]:
        """Run one step; return when its parts began and ended, in milliseconds from its beginning.

        `shards` has the number of the process, the beginning and the end for each shard; at `added` the gradients were
        added, and at `end` Adam's step was complete.
        """
        begin = time.perf_counter()
        result, added = self._step(batch)
        end = time.perf_counter()
        shards = [[part.process, 1000 * (part.begin - begin), 1000 * (part.end - begin)] for part in result.parts]
        return {"shards": shards, "added": 1000 * (added - begin), "end": 1000 * (end - begin)}

    def gradients(self) -> classifier.Model:
        """Return the gradients of the first step."""
        return first_gradients(self.state.m)

    def time_by_kind(self, batch: Batch) -> dict[str, float]:
        """Return the milliseconds that a step spends in NumPy's functions, by kind, measured in the step's own code."""
        return time_by_kind(lambda: self.step(batch), self)

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the probabilities."""
        return np.concatenate([classifier.predict(self.model, from_images(part)).T for part in batches_of(images)])


class Floor:
    """The matrix products of the recurrence, and its tanh and exp, written into allocated arrays.

    The products are those of `numpy_rnn`, including ∂L/∂x, which other libraries do not compute. For each step and unit
    there is one tanh for the RNN; for the LSTM there are three exp, of the gates, and two tanh. All other computations
    and all other memory traffic of a step are left out. The batch is split among processes as `numpy_rnn` splits it.
    """

    def __init__(self, weights: classifier.Model, T: int, threads: int, shards: int = SHARDS):
        self.operations = Operations(weights.recurrence, T)
        self.shards, self.processes = shards, threads
        self.workers: list[Worker] = []

    def ready(self, images: np.ndarray, labels: np.ndarray) -> int:
        """Return the size of the batch."""
        return len(labels)

    def step(self, batch: int) -> None:
        """Run the products and activations of a forward and a backward pass."""
        shards = [len(range(batch)[shard]) for shard in parallel.shards_of(batch, min(self.shards, batch))]
        processes = min(self.processes, len(shards))
        sizes = [shards[process::processes] for process in range(processes)]
        if not self.workers:
            self.workers = [Worker(partial(_repeating, self.operations, others)) for others in sizes[1:]]
        for worker in self.workers:
            worker.ask("run")
        with one_blas_thread():
            self.operations.run_all(sizes[0])
        for worker in self.workers:
            worker.answer()

    def close(self) -> None:
        """End the processes; the next step starts new ones."""
        while self.workers:
            self.workers.pop().close()

    def predict(self, images: np.ndarray) -> None:
        """Run the products and activations of forward passes."""
        for _ in range(len(images) // PREDICTED_AT_ONCE):
            self.operations.run(PREDICTED_AT_ONCE, backward=False)


class Operations:
    """The products and activations of T time steps of a recurrence."""

    def __init__(self, params: Any, T: int):
        self.params, self.T = params, T
        self.calls: dict[tuple[int, bool], list[Call]] = {}

    def run_all(self, sizes: list[int]) -> None:
        """Run those of a forward and a backward pass for shards of these sizes."""
        for B in sizes:
            self.run(B, backward=True)

    def run(self, B: int, backward: bool) -> None:
        """Run those of a forward pass for B examples, and with `backward` those of the backward pass."""
        if (B, backward) not in self.calls:
            self.calls[B, backward] = self._of_one_step(B, backward)
        for _ in range(self.T):
            for ufunc, inputs, out in self.calls[B, backward]:
                ufunc(*inputs, out=out)

    def _of_one_step(self, B: int, backward: bool) -> list[Call]:
        """Return the calls of one time step of the recurrence."""
        rng = np.random.default_rng(0)
        is_lstm = isinstance(self.params, lstm.Params)
        matrices = [np.concatenate(self.params)] if is_lstm else [self.params[1], self.params[2]]
        calls: list[Call] = []
        for M in matrices:
            # M v forward; backward, with da the size of M v, Mᵀ da and da vᵀ
            v = rng.standard_normal((M.shape[1], B)).astype(np.float32)
            da = M @ v
            pairs = [(M, v), (M.T, da), (da, v.T)] if backward else [(M, v)]
            calls += [(np.matmul, pair, pair[0] @ pair[1]) for pair in pairs]
        H = len(self.params[0])
        a = rng.standard_normal((H, B)).astype(np.float32)
        activations = [np.exp] * 3 + [np.tanh] * 2 if is_lstm else [np.tanh]
        return calls + [(activation, (a,), np.empty_like(a)) for activation in activations]


def _repeating(operations: Operations, sizes: list[int]) -> Callable[[str], None]:
    """Return what a worker does for each step."""
    return lambda _: operations.run_all(sizes)
