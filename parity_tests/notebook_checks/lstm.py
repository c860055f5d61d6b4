"""The checks of notebook 2: the six lines of Fig. 2, the layer that they make, the model, and its prediction."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from numpy_rnn.experiments import EPOCHS, EXPERIMENTS, TRAINING_IMAGES
from parity_tests.notebook_checks import answers, keras_models, lstm_layer, lstm_prediction
from parity_tests.notebook_checks.answers import Wrong
from parity_tests.notebook_checks.lstm_mistakes import MATRICES
from parity_tests.notebook_checks.lstm_steps import judge

EXPERIMENT = EXPERIMENTS["lstm-128"]


@answers.checks("2.1", "In `step`, write the input gate i, by (2.1).")
def input_gate(LSTM: Any) -> str:
    """Checks i (B, H) at every step with the scalar specification.

    Parameters
    ----------
    LSTM : type
        The learner's layer, made with `hidden_dim`; its `step` takes x_t (B, I), and h and c (B, H).
    """
    return judge(LSTM, "i")


@answers.checks("2.2", "In `step`, write the forget gate f, by (2.2).")
def forget_gate(LSTM: Any) -> str:
    """Checks f (B, H) at every step with the scalar specification.

    Parameters
    ----------
    LSTM : type
        The learner's layer, made with `hidden_dim`; its `step` takes x_t (B, I), and h and c (B, H).
    """
    return judge(LSTM, "f")


@answers.checks("2.3", "In `step`, write the output gate o, by (2.3).")
def output_gate(LSTM: Any) -> str:
    """Checks o (B, H) at every step with the scalar specification.

    Parameters
    ----------
    LSTM : type
        The learner's layer, made with `hidden_dim`; its `step` takes x_t (B, I), and h and c (B, H).
    """
    return judge(LSTM, "o")


@answers.checks("2.4", "In `step`, write the modulated input u, by (2.4).")
def modulated_input(LSTM: Any) -> str:
    """Checks u (B, H) at every step with the scalar specification.

    Parameters
    ----------
    LSTM : type
        The learner's layer, made with `hidden_dim`; its `step` takes x_t (B, I), and h and c (B, H).
    """
    return judge(LSTM, "u")


@answers.checks("2.5", "In `step`, write the new cell state c, by (2.5).")
def cell_state(LSTM: Any) -> str:
    """Checks c (B, H) at every step with the scalar specification. The gates have to be right.

    Parameters
    ----------
    LSTM : type
        The learner's layer, made with `hidden_dim`; its `step` takes x_t (B, I), and h and c (B, H).
    """
    return judge(LSTM, "c")


@answers.checks("2.6", "In `step`, write the new hidden state h, by (2.6).")
def hidden_state(LSTM: Any) -> str:
    """Checks h (B, H) at every step with the scalar specification. c has to be right.

    Parameters
    ----------
    LSTM : type
        The learner's layer, made with `hidden_dim`; its `step` takes x_t (B, I), and h and c (B, H).
    """
    return judge(LSTM, "h")


@answers.checks("2.1–2.6", "First write all six lines of `step`.")
def layer(LSTM: Any) -> str:
    """Checks the whole layer: its last state from any initial states, all gradients, and that its batch has any size.

    Parameters
    ----------
    LSTM : type
        The learner's layer, called with `x` (B, T, I), `h_init` and `c_init`, (H,) or (B, H), and `num_timestep`.
    """
    lstm_layer.assert_right(LSTM)
    return "the layer is right after all steps, and so are its gradients by the four matrices, x, h_init and c_init"


@answers.checks("2.7", "Make h with an LSTM of 128 units, and y with a Dense layer of 10 units.")
def model(model: Any) -> str:
    """Checks the model with 128 units: its parameters and their initial numbers, and its probabilities.

    Parameters
    ----------
    model : keras.Model
        The learner's model, (B, 28, 28) → (B, 10).
    """
    keras_models.assert_single_images("the model", model)
    H, I, C = EXPERIMENT.hidden_dim, 28, 10
    found = [weight.shape[0] for weight in model.weights if np.diff(weight.shape).tolist() == [I]]
    if found and found[0] != H:
        raise Wrong(f"the LSTM has {found[0]} units, expected {H}.")
    shapes = {**dict.fromkeys(MATRICES.values(), (H, H + I)), "d": (C,), "V": (H, C)}
    keras_models.assert_parameters("the model", model.trainable_weights, shapes)
    keras_models.assert_probabilities("the model", model)
    weights = keras_models.in_order(model.trainable_weights, shapes)
    *M, d, V = map(keras.ops.convert_to_numpy, weights)
    lstm_layer.assert_model(model, M, d, V)
    if not keras_models.is_trained(model):
        keras_models.assert_normal("V, the kernel of the read-out,", V)
        keras_models.assert_normal("d, the bias of the read-out,", d)
    return "the model has the right parameters, and classifies a batch or a single image"


@answers.checks("2.8", "Compile the model, train it on `training_batches`, and compute `accuracy` on `test_batches`.")
def training(
    model: Any,
    accuracy: Any,
    training_batches: tf.data.Dataset,
    test_batches: tf.data.Dataset,
    training_images: int = TRAINING_IMAGES,
    epochs: int = EPOCHS,
) -> str:
    """Checks how the model was trained, and compares its test accuracy with the expected one.

    Parameters
    ----------
    model : keras.Model
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
    keras_models.assert_trained("model", model, training_batches, test_batches, training_images, epochs)
    keras_models.assert_accuracy("model", model, accuracy, training_batches, test_batches)
    answers.accuracy(EXPERIMENT.name, float(accuracy), training_images, epochs)
    return keras_models.trained_and_tested("the model", epochs)


@answers.checks("2.9", "In `predicted_digit`, return the digit that the model predicts for one image.")
def prediction(predicted_digit: Callable[[Any, np.ndarray], Any]) -> str:
    """Checks the digit that is predicted for a single image, with a small model of its own.

    Parameters
    ----------
    predicted_digit : callable
        The learner's function of a model, (B, 28, 28) → (B, 10), and an image (28, 28), grey values from 0 to 1.
    """
    lstm_prediction.assert_right(predicted_digit)
    return "the digit is the most probable one of a batch of one image"
