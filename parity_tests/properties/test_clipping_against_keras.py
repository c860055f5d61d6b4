"""Does clipping equal that of Keras's optimizers, `global_clipnorm`, and does a Keras training use it?"""

import keras
import numpy as np
import pytest
from hypothesis import given

from numpy_rnn import adam, classifier, clipping
from numpy_rnn.experiments import EXPERIMENTS
from numpy_rnn.sequences import from_images
from parity_tests.cases.decorators import DTYPES
from parity_tests.cases.models import by_name
from parity_tests.cases.public_functions import flat
from parity_tests.cases.recurrences import SEEDS
from parity_tests.cases.trees import PARTS_OF_A_NORM, all_numbers, random_tree
from parity_tests.comparison import assert_within
from parity_tests.oracles import bounded_equations
from parity_tests.oracles.bounds import Bounded, arithmetic, concatenate
from tf_rnn import training, weights

LIBRARIES = "numpy", "tensorflow"


@DTYPES
@given(SEEDS, PARTS_OF_A_NORM)
def test_a_step_of_gradient_descent(dtype, seed, part):
    tree = random_tree(np.random.default_rng(seed), dtype)
    clip_norm = part * clipping.global_norm(tree)
    # From zeros and with the learning rate 1, a step leads to the clipped gradients with the other sign.
    variables = [keras.Variable(np.zeros_like(g)) for g in flat(tree)]
    optimizer = keras.optimizers.SGD(1.0, global_clipnorm=clip_norm)
    optimizer.apply([keras.ops.convert_to_tensor(g) for g in flat(tree)], variables)
    theirs = np.concatenate([-variable.numpy().ravel() for variable in variables])
    ours = all_numbers(clipping.clip(tree, clip_norm))
    bounds = [bounded_equations.clipped(arithmetic(name, dtype), all_numbers(tree), clip_norm) for name in LIBRARIES]
    assert_within({"g": ours}, {"g": theirs}, {"g": sum(bounded.error for bounded in bounds)}, dtype)


@pytest.mark.parametrize("name", ["rnn-64", "lstm-128"])
@pytest.mark.parametrize("clip_norm", [1e-7, 1e-3, 100.0])
def test_one_step_of_adam(name, clip_norm):
    experiment, B = EXPERIMENTS[name]._replace(hidden_dim=4), 6
    rng = np.random.default_rng(1)
    images, labels = rng.uniform(0, 1, (B, 28, 28)).astype(np.float32), rng.integers(0, 10, B)
    keras_model = training.new_model(experiment, seed=0, clip_norm=clip_norm)
    model, x = weights.to_numpy(keras_model), from_images(images, experiment.scan)
    _, gradients = classifier.loss_and_gradients(model, x, labels)
    after, _ = adam.step(model, clipping.clip(gradients, clip_norm), adam.init(model))
    keras_model.train_on_batch(images, np.eye(10)[labels])
    after_keras = by_name(weights.to_numpy(keras_model))

    theta = np.concatenate([value.ravel() for value in by_name(model).values()])
    states = [np.zeros((4, B))] * {"rnn": 1, "lstm": 2}[experiment.recurrence]
    error = np.zeros(theta.shape)
    for library in LIBRARIES:
        system = arithmetic(library, np.float32)
        bounded = bounded_equations.classifier(experiment.recurrence, system, model, x, states, labels)
        g = concatenate([flattened(bounded[f"d{parameter}"]) for parameter in by_name(model)])
        g = bounded_equations.clipped(system, g, clip_norm)
        updated, _, _ = bounded_equations.adam(system, theta, g, np.zeros_like(theta), np.zeros_like(theta), 1)
        error += updated.error
    ours, theirs = (np.concatenate([one.ravel() for one in side.values()]) for side in (by_name(after), after_keras))
    assert_within({"θ": ours}, {"θ": theirs}, {"θ": error}, np.float32)
    if clip_norm == 1e-7:  # ε is as large as the gradients then, so that clipping shows after Adam's first step
        unclipped, _ = adam.step(model, gradients, adam.init(model))
        assert np.abs(np.concatenate([one.ravel() for one in by_name(unclipped).values()]) - theirs).max() > 1e-4


def flattened(bounded: Bounded) -> Bounded:
    """Bounded numbers as one vector."""
    return Bounded(bounded.value.ravel(), bounded.error.ravel(), bounded.arithmetic)
