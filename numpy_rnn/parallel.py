"""Loss and gradients of a batch that is split into shards, which several processes compute.

The loss of a batch is the mean over its B examples. With the batch split into shards s = 1 … S of B_s examples each,
and L_s the mean loss of shard s

    L = Σ_s (B_s / B) L_s                   (6.1)

and the derivative of a sum is the sum of the derivatives, so for every parameter θ

    ∂L/∂θ = Σ_s (B_s / B) ∂L_s/∂θ           (6.2)

The forward and the backward pass of a shard need no other shard, so any process can compute them. The sum in (6.2)
rounds, and its order is s = 1 … S: the number of shards is part of the computation, as the size of the batch is. The
number of processes is not: the same shards give the same bits on any number of cores. BLAS has one thread in every
process, because it may round differently with another number of threads.

Source: J. Dean et al., Large scale distributed deep networks (2012), section 4, which splits the examples of a training
in the same way, but does not wait for all parts.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial, reduce
from typing import Any, Literal, NamedTuple, Self

import numpy as np

from numpy_rnn import classifier, readout
from numpy_rnn.adam import tree_map
from numpy_rnn.blas_threads import one_blas_thread
from numpy_rnn.checks import check_type, class_labels, whole_number
from numpy_rnn.sequences import from_images, grey
from numpy_rnn.shared_memory import Block, copy, share
from numpy_rnn.worker import Worker

Scan = Literal["rows", "columns"]


class Part(NamedTuple):
    """What one shard gives: its number of examples, mean loss, number of correct answers, and gradients.

    `process` computed it: 0 is the process that trains, others are its workers. The computation began at `begin` and
    ended at `end`, in seconds of `time.perf_counter`. The gradients are valid until the next batch.
    """

    examples: int
    loss: float
    hits: int
    process: int
    begin: float
    end: float
    gradients: classifier.Model


class Sum(NamedTuple):
    """What a batch gives: mean loss, number of correct answers, gradients, and the parts of which they are the sum."""

    loss: float
    hits: int
    gradients: classifier.Model
    parts: Sequence[Part]


class Batch(NamedTuple):
    """Model and examples of a step: images (B, rows, columns) uint8, and labels (B,).

    `initial` has the states before the first time step, one for each example, arrays (H, B); or is () for the model's
    own.
    """

    model: classifier.Model
    images: np.ndarray
    labels: np.ndarray
    initial: Any = ()


def shards_of(batch_size: int, shards: int) -> list[slice]:
    """Splits a batch into shards, whose sizes differ by one at most: example n belongs to shard n mod S, from 0.

    Parameters
    ----------
    batch_size : int
        B, 1 or more.
    shards : int
        S, from 1 to B.

    Returns
    -------
    list of slice
        The examples of each shard.

    Raises
    ------
    ValueError
        If an argument is not as described; the message names it.
    """
    batch_size = whole_number("batch_size", batch_size, 1)
    shards = whole_number("shards", shards, 1, batch_size)
    return [slice(s, batch_size, shards) for s in range(shards)]


def add(parts: Sequence[Part]) -> Sum:
    """Adds the parts of a batch in their order.

    Parameters
    ----------
    parts : sequence of Part
        One for each shard, at least one.

    Returns
    -------
    Sum
        Loss, correct answers and gradients of the whole batch; the gradients are new arrays.
    """
    B = sum(part.examples for part in parts)
    weights = [part.examples / B for part in parts]

    def weighted_sum(*terms: Any) -> Any:
        return reduce(np.add, [weight * term for weight, term in zip(weights, terms, strict=True)])

    loss = weighted_sum(*(part.loss for part in parts))  # (6.1)
    gradients = tree_map(weighted_sum, *(part.gradients for part in parts))  # (6.2)
    return Sum(float(loss), sum(part.hits for part in parts), gradients, parts)


class _Memory(NamedTuple):
    """What the processes share: the batch of the step, and the gradients of all shards, whose first axis has size S."""

    batch: Batch
    gradients: classifier.Model

    def gradients_of(self, shard: int) -> classifier.Model:
        """The gradients of one shard."""
        gradients: classifier.Model = tree_map(lambda values: values[shard], self.gradients)
        return gradients


class Shards:
    """A context in which the loss and the gradients of batches are computed, shard by shard.

    The workers start with the first batch and end with the context, in which BLAS has one thread.

    Parameters
    ----------
    batch_size : int
        B, the number of examples of every batch, 1 or more.
    shards : int, optional
        S, from 1 to B. With 1, the sums in (6.1) and (6.2) have one term, and its weight is 1.
    scan : {"rows", "columns"}, optional
        Whether step t sees row t or column t of an image.
    processes : int, optional
        The highest number of processes, this one included, 1 or more; there are never more than shards. It does not
        change the results. By default the number of cores that this process may use.

    Raises
    ------
    ValueError
        If an argument is not as described; the message names it.
    """

    def __init__(self, batch_size: int, shards: int = 1, scan: Scan = "rows", processes: int | None = None):
        slices = shards_of(batch_size, shards)
        wanted = cores() if processes is None else whole_number("processes", processes, 1)
        self.processes = min(wanted, shards)
        self._size, self._shards = batch_size, shards
        # With P processes, process p computes the shards p, p + P, p + 2 P and so on.
        self._numbers = [range(process, shards, self.processes) for process in range(self.processes)]
        self._shares = [
            _Share([slices[shard] for shard in numbers], scan, process) for process, numbers in enumerate(self._numbers)
        ]
        self._workers: list[Worker] = []
        self._memory: _Memory | None = None
        self._context = ExitStack()

    def __enter__(self) -> Self:
        """Gives BLAS one thread."""
        self._context.enter_context(one_blas_thread())
        return self

    def __exit__(self, *error: object) -> None:
        """Ends the workers, and gives BLAS the former number of threads."""
        self._end_workers()
        self._context.close()

    def loss_and_gradients(self, batch: Batch) -> Sum:
        """Computes the mean cross-entropy and its gradients.

        Parameters
        ----------
        batch : Batch
            B examples; the types, shapes and dtypes are the same in all calls.

        Returns
        -------
        Sum
            Loss, correct answers and gradients.

        Raises
        ------
        TypeError, ValueError
            If the batch is not as described; the message names the argument.
        ChildProcessError
            If a worker ends before it has computed its shards.
        OSError
            If a worker cannot be started, or memory is lacking.
        """
        check_type("batch", batch, Batch)
        check_type("batch.model", batch.model, classifier.Model)
        if len(batch.images) != self._size:
            raise ValueError(f"batch.images: expected {self._size} images, got {len(batch.images)}")
        class_labels(batch.labels, self._size, len(batch.model.readout.d))
        if self.processes == 1:
            return add(self._shares[0].compute(batch))
        try:
            return add(self._compute(batch))
        except BaseException:
            self._end_workers()  # their answers, still to come, would be taken for those of the next batch
            raise

    def _compute(self, batch: Batch) -> list[Part]:
        """The parts of all shards, in their order."""
        if not self._workers:
            self._start_workers(batch)
        assert self._memory is not None
        copy(self._memory.batch, batch)
        for worker in self._workers:
            worker.ask("compute")
        parts = dict(zip(self._numbers[0], self._shares[0].compute(batch), strict=True))
        for numbers, worker in zip(self._numbers[1:], self._workers, strict=True):
            for shard, values in zip(numbers, worker.answer(), strict=True):
                parts[shard] = Part._make((*values, self._memory.gradients_of(shard)))
        return [parts[shard] for shard in range(self._shards)]

    def _start_workers(self, batch: Batch) -> None:
        """Starts a worker for each process except this one."""
        stacked = tree_map(lambda value: np.empty((self._shards, *value.shape), value.dtype), batch.model)
        block, self._memory = share(_Memory(batch, stacked))
        try:
            for numbers, share_of_worker in zip(self._numbers[1:], self._shares[1:], strict=True):
                prepare = partial(_prepare, block, share_of_worker, numbers, np.geterr())
                self._workers.append(Worker(prepare, block.files))
        finally:
            block.close()

    def _end_workers(self) -> None:
        """Ends all workers at once."""
        while self._workers:
            self._workers.pop().close()
        self._memory = None


class _Share:
    """The shards that one process computes, and the memory of their traces."""

    def __init__(self, slices: Sequence[slice], scan: Scan, process: int):
        self.slices, self.scan, self.process = slices, scan, process
        self.traces: list[classifier.Trace | None] = [None] * len(slices)

    def compute(self, batch: Batch) -> list[Part]:
        """The parts of these shards."""
        return [self._part(number, batch) for number in range(len(self.slices))]

    def _part(self, number: int, batch: Batch) -> Part:
        """The part of one of these shards: forward pass, loss, backward pass."""
        begin = time.perf_counter()
        model, images, labels, initial = batch
        shard = self.slices[number]
        labels = labels[shard]
        x = from_images(grey(images[shard], model.readout.d.dtype.type), self.scan)
        states = type(initial)(*(state[:, shard] for state in initial)) if initial else None
        trace = self.traces[number] = classifier.forward(model, x, states, out=self.traces[number])
        h = trace.h[-1]
        loss = readout.cross_entropy(model.readout, h, labels)
        hits = int(np.sum(readout.forward(model.readout, h).argmax(axis=0) == labels))
        gradients = classifier.backward(model, trace, labels)
        return Part(len(labels), loss, hits, self.process, begin, time.perf_counter(), gradients)


def _prepare(
    block: Block, share_of_worker: _Share, shards: Sequence[int], errors: Mapping[str, Any]
) -> Callable[[str], list[tuple[Any, ...]]]:
    """Makes a worker ready to compute its shards of the batch in shared memory.

    The function that it returns puts the gradients into the shared memory, and returns all else of each part.
    """
    memory = block.arrays()
    np.seterr(**errors)

    def compute(_: str) -> list[tuple[Any, ...]]:
        parts = share_of_worker.compute(memory.batch)
        for shard, part in zip(shards, parts, strict=True):
            copy(memory.gradients_of(shard), part.gradients)
        return [part[:-1] for part in parts]

    return compute


def cores() -> int:
    """Returns the number of cores that this process may use.

    Returns
    -------
    int
        The number, 1 or more.
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
