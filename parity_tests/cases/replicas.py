"""Steps of replicas, on several devices or in several processes, beside the same steps on one device.

As a command, `python -m parity_tests.cases.replicas FILE` is one worker of TF_CONFIG: it takes the steps of every case
of `IN_TWO_PROCESSES` with the others, and the chief writes their results into FILE.
"""

import os
import sys
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from numpy_rnn import classifier
from parity_tests.cases.models import by_name
from parity_tests.cases.recurrences import CaseSpec, make_case, make_readout_case
from parity_tests.oracles.tensorflow_results import layer_with
from tf_rnn import weights
from tf_rnn.distributed import DistributedTraining
from tf_rnn.replicas import Replicas

# T, H, I and C; and constants that are exact in float32, because Keras rounds them to it.
T, H, I, C = 3, 4, 2, 5
CONSTANTS = {"learning_rate": 2.0**-10, "beta_1": 0.875, "beta_2": 1 - 2.0**-10}
STEPS = 2


@cache
def two_devices() -> tf.distribute.Strategy:
    """The two logical devices of the CPU that the suite makes; TensorFlow confuses two strategies of one process."""
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


class Setting(NamedTuple):
    """A kind of model, a dtype, the size of the whole batch, and the norm to which gradients are clipped."""

    kind: str
    dtype: str
    B: int
    clip_norm: float | None = None


# Sizes that two workers share equally or not; at 2 each has one example.
IN_TWO_PROCESSES = [
    Setting(kind, dtype, B, clip_norm)
    for kind, dtype, B, clip_norm in [
        ("rnn", "float32", 2, None),
        ("rnn", "float64", 7, 0.05),
        ("lstm", "float32", 5, 0.05),
        ("lstm", "float64", 6, None),
    ]
]


class Taken(NamedTuple):
    """The loss of a step, and θ, m and v of every parameter before and after it."""

    loss: float
    before: dict[str, dict[str, np.ndarray]]
    after: dict[str, dict[str, np.ndarray]]


def compiled(setting: Setting, clips: bool = False) -> keras.Model:
    """A model with Adam, as compiled for one device if it `clips`."""
    dtype = setting.dtype
    pixels = keras.Input((T, I), dtype=dtype)
    model = keras.Model(pixels, layer_with(setting.kind, random_start(setting, 0))(pixels))
    optimizer = keras.optimizers.Adam(**CONSTANTS, global_clipnorm=setting.clip_norm if clips else None)
    model.compile(optimizer, keras.losses.CategoricalCrossentropy(dtype=dtype))
    return model


def spec_of(setting: Setting, seed: int) -> CaseSpec:
    return CaseSpec(T, H, I, setting.B, C, seed)


def random_start(setting: Setting, seed: int) -> classifier.Model:
    spec, dtype = spec_of(setting, seed), np.dtype(setting.dtype)
    return classifier.Model(make_case(setting.kind, spec, dtype).params, make_readout_case(spec, dtype)[0])


def batch(setting: Setting, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """x (T, I, B), with the axes of `numpy_rnn`, and labels (B,)."""
    spec, dtype = spec_of(setting, seed), np.dtype(setting.dtype)
    return make_case(setting.kind, spec, dtype).x, make_readout_case(spec, dtype)[2]


def tensors(setting: Setting, seed: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Images (B, T, I) and one-hot labels (B, C) of a batch."""
    x, labels = batch(setting, seed)
    return tf.constant(x.transpose(2, 0, 1)), tf.constant(np.eye(C, dtype=setting.dtype)[labels])


class Side:
    """A model on one device, with θ, m and v."""

    def __init__(self, setting: Setting):
        self.setting, self.model = setting, compiled(setting, clips=True)
        self.optimizer: Any = self.model.optimizer
        self.optimizer.build(self.model.trainable_variables)

    def begin(self, seed: int) -> None:
        """Sets θ from the seed, and m, v and the number of steps to zero."""
        weights.from_numpy(self.model, random_start(self.setting, seed))
        self.set({name: {} for name in ("m", "v")}, 0)

    def variables(self) -> dict[str, dict[str, Any]]:
        """The variables of θ, m and v by the parameters' symbols."""
        names = [variable.name for variable in self.model.trainable_variables]
        lists = {
            "θ": self.model.trainable_variables,
            "m": self.optimizer._momentums,
            "v": self.optimizer._velocities,
        }
        return {symbol: dict(zip(names, variables, strict=True)) for symbol, variables in lists.items()}

    def arrays(self) -> dict[str, dict[str, np.ndarray]]:
        """Their values."""
        return {
            symbol: {name: keras.ops.convert_to_numpy(variable) for name, variable in variables.items()}
            for symbol, variables in self.variables().items()
        }

    def set(self, values: dict[str, dict[str, np.ndarray]], steps: int) -> None:
        """Sets the variables to these values, or to zeros where there are none, after this number of steps."""
        for symbol, arrays in values.items():
            for name, variable in self.variables()[symbol].items():
                variable.assign(arrays.get(name, np.zeros(variable.shape)))
        self.optimizer.iterations.assign(steps)

    def step(self, seed: int) -> None:
        """Takes a step as Keras does."""
        x, labels = tensors(self.setting, seed)
        self.model.train_on_batch(x, labels)


class Both:
    """Replicas, and a model on one device to which their weights are copied."""

    def __init__(self, strategy: tf.distribute.Strategy, setting: Setting):
        self.setting, self.side = setting, Side(setting)
        self.replicas = Replicas(strategy, partial(compiled, setting), setting.B, setting.clip_norm)
        self.training = DistributedTraining(self.side.model, self.replicas)

    def steps(self, seed: int) -> list[Taken]:
        """Steps of the replicas from weights that the seed determines; their batches have the next seeds."""
        self.side.begin(seed)
        self.training = DistributedTraining(self.side.model, self.replicas)
        taken, before = [], self.side.arrays()
        for number in range(STEPS):
            parts = self.replicas.split(*tensors(self.setting, seed + number))
            loss = self.replicas.step(parts).loss
            self.training.to_arrays()  # copies the weights
            after = self.side.arrays()
            taken.append(Taken(loss, before, after))
            before = after
        return taken


def to_arrays(taken: list[Taken], prefix: str) -> dict[str, np.ndarray]:
    """All numbers of some steps by name, for one file."""
    arrays = {}
    for number, (loss, *sides) in enumerate(taken):
        arrays[f"{prefix}|{number}|loss"] = np.array(loss)
        for which, symbols in zip(("before", "after"), sides, strict=True):
            for symbol, values in symbols.items():
                arrays |= {f"{prefix}|{number}|{which}|{symbol}|{name}": value for name, value in values.items()}
    return arrays


def from_arrays(arrays: Any, prefix: str) -> list[Taken]:
    """The steps that `to_arrays` has turned into arrays."""

    def values(number: int, which: str, symbol: str) -> dict[str, np.ndarray]:
        start = f"{prefix}|{number}|{which}|{symbol}|"
        return {name.removeprefix(start): arrays[name] for name in arrays if name.startswith(start)}

    return [
        Taken(
            float(arrays[f"{prefix}|{number}|loss"]),
            *({symbol: values(number, which, symbol) for symbol in "θmv"} for which in ("before", "after")),
        )
        for number in range(STEPS)
    ]


def parameters(setting: Setting, theta: dict[str, np.ndarray]) -> classifier.Model:
    """A model of `numpy_rnn` with these values, which have Keras's shapes."""
    like = random_start(setting, 0)
    fields = by_name(like)
    rest = iter([theta[name].reshape(value.shape) for name, value in fields.items()])
    return classifier.Model(
        type(like.recurrence)(*(next(rest) for _ in like.recurrence)), type(like.readout)(*(next(rest) for _ in "dV"))
    )


def main(file: Path) -> None:
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    arrays: dict[str, np.ndarray] = {}
    for number, setting in enumerate(IN_TWO_PROCESSES):
        arrays |= to_arrays(Both(strategy, setting).steps(seed=number), str(number))
    if strategy.cluster_resolver.task_id == 0:
        np.savez(file, allow_pickle=False, **arrays)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main(Path(sys.argv[1]))
