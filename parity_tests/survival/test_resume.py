"""Is a training that was left after any step, written to a file and taken up again, the same to the last bit?"""

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numpy_rnn import checkpoint, classifier, lstm, readout, rnn, training
from numpy_rnn.experiments import Epoch
from parity_tests.cases.public_functions import flat
from parity_tests.cases.recurrences import DTYPES
from parity_tests.refusals import refused
from parity_tests.survival.faults import survives

RECURRENCES = pytest.mark.parametrize("kind", [rnn, lstm])
N, ROWS, COLUMNS, CLASSES, B, EPOCHS = 20, 4, 3, 5, 6, 3
STEPS = EPOCHS * (N // B)


class Left(Exception):
    """The training is left here."""


def begun(kind, dtype=np.float32, H=4, learned=False):
    rng = np.random.default_rng(0)
    model = classifier.Model(kind.init(rng, COLUMNS, H, dtype), readout.init(rng, H, CLASSES, dtype))
    if learned:
        model = model._replace(initial=kind.Initial(*(np.full((H, 1), 0.5, dtype) for _ in kind.Initial._fields)))
    return training.begin(model, rng)


def fit(start, leave_after=None, **options):
    """The training, done, or as it is after that many steps of all."""
    rng = np.random.default_rng(1)
    images, labels = rng.integers(0, 256, (N, ROWS, COLUMNS), np.uint8), rng.integers(0, CLASSES, N)
    heard = []

    def on_step(now):
        heard.append(now)
        if now.epoch * (N // B) + now.step == leave_after:
            raise Left

    choices = {"epochs": EPOCHS, "batch_size": B} | options
    try:
        return training.fit(start, images, labels, on_step=on_step, **choices)
    except Left:
        return heard[-1]


def through_a_file(now):
    with tempfile.TemporaryDirectory() as folder:
        checkpoint.write(Path(folder) / "some.npz", checkpoint.to_arrays(now))
        return checkpoint.from_arrays(checkpoint.read(Path(folder) / "some.npz"))


def assert_same(one, other):
    """But for the seconds."""
    trees = [(training.model, *training.optimizer[1:]) for training in (one, other)]
    for left, right in zip(*map(flat, trees), strict=True):
        assert (left.dtype, left.shape, left.tobytes()) == (right.dtype, right.shape, right.tobytes())
    np.testing.assert_array_equal(one.batches, other.batches)
    assert one.optimizer.t == other.optimizer.t
    assert one.rng.bit_generator.state == other.rng.bit_generator.state
    assert (one.epoch, one.step, one.losses, one.hits) == (other.epoch, other.step, other.losses, other.hits)
    assert [epoch[:2] for epoch in one.history] == [epoch[:2] for epoch in other.history]


@RECURRENCES
@DTYPES
@settings(max_examples=15)
@given(
    initial_state=st.sampled_from(["zeros", "learned", "random"]),
    leave_after=st.lists(st.integers(1, STEPS), min_size=1, max_size=3, unique=True).map(sorted),
)
def test_left_and_taken_up_again(kind, dtype, initial_state, leave_after):
    options = {"random_initial": initial_state == "random"}
    start = begun(kind, dtype, learned=initial_state == "learned")
    uninterrupted = fit(start, **options)
    now = begun(kind, dtype, learned=initial_state == "learned")
    for steps in leave_after:
        now = fit(now, steps, **options)
        copy = through_a_file(now)
        assert_same(copy, now)
        assert copy.seconds == now.seconds
        assert copy.history == now.history
        assert all(isinstance(epoch, Epoch) for epoch in copy.history)
        now = copy
    assert_same(fit(now, **options), uninterrupted)


def test_more_epochs_than_were_asked_for_first():
    assert_same(fit(through_a_file(fit(begun(rnn), epochs=1))), fit(begun(rnn)))


def test_a_done_training_stays_as_it_is():
    done = fit(begun(rnn))
    assert_same(fit(done), done)


@pytest.mark.parametrize("batch_size", [B - 1, B + 1])
def test_another_batch_size_in_an_epoch_begun(batch_size):
    now = fit(begun(rnn), 2)
    with refused(ValueError, "batch_size", f"{B} as in the epoch begun", f"{batch_size} of {N}"):
        fit(now, batch_size=batch_size)
    assert fit(fit(begun(rnn), epochs=1), batch_size=batch_size).epoch == EPOCHS


@pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered:RuntimeWarning")
@RECURRENCES
@pytest.mark.parametrize(("learning_rate", "what", "step"), [(1e300, "a parameter", 1), (3e38, "the loss", 2)])
def test_what_is_no_number_ends_the_training(kind, learning_rate, what, step):
    said = rf"^{what} is no longer finite in epoch 1, step {step}; the largest gradient is that of \w+: \S+$"
    with pytest.raises(FloatingPointError, match=said):
        fit(begun(kind), learning_rate=learning_rate)


def test_the_largest_gradient_is_named(monkeypatch):
    def backward(model, trace, labels):
        sizes = {"b": 1.0, "W": -7.0, "U": 2.0, "d": 3.0, "V": 4.0}
        arrays = {name: np.full_like(value, sizes[name]) for name, value, _ in classifier.axes(model)}
        first, last = ([arrays[name] for name in params._fields] for params in (rnn.Params, readout.Params))
        return classifier.Model(rnn.Params(*first), readout.Params(*last))

    monkeypatch.setattr(classifier, "backward", backward)
    monkeypatch.setattr(readout, "cross_entropy", lambda *_: np.inf)
    said = r"^the loss is no longer finite in epoch 1, step 1; the largest gradient is that of W: 7$"
    with pytest.raises(FloatingPointError, match=said):
        fit(begun(rnn))


def change_progress(**changes):
    def change(arrays):
        progress = json.loads(str(arrays["progress"])) | changes
        arrays["progress"] = np.array(
            json.dumps({name: value for name, value in progress.items() if value is not None})
        )

    return change


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
def test_arrays_of_no_training(change, message):
    arrays = checkpoint.to_arrays(fit(begun(rnn), 4))
    change(arrays)
    with pytest.raises((TypeError, ValueError), match=message):
        checkpoint.from_arrays(arrays)


def test_moments_of_another_size():
    arrays, other = (checkpoint.to_arrays(fit(begun(rnn, H=H), 4)) for H in (4, 3))
    for name in ("m_b", "m_W", "m_U", "m_d", "m_V"):
        arrays[name] = other[name]
    with pytest.raises(ValueError, match=r"^m_b: expected float32 \(4, 1\), got float32 \(3, 1\)$"):
        checkpoint.from_arrays(arrays)


def test_moments_of_another_form():
    arrays, other = (checkpoint.to_arrays(fit(begun(rnn, learned=learned), 4)) for learned in (False, True))
    arrays["m_h_init"] = other["m_h_init"]
    with pytest.raises(ValueError, match=r"^expected the parameters m_b, .*, m_V, got m_b, .*, m_V, m_h_init$"):
        checkpoint.from_arrays(arrays)


def test_memory_stays_flat_over_50_epochs(tmp_path):
    statm = Path("/proc/self/statm")
    if not statm.exists():
        pytest.skip("no /proc")
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (2000, ROWS, COLUMNS), np.uint8), rng.integers(0, CLASSES, 2000)
    now, pages = begun(lstm, H=32), {}
    for epochs in range(1, 51):
        now = training.fit(now, images, labels, epochs=epochs)
        checkpoint.write(tmp_path / "some.npz", checkpoint.to_arrays(now))
        pages[epochs] = int(statm.read_text().split()[1])
    with survives(f"50 epochs, NumPy: {pages[10] * 4096 >> 20} MB after 10, {pages[50] * 4096 >> 20} MB after 50"):
        assert pages[50] < 1.02 * pages[10]
