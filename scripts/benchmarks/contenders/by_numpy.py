"""This project's NumPy implementation, and the floor, a lower limit for any NumPy implementation."""

import numpy as np

from benchmarks.contenders import PREDICTED_AT_ONCE, batches_of, first_gradients
from benchmarks.numpy_profile import time_by_kind
from numpy_rnn import adam, classifier, lstm, readout
from numpy_rnn.sequences import from_images

Batch = tuple[np.ndarray, np.ndarray]
Call = tuple[np.ufunc, tuple[np.ndarray, ...], np.ndarray]


class Project:
    """`numpy_rnn`: the step of `numpy_rnn.training.fit`, which reuses the memory of its trace."""

    def __init__(self, weights: classifier.Model, T: int, threads: int):
        self.model = weights
        self.state = adam.init(weights)
        self.trace: classifier.Trace | None = None

    def ready(self, images: np.ndarray, labels: np.ndarray) -> Batch:
        """Return the two arrays."""
        return images, labels

    def step(self, batch: Batch) -> float:
        """Run one step; return the loss before it."""
        images, labels = batch
        trace = classifier.forward(self.model, from_images(images), out=self.trace)
        loss = readout.cross_entropy(self.model.readout, trace.h[-1], labels)
        gradients = classifier.backward(self.model, trace, labels)
        self.model, self.state = adam.step(self.model, gradients, self.state)
        self.trace = trace
        return loss

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
    and all other memory traffic of a step are left out.
    """

    def __init__(self, weights: classifier.Model, T: int, threads: int):
        self.T, self.params = T, weights.recurrence
        self.calls: dict[tuple[int, bool], list[Call]] = {}

    def ready(self, images: np.ndarray, labels: np.ndarray) -> int:
        """Return the size of the batch."""
        return len(labels)

    def step(self, batch: int) -> None:
        """Run the products and activations of a forward and a backward pass."""
        self._repeat(batch, backward=True)

    def predict(self, images: np.ndarray) -> None:
        """Run the products and activations of forward passes."""
        for _ in range(len(images) // PREDICTED_AT_ONCE):
            self._repeat(PREDICTED_AT_ONCE, backward=False)

    def _repeat(self, B: int, backward: bool) -> None:
        if (B, backward) not in self.calls:
            self.calls[B, backward] = self._calls(B, backward)
        for _ in range(self.T):
            for ufunc, inputs, out in self.calls[B, backward]:
                ufunc(*inputs, out=out)

    def _calls(self, B: int, backward: bool) -> list[Call]:
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
