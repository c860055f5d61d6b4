"""Is a step of several devices, or of two processes, the step of one device, whatever the sizes of their parts?"""

import json
import os
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from parity_tests import ROOT
from parity_tests.cases import replicas as cases
from parity_tests.cases.addresses import free_addresses
from parity_tests.cases.models import by_name
from parity_tests.cases.recurrences import SEEDS
from parity_tests.comparison import assert_within
from parity_tests.oracles import bounded_equations
from parity_tests.oracles.bounds import Bounded, arithmetic, concatenate
from tf_rnn.distributed import DistributedTraining
from tf_rnn.replicas import Replicas

KINDS = pytest.mark.parametrize("kind", ["rnn", "lstm"])
DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])
SIDE = cache(cases.Side)


@cache
def on_two_devices(setting):
    return cases.Both(cases.two_devices(), setting)


def bounded_step(setting, before, seed, steps):
    """The bounded loss, and θ, m and v of every parameter, after a step from these values."""
    system = arithmetic("tensorflow", setting.dtype)
    model, (x, labels) = cases.parameters(setting, before["θ"]), cases.batch(setting, seed)
    states = [np.zeros((cases.H, setting.B))] * {"rnn": 1, "lstm": 2}[setting.kind]
    results = bounded_equations.classifier(setting.kind, system, model, x, states, labels)
    shapes = {name: value.shape for name, value in by_name(model).items()}
    g = concatenate([flat(results[f"d{name}"]) for name in shapes])
    if setting.clip_norm is not None:
        g = bounded_equations.clipped(system, g, setting.clip_norm)
    values = {symbol: np.concatenate([before[symbol][name].ravel() for name in shapes]) for symbol in "θmv"}
    after = bounded_equations.adam(system, values["θ"], g, values["m"], values["v"], steps + 1, **cases.CONSTANTS)
    return results["loss"], dict(zip("θmv", after, strict=True)), shapes


def flat(bounded):
    return Bounded(bounded.value.ravel(), bounded.error.ravel(), bounded.arithmetic)


def assert_steps_of_one_device(setting, taken, seed):
    """Each step is within the bound of the step that one device takes from the same weights.

    m begins at zero, so that m after the first step is 1/8 of the gradient, exactly.
    """
    side = SIDE(setting)
    for number, (loss, before, after) in enumerate(taken):
        side.set(before, number)
        side.step(seed + number)
        expected = side.arrays()
        bounded_loss, bounded, shapes = bounded_step(setting, before, seed + number, number)
        actual, theirs = (
            {symbol: np.concatenate([values[symbol][name].ravel() for name in shapes]) for symbol in "θmv"}
            for values in (after, expected)
        )
        assert_within(
            {"loss": loss, **actual},
            {"loss": bounded_loss.value, **theirs},
            {"loss": 2 * bounded_loss.error, **{symbol: 2 * bounded[symbol].error for symbol in "θmv"}},
            np.dtype(setting.dtype),
            where=f", after step {number + 1}",
        )


@pytest.mark.slow
@KINDS
@DTYPES
@given(SEEDS, st.sampled_from([2, 3, 5]), st.sampled_from([None, 0.05]))
def test_a_step_of_two_devices(kind, dtype, seed, B, clip_norm):
    setting = cases.Setting(kind, dtype, B, clip_norm)
    assert_steps_of_one_device(setting, on_two_devices(setting).steps(seed), seed)


@given(st.integers(1, 9), st.integers(0, 200))
def test_the_parts_of_a_batch(n, more):
    replicas = object.__new__(Replicas)
    replicas.batch_size, replicas.number, replicas.own = n + more, n, list(range(n))
    numbers = np.arange(n + more)
    parts = replicas.split(numbers, -numbers)
    for sign, arrays in zip((1, -1), zip(*parts, strict=True), strict=True):
        np.testing.assert_array_equal(np.concatenate(arrays), sign * numbers)
        sizes = {len(array) for array in arrays}
        assert max(sizes) - min(sizes) <= 1


def test_fewer_examples_than_replicas():
    setting = cases.Setting("rnn", "float32", 1)
    with pytest.raises(ValueError, match="batch_size: expected 2 or more, one for each replica, got 1"):
        cases.Both(cases.two_devices(), setting)


def test_what_a_distributed_training_refuses():
    both = on_two_devices(cases.Setting("rnn", "float32", 2))
    training = DistributedTraining(both.side.model, both.replicas)
    with pytest.raises(ValueError, match="batch_size: expected that of the replicas, 2, got 3"):
        training.fit(tf.data.Dataset.from_tensors(0), batch_size=3)
    with pytest.raises(ValueError, match="callbacks: expected none, got 1"):
        training.fit(tf.data.Dataset.from_tensors(0), batch_size=2, callbacks=[None])


@pytest.fixture(scope="module")
def in_two_processes(tmp_path_factory):
    """The steps of two processes on the loopback address."""
    addresses = free_addresses()
    file = tmp_path_factory.mktemp("replicas") / "steps.npz"
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "parity_tests.cases.replicas", file],
            cwd=ROOT,
            env={
                **os.environ,
                "TF_CONFIG": json.dumps({"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for index in range(2)
    ]
    try:
        endings = [process.communicate(timeout=200) for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], endings
    with np.load(file) as arrays:
        return dict(arrays)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(cases.IN_TWO_PROCESSES)), ids=map(str, cases.IN_TWO_PROCESSES))
def test_a_step_of_two_processes(in_two_processes, number):
    taken = cases.from_arrays(in_two_processes, str(number))
    assert_steps_of_one_device(cases.IN_TWO_PROCESSES[number], taken, seed=number)
