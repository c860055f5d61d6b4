"""Is the initial state what was asked for, zeros, learned or random, in training, in the test and in a file?"""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numpy_rnn import checkpoint, classifier, lstm, readout, rnn, training
from numpy_rnn.experiments import EXPERIMENTS
from numpy_rnn.sequences import from_images, grey
from parity_tests.cases.public_functions import flat
from parity_tests.cases.recurrences import DTYPES, SEEDS
from parity_tests.refusals import refused

RECURRENCES = pytest.mark.parametrize("kind", [rnn, lstm])
T, I, C = 4, 3, 5


def random_model(kind, seed=0, H=4, dtype=np.float64):
    """One that learns its initial states, none of which is near zero."""
    rng = np.random.default_rng(seed)
    initial: Any = kind.Initial(*(rng.uniform(0.5, 1, (H, 1)).astype(dtype) for _ in kind.Initial._fields))
    return classifier.Model(kind.init(rng, I, H, dtype), readout.init(rng, H, C, dtype), initial)


def random_set(N, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (N, T, I), np.uint8), rng.integers(0, C, N)


def sequences_of(images):
    return from_images(grey(images, np.float64))


@RECURRENCES
@DTYPES
@given(SEEDS, st.integers(1, 5), st.integers(1, 5))
def test_what_is_learned_acts_unless_another_is_given(kind, dtype, seed, H, B):
    model = random_model(kind, seed, H, dtype)
    plain = model._replace(initial=())
    images, labels = random_set(B, seed)
    x = from_images(grey(images, dtype))
    np.testing.assert_array_equal(classifier.predict(model, x), classifier.predict(plain, x, model.initial))
    assert np.all(classifier.forward(model, x).h[0] == model.initial.h_init)
    assert np.all(classifier.forward(plain, x).h[0] == 0)
    zeros = kind.Initial(*(0 for _ in kind.Initial._fields))
    np.testing.assert_array_equal(classifier.predict(model, x, zeros), classifier.predict(plain, x))
    loss, gradients = classifier.loss_and_gradients(model, x, labels)
    loss_of_plain, gradients_of_plain = classifier.loss_and_gradients(plain, x, labels, model.initial)
    assert loss == loss_of_plain
    for one, other in zip(flat(gradients[:2]), flat(gradients_of_plain[:2]), strict=True):
        np.testing.assert_array_equal(one, other)
    assert type(gradients.initial) is kind.Initial
    assert gradients_of_plain.initial == ()
    assert all((v.shape, v.dtype) == ((H, 1), dtype) for v in gradients.initial)


@RECURRENCES
@DTYPES
@given(SEEDS, st.integers(1, 5), st.integers(1, 5))
def test_the_gradient_of_a_learned_state_adds_those_of_all_examples(kind, dtype, seed, H, B):
    """Those of each example by BPTT are held against other oracles elsewhere."""
    model = random_model(kind, seed, H, dtype)
    images, labels = random_set(B, seed)
    x = from_images(grey(images, dtype))
    _, gradients = classifier.loss_and_gradients(model, x, labels)
    trace: Any = kind.forward(model.recurrence, x, *model.initial)
    dh = np.zeros_like(trace.h[1:])
    dh[-1] = readout.backward(model.readout, trace.h[-1], labels).h
    of_each = kind.backward(model.recurrence, trace, dh)
    for name in kind.Initial._fields:
        expected = getattr(of_each, name).sum(axis=1, keepdims=True)
        np.testing.assert_array_equal(getattr(gradients.initial, name), expected, err_msg=name)


@RECURRENCES
def test_a_learned_state_is_checked_like_a_parameter(kind):
    model = random_model(kind)
    for name in kind.Initial._fields:
        wrong = model._replace(initial=model.initial._replace(**{name: np.zeros((4, 2))}))
        with refused(ValueError, name, "shape (4, 1)", "(4, 2)"):
            classifier.check(wrong)
        wrong = model._replace(initial=model.initial._replace(**{name: np.full((4, 1), np.nan)}))
        with refused(ValueError, name, "finite numbers", "nan"):
            classifier.check(wrong)


@RECURRENCES
def test_a_new_model_learns_its_initial_state_if_the_experiment_says_so(kind):
    name = {rnn: "rnn-128", lstm: "lstm-128"}[kind]
    experiments = {state: EXPERIMENTS[name]._replace(initial_state=state) for state in ("zeros", "learned", "random")}
    models = {state: training.new_model(one, np.random.default_rng(0)) for state, one in experiments.items()}
    assert models["zeros"].initial == models["random"].initial == ()
    learned = models["learned"].initial
    assert type(learned) is kind.Initial
    for state in learned:
        assert (state.shape, state.dtype) == ((128, 1), np.float32)
        assert 0.03 < state.std() < 0.07
    for one, other in zip(flat(models["learned"][:2]), flat(models["zeros"][:2]), strict=True):
        np.testing.assert_array_equal(one, other)


@RECURRENCES
@DTYPES
def test_random_states_are_normal_and_of_each_example_its_own(kind, dtype):
    model = random_model(kind, H=50, dtype=dtype)
    states = classifier.random_initial(model, np.random.default_rng(0), 200)
    assert type(states) is kind.Initial
    for state in states:
        assert (state.shape, state.dtype) == ((50, 200), dtype)
        # Five standard deviations of the mean, and of the standard deviation, of n draws.
        assert abs(state.mean()) < 5 / np.sqrt(state.size)
        assert abs(state.std() - 1) < 5 / np.sqrt(2 * state.size)
        assert len(np.unique(state)) > 0.99 * state.size
    assert len(np.unique([state.ravel() for state in states])) > 0.99 * 50 * 200 * len(states)


@RECURRENCES
def test_training_moves_what_is_learned(kind):
    model, (images, labels) = random_model(kind), random_set(24)
    done = training.fit(training.begin(model, np.random.default_rng(0)), images, labels, epochs=1, batch_size=8)
    for before, after in zip(model.initial, done.model.initial, strict=True):
        assert np.all(before != after)
        assert np.abs(before - after).max() < 3 * 1.001 * 0.001  # Adam's first steps are η long at most


@RECURRENCES
def test_training_draws_other_random_states_for_each_batch(kind, monkeypatch):
    case = []

    def forward(model, x, initial, **options):
        assert type(initial) is kind.Initial
        case.append(initial)
        return original(model, x, initial, **options)

    original = classifier.forward
    monkeypatch.setattr(classifier, "forward", forward)
    model, (images, labels) = random_model(kind)._replace(initial=()), random_set(24)
    begun = training.begin(model, np.random.default_rng(0))
    training.fit(begun, images, labels, epochs=2, batch_size=8, random_initial=True)
    assert len(case) == 6
    values = np.concatenate([state.ravel() for states in case for state in states])
    assert values.shape == (6 * len(kind.Initial._fields) * 4 * 8,)
    assert len(np.unique(values)) == values.size


@RECURRENCES
def test_evaluate_from_other_initial_states(kind):
    model, (images, labels) = random_model(kind), random_set(1500)
    x = sequences_of(images)
    initial = [model.initial._replace(h_init=h_init) for h_init in (model.initial.h_init, 1000, np.full((4, 1), 0.25))]
    by_default, number, column, case, again = (
        training.evaluate(model, images, labels, initial=one)[1]
        for one in (None, *initial[1:], np.random.default_rng(7), np.random.default_rng(7))
    )
    for actual, one in zip((by_default, number, column), initial, strict=True):
        np.testing.assert_allclose(actual, classifier.predict(model, x, one), rtol=1e-12)
    np.testing.assert_array_equal(case, again)
    rng, expected = np.random.default_rng(7), []
    for part in (slice(1000), slice(1000, 1500)):
        states = classifier.random_initial(model, rng, x[:, :, part].shape[2])
        expected.append(classifier.predict(model, x[:, :, part].copy(), states))
    np.testing.assert_allclose(case, np.concatenate(expected, axis=1), rtol=1e-12)


@RECURRENCES
@DTYPES
@given(SEEDS, st.integers(1, 5))
def test_a_file_keeps_what_is_learned(kind, dtype, tmp_path_factory, seed, H):
    model = random_model(kind, seed, H, dtype)
    path = tmp_path_factory.mktemp("saved") / "some.npz"
    checkpoint.save(path, model)
    loaded = checkpoint.load(path)
    assert type(loaded.initial) is kind.Initial
    for one, other in zip(flat(loaded), flat(model), strict=True):
        assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
