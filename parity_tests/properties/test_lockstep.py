"""Do both packages train alike, at each step from shared weights, and over 200 independent steps?"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from numpy_rnn import adam, classifier, mnist, training
from numpy_rnn.experiments import EXPERIMENTS
from numpy_rnn.sequences import from_images, grey
from parity_tests.cases.decorators import DTYPES, given_case_specs
from parity_tests.cases.models import by_name
from parity_tests.cases.recurrences import SEEDS, STATES, make_case, make_readout_case
from parity_tests.comparison import assert_within
from parity_tests.implementations import OUR_RECURRENCES
from parity_tests.oracles import bounded_equations
from parity_tests.oracles.bounds import arithmetic
from parity_tests.oracles.tensorflow_results import classified, layer_with, tensors_of
from tf_rnn import weights

STEPS = 2

# Keras rounds the learning rate, β₁ and β₂ to float32, so these constants are exact in float32.
CONSTANTS = {"learning_rate": 2.0**-10, "beta_1": 0.875, "beta_2": 1 - 2.0**-10}


class KerasTraining:
    """A layer and Keras's Adam, which train one step from any given weights and moments."""

    def __init__(self, kind, model):
        self.kind, self.layer = kind, layer_with(kind, model)
        self.optimizer = keras.optimizers.Adam(**CONSTANTS)
        self.optimizer.build(self.layer.trainable_variables)

    def step(self, model, state, case, labels):
        """θ, m and v of every parameter after one more step."""
        weights.from_numpy(self.layer, model)
        variables = self.layer.trainable_variables
        slots = {"m": self.optimizer._momentums, "v": self.optimizer._velocities}
        for name, tree in (("m", state.m), ("v", state.v)):
            for variable, slot in zip(variables, slots[name], strict=True):
                slot.assign(by_name(tree)[variable.name].reshape(slot.shape))
        images, states = tensors_of(case)
        with tf.GradientTape() as tape:
            _, loss = classified(self.layer, images, labels, **dict(zip(STATES["lstm"], states, strict=False)))
        self.optimizer.apply(tape.gradient(loss, [variable.value for variable in variables]), variables)
        return {"θ": variables, **slots}, [variable.name for variable in variables]


def after_a_step(kind, system, model, state, case, labels):
    """The bounded θ, m and v of every parameter after one more step."""
    gradients = bounded_equations.classifier(kind, system, model, case.x, case.initial, labels)
    theta, m, v = by_name(model), by_name(state.m), by_name(state.v)
    return {
        name: bounded_equations.adam(
            system, theta[name], gradients[f"d{name}"], m[name], v[name], state.t + 1, **CONSTANTS
        )
        for name in theta
    }


@pytest.mark.slow
@OUR_RECURRENCES
@DTYPES
@given_case_specs
def test_each_step_from_shared_weights(ours, dtype, spec):
    case = make_case(ours.kind, spec, dtype)
    model = classifier.Model(case.params, make_readout_case(spec, dtype)[0])
    state, keras_training = adam.init(model), KerasTraining(ours.kind, model)
    systems = arithmetic("numpy", dtype), arithmetic("tensorflow", dtype)
    for step in range(STEPS):
        batch = make_case(ours.kind, spec._replace(seed=spec.seed + step), dtype)
        labels = make_readout_case(spec._replace(seed=spec.seed + step))[2]
        both = [after_a_step(ours.kind, system, model, state, batch, labels) for system in systems]
        theirs, names = keras_training.step(model, state, batch, labels)
        _, gradients = classifier.loss_and_gradients(model, batch.x, labels, ours.module.Initial(*batch.initial))
        model, state = adam.step(model, gradients, state, **CONSTANTS)
        for place, (symbol, tree) in enumerate({"θ": model, "m": state.m, "v": state.v}.items()):
            values = by_name(tree)
            shapes = {name: value.shape for name, value in values.items()}
            keras_values = dict(zip(names, map(keras.ops.convert_to_numpy, theirs[symbol]), strict=True))
            assert all(value.dtype == dtype for value in keras_values.values())
            assert_within(
                values,
                {name: keras_values[name].reshape(shape) for name, shape in shapes.items()},
                {name: both[0][name][place].error + both[1][name][place].error for name in values},
                dtype,
                where=f", its {symbol}, after step {step + 1}",
            )


@DTYPES
@given(SEEDS, st.integers(1, 30), st.sampled_from([1e-6, 1.0, 1e3]))
def test_adam_from_any_state(dtype, seed, t, scale):
    rng = np.random.default_rng(seed)
    theta, g, m = (rng.uniform(-1, 1, (3, 4)).astype(dtype) for _ in range(3))
    theta *= theta.dtype.type(0.002)  # as small as a step, so that every rounding matters
    g, m, v = scale * g, scale * m, (scale**2 * rng.uniform(0.1, 1, (3, 4))).astype(dtype)
    variable = keras.Variable(theta, dtype=theta.dtype.name)
    optimizer = keras.optimizers.Adam(**CONSTANTS)
    optimizer.build([variable])
    optimizer.iterations.assign(t - 1)
    slots = optimizer._momentums[0], optimizer._velocities[0]
    for slot, value in zip(slots, (m, v), strict=True):
        slot.assign(value)
    optimizer.apply([keras.ops.convert_to_tensor(g)], [variable])
    after, state = adam.step(theta, g, adam.State(t - 1, m, v), **CONSTANTS)
    actual = {"θ": after, "m": state.m, "v": state.v}
    theirs = dict(zip(actual, map(keras.ops.convert_to_numpy, (variable, *slots)), strict=True))
    both = [
        bounded_equations.adam(arithmetic(library, dtype), theta, g, m, v, t, **CONSTANTS)
        for library in ("numpy", "tensorflow")
    ]
    bounds = {name: one.error + other.error for name, one, other in zip(actual, *both, strict=True)}
    assert_within(actual, theirs, bounds, dtype)
    assert np.all(after != theta)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["rnn-128", "lstm-128"])
def test_200_independent_steps(name):
    experiment = EXPERIMENTS[name]
    images, labels = mnist.load()[0]
    rng = np.random.default_rng(0)
    model = training.new_model(experiment, rng, np.float64)
    layer = layer_with(experiment.recurrence, model)
    pixels = keras.Input((28, 28), dtype="float64")
    keras_model = keras.Model(pixels, layer(pixels))
    # Without an explicit dtype the loss rounds its arguments to float32.
    loss = keras.losses.CategoricalCrossentropy(dtype="float64")
    keras_model.compile(keras.optimizers.Adam(**CONSTANTS), loss)
    start, state, trace = model, adam.init(model), None
    for batch in rng.permutation(len(images))[: 200 * 32].reshape(200, 32):
        grey_values = grey(images[batch], np.float64)
        keras_model.train_on_batch(grey_values, np.eye(10)[labels[batch]])
        trace = classifier.forward(model, from_images(grey_values), out=trace)
        model, state = adam.step(model, classifier.backward(model, trace, labels[batch]), state, **CONSTANTS)
    theirs = weights.to_numpy(keras_model)
    for (parameter, value, _), (_, their_value, _), (_, before, _) in zip(
        *map(classifier.axes, (model, theirs, start)), strict=True
    ):
        assert their_value.dtype == np.float64
        assert np.abs(value - before).max() > 0.01, parameter
        np.testing.assert_allclose(value, their_value, rtol=0, atol=1e-9, err_msg=parameter)
