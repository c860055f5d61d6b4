"""Does TensorFlow's automatic differentiation give the same outputs and gradients, entry by entry?"""

import numpy as np

from numpy_rnn import classifier
from parity_tests.cases.models import by_name
from parity_tests.cases.recurrences import DTYPES, given_case_specs, half_as_many_examples, make_case, make_readout_case
from parity_tests.comparison import assert_within
from parity_tests.implementations import OUR_RECURRENCES
from parity_tests.oracles import bounded_equations, tensorflow_results
from parity_tests.oracles.bounds import arithmetic
from parity_tests.oracles.tensorflow_results import assert_parity


@DTYPES
@given_case_specs
def test_cells(recurrence, dtype, spec):
    case = make_case(recurrence.kind, spec, dtype)
    assert_parity(recurrence, case, dtype, tensorflow_results.of_cells(recurrence.kind, case))


@DTYPES
@given_case_specs
def test_keras_own_layers(recurrence, dtype, spec):
    case = make_case(recurrence.kind, spec, dtype)
    # Keras returns h of every step, without h_init, and c of the last step.
    parts = {"h": slice(1, None), "c": slice(-1, None)}
    assert_parity(recurrence, case, dtype, tensorflow_results.of_keras(case), parts)


def assert_whole_model(kind, dtype, case, model, labels, initial):
    """y, the loss and every gradient equal TensorFlow's; a model that learns its initial states needs none."""
    loss, gradients = classifier.loss_and_gradients(model, case.x, labels, initial)
    named = {f"d{name}": value for name, value in by_name(gradients).items()}
    actual = {"y": classifier.predict(model, case.x, initial), "loss": loss, **named}
    theirs = tensorflow_results.of_layer(kind, model, case, labels)
    assert all(np.asarray(value).dtype == dtype for value in theirs.values())
    both = [
        bounded_equations.classifier(kind, system, model, case.x, case.initial, labels)
        for system in (arithmetic("numpy", dtype), arithmetic("tensorflow", dtype))
    ]
    for bounded in both:
        for name in getattr(model.initial, "_fields", ()):
            bounded[f"d{name}"] = bounded[f"d{name}"].sum(axis=1)[:, None]
    assert_within(actual, theirs, {name: both[0][name].error + both[1][name].error for name in actual}, dtype)


@OUR_RECURRENCES
@DTYPES
@given_case_specs
def test_whole_models(ours, dtype, spec):
    case = make_case(ours.kind, spec, dtype)
    params, _, labels = make_readout_case(spec, dtype)
    initial = ours.module.Initial(*case.initial)
    assert_whole_model(ours.kind, dtype, case, classifier.Model(case.params, params), labels, initial)


@OUR_RECURRENCES
@DTYPES
@half_as_many_examples
@given_case_specs
def test_whole_models_that_learn_their_initial_states(ours, dtype, spec):
    case = make_case(ours.kind, spec._replace(shared=True), dtype)
    params, _, labels = make_readout_case(spec, dtype)
    learned = ours.module.Initial(*case.initial)
    assert_whole_model(ours.kind, dtype, case, classifier.Model(case.params, params, learned), labels, None)
