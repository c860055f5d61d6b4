"""Does TensorFlow's automatic differentiation give the same outputs and gradients, entry by entry?"""

from parity_tests.cases.decorators import DTYPES, given_case_specs, half_as_many_examples
from parity_tests.cases.recurrences import make_case
from parity_tests.implementations import OUR_RECURRENCES
from parity_tests.oracles import tensorflow_results
from parity_tests.oracles.tensorflow_parity import assert_parity, assert_whole_model_parity


@DTYPES
@given_case_specs
def test_cells(recurrence, dtype, spec):
    case = make_case(recurrence.kind, spec, dtype)
    assert_parity(recurrence, case, dtype, tensorflow_results.of_cells(recurrence.kind, case))


@DTYPES
@given_case_specs
def test_keras_own_layers(recurrence, dtype, spec):
    case = make_case(recurrence.kind, spec, dtype)
    assert_parity(recurrence, case, dtype, tensorflow_results.of_keras(case), tensorflow_results.KERAS_PARTS)


@OUR_RECURRENCES
@DTYPES
@given_case_specs
def test_whole_models(ours, dtype, spec):
    assert_whole_model_parity(ours, dtype, spec)


@OUR_RECURRENCES
@DTYPES
@half_as_many_examples
@given_case_specs
def test_whole_models_that_learn_their_initial_states(ours, dtype, spec):
    assert_whole_model_parity(ours, dtype, spec, learned=True)
