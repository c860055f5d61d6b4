"""`--strategy`: the devices and processes that share a training of the TensorFlow backend, by `tf.distribute`."""

import io
import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from command.signals import Stopping
from tf_rnn.replicas import explained
from trainings.backend import Arrays
from trainings.checkpoints import Checkpoints, differences
from trainings.cluster import Cluster, meet, read_cluster
from trainings.workers import OneProcess


class Agreed(Stopping):
    """The signals of all workers: `number` is not 0 after a step before which a worker had received one.

    So all workers stop after the same step. A worker that has received no signal itself stops as after SIGTERM.
    """

    def __init__(self, own: Stopping):
        super().__init__()
        self.own = own

    @contextmanager
    def training(self) -> Iterator[None]:
        """Run a block during which the own signals do not end the training at once."""
        with self.own.training():
            yield

    def agree(self, asked: bool) -> None:
        """Note after a step whether any worker had received a signal before it."""
        if asked:
            self.number = self.own.number or signal.SIGTERM
            if not self.own.number:
                self.own.reason = "interrupted, because another worker is"


class Workers(OneProcess):
    """The processes of `--strategy multiworker`, of which the first one, the chief, writes all files."""

    def __init__(self, strategy: tf.distribute.Strategy, cluster: Cluster):
        self.strategy, self.index, self.number = strategy, cluster.own, len(cluster.addresses)
        self.chief = self.index == 0
        self.checkpoints = partial(SharedCheckpoints, self)
        self.agreed = Agreed(Stopping())

    def listening(self, stopping: Stopping) -> Stopping:
        """Return what the training checks after each step: the signals of all workers.

        Installs the handler of signals again, because TensorFlow has replaced that of SIGTERM.
        """
        stopping.listen()
        self.agreed = Agreed(stopping)
        return self.agreed

    def asked(self) -> bool:
        """Return whether this worker has received a signal."""
        return bool(self.agreed.own.number)

    def agree(self, asked: bool) -> None:
        """Note after a step whether any worker had received a signal before it."""
        self.agreed.agree(asked)

    def compare(self, settings: Mapping[str, Any]) -> None:
        """Raise ValueError unless all workers have the same settings; ConnectionError if one has ended."""
        of_chief, *others = map(json.loads, self.exchange(json.dumps(settings).encode()))
        for number, other in enumerate(others, start=2):
            if differing := differences(of_chief, other):
                raise ValueError(
                    "--strategy multiworker: expected the same options and versions in every worker, got others in the "
                    f"chief (there) and in worker {number} of {self.number} (now): {differing}"
                )

    def exchange(self, own: bytes) -> list[bytes]:
        """Return what each worker passes, the chief's first. Raises ConnectionError if a worker has ended."""
        sizes = self._sum(np.where(np.arange(self.number) == self.index, len(own), 0))
        ends = np.append(0, np.cumsum(sizes))
        # A sum with zeros leaves whole numbers as they are. TensorFlow crashes if it adds empty arrays.
        data = np.zeros(4 * (ends[-1] // 4 + 1), np.uint8)
        data[ends[self.index] : ends[self.index + 1]] = np.frombuffer(own, np.uint8)
        data = self._sum(data.view(np.int32)).view(np.uint8)
        return [data[ends[k] : ends[k + 1]].tobytes() for k in range(self.number)]

    def _sum(self, numbers: np.ndarray) -> np.ndarray:
        with explained():
            return self.strategy.reduce(tf.distribute.ReduceOp.SUM, tf.constant(numbers), axis=None).numpy()


class SharedCheckpoints(Checkpoints):
    """Checkpoints that the chief alone reads and writes; the other workers get from it what it has read."""

    def __init__(self, workers: Workers, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.workers = workers

    def latest(self, restore: Callable[[Arrays], Any]) -> Any:
        """Return what `restore` makes of the checkpoint that the chief has found; None if there is none."""
        found: list[Arrays] = []

        def restored(arrays: Arrays) -> Any:
            copy = dict(arrays)
            state = restore(arrays)
            found.append(copy)
            return state

        if self.workers.chief:
            state = super().latest(restored)
            self.workers.exchange(_to_bytes(found[0]) if found else b"")
            return state
        sent, *_ = self.workers.exchange(b"")
        return restore(_from_bytes(sent)) if sent else None

    def last(self) -> str:
        """Return a message that names the newest checkpoint; only the chief knows which are written."""
        return super().last() if self.workers.chief else f"{self.resumed_by} resumes from the chief's last checkpoint"

    def _save(self, path: Path, arrays: Arrays) -> None:
        if self.workers.chief:
            super()._save(path, arrays)


def _to_bytes(arrays: Arrays) -> bytes:
    with io.BytesIO() as file:
        np.savez(file, allow_pickle=False, **arrays)
        return file.getvalue()


def _from_bytes(data: bytes) -> Arrays:
    with io.BytesIO(data) as file, np.load(file) as arrays:
        return dict(arrays)


class Distribution(NamedTuple):
    """A strategy, the processes that share it, and what it adds to the name of the device.

    Without a strategy, one device trains.
    """

    strategy: tf.distribute.Strategy | None
    workers: OneProcess
    description: str = ""

    @property
    def replicas(self) -> int | None:
        """The number of replicas; None without a strategy."""
        return self.strategy.num_replicas_in_sync if self.strategy else None


def distribution(name: str | None, logical_devices: int | None = None, worker_timeout: float = 60) -> Distribution:
    """Return the distribution "mirrored" or "multiworker" over the visible devices, or None for one device.

    Must precede TensorFlow's first operation. `logical_devices` is the number of devices into which "mirrored" splits
    the CPU, `worker_timeout` the number of seconds after which workers that do not answer are given up.

    Raises ValueError, in one line, if there are not enough devices, or if TF_CONFIG is wrong or a worker is missing.
    """
    if name == "mirrored":
        return _mirrored(logical_devices)
    if name == "multiworker":
        return _multiworker(worker_timeout)
    return Distribution(None, OneProcess())


def _mirrored(logical_devices: int | None) -> Distribution:
    if logical_devices:
        (cpu,) = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * logical_devices)
        devices = [f"CPU:{number}" for number in range(logical_devices)]
        return Distribution(tf.distribute.MirroredStrategy(devices), OneProcess(), f", {len(devices)} logical devices")
    gpus = tf.config.get_visible_devices("GPU")
    if len(gpus) < 2:
        found = f"{len(gpus)} GPU" if gpus else "the CPU"
        raise ValueError(
            f"--strategy mirrored: expected two GPUs or more, found {found}; --logical-devices 2 splits the CPU"
        )
    devices = [f"GPU:{number}" for number in range(len(gpus))]
    return Distribution(tf.distribute.MirroredStrategy(devices), OneProcess(), f", {len(gpus)} of them")


def _multiworker(seconds: float) -> Distribution:
    cluster = read_cluster(os.environ.get("TF_CONFIG"))
    meet(cluster, seconds)
    try:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    except tf.errors.OpError as error:
        raise ValueError(f"--strategy multiworker: TensorFlow cannot connect the workers: {error.message}") from error
    number = len(cluster.addresses)
    return Distribution(strategy, Workers(strategy, cluster), f", worker {cluster.own + 1} of {number}")
