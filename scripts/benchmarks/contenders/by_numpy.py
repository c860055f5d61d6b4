"""This project's NumPy, and the least that any NumPy would have to do."""

import numpy as np

from benchmarks.contenders import PREDICTED_AT_ONCE, first_gradients, in_parts
from benchmarks.watched import shares_of
from numpy_rnn import adam, classifier, lstm, readout
from numpy_rnn.sequences import from_images

Batch = tuple[np.ndarray, np.ndarray]
Call = tuple[np.ufunc, tuple[np.ndarray, ...], np.ndarray]


class Project:
    """`numpy_rnn`: the step of `numpy_rnn.training.fit`, which fills its trace anew each time."""

    def __init__(self, weights: classifier.Model, T: int, threads: int):
        self.model = weights
        self.state = adam.init(weights)
        self.trace: classifier.Trace | None = None

    def ready(self, images: np.ndarray, labels: np.ndarray) -> Batch:
        """As they are."""
        return images, labels

    def step(self, batch: Batch) -> float:
        """The loss before the step."""
        images, labels = batch
        trace = classifier.forward(self.model, from_images(images), out=self.trace)
        loss = readout.cross_entropy(self.model.readout, trace.h[-1], labels)
        gradients = classifier.backward(self.model, trace, labels)
        self.model, self.state = adam.step(self.model, gradients, self.state)
        self.trace = trace
        return loss

    def gradients(self) -> classifier.Model:
        """Those of the first step."""
        return first_gradients(self.state.m)

    def shares(self, batch: Batch) -> dict[str, float]:
        """The milliseconds of a step that pass in NumPy's functions, by kind, in the very code of the step."""
        return shares_of(lambda: self.step(batch), self)

    def predict(self, images: np.ndarray) -> np.ndarray:
        """The probabilities."""
        return np.concatenate([classifier.predict(self.model, from_images(part)).T for part in in_parts(images)])


class Floor:
    """The matrix products of the recurrence, and its tanh and exp, into arrays that are already there.

    The products are those of `numpy_rnn`, ∂L/∂x among them, which other libraries leave out. Per step and unit there is
    one tanh for the RNN, and for the LSTM three exp, of the gates, and two tanh. Everything else that a step computes,
    and all memory that it moves, is left out.
    """

    def __init__(self, weights: classifier.Model, T: int, threads: int):
        self.T, self.params = T, weights.recurrence
        self.calls: dict[tuple[int, bool], list[Call]] = {}

    def ready(self, images: np.ndarray, labels: np.ndarray) -> int:
        """The size of the batch."""
        return len(labels)

    def step(self, batch: int) -> None:
        """Forward and backward."""
        self._repeat(batch, backward=True)

    def predict(self, images: np.ndarray) -> None:
        """Forward alone."""
        for _ in range(len(images) // PREDICTED_AT_ONCE):
            self._repeat(PREDICTED_AT_ONCE, backward=False)

    def _repeat(self, B: int, backward: bool) -> None:
        if (B, backward) not in self.calls:
            self.calls[B, backward] = self._calls(B, backward)
        for _ in range(self.T):
            for ufunc, inputs, out in self.calls[B, backward]:
                ufunc(*inputs, out=out)

    def _calls(self, B: int, backward: bool) -> list[Call]:
        """What one time step of the recurrence comes to."""
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
