"""The checks of notebook 1: a basic RNN as a Keras layer, the model with 64 units, and its training."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from numpy_rnn.experiments import EPOCHS, EXPERIMENTS, TRAINING_IMAGES
from parity_tests.notebook_checks import answers, basic_rnn_layer, basic_rnn_outputs, keras_models
from parity_tests.notebook_checks.answers import Wrong

RNN_64 = EXPERIMENTS["rnn-64"]


@answers.checks("1.1", "In `build`, make the weight U of (1.1) with `self.add_weight`.")
def weights(layer_class: Any) -> str:
    """Checks U: its shape (H, I), dtype and name, whether Keras trains it, and its initial numbers.

    Parameters
    ----------
    layer_class : type
        The learner's layer, made with `hidden_dim`.
    """
    B, T, H, I = 2, 7, 100, 90
    layer = layer_class(H)
    layer.build((B, T, I))
    U = getattr(layer, "U", None)
    if U is None:
        raise Wrong("the layer has no U: assign the weight to `self.U` in `build`.")
    if isinstance(U, tf.Variable):
        raise Wrong(
            "U is a bare `tf.Variable`, which Keras 3 does not track: it is no parameter of the layer, and no training "
            "changes it. Use `self.add_weight`."
        )
    if not isinstance(U, keras.Variable):
        raise Wrong(f"U is of type {type(U).__name__}, so no training changes it. Use `self.add_weight`.")
    hints = {
        (I, H): "U is transposed: it has one row for each hidden unit.",
        (H, T): "U has one column for each number of x_t, not for each step: I is `x_shape[-1]`.",
        (H, B): "U has one column for each number of x_t, not for each example: I is `x_shape[-1]`.",
        (H, H): "This is the shape of W. U multiplies x_t, which has I numbers.",
        (H, H + I): "W and U are two matrices here: U multiplies x_t alone.",
    }
    shape = tuple(U.shape)
    if shape != (H, I):
        raise Wrong(f"U has the shape {shape}, expected (H, I) = {(H, I)}. {hints.get(shape, '')}".strip())
    if not any(U is weight for weight in layer.trainable_weights):
        raise Wrong("U is not a trainable weight of the layer. Leave out `trainable=False`.")
    if U.name != "U":
        raise Wrong(f'the name of U is {U.name!r}, which `summary` and saved files show. Write `name="U"`.')
    of_float64 = layer_class(3, dtype="float64")
    of_float64.build((B, T, I))
    if of_float64.U.dtype != "float64":
        raise Wrong(f"in a layer of dtype float64, U has the dtype {of_float64.U.dtype}. Leave out `dtype`.")
    keras_models.assert_parameters("the layer", layer.trainable_weights, {"b": (H,), "W": (H, H), "U": (H, I)})
    keras_models.assert_normal("U", U)
    square = layer_class(H)
    square.build((B, T, H))
    if np.array_equal(*map(keras.ops.convert_to_numpy, (square.U, square.W))):
        raise Wrong("U starts with the same numbers as W. Give each weight an initializer of its own.")
    return "U has the shape (H, I), Keras trains it, and it starts as N(0, 0.05²)"


@answers.checks("1.2", "In `call`, write the new state h, by (1.2).")
def states(layer_class: Any) -> str:
    """Checks the state after every step, and the gradients of the last one, with the scalar specification.

    Parameters
    ----------
    layer_class : type
        The learner's layer, called with `x` (B, T, I), `h_init` (H,) or (B, H), and `num_timestep`.
    """
    basic_rnn_layer.assert_right(layer_class)
    return "h is right after every step, and so are its gradients by b, W, U, x and h_init"


@answers.checks("1.3", "Make RNN2 like RNN1, but with 64 units.")
def model(RNN2: Any, RNN1: Any) -> str:
    """Checks the model with 64 units: its parameters and their initial numbers, and its probabilities.

    Parameters
    ----------
    RNN2 : keras.Model
        The learner's model, (B, 28, 28) → (B, 10).
    RNN1 : keras.Model
        The model with 128 units, with which it may share no weight.
    """
    keras_models.assert_single_images("RNN2", RNN2)
    shared = [weight.name for weight in RNN2.weights if any(weight is other for other in RNN1.weights)]
    if shared:
        raise Wrong(
            "RNN2 contains a layer of RNN1, so training one changes the other. Make a new BasicRNN(64) and a new Dense."
        )
    H, I, C = RNN_64.hidden_dim, 28, 10
    found = [weight.shape[0] for weight in RNN2.weights if len(set(weight.shape)) == 1 and len(weight.shape) == 2]
    if found and found[0] != H:
        raise Wrong(f"RNN2 has {found[0]} units, expected {H}.")
    shapes = {"b": (H,), "W": (H, H), "U": (H, I), "d": (C,), "V": (H, C)}
    keras_models.assert_parameters("RNN2", RNN2.trainable_weights, shapes)
    weights = keras_models.in_order(RNN2.trainable_weights, shapes)
    keras_models.assert_probabilities("RNN2", RNN2)
    basic_rnn_outputs.assert_outputs(RNN2, *weights)
    if not keras_models.is_trained(RNN2):
        keras_models.assert_normal("V, the kernel of the read-out,", weights[-1])
        keras_models.assert_normal("d, the bias of the read-out,", weights[-2])
    return f"RNN2 has {RNN_64.parameters:,} parameters, and classifies a batch or a single image"


@answers.checks("1.4", "Compile RNN2, train it on `training_batches`, and compute its accuracy on `test_batches`.")
def training(
    RNN2: Any,
    accuracy: Any,
    training_batches: tf.data.Dataset,
    test_batches: tf.data.Dataset,
    training_images: int = TRAINING_IMAGES,
    epochs: int = EPOCHS,
) -> str:
    """Checks how the model with 64 units was trained, and compares its test accuracy with the expected one.

    Parameters
    ----------
    RNN2 : keras.Model
        The learner's model, after the training.
    accuracy : float
        The accuracy in the test, from 0 to 1.
    training_batches, test_batches : tf.data.Dataset
        Batches of (images (B, 28, 28), one-hot labels (B, 10)).
    training_images : int, optional
        The number of training images.
    epochs : int, optional
        The number of epochs.
    """
    keras_models.assert_trained("RNN2", RNN2, training_batches, test_batches, training_images, epochs)
    keras_models.assert_accuracy("RNN2", RNN2, accuracy, training_batches, test_batches)
    try:
        answers.accuracy("rnn-64", float(accuracy), training_images, epochs)
    except Wrong as wrong:
        raise Wrong(f"{wrong}. It differs from run to run: run the cells from blank 1.3 on once more.") from None
    return keras_models.trained_and_tested("RNN2", epochs)
