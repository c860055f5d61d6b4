"""Does TensorFlow, which differentiates by itself, give the same outputs and gradients, entry by entry?"""

import numpy as np

from numpy_rnn import classifier
from parity_tests import bounded_equations, tensorflow_results
from parity_tests.bounds import arithmetic
from parity_tests.comparison import assert_within
from parity_tests.implementations import OUR_RECURRENCES
from parity_tests.strategies import DTYPES, case, cases, readout_case
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


@OUR_RECURRENCES
@DTYPES
@cases
def test_whole_models(ours, dtype, draw):
    drawn = case(ours.kind, draw, dtype)
    params, _, labels = readout_case(draw, dtype)
    model = classifier.Model(drawn.params, params)
    loss, gradients = classifier.loss_and_gradients(model, drawn.x, labels, *drawn.initial)
    by_name = {f"d{name}": value for part in gradients for name, value in part._asdict().items()}
    actual = {"y": classifier.predict(model, drawn.x, *drawn.initial), "loss": loss, **by_name}
    theirs = tensorflow_results.of_layer(ours.kind, model, drawn, labels)
    assert all(np.asarray(value).dtype == dtype for value in theirs.values())
    both = [
        bounded_equations.classifier(ours.kind, system, model, drawn.x, drawn.initial, labels)
        for system in (arithmetic("numpy", dtype), arithmetic("tensorflow", dtype))
    ]
    assert_within(actual, theirs, {name: both[0][name].error + both[1][name].error for name in actual}, dtype)
