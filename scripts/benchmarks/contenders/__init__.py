"""Who is compared: the same models, by this project and by others.

Each is a class in a module of its own, so that a process loads only the library that it times. Every one is made of the
weights to begin with (`classifier.Model`), the steps T of its sequences and the number of threads, and has

    ready(images (B, T, 28), labels (B,))   a batch as the library wants it
    step(batch)                             one training step: forward, loss, backward, Adam; ends when it is done
    gradients()                             those of the first step, as a `classifier.Model`, from what Adam keeps of it
    predict(images (N, T, 28))              the probabilities (N, 10), in batches of 1000
"""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from numpy_rnn import adam, classifier

PREDICTED_AT_ONCE = 1000
BETA_1 = 0.9


class Contender(NamedTuple):
    """Where a contender's code is, with which choices, and of which recurrence what stands for it in words."""

    module: str
    kind: str
    what: Mapping[str, str]
    options: Mapping[str, Any] = {}

    @property
    def installed(self) -> bool:
        """Whether the library that it times can be had here."""
        return all(find_spec(package) is not None for package in PACKAGES[self.module])

    def make(self, weights: classifier.Model, T: int, threads: int) -> Any:
        """The contender, with these weights."""
        return getattr(import_module(f"benchmarks.contenders.{self.module}"), self.kind)(
            weights, T, threads, **self.options
        )


PACKAGES = {
    "by_numpy": ("numpy",),
    "by_tensorflow": ("tensorflow",),
    "by_torch": ("torch",),
    "by_jax": ("jax", "optax"),
}


def _named(rnn: str, lstm: str | None = None) -> Mapping[str, str]:
    return {"rnn": rnn, "lstm": lstm or rnn}


def _tensorflow(kind: str, what: Mapping[str, str], **options: Any) -> Contender:
    return Contender("by_tensorflow", kind, what, options)


CONTENDERS = {
    "numpy_rnn": Contender("by_numpy", "Project", _named("numpy_rnn")),
    "floor": Contender("by_numpy", "Floor", _named("the floor")),
    "tf_rnn": _tensorflow("Project", _named("tf_rnn, graph")),
    "tf_rnn-xla": _tensorflow("Project", _named("tf_rnn, XLA"), jit=True),
    "tf_rnn-eager": _tensorflow("Project", _named("tf_rnn, eager"), eager=True),
    "keras": _tensorflow("Keras", _named("keras.layers.SimpleRNN", "keras.layers.LSTM")),
    "keras-unrolled": _tensorflow(
        "Keras", _named("keras.layers.SimpleRNN, unrolled", "keras.layers.LSTM, unrolled"), unroll=True
    ),
    "broadcast": _tensorflow("Broadcast", _named("the notebook's broadcast")),
    "torch": Contender("by_torch", "Torch", _named("torch.nn.RNN", "torch.nn.LSTM")),
    "jax": Contender("by_jax", "Jax", _named("jax.lax.scan, jitted")),
}
PIPELINE = {
    f"tf_rnn-{kind}": _tensorflow("Epoch", _named(f"tf_rnn, {kind}"), fed=kind == "fed") for kind in ("fed", "ready")
}
ALL = CONTENDERS | PIPELINE
OTHERS = "keras", "keras-unrolled", "torch", "jax"


def in_parts(images: np.ndarray) -> list[np.ndarray]:
    """As many images as are read at once, again and again."""
    return [images[first : first + PREDICTED_AT_ONCE] for first in range(0, len(images), PREDICTED_AT_ONCE)]


def first_gradients(m: Any) -> Any:
    """The gradients g of the first step from Adam's first mean of them, m = (1 - β₁) g, a tree of arrays."""
    return adam.tree_map(lambda value: value / (1 - BETA_1), m)
