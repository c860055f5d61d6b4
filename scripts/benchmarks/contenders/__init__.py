"""The registry of contenders: the same models in this project and in other libraries.

Each library has a module, so that a process loads only the library that it times. A contender is a class that is
created with the weights to start from (`classifier.Model`), the number T of time steps and the number of threads. It
has

    ready(images (B, T, 28), labels (B,))   returns a batch in the library's form
    step(batch)                             runs one training step: forward, loss, backward, Adam
    gradients()                             returns those of the first step, as a `classifier.Model`, from Adam's state
    predict(images (N, T, 28))              returns the probabilities (N, 10), computed in batches of 1,000
"""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from numpy_rnn import adam, classifier
from pages.style import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILLION

PREDICTED_AT_ONCE = 1000
BETA_1 = 0.9


class Contender(NamedTuple):
    """A contender: its module and class, its label for each recurrence, and further arguments of the class.

    Its colour and its marker (in matplotlib's notation) are the same in all pictures.
    """

    module: str
    kind: str
    label: Mapping[str, str]
    color: str
    marker: str
    options: Mapping[str, Any] = {}

    @property
    def installed(self) -> bool:
        """Whether the library is installed."""
        return all(find_spec(package) is not None for package in PACKAGES[self.module])

    @property
    def ours(self) -> bool:
        """Whether the contender belongs to this project."""
        return self.kind == "Project"

    def make(self, weights: classifier.Model, T: int, threads: int) -> Any:
        """Return the contender with these weights."""
        return getattr(import_module(f"benchmarks.contenders.{self.module}"), self.kind)(
            weights, T, threads, **self.options
        )


PACKAGES = {
    "by_numpy": ("numpy",),
    "by_tensorflow": ("tensorflow",),
    "by_torch": ("torch",),
    "by_jax": ("jax", "optax"),
}


def _label(rnn: str, lstm: str | None = None) -> Mapping[str, str]:
    return {"rnn": rnn, "lstm": lstm or rnn}


def _tensorflow(kind: str, label: Mapping[str, str], color: str, marker: str, **options: Any) -> Contender:
    return Contender("by_tensorflow", kind, label, color, marker, options)


_KERAS = _label("keras.layers.SimpleRNN", "keras.layers.LSTM")
_UNROLLED = _label("keras.layers.SimpleRNN, unrolled", "keras.layers.LSTM, unrolled")
CONTENDERS = {
    "numpy_rnn": Contender("by_numpy", "Project", _label("numpy_rnn"), BLUE, "o"),
    "numpy_rnn-1": Contender("by_numpy", "Project", _label("numpy_rnn, 1 shard"), BLUE, "p", {"shards": 1}),
    "floor": Contender("by_numpy", "Floor", _label("the floor"), GREY, ""),
    "tf_rnn": _tensorflow("Project", _label("tf_rnn, graph"), SKY, "s"),
    "tf_rnn-xla": _tensorflow("Project", _label("tf_rnn, XLA"), SKY, ">", jit=True),
    "tf_rnn-eager": _tensorflow("Project", _label("tf_rnn, eager"), SKY, "h", eager=True),
    "keras": _tensorflow("Keras", _KERAS, VERMILLION, "^"),
    "keras-unrolled": _tensorflow("Keras", _UNROLLED, VERMILLION, "v", unroll=True),
    "broadcast": _tensorflow("Broadcast", _label("the notebook's broadcast"), PURPLE, "P"),
    "torch": Contender("by_torch", "Torch", _label("torch.nn.RNN", "torch.nn.LSTM"), GREEN, "D"),
    "jax": Contender("by_jax", "Jax", _label("jax.lax.scan, jitted"), ORANGE, "X"),
}
PIPELINE = {
    f"tf_rnn-{kind}": _tensorflow("Epoch", _label(f"tf_rnn, {kind}"), SKY, "s", fed=kind == "fed")
    for kind in ("fed", "ready")
}
UNROLLING = {
    f"tf_rnn-{form}": _tensorflow("Project", _label(f"tf_rnn, {form}"), SKY, "s", unroll=form == "unrolled")
    for form in ("unrolled", "loop")
}
ONE_PROCESS = {"floor-1": Contender("by_numpy", "Floor", _label("the floor, 1 shard"), GREY, "", {"shards": 1})}
SHARD_PER_THREAD = "numpy_rnn-each"
EACH = {SHARD_PER_THREAD: Contender("by_numpy", "Project", _label("numpy_rnn"), BLUE, "o", {"shards": None})}
ALL = CONTENDERS | PIPELINE | UNROLLING | ONE_PROCESS | EACH
OTHERS = "keras", "keras-unrolled", "torch", "jax"


def batches_of(images: np.ndarray) -> list[np.ndarray]:
    """Return the images in batches of 1,000."""
    return [images[first : first + PREDICTED_AT_ONCE] for first in range(0, len(images), PREDICTED_AT_ONCE)]


def first_gradients(m: Any) -> Any:
    """Return the gradients g of the first step, computed from Adam's first moment m = (1 - β₁) g, a tree of arrays."""
    return adam.tree_map(lambda value: value / (1 - BETA_1), m)
