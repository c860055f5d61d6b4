"""Does a training that stops after any step, and resumes from a file, end with the same bits as without a stop?"""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numpy_rnn import checkpoint, classifier, lstm, readout, rnn, training
from numpy_rnn.experiments import Epoch
from parity_tests.cases.models import BOTH_RECURRENCES, random_split
from parity_tests.cases.recurrences import DTYPES
from parity_tests.cases.trainings import (
    BATCH_SIZE,
    EPOCHS,
    STEPS,
    N,
    assert_same_training,
    change_progress,
    fit,
    new_training,
)
from parity_tests.refusals import refused
from parity_tests.survival.faults import survives


def through_a_file(state):
    """The training after it was written to a file and read again."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint.write(Path(folder) / "some.npz", checkpoint.to_arrays(state))
        return checkpoint.from_arrays(checkpoint.read(Path(folder) / "some.npz"))


@BOTH_RECURRENCES
@DTYPES
@settings(max_examples=15)
@given(
    initial_state=st.sampled_from(["zeros", "learned", "random"]),
    stop_after=st.lists(st.integers(1, STEPS), min_size=1, max_size=3, unique=True).map(sorted),
)
def test_stopped_and_resumed(kind, dtype, initial_state, stop_after):
    options = {"random_initial": initial_state == "random"}
    learned = initial_state == "learned"
    uninterrupted = fit(new_training(kind, dtype, learned=learned), **options)
    state = new_training(kind, dtype, learned=learned)
    for steps in stop_after:
        state = fit(state, steps, **options)
        copy = through_a_file(state)
        assert_same_training(copy, state)
        assert copy.seconds == state.seconds
        assert copy.history == state.history
        assert all(isinstance(epoch, Epoch) for epoch in copy.history)
        state = copy
    assert_same_training(fit(state, **options), uninterrupted)


def test_more_epochs_than_before_the_stop():
    assert_same_training(fit(through_a_file(fit(new_training(rnn), epochs=1))), fit(new_training(rnn)))


def test_a_finished_training_does_not_change():
    finished = fit(new_training(rnn))
    assert_same_training(fit(finished), finished)


@pytest.mark.parametrize("batch_size", [BATCH_SIZE - 1, BATCH_SIZE + 1])
def test_another_batch_size_within_an_epoch(batch_size):
    state = fit(new_training(rnn), 2)
    with refused(ValueError, "batch_size", f"{BATCH_SIZE} as in the epoch begun", f"{batch_size} of {N}"):
        fit(state, batch_size=batch_size)
    assert fit(fit(new_training(rnn), epochs=1), batch_size=batch_size).epoch == EPOCHS


@pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered:RuntimeWarning")
@BOTH_RECURRENCES
@pytest.mark.parametrize(("learning_rate", "what", "step"), [(1e300, "a parameter", 1), (3e38, "the loss", 2)])
def test_a_number_that_is_not_finite_ends_the_training(kind, learning_rate, what, step):
    message = rf"^{what} is no longer finite in epoch 1, step {step}; the largest gradient is that of \w+: \S+$"
    with pytest.raises(FloatingPointError, match=message):
        fit(new_training(kind), learning_rate=learning_rate)


def test_the_largest_gradient_is_named(monkeypatch):
    def backward(model, trace, labels):
        sizes = {"b": 1.0, "W": -7.0, "U": 2.0, "d": 3.0, "V": 4.0}
        arrays = {name: np.full_like(value, sizes[name]) for name, value, _ in classifier.axes(model)}
        first, last = ([arrays[name] for name in params._fields] for params in (rnn.Params, readout.Params))
        return classifier.Model(rnn.Params(*first), readout.Params(*last))

    monkeypatch.setattr(classifier, "backward", backward)
    monkeypatch.setattr(readout, "cross_entropy", lambda *_: np.inf)
    message = r"^the loss is no longer finite in epoch 1, step 1; the largest gradient is that of W: 7$"
    with pytest.raises(FloatingPointError, match=message):
        fit(new_training(rnn))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda arrays: arrays.pop("W"), "expected the parameters of an RNN or an LSTM and of its read-out"),
        (lambda arrays: arrays.pop("v_d"), "expected the parameters of an RNN or an LSTM and of its read-out"),
        (lambda arrays: arrays.update(m_d=arrays["m_d"].astype(float)), "d: expected float64|expected float32"),
        (lambda arrays: arrays.update(m_V=arrays["m_V"] * np.float32(np.nan)), "V: expected finite numbers"),
        (lambda arrays: arrays.pop("batches"), "expected the progress of a training, found no 'batches'"),
        (lambda arrays: arrays.pop("progress"), "expected the progress of a training, found no 'progress'"),
        (lambda arrays: arrays.update(progress=np.array("{")), "Expecting property name"),
        (change_progress(rng=None), "expected the progress of a training, found no 'rng'"),
        (change_progress(rng={"bit_generator": "MT19937"}), "state must be for a PCG64"),
        (change_progress(history=[[1]]), "missing 2 required positional arguments"),
        *((change_progress(**{name: None}), f"found no '{name}'") for name in ("t", "history", *checkpoint.COUNTS)),
    ],
)
def test_arrays_that_are_no_training(change, message):
    arrays = checkpoint.to_arrays(fit(new_training(rnn), 4))
    change(arrays)
    with pytest.raises((TypeError, ValueError), match=message):
        checkpoint.from_arrays(arrays)


def test_moments_of_another_size():
    arrays, other = (checkpoint.to_arrays(fit(new_training(rnn, H=H), 4)) for H in (4, 3))
    for name in ("m_b", "m_W", "m_U", "m_d", "m_V"):
        arrays[name] = other[name]
    with pytest.raises(ValueError, match=r"^m_b: expected float32 \(4, 1\), got float32 \(3, 1\)$"):
        checkpoint.from_arrays(arrays)


def test_moments_of_another_form():
    arrays, other = (checkpoint.to_arrays(fit(new_training(rnn, learned=learned), 4)) for learned in (False, True))
    arrays["m_h_init"] = other["m_h_init"]
    with pytest.raises(ValueError, match=r"^expected the parameters m_b, .*, m_V, got m_b, .*, m_V, m_h_init$"):
        checkpoint.from_arrays(arrays)


@pytest.mark.slow
def test_memory_stays_flat_over_50_epochs(tmp_path):
    statm = Path("/proc/self/statm")
    if not statm.exists():
        pytest.skip("no /proc")
    state, split, pages = new_training(lstm, H=32), random_split(2000), {}
    for epochs in range(1, 51):
        state = training.fit(state, *split, epochs=epochs)
        checkpoint.write(tmp_path / "some.npz", checkpoint.to_arrays(state))
        pages[epochs] = int(statm.read_text(encoding="utf-8").split()[1])
    with survives(f"50 epochs, NumPy: {pages[10] * 4096 >> 20} MB after 10, {pages[50] * 4096 >> 20} MB after 50"):
        assert pages[50] < 1.02 * pages[10]
