"""Are initial states zero, learned or random as chosen, in training, in evaluation and in a file?"""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from numpy_rnn import checkpoint, classifier, lstm, readout, rnn, training
from numpy_rnn.experiments import EXPERIMENTS
from numpy_rnn.sequences import from_images, grey
from parity_tests.cases.decorators import DTYPES
from parity_tests.cases.models import BOTH_RECURRENCES, random_model, random_split
from parity_tests.cases.recurrences import SEEDS
from parity_tests.comparison import assert_same_bits
from parity_tests.refusals import refused


def learning_model(kind, seed=0, dtype=np.float64, H=4):
    """A random model that learns its initial states."""
    return random_model(kind, seed, dtype, H, learned=True)


def sequences_of(images, dtype=np.float64):
    return from_images(grey(images, dtype))


@BOTH_RECURRENCES
@DTYPES
@given(SEEDS, st.integers(1, 5), st.integers(1, 5))
def test_learned_states_are_used_unless_others_are_given(kind, dtype, seed, H, B):
    model = learning_model(kind, seed, dtype, H)
    plain = model._replace(initial=())
    images, labels = random_split(B, seed)
    x = sequences_of(images, dtype)
    np.testing.assert_array_equal(classifier.predict(model, x), classifier.predict(plain, x, model.initial))
    assert np.all(classifier.forward(model, x).h[0] == model.initial.h_init)
    assert np.all(classifier.forward(plain, x).h[0] == 0)
    zeros = kind.Initial(*(0 for _ in kind.Initial._fields))
    np.testing.assert_array_equal(classifier.predict(model, x, zeros), classifier.predict(plain, x))
    loss, gradients = classifier.loss_and_gradients(model, x, labels)
    loss_of_plain, gradients_of_plain = classifier.loss_and_gradients(plain, x, labels, model.initial)
    assert loss == loss_of_plain
    assert_same_bits(gradients[:2], gradients_of_plain[:2])
    assert type(gradients.initial) is kind.Initial
    assert gradients_of_plain.initial == ()
    assert all((v.shape, v.dtype) == ((H, 1), dtype) for v in gradients.initial)


@BOTH_RECURRENCES
@DTYPES
@given(SEEDS, st.integers(1, 5), st.integers(1, 5))
def test_the_gradient_of_a_learned_state_is_the_sum_over_the_examples(kind, dtype, seed, H, B):
    """Other tests compare the gradient of each example with other oracles."""
    model = learning_model(kind, seed, dtype, H)
    images, labels = random_split(B, seed)
    x = sequences_of(images, dtype)
    _, gradients = classifier.loss_and_gradients(model, x, labels)
    trace: Any = kind.forward(model.recurrence, x, *model.initial)
    dh = np.zeros_like(trace.h[1:])
    dh[-1] = readout.backward(model.readout, trace.h[-1], labels).h
    per_example = kind.backward(model.recurrence, trace, dh)
    for name in kind.Initial._fields:
        expected = getattr(per_example, name).sum(axis=1, keepdims=True)
        np.testing.assert_array_equal(getattr(gradients.initial, name), expected, err_msg=name)


@BOTH_RECURRENCES
def test_a_learned_state_is_checked_like_a_parameter(kind):
    model = learning_model(kind)
    for name in kind.Initial._fields:
        wrong = model._replace(initial=model.initial._replace(**{name: np.zeros((4, 2))}))
        with refused(ValueError, name, "shape (4, 1)", "(4, 2)"):
            classifier.check(wrong)
        wrong = model._replace(initial=model.initial._replace(**{name: np.full((4, 1), np.nan)}))
        with refused(ValueError, name, "finite numbers", "nan"):
            classifier.check(wrong)


@BOTH_RECURRENCES
def test_a_new_model_learns_its_initial_states_if_the_experiment_does(kind):
    name = {rnn: "rnn-128", lstm: "lstm-128"}[kind]
    experiments = {state: EXPERIMENTS[name]._replace(initial_state=state) for state in ("zeros", "learned", "random")}
    models = {state: training.new_model(one, np.random.default_rng(0)) for state, one in experiments.items()}
    assert models["zeros"].initial == models["random"].initial == ()
    learned = models["learned"].initial
    assert type(learned) is kind.Initial
    for state in learned:
        assert (state.shape, state.dtype) == ((128, 1), np.float32)
        assert 0.03 < state.std() < 0.07
    assert_same_bits(models["learned"][:2], models["zeros"][:2])


@BOTH_RECURRENCES
@DTYPES
def test_random_states_are_normal_and_differ_between_examples(kind, dtype):
    model = learning_model(kind, dtype=dtype, H=50)
    states = classifier.random_initial(model, np.random.default_rng(0), 200)
    assert type(states) is kind.Initial
    for state in states:
        assert (state.shape, state.dtype) == ((50, 200), dtype)
        # Five standard deviations of the mean, and of the standard deviation, of n draws.
        assert abs(state.mean()) < 5 / np.sqrt(state.size)
        assert abs(state.std() - 1) < 5 / np.sqrt(2 * state.size)
        assert len(np.unique(state)) > 0.99 * state.size
    assert len(np.unique([state.ravel() for state in states])) > 0.99 * 50 * 200 * len(states)


@BOTH_RECURRENCES
def test_training_changes_learned_states(kind):
    model, (images, labels) = learning_model(kind), random_split(24)
    done = training.fit(training.begin(model, np.random.default_rng(0)), images, labels, epochs=1, batch_size=8)
    for before, after in zip(model.initial, done.model.initial, strict=True):
        assert np.all(before != after)
        assert np.abs(before - after).max() < 3 * 1.001 * 0.001  # The first steps of Adam have at most the length η.


@BOTH_RECURRENCES
def test_training_draws_other_random_states_for_each_batch(kind, monkeypatch):
    states_of_batches = []

    def forward(model, x, initial, **options):
        assert type(initial) is kind.Initial
        states_of_batches.append(initial)
        return original(model, x, initial, **options)

    original = classifier.forward
    monkeypatch.setattr(classifier, "forward", forward)
    model, (images, labels) = random_model(kind, dtype=np.float64), random_split(24)
    start = training.begin(model, np.random.default_rng(0))
    training.fit(start, images, labels, epochs=2, batch_size=8, random_initial=True)
    assert len(states_of_batches) == 6
    values = np.concatenate([state.ravel() for states in states_of_batches for state in states])
    assert values.shape == (6 * len(kind.Initial._fields) * 4 * 8,)
    assert len(np.unique(values)) == values.size


@BOTH_RECURRENCES
def test_evaluate_from_other_initial_states(kind):
    model, (images, labels) = learning_model(kind), random_split(1500)
    x = sequences_of(images)
    initial = [model.initial._replace(h_init=h_init) for h_init in (model.initial.h_init, 1000, np.full((4, 1), 0.25))]
    by_default, number, column, random, again = (
        training.evaluate(model, images, labels, initial=one)[1]
        for one in (None, *initial[1:], np.random.default_rng(7), np.random.default_rng(7))
    )
    for actual, one in zip((by_default, number, column), initial, strict=True):
        np.testing.assert_allclose(actual, classifier.predict(model, x, one), rtol=1e-12)
    np.testing.assert_array_equal(random, again)
    rng, expected = np.random.default_rng(7), []
    for part in (slice(1000), slice(1000, 1500)):
        states = classifier.random_initial(model, rng, x[:, :, part].shape[2])
        expected.append(classifier.predict(model, x[:, :, part].copy(), states))
    np.testing.assert_allclose(random, np.concatenate(expected, axis=1), rtol=1e-12)


@BOTH_RECURRENCES
@DTYPES
@given(SEEDS, st.integers(1, 5))
def test_a_file_keeps_learned_states(kind, dtype, tmp_path_factory, seed, H):
    model = learning_model(kind, seed, dtype, H)
    path = tmp_path_factory.mktemp("saved") / "some.npz"
    checkpoint.save(path, model)
    loaded = checkpoint.load(path)
    assert type(loaded.initial) is kind.Initial
    assert_same_bits(loaded, model)
