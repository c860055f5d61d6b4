"""Does TensorFlow, which differentiates by itself, give the same outputs and gradients, entry by entry?"""

import numpy as np

from numpy_rnn import classifier, lstm, rnn
from parity_tests import bounded_equations, devices, tensorflow_results
from parity_tests.bounds import arithmetic
from parity_tests.comparison import assert_within
from parity_tests.implementations import OUR_RECURRENCES
from parity_tests.strategies import DTYPES, case, cases, fewer, readout_case
from parity_tests.tensorflow_results import assert_parity


@DTYPES
@cases
def test_cells(recurrence, dtype, draw):
    drawn = case(recurrence.kind, draw, dtype)
    assert_parity(recurrence, drawn, dtype, tensorflow_results.of_cells(recurrence.kind, drawn))


@DTYPES
@cases
def test_keras_own_layers(recurrence, dtype, draw):
    drawn = case(recurrence.kind, draw, dtype)
    # Keras returns h of every step but the state before the first, and c of the last.
    parts = {"h": slice(1, None), "c": slice(-1, None)}
    assert_parity(recurrence, drawn, dtype, tensorflow_results.of_keras(drawn), parts)


def assert_whole_model(kind, dtype, drawn, model, labels, initial):
    """y, the loss and every gradient are TensorFlow's, from these initial states or from those that are learned."""
    loss, gradients = classifier.loss_and_gradients(model, drawn.x, labels, *initial)
    by_name = {f"d{name}": value for name, value, _ in classifier.axes(gradients)}
    actual = {"y": classifier.predict(model, drawn.x, *initial), "loss": loss, **by_name}
    theirs = tensorflow_results.of_layer(kind, model, drawn, labels)
    assert all(np.asarray(value).dtype == dtype for value in theirs.values())
    both = [
        bounded_equations.classifier(kind, system, model, drawn.x, drawn.initial, labels)
        for system in (arithmetic("numpy", dtype), arithmetic(devices.library(), dtype))
    ]
    for bounded in both:
        for name in getattr(model.initial, "_fields", ()):
            bounded[f"d{name}"] = bounded[f"d{name}"].sum(axis=1)[:, None]
    assert_within(actual, theirs, {name: both[0][name].error + both[1][name].error for name in actual}, dtype)


@OUR_RECURRENCES
@DTYPES
@cases
def test_whole_models(ours, dtype, draw):
    drawn = case(ours.kind, draw, dtype)
    params, _, labels = readout_case(draw, dtype)
    assert_whole_model(ours.kind, dtype, drawn, classifier.Model(drawn.params, params), labels, drawn.initial)


@OUR_RECURRENCES
@DTYPES
@fewer
@cases
def test_whole_models_that_learn_their_initial_states(ours, dtype, draw):
    drawn = case(ours.kind, draw._replace(shared=True), dtype)
    params, _, labels = readout_case(draw, dtype)
    learned = classifier.INITIAL[{"rnn": rnn, "lstm": lstm}[ours.kind]](*drawn.initial)
    assert_whole_model(ours.kind, dtype, drawn, classifier.Model(drawn.params, params, learned), labels, ())
