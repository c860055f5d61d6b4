"""Is the gradient of a batch the sum over its shards, with the same bits on any number of processes?"""

import os
import time
from functools import reduce
from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numpy_rnn import adam, classifier, lstm, parallel, rnn, sequences, shared_memory
from numpy_rnn.blas_threads import one_blas_thread
from parity_tests.cases.decorators import DTYPES
from parity_tests.cases.models import BOTH_RECURRENCES, by_name, random_model, random_split
from parity_tests.cases.recurrences import SEEDS
from parity_tests.cases.trainings import assert_same_training, fit, new_training, through_a_file
from parity_tests.comparison import assert_same_bits, assert_within
from parity_tests.oracles import bounded_equations
from parity_tests.oracles.bounds import arithmetic
from parity_tests.refusals import refused

# The number of examples of a batch and of its shards.
SPLITS = st.integers(1, 12).flatmap(lambda B: st.tuples(st.just(B), st.integers(1, B)))
# The number of shards and of processes; with 16 processes, each shard has its own.
SHARDS_AND_PROCESSES = [(1, 1), (2, 2), (3, 2), (5, 4), (5, 16)]


def a_batch(kind, dtype=np.float32, B=10, seed=0, learned=False, random=False):
    """A model and B examples, with states before the first step that are zeros, learned, or one for each example."""
    model = random_model(kind, seed, dtype, learned=learned)
    rng = np.random.default_rng(seed + 1)
    initial = classifier.random_initial(model, rng, B) if random else ()
    return parallel.Batch(model, *random_split(B, seed), initial)


def part_of(batch, shard, scan="rows"):
    """The loss and the gradients of the examples of a shard, by `numpy_rnn.classifier` alone."""
    x = sequences.from_images(sequences.grey(batch.images[shard], batch.model.readout.d.dtype.type), scan)
    initial = type(batch.initial)(*(state[:, shard] for state in batch.initial)) if batch.initial else None
    return classifier.loss_and_gradients(batch.model, x, batch.labels[shard], initial)


def in_shards(batch, shards, processes=1, scan="rows"):
    with parallel.Shards(len(batch.labels), shards, scan, processes) as context:
        return context.loss_and_gradients(batch)


@given(SPLITS)
def test_the_shards_are_the_batch(split):
    B, S = split
    examples = [list(range(B))[shard] for shard in parallel.shards_of(B, S)]
    sizes = list(map(len, examples))
    assert len(examples) == S
    assert sorted(chain.from_iterable(examples)) == list(range(B))
    assert all(n % S == s for s, shard in enumerate(examples) for n in shard)
    assert max(sizes) - min(sizes) <= 1
    assert min(sizes) >= 1


@BOTH_RECURRENCES
@DTYPES
@given(SPLITS, SEEDS)
def test_the_sum_over_shards_is_the_gradient_of_the_batch(kind, dtype, split, seed):
    B, S = split
    batch = a_batch(kind, dtype, B, seed)
    found = in_shards(batch, S)
    system, name = arithmetic("numpy", dtype), kind.__name__.partition(".")[2]

    def bounded(examples):
        x = sequences.from_images(sequences.grey(batch.images[examples], dtype))
        zeros = [np.zeros((len(batch.model.recurrence[0]), x.shape[2]))] * len(kind.Initial._fields)
        return bounded_equations.classifier(name, system, batch.model, x, zeros, batch.labels[examples])

    slices = parallel.shards_of(B, S)
    parts = [(len(batch.labels[shard]), bounded(shard)) for shard in slices]
    added, whole = bounded_equations.in_shards(system, parts), bounded(slice(0, B))
    actual = {"loss": found.loss} | {f"d{name}": value for name, value in by_name(found.gradients).items()}
    expected = {name: whole[name].value for name in actual}
    assert_within(actual, expected, {name: added[name].error + whole[name].error for name in actual}, dtype)


@BOTH_RECURRENCES
@DTYPES
@pytest.mark.parametrize("states", [{}, {"learned": True}, {"random": True}], ids=["zeros", "learned", "random"])
@given(SPLITS, SEEDS, st.sampled_from(["rows", "columns"]))
def test_bit_for_bit_the_weighted_sum_in_the_order_of_the_shards(kind, dtype, states, split, seed, scan):
    B, S = split
    batch = a_batch(kind, dtype, B, seed, **states)
    if scan == "columns":
        batch = batch._replace(images=batch.images.transpose(0, 2, 1).copy())
    found = in_shards(batch, S, scan=scan)
    with one_blas_thread():
        parts = [part_of(batch, shard, scan) for shard in parallel.shards_of(B, S)]
    weights = [len(batch.labels[shard]) / B for shard in parallel.shards_of(B, S)]
    losses = [weight * loss for weight, (loss, _) in zip(weights, parts, strict=True)]
    assert found.loss == reduce(float.__add__, losses)
    terms = [
        adam.tree_map(lambda g, weight=weight: weight * g, gradients)
        for weight, (_, gradients) in zip(weights, parts, strict=True)
    ]
    expected = reduce(lambda one, other: adam.tree_map(np.add, one, other), terms)
    assert_same_bits(found.gradients, expected)
    x = sequences.from_images(sequences.grey(batch.images, dtype), scan)
    answers = classifier.predict(batch.model, x, batch.initial or None).argmax(axis=0)
    assert found.hits == np.sum(answers == batch.labels)


def test_a_wrong_weight_a_lost_part_and_another_order_are_noticed():
    """The bits of the sum in another order differ, so the test above would fail; a lost part exceeds every bound."""
    batch = a_batch(rnn, B=9, seed=4)
    found = in_shards(batch, 3)
    backwards = parallel.add(found.parts[::-1])
    one, other = (
        np.concatenate([value.ravel() for value in by_name(part.gradients).values()]) for part in (found, backwards)
    )
    assert np.any(one != other)
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)
    lost = parallel.add(found.parts[:2])
    assert abs(lost.loss - found.loss) > 1e-3


@BOTH_RECURRENCES
@pytest.mark.parametrize(("shards", "processes"), SHARDS_AND_PROCESSES)
@pytest.mark.parametrize("states", [{}, {"learned": True}, {"random": True}], ids=["zeros", "learned", "random"])
def test_the_number_of_processes_changes_no_bit(kind, shards, processes, states):
    with parallel.Shards(10, shards, processes=processes) as context:
        assert context.processes == min(shards, processes)
        for seed in range(3):
            batch = a_batch(kind, seed=seed, **states)
            found, alone = context.loss_and_gradients(batch), in_shards(batch, shards)
            assert (found.loss, found.hits) == (alone.loss, alone.hits)
            assert_same_bits(found.gradients, alone.gradients)
            assert [part.process for part in found.parts] == [s % context.processes for s in range(shards)]
            assert all(part.begin < part.end for part in found.parts)


def test_results_of_one_step_are_not_overwritten_by_the_next():
    with parallel.Shards(10, 2, processes=2) as context:
        first = context.loss_and_gradients(a_batch(lstm, seed=0))
        kept = adam.tree_map(np.copy, first.gradients)
        context.loss_and_gradients(a_batch(lstm, seed=1))
        assert_same_bits(first.gradients, kept)


@BOTH_RECURRENCES
@DTYPES
def test_a_training_has_the_same_bits_on_any_number_of_processes(kind, dtype):
    one, two = (fit(new_training(kind, dtype), shards=3, processes=processes) for processes in (1, 2))
    assert_same_training(two, one)


def test_a_training_in_shards_resumes_bit_for_bit():
    options = {"shards": 2, "processes": 2}
    state = through_a_file(fit(new_training(lstm), 4, **options))
    assert_same_training(fit(state, **options), fit(new_training(lstm), **options))


def test_one_shard_is_the_batch_bit_for_bit():
    batch = a_batch(lstm)
    with one_blas_thread():
        loss, gradients = part_of(batch, slice(None))
    found = in_shards(batch, 1)
    assert found.loss == loss
    assert_same_bits(found.gradients, gradients)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_batch_that_is_refused_leaves_the_context_usable(processes):
    batch = a_batch(rnn)
    wrong = [
        (batch._replace(images=batch.images[:9]), ValueError, "batch.images", "10 images", "9"),
        (batch._replace(labels=batch.labels[:9]), ValueError, "labels", "shape (10,)", "(9,)"),
        (batch._replace(model=tuple(batch.model)), TypeError, "batch.model", "numpy_rnn.classifier.Model", "tuple"),
        (tuple(batch), TypeError, "batch", "numpy_rnn.parallel.Batch", "tuple"),
    ]
    with parallel.Shards(10, 2, processes=processes) as context:
        expected = context.loss_and_gradients(batch)
        for given_batch, *message in wrong:
            with refused(*message):
                context.loss_and_gradients(given_batch)
            assert_same_bits(context.loss_and_gradients(batch).gradients, expected.gradients)


def test_batches_of_another_form_are_refused_by_workers():
    wide = a_batch(rnn)._replace(images=np.zeros((10, 4, 4), np.uint8))
    with parallel.Shards(10, 2, processes=2) as context:
        context.loss_and_gradients(a_batch(rnn))
        with refused(ValueError, "shared arrays", "uint8 (10, 4, 3) as before", "uint8 (10, 4, 4)"):
            context.loss_and_gradients(wide)


@pytest.mark.parametrize("failing", [0, 1], ids=["this process", "the worker"])
def test_an_error_in_one_shard_is_raised_and_leaves_the_context_usable(failing):
    """The images of the other shard are black, so that only one overflows."""
    batch = a_batch(rnn)
    batch.model.recurrence[2][:] = np.finfo(np.float32).max
    batch.images[:] = 0
    batch.images[parallel.shards_of(10, 2)[failing]] = 255
    with np.errstate(over="raise"), parallel.Shards(10, 2, processes=2) as context:
        context.loss_and_gradients(a_batch(rnn))
        with pytest.raises(FloatingPointError, match="overflow"):
            context.loss_and_gradients(batch)
        time.sleep(0.3)  # so that an answer to this batch, if the worker still gives one, is there
        found, expected = context.loss_and_gradients(a_batch(rnn)), in_shards(a_batch(rnn), 2)
        assert (found.loss, found.hits) == (expected.loss, expected.hits)
        assert_same_bits(found.gradients, expected.gradients)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 1), ("batch_size", "a whole number of 1 or more", 0)),
        ((4, 5), ("shards", "a whole number from 1 to 4", 5)),
        ((4, 0), ("shards", "a whole number from 1 to 4", 0)),
        ((4, 2, "rows", 0), ("processes", "a whole number of 1 or more", 0)),
    ],
)
def test_arguments(arguments, message):
    with refused(ValueError, *message):
        parallel.Shards(*arguments)


@pytest.mark.parametrize(
    ("options", "expected"),
    [({"shards": 7}, "a whole number from 1 to 6"), ({"processes": 0}, "a whole number of 1 or more")],
)
def test_arguments_of_a_training(options, expected):
    ((name, value),) = options.items()
    with refused(ValueError, name, expected, value):
        fit(new_training(rnn), **options)


def test_what_a_worker_does():
    """The function that a worker runs, called in this process, puts the gradients of its shards into the memory."""
    batch = a_batch(lstm)
    expected = in_shards(batch, 3)
    stacked = adam.tree_map(lambda value: np.zeros((3, *value.shape), value.dtype), batch.model)
    block, memory = shared_memory.share(parallel._Memory(batch, stacked))
    slices = parallel.shards_of(10, 3)
    share = parallel._Share([slices[0], slices[2]], "rows", process=4)
    answers = parallel._prepare(block, share, [0, 2], np.geterr())("compute")
    block.close()
    for shard, numbers in zip((0, 2), answers, strict=True):
        assert numbers[:3] == expected.parts[shard][:3]
        assert numbers[3] == 4
        assert_same_bits(memory.gradients_of(shard), expected.parts[shard].gradients)
    assert not any(value.any() for value in by_name(memory.gradients_of(1)).values())


def test_cores_where_the_system_restricts_no_process(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert parallel.cores() == (os.cpu_count() or 1)
