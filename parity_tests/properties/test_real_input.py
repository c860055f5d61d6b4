"""Do both packages classify all 10,000 test images alike with a trained model, and give the same gradients?

Over 28 steps of 128 units a propagated bound is vacuous. So the probabilities are compared within the first-order
bound, and everything else step by step, the states in float32 and the gradients in float64: both packages compute each
step from the states and upstream gradients of `numpy_rnn`.
"""

import numpy as np
import pytest
import tensorflow as tf

from numpy_rnn import adam, classifier, mnist
from numpy_rnn.experiments import EXPERIMENTS
from numpy_rnn.sequences import from_images, grey
from parity_tests.cases.recurrences import STATES, Case
from parity_tests.comparison import assert_within
from parity_tests.implementations import OURS, Implementation
from parity_tests.oracles import bounded_equations, first_order, tensorflow_results
from parity_tests.oracles.bounds import arithmetic
from parity_tests.oracles.tensorflow_parity import assert_parity
from parity_tests.oracles.tensorflow_results import layer_with
from tf_rnn import weights
from tf_rnn.training import Training, new_model

pytestmark = pytest.mark.slow

STEPS = 100
CHUNK = 1000


# An RNN that scans columns and an LSTM that scans rows; the other experiments add nothing here. The LSTM has half its
# units, because its bound for all of them takes half a minute.
@pytest.fixture(scope="module", params=["column-rnn-128", "lstm-128"])
def trained(request, splits):
    """An experiment and its Keras model after 100 steps, when its accuracy is far above chance."""
    experiment = EXPERIMENTS[request.param]
    if experiment.recurrence == "lstm":
        experiment = experiment._replace(hidden_dim=64)
    model = new_model(experiment, seed=0)
    Training(model, seed=0).fit(splits[0].take(STEPS * 128), epochs=1)
    return experiment, model


@pytest.fixture(scope="module")
def digits():
    return mnist.load()[1]


def implementation(kind) -> Implementation:
    return next(one for one in OURS if one.kind == kind)


def chunks(images):
    return (images[first : first + CHUNK] for first in range(0, len(images), CHUNK))


def in_float64(model):
    return adam.tree_map(lambda value: value.astype(np.float64), model)


def concatenated(parts):
    return np.concatenate(list(parts), axis=-1)


def test_probabilities_of_all_test_images(trained, digits):
    experiment, keras_model = trained
    rounded = weights.to_numpy(keras_model)
    model = in_float64(rounded)
    images = grey(digits.images, np.float64)
    ours = classifier.predict(model, from_images(images, experiment.scan))
    assert np.mean(ours.argmax(axis=0) == digits.labels) > 0.3

    parts, last_h = [], []
    for part in chunks(grey(digits.images)):
        x = from_images(part, experiment.scan)
        trace = classifier.forward(rounded, x)
        parts.append(first_order.weigh(rounded, x, trace))
        last_h.append(trace.h[-1])
    weighed = first_order.Weighed(*map(concatenated, zip(*parts, strict=True)))
    systems = arithmetic("numpy", np.float64), arithmetic("tensorflow", np.float64)
    errors = [first_order.probabilities(system, model, weighed, concatenated(last_h)).error for system in systems]

    sequences = images if experiment.scan == "rows" else images.transpose(0, 2, 1)
    sides = {", tf_rnn": layer_with(experiment.recurrence, model), ", Keras's own layers": weights.to_keras(model)}
    for name, side in sides.items():
        graph = tf.function(side)
        theirs = concatenated(graph(part).numpy().T for part in chunks(sequences))
        assert_within({"y": ours}, {"y": theirs}, {"y": errors[0] + errors[1]}, np.float64, where=name)


def test_every_step_of_all_test_images_in_float32(trained, digits):
    experiment, keras_model = trained
    model = weights.to_numpy(keras_model)
    layer = next(layer for layer in keras_model.layers if layer.weights)
    kind = experiment.recurrence
    forward = bounded_equations.FORWARD[kind]
    # NumPy's functions are more exact than TensorFlow's, so twice TensorFlow's bound covers both.
    system = arithmetic("tensorflow", np.float32)
    for part in chunks(grey(digits.images)):
        x = from_images(part, experiment.scan)
        trace = classifier.forward(model, x)
        for t, x_t in enumerate(x):
            states = {name: getattr(trace, name[0])[t] for name in STATES[kind]}
            _, new = layer.cell(x_t.T, [state.T for state in states.values()])
            theirs = {name[0]: value.numpy().T for name, value in zip(states, new, strict=True)}
            bounded = forward(system, model.recurrence, x[t : t + 1], **states)
            assert_within(
                {name: getattr(trace, name)[t + 1] for name in theirs},
                theirs,
                {name: 2 * bounded[name].error[1] for name in theirs},
                np.float32,
                where=f" of step {t + 1}",
            )


def test_gradients_of_a_real_batch(trained, digits):
    experiment, keras_model = trained
    model, kind = in_float64(weights.to_numpy(keras_model)), experiment.recurrence
    ours, read_out = implementation(kind), implementation("readout")
    images, labels = grey(digits.images[:128], np.float64), digits.labels[:128].astype(int)
    x = from_images(images, experiment.scan)
    trace = classifier.forward(model, x)

    systems = arithmetic("numpy", np.float64), arithmetic("tensorflow", np.float64)
    outside = read_out.readout_results(model.readout, trace.h[-1], labels)
    both = [bounded_equations.readout(system, model.readout, trace.h[-1], labels) for system in systems]
    bounds = {name: both[0][name].error + both[1][name].error for name in outside}
    theirs = tensorflow_results.of_readout(kind, model, trace.h[-1], labels)
    assert_within(outside, theirs, bounds, np.float64, where=" of the read-out")

    dh, dc = outside["dh"], [np.zeros_like(outside["dh"])] if kind == "lstm" else []
    summed = adam.tree_map(np.zeros_like, model.recurrence)
    for t in range(len(x), 0, -1):
        states = [getattr(trace, name[0])[t - 1] for name in STATES[kind]]
        step = Case(model.recurrence, x[t - 1 : t], states, dh[None], dc)
        assert_parity(ours, step, np.float64, tensorflow_results.of_cells(kind, step), where=f" of step {t}")
        gradients = ours.gradients(step)
        summed = type(summed)(*(value + gradients[f"d{name}"] for name, value in summed._asdict().items()))
        dh, dc = gradients["dh_init"], [gradients["dc_init"]] if dc else []
    # The sum over the steps equals the gradient by one call of `backward`.
    whole = classifier.backward(model, trace, labels)
    for name, value in summed._asdict().items():
        np.testing.assert_array_equal(getattr(whole.recurrence, name), value, err_msg=name)
