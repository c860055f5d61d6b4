"""Does a training that stops after any step, and resumes from a file, end with the same bits as without a stop?"""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numpy_rnn import adam, checkpoint, classifier, lstm, readout, rnn, training
from numpy_rnn.experiments import Epoch
from parity_tests.cases.decorators import DTYPES
from parity_tests.cases.models import BOTH_RECURRENCES, random_model, random_split
from parity_tests.cases.trainings import (
    BATCH_SIZE,
    EPOCHS,
    STEPS,
    N,
    assert_same_training,
    change_progress,
    fit,
    new_training,
    through_a_file,
)
from parity_tests.refusals import refused
from parity_tests.survival.faults import survives


@BOTH_RECURRENCES
@DTYPES
@settings(max_examples=15)
@given(
    initial_state=st.sampled_from(["zeros", "learned", "random"]),
    clip_norm=st.sampled_from([None, 1e-3, 1.0]),
    stop_after=st.lists(st.integers(1, STEPS), min_size=1, max_size=3, unique=True).map(sorted),
)
def test_stopped_and_resumed(kind, dtype, initial_state, clip_norm, stop_after):
    options = {"random_initial": initial_state == "random", "clip_norm": clip_norm}
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


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


OTHERS = "history: ", "hits: ", "step: ", "t: "


@settings(max_examples=300)
@given(st.sampled_from(["t", "rng", "history", *checkpoint.COUNTS]), JSON, st.sampled_from(["set", "all", "inside"]))
def test_progress_of_another_type_or_out_of_range(name, value, where):
    """It is refused in one line that names the entry, or it is as good as any other progress."""
    arrays = checkpoint.to_arrays(fit(new_training(rnn), 4))
    found = json.loads(str(arrays["progress"]))
    if where == "inside" and name in ("history", "rng"):
        value = [[1.0, 0.5, value]] if name == "history" else found["rng"] | {"state": value}
    arrays["progress"] = np.array(json.dumps(value if where == "all" else found | {name: value}))
    with survives("a checkpoint whose progress is of another type or out of range, NumPy"):
        try:
            state = checkpoint.from_arrays(arrays)
        except ValueError as error:
            assert "\n" not in str(error)  # noqa: PT017
            assert where == "all" or str(error).startswith((f"{name}: ", *OTHERS))  # noqa: PT017
        else:
            assert all(type(getattr(state, name)) is int for name in ("epoch", "step", "hits"))
            assert all(np.isfinite(getattr(state, name)) for name in ("losses", "seconds"))
            assert all(np.isfinite(epoch).all() for epoch in state.history)
            assert len(state.history) == state.epoch
            assert 0 <= state.step <= len(state.batches)


@pytest.mark.parametrize(
    "batches",
    [np.zeros(3), np.zeros((3, 2)), np.zeros((0, 0)), np.zeros((3, 4), int), -np.arange(12).reshape(3, 4)],
    ids=["a vector", "floats", "none", "one example many times", "negative"],
)
def test_an_order_of_examples_that_is_none(batches):
    arrays = checkpoint.to_arrays(fit(new_training(rnn), 4)) | {"batches": batches}
    with (
        survives("a checkpoint whose order of examples is none, NumPy"),
        pytest.raises(ValueError, match=r"^(batches|step|hits): expected "),
    ):
        checkpoint.from_arrays(arrays)


@pytest.mark.parametrize("batch_size", [BATCH_SIZE - 1, BATCH_SIZE + 1])
def test_another_batch_size_within_an_epoch(batch_size):
    state = fit(new_training(rnn), 2)
    with refused(ValueError, "batch_size", f"{BATCH_SIZE} as in the epoch begun", f"{batch_size} of {N}"):
        fit(state, batch_size=batch_size)
    assert fit(fit(new_training(rnn), epochs=1), batch_size=batch_size).epoch == EPOCHS


def test_fewer_images_within_an_epoch():
    state = fit(new_training(rnn), 2)
    images, labels = random_split(N - 1)
    assert len(images) // BATCH_SIZE == N // BATCH_SIZE
    order = np.where(state.batches == state.batches.max(), N - 1, state.batches)
    with refused(ValueError, "images", f"more than {N - 1} as in the epoch begun", N - 1):
        training.fit(state._replace(batches=order), images, labels, batch_size=BATCH_SIZE)


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
        (
            change_progress(history=[[1]]),
            r"^history: expected loss, accuracy and seconds of each epoch, got \[1\]$",
        ),
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


OTHER_GENERATORS = pytest.mark.parametrize("bits", ["MT19937", "Philox", "SFC64", "PCG64DXSM"])


@OTHER_GENERATORS
def test_a_generator_that_no_file_restores(bits):
    rng = np.random.Generator(getattr(np.random, bits)(0))
    state = fit(new_training(rnn), 4)._replace(rng=rng)
    with refused(ValueError, "rng", "the bit generator PCG64", bits):
        checkpoint.to_arrays(state)


def other_initial(model):
    """The model, with an initial state of the other recurrence."""
    state = np.zeros((4, 1), np.float32)
    own = isinstance(model.recurrence, lstm.Params)
    return model._replace(initial=rnn.Initial(state) if own else lstm.Initial(state, state))


def other_read_out(model):
    return model._replace(readout=random_model(rnn, H=7).readout)


def in_float64(model):
    return adam.tree_map(lambda array: array.astype(float), model)


@BOTH_RECURRENCES
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda state: {"optimizer": state.optimizer._replace(m=random_model(rnn, H=7))},
            r"m_\w+: |expected the param",
        ),
        (
            lambda state: {"optimizer": state.optimizer._replace(v=random_model(rnn, H=7))},
            r"v_\w+: |expected the param",
        ),
        (lambda state: {"optimizer": state.optimizer._replace(m=())}, "model: expected .*Model, got tuple"),
        (lambda state: {"model": other_read_out(state.model)}, "V: expected shape"),
        (lambda state: {"model": other_initial(state.model)}, "model.initial: expected"),
        (lambda state: {"model": in_float64(state.model)}, r"m_\w+: expected float64"),
        (lambda state: {"batches": state.batches.tolist()}, "batches: expected a NumPy array"),
    ],
    ids=["m", "v", "no m", "read-out", "initial state", "dtype", "batches"],
)
def test_what_loading_refuses_is_not_saved(kind, change, message):
    state = fit(new_training(kind), 4)
    with pytest.raises((TypeError, ValueError), match=rf"^({message})"):
        checkpoint.to_arrays(state._replace(**change(state)))
