"""Do the checks of the model of notebook 2, its training and its prediction name mistakes and accept other styles?"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from parity_tests.notebook_checks import lstm as check
from parity_tests.notebook_checks.answers import Wrong
from parity_tests.notebooks.blanks import STUB, cell, execute, filled
from tf_rnn.cells import times


def normal():
    return keras.initializers.RandomNormal(stddev=0.05)


NAMES = {"keras": keras, "tf": tf, "np": np, "times": times, "normal": normal}
LSTM = execute(filled(cell("2-lstm", "blank-2-1"), *[None] * 6), NAMES | {"sigmoid": tf.sigmoid, "tanh": tf.tanh})[
    "LSTM"
]
FROM_ZEROS = "h_init=tf.zeros(128), c_init=tf.zeros(128)"
READ_OUT = "y = keras.layers.Dense(10, activation='softmax', kernel_initializer=normal(), bias_initializer=normal())(h)"


def model_with(answer=None):
    return execute(filled(cell("2-lstm", "blank-2-7"), answer), NAMES | {"LSTM": LSTM})["model"]


def message(function, *arguments):
    """The message of a check that refuses an answer."""
    with pytest.raises(Wrong) as raised:
        function(*arguments)
    return str(raised.value)


WRONG_MODELS = {
    f"h = LSTM(64)(x, h_init=tf.zeros(64), c_init=tf.zeros(64), num_timestep=28); {READ_OUT}": (
        "the LSTM has 64 units, expected 128"
    ),
    f"h = keras.layers.LSTM(128)(x); {READ_OUT}": "81,674 trainable parameters, expected 81,162",
    f"h = LSTM(128)(x, {FROM_ZEROS}, num_timestep=27); {READ_OUT}": "num_timestep is 27, expected 28",
    f"h = LSTM(128)(x, h_init=tf.ones(128), c_init=tf.zeros(128), num_timestep=28); {READ_OUT}": (
        "h_init has to be zeros, not ones"
    ),
    f"h = LSTM(128)(x, h_init=tf.zeros(128), c_init=tf.ones(128), num_timestep=28); {READ_OUT}": (
        "c_init has to be zeros, not ones"
    ),
    f"h = LSTM(128)(keras.ops.transpose(x, (0, 2, 1)), {FROM_ZEROS}, num_timestep=28); {READ_OUT}": (
        "x_t has to be row t, not column t"
    ),
    f"h = LSTM(128)(x, {FROM_ZEROS}, num_timestep=28); {READ_OUT.replace('softmax', 'linear')}": (
        'Is `activation="softmax"` missing'
    ),
    f"h = LSTM(128)(x, {FROM_ZEROS}, num_timestep=28); {READ_OUT.replace('softmax', 'sigmoid')}": "not the sigmoid",
    f"h = LSTM(128)(x, {FROM_ZEROS}, num_timestep=28); y = keras.layers.Dense(10, activation='softmax')(h)": (
        "Keras draws weights without an initializer in this way"
    ),
    f"h = LSTM(128)(x, {FROM_ZEROS}, num_timestep=28); {READ_OUT.replace('10', '9')}": "trainable parameters, expected",
    f"h = LSTM(128)(x, {FROM_ZEROS}, num_timestep=28); {READ_OUT}; y = keras.ops.squeeze(y)": "squeeze",
    f"x = keras.Input((28, 28), batch_size=128); h = LSTM(128)(x, {FROM_ZEROS}, num_timestep=28); {READ_OUT}": (
        "takes batches of 128 images only"
    ),
}
RIGHT_MODELS = [
    None,
    f"layer = LSTM(hidden_dim=128)\nh = layer(x, num_timestep=28, {FROM_ZEROS})\n{READ_OUT}",
    f"h = LSTM(128)(x, h_init=np.zeros(128), c_init=0.0, num_timestep=28)\n{READ_OUT}",
    f"zeros = keras.ops.zeros((1, 128))\nh = LSTM(128)(x, h_init=zeros, c_init=zeros, num_timestep=28)\n{READ_OUT}",
    f"h = LSTM(128)(x, {FROM_ZEROS}, num_timestep=28)\n"
    "z = keras.layers.Dense(10, kernel_initializer=normal(), bias_initializer=normal())(h)\n"
    "y = keras.layers.Softmax()(z)",
]


@pytest.mark.parametrize("answer", WRONG_MODELS)
def test_a_mistake_in_the_model_is_named(answer):
    found = message(check.model, model_with(answer))
    assert WRONG_MODELS[answer] in found
    assert found.startswith("2.7 is not right yet: ")


@pytest.mark.parametrize("answer", RIGHT_MODELS)
def test_another_style_of_the_model_is_accepted(answer, capsys):
    check.model(model_with(answer))
    assert capsys.readouterr().out.startswith("✓ 2.7")


IMAGES = np.random.default_rng(0).random((24, 28, 28), np.float32)
DIGITS = np.eye(10, dtype=np.float32)[[0, 0, 1, 2, 3, 0, 4, 0] * 3]
BATCHES = tf.data.Dataset.from_tensor_slices((IMAGES, DIGITS)).batch(8)
TEST_BATCHES = BATCHES.take(1)
COMPILED = "model.compile('adam', loss='categorical_crossentropy', metrics=['accuracy'])\n"
FITTED = "model.fit(training_batches, epochs=EPOCHS, shuffle=False, verbose=0)\n"
TESTED = "loss, accuracy = model.evaluate(test_batches, verbose=0)\n"
WRONG_TRAININGS = {
    "accuracy = 0.97": "Call `model.compile`",
    COMPILED + TESTED: "Call `model.fit`",
    COMPILED + FITTED * 2 + TESTED: "trained for 2 epochs",
    COMPILED.replace("adam", "sgd") + FITTED + TESTED: "trained by SGD",
    COMPILED.replace("'adam'", "keras.optimizers.Adam(0.01)") + FITTED + TESTED: "the learning rate 0.01",
    COMPILED.replace("categorical_crossentropy", "mse") + FITTED + TESTED: "the loss of model is mse",
    COMPILED
    + FITTED
    + "accuracy = model.evaluate(test_batches, verbose=0)": "returns two: the loss, then the accuracy",
    COMPILED + FITTED + "accuracy, _ = model.evaluate(test_batches, verbose=0)": "This is the loss",
    COMPILED + FITTED + TESTED + "accuracy *= 100": "not in percent",
}
RIGHT_TRAININGS = [
    None,
    COMPILED + FITTED + "accuracy = model.evaluate(test_batches, verbose=0)[1]",
    COMPILED + FITTED + "accuracy = model.evaluate(test_batches, verbose=0, return_dict=True)['accuracy']",
    COMPILED + "for _ in range(EPOCHS):\n    " + FITTED + "y = model.predict(test_batches, verbose=0).argmax(1)\n"
    "accuracy = np.mean(y == np.concatenate([labels for _, labels in test_batches]).argmax(1))",
]


def trained(answer, capsys):
    """The arguments of the check of a training, of a small model for one epoch on three batches."""
    x = keras.Input((28, 28))
    read_out = keras.layers.Dense(10, activation="softmax", kernel_initializer="zeros")
    model = keras.Model(x, read_out(keras.layers.Flatten()(x)))
    names = NAMES | {"model": model, "training_batches": BATCHES, "test_batches": TEST_BATCHES, "EPOCHS": 1}
    names = execute(filled(cell("2-lstm", "blank-2-8"), answer), names)
    capsys.readouterr()
    return names["model"], names["accuracy"], BATCHES, TEST_BATCHES, 24, 1


@pytest.mark.parametrize("answer", WRONG_TRAININGS)
def test_a_mistake_in_the_training_is_named(answer, capsys):
    assert WRONG_TRAININGS[answer] in message(check.training, *trained(answer, capsys))


@pytest.mark.parametrize("answer", RIGHT_TRAININGS)
def test_another_style_of_the_training_is_accepted(answer, capsys):
    check.training(*trained(answer, capsys))
    assert "✓ 2.8" in capsys.readouterr().out


WRONG_PREDICTIONS = {
    "return int(np.argmax(model(image)[0]))": "`image[None]` is a batch of one",
    "return model(image[None])": "returns the ten probabilities",
    "return np.squeeze(model.predict_on_batch(image[None]))": "returns the ten probabilities",
    "return np.max(model(image[None]))": "returns the largest probability",
    "return np.argmin(model(image[None]))": "the least probable digit",
    "return np.argmax(model(image[None])) + 1": "one too large",
    "return np.argmax(model(image[None] / 255))": "must not be divided by 255 again",
    "return np.argmax(model(image.T[None]))": "Rows and columns of the image are exchanged",
    "return tf.argmax(model(image[None]))": "returns ten zeros: the argmax runs over the images",
    "return int(tf.argmax(model(image[None]))[0])": "It is 0 for every image",
    "return np.argmax(model(image[None]), axis=1)": "a batch of one digit. The digit is its entry [0]",
    "digit = np.argmax(model(image[None]))": "returns nothing",
    "return str(np.argmax(model(image[None])))": "expected a single digit",
    "return model.predicts(image[None])": "in the line: return model.predicts(image[None])",
    STUB: "2.9 is still empty. In `predicted_digit`, return the digit",
}
RIGHT_PREDICTIONS = [
    None,
    "return np.argmax(model.predict(image[None], verbose=0), axis=-1)[0]",
    "return tf.argmax(tf.squeeze(model(tf.expand_dims(image, 0))))",
    "return keras.ops.argmax(model(keras.ops.expand_dims(image, 0)), axis=-1)[0]",
    "return model(image.reshape(1, 28, 28)).numpy().argmax()",
    "return max(range(10), key=lambda digit: model(image[None])[0, digit])",
]


def prediction_with(answer):
    return execute(filled(cell("2-lstm", "blank-2-9"), answer), dict(NAMES))["predicted_digit"]


@pytest.mark.parametrize("answer", WRONG_PREDICTIONS)
def test_a_mistake_in_the_prediction_is_named(answer):
    found = message(check.prediction, prediction_with(answer))
    assert WRONG_PREDICTIONS[answer] in found
    assert len(found.splitlines()) <= 3


@pytest.mark.parametrize("answer", RIGHT_PREDICTIONS)
def test_another_style_of_the_prediction_is_accepted(answer, capsys):
    check.prediction(prediction_with(answer))
    assert capsys.readouterr().out.startswith("✓ 2.9")
