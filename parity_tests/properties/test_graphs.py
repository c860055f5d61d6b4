"""Is a Keras model read exactly: equal probabilities for every input, or a refusal that names the layer?"""

import re
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, reject

from numpy_rnn import classifier
from numpy_rnn.sequences import from_images, with_ones
from parity_tests.cases.decorators import half_as_many_examples
from parity_tests.cases.keras_models import (
    BEFORE,
    CLASSIFIERS,
    IDLE,
    RECURRENT,
    SOFTMAX,
    ModelSpec,
    bounded_probabilities,
    made,
    model_specs,
)
from parity_tests.comparison import assert_same_bits, assert_within
from tf_rnn import weights

WITH_DENSE = [
    (*BEFORE.values(), recurrent, *IDLE.values(), dense, *IDLE.values(), *softmax, *IDLE.values())
    for recurrent in RECURRENT.values()
    for dense, *softmax in SOFTMAX.values()
]
ALONE = [(*BEFORE.values(), layer, *IDLE.values()) for layer in CLASSIFIERS.values()]


def assert_equal_probabilities(keras_model, model, images, where=""):
    """Asserts that both models give the same probabilities for images (B, T, I)."""
    scan: Any = next((layer.scan for layer in layers_of(keras_model) if hasattr(layer, "scan")), "rows")
    x = from_images(images, scan)
    if classifier.check(model)["I"] == x.shape[1] + 1:
        x = with_ones(x)
    bound = sum(bounded_probabilities(model, x, library).error for library in ("numpy", "tensorflow"))
    theirs = np.asarray(keras_model(images)).T
    assert_within({"y": theirs}, {"y": classifier.predict(model, x)}, {"y": bound}, images.dtype, where)


def layers_of(keras_model):
    """All operations of a model, and of the models inside it."""
    for layer in keras_model.layers:
        yield from layers_of(layer) if isinstance(layer, keras.Model) else [layer]


def negated(model):
    """The model with the opposite of each number."""
    parts: list[Any] = [type(part)(*(-value for value in part)) if part else () for part in model]
    return classifier.Model(*parts)


@half_as_many_examples
@given(model_specs(with_others=False))
def test_models_that_compute_the_equations_are_read(spec):
    keras_model, images = made(spec)
    model = weights.to_numpy(keras_model)
    assert_equal_probabilities(keras_model, model, images)
    other = negated(model)
    weights.from_numpy(keras_model, other)
    assert_same_bits(weights.to_numpy(keras_model), other)
    assert_equal_probabilities(keras_model, other, images, ", with other weights")


@pytest.mark.slow
@pytest.mark.parametrize(("number", "makers"), [*enumerate(WITH_DENSE + ALONE)])
def test_every_layer_that_does_nothing(number, makers):
    nested = (-1, 0, 10)[number % 3]
    keras_model, images = made(ModelSpec(makers, nested, (2, 3, 4, 3, 5), "float64", 0))
    assert_equal_probabilities(keras_model, weights.to_numpy(keras_model), images)


@given(model_specs(with_others=True))
def test_any_other_model_is_refused_by_name_or_gives_equal_probabilities(spec):
    try:
        keras_model, images = made(spec)
    except Exception:  # Keras refuses to build it.
        reject()
    try:
        model = weights.to_numpy(keras_model)
    except ValueError as error:
        names = "|".join(re.escape(name) for name in names_of(keras_model))
        assert re.match(rf"(layer '({names})'|keras_model): expected .+, got .+$", str(error))  # noqa: PT017
    else:
        assert_equal_probabilities(keras_model, model, images)


def names_of(keras_model):
    """The names of all operations of a functional or sequential model, and of the models inside it."""
    functional = getattr(keras_model, "_functional", None) or keras_model
    for operation in getattr(functional, "operations", ()):
        yield operation.name
        yield from names_of(operation) if isinstance(operation, keras.Model) else ()
