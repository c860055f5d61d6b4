"""Do the checks of the model and the training in notebook 1 name typical mistakes, and accept other styles?"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from parity_tests.notebook_checks import basic_rnn as check
from parity_tests.notebook_checks.answers import Wrong
from parity_tests.notebooks.blanks import cell, execute, filled
from tf_rnn.cells import times

DENSE = "keras.layers.Dense(10, activation='softmax', kernel_initializer=normal(), bias_initializer=normal())(h)"


def layer(H=64, x="x", h_init="tf.zeros(64)", T=28):
    return f"BasicRNN({H})({x}, {h_init}, num_timestep={T})"


def lines(x="keras.Input((28, 28))", h=None, y=DENSE, model="keras.Model(x, y)"):
    """The lines of a model, with other ones in places."""
    return f"x = {x}\nh = {h or layer()}\ny = {y}\nRNN2 = {model}"


WRONG_MODELS = {
    lines(h=layer(128, h_init="tf.zeros(128)")): "RNN2 has 128 units, expected 64",
    "RNN2 = RNN1": "contains a layer of RNN1",
    lines(h="RNN1.layers[1](x, tf.zeros(128), num_timestep=28)"): "contains a layer of RNN1",
    lines(model="y"): "of type KerasTensor, expected a `keras.Model`",
    lines(x="keras.Input((28, 28), batch_size=128)"): "batches of 128 images only",
    lines(x="keras.Input((28, 28, 1))", h=layer(x="x[..., 0]")): "inputs of the shape (28, 28, 1), expected (28, 28)",
    lines(h="keras.Input((64,)); z = h; h = " + layer(h_init="z"), model="keras.Model([x, z], y)"): "2 inputs",
    lines(y=DENSE.replace("10", "64")): "10,112 trainable parameters, expected 6,602",
    lines(y=DENSE.replace("activation='softmax', ", "")): "softmax",
    lines(y=DENSE.replace("softmax", "sigmoid")): "not the sigmoid",
    lines(y=f"keras.activations.softmax({DENSE})"): "does not compute y = softmax(d + V h_28)",
    lines(y=DENSE.replace("kernel_initializer=normal(), ", "")): "V, the kernel of the read-out, starts with",
    lines(y=DENSE.replace(", bias_initializer=normal()", "")): "d, the bias of the read-out, starts with 0 everywhere",
    lines(y=DENSE.replace("10,", "10, use_bias=False,")): "6,592 trainable parameters, expected 6,602; missing: d",
    lines(y=f"keras.ops.squeeze({DENSE})"): "gives the shape (10,)",
    lines(h=layer(h_init="tf.ones(64)")): "h_init has to be zeros",
    lines(h=layer(T=27)): "num_timestep is 27, expected 28",
    lines(h=layer(x="keras.ops.transpose(x, (0, 2, 1))")): "not column t",
    lines(model="keras.Model(x, h)"): "5,952 trainable parameters",
}
RIGHT_MODELS = [
    None,
    lines(y=f"keras.layers.Softmax()({DENSE.replace('softmax', 'linear')})"),
    lines(h=layer(h_init="np.zeros((1, 64))"), model="keras.Model(inputs=x, outputs=y)"),
    lines(model="type('Mine', (keras.Model,), {})(x, y, name='another')"),
    "def classifier(H):\n    x = keras.Input((28, 28))\n    h = BasicRNN(H)(x, h_init=tf.zeros(H), num_timestep=28)\n"
    f"    return keras.Model(x, {DENSE})\nRNN2 = classifier(64)",
]


def normal():
    return keras.initializers.RandomNormal(stddev=0.05)


@pytest.fixture(scope="module")
def names():
    """The names that the cells before blank 1.3 define."""
    given = {"keras": keras, "tf": tf, "np": np, "times": times, "normal": normal}
    names = execute(filled(cell("1-basic-rnn", "blank-1-1"), None, None), given)
    return execute(lines(h=layer(128, h_init="tf.zeros(128)")).replace("RNN2", "RNN1"), names)


def message(function, *arguments):
    """The message of a check that refuses an answer."""
    with pytest.raises(Wrong) as raised:
        function(*arguments)
    return str(raised.value)


@pytest.mark.parametrize("answer", WRONG_MODELS, ids=range(len(WRONG_MODELS)))
def test_a_mistake_in_the_model_is_named(answer, names):
    names = execute(answer, dict(names))
    assert WRONG_MODELS[answer] in message(check.model, names["RNN2"], names["RNN1"])


@pytest.mark.parametrize("answer", RIGHT_MODELS, ids=range(len(RIGHT_MODELS)))
def test_a_model_in_another_style_is_accepted(answer, names, capsys):
    names = execute(filled(cell("1-basic-rnn", "blank-1-3"), answer), dict(names))
    check.model(names["RNN2"], names["RNN1"])
    assert capsys.readouterr().out.startswith("✓ 1.3")


EPOCHS, IMAGES = 2, 434
COMPILE = "RNN2.compile('adam', 'categorical_crossentropy', metrics=['accuracy'])\n"
FIT = "RNN2.fit(training_batches, epochs=EPOCHS, shuffle=False, verbose=0)\n"
TEST = "accuracy_2 = RNN2.evaluate(test_batches, verbose=0)[1]"
BY_HAND = """
RNN2.compile(keras.optimizers.Adam(), keras.losses.CategoricalCrossentropy())
for epoch in range(EPOCHS):
    for x, labels in training_batches:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(keras.losses.categorical_crossentropy(labels, RNN2(x)))
        RNN2.optimizer.apply(tape.gradient(loss, [w.value for w in RNN2.weights]), RNN2.trainable_weights)
"""
ARRAYS = "x, labels = (np.concatenate(one)[:384] for one in zip(*training_batches.as_numpy_iterator()))\n"
WRONG_TRAININGS = {
    "accuracy_2 = 0.5": "RNN2 is not compiled",
    COMPILE + TEST: "trained for 0 steps, expected 2 × 3 = 6 batches. Call `RNN2.fit`",
    COMPILE + FIT.replace("EPOCHS", "1") + TEST: "It was trained for 1 epochs",
    COMPILE + FIT + FIT + TEST: "It was trained for 4 epochs",
    COMPILE + FIT.replace("training_b", "test_b") + TEST: "trained on the test images",
    COMPILE + FIT.replace("training_batches", "*training_images") + TEST: "batches of 32 by default",
    COMPILE + FIT.replace("training_batches", "*training_images, batch_size=128") + TEST: "short batch was not dropped",
    COMPILE.replace("adam", "sgd") + FIT + TEST: "SGD with the learning rate 0.01, expected Adam",
    COMPILE.replace("'adam'", "keras.optimizers.Adam(0.1)") + FIT + TEST: "Adam with the learning rate 0.1",
    COMPILE.replace("categorical_crossentropy", "mse") + FIT + TEST: "the loss of RNN2 is mse",
    COMPILE.replace("'categorical_crossentropy'", "keras.losses.CategoricalCrossentropy(from_logits=True)")
    + FIT
    + TEST: (
        "the loss of RNN2 is CategoricalCrossentropy, expected the categorical cross-entropy of the probabilities"
    ),
    COMPILE + FIT + TEST.replace("[1]", ""): "`evaluate` returns two",
    COMPILE + FIT + TEST.replace("[1]", "[0]"): "This is the loss",
    COMPILE + FIT + TEST.replace("test_b", "training_b"): "This is the accuracy on the training images",
    COMPILE + FIT + TEST + " * 100": "not in percent",
    COMPILE + FIT + "accuracy_2 = 0.98765": "the accuracy is 0.9877, but RNN2 classifies",
}
RIGHT_TRAININGS = [
    None,
    COMPILE + FIT + "accuracy_2 = RNN2.evaluate(test_batches, return_dict=True, verbose=0)['accuracy']",
    COMPILE + f"for epoch in range(EPOCHS): {FIT.replace('EPOCHS', '1')}" + TEST,
    COMPILE + ARRAYS + FIT.replace("training_batches", "x, labels, batch_size=128") + TEST,
    COMPILE + "for _ in range(EPOCHS):\n    for batch in training_batches: RNN2.train_on_batch(*batch)\n" + TEST,
    BY_HAND + "right = [np.argmax(RNN2(x), 1) == np.argmax(labels, 1) for x, labels in test_batches]\n"
    "accuracy_2 = np.concatenate(right).mean()",
]


def trained(answer):
    """The names after an answer to blank 1.4, with a small model in place of the RNN."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    images, labels = (
        rng.random((IMAGES + 200, 28, 28), np.float32),
        np.eye(10, dtype=np.float32)[rng.integers(0, 10, IMAGES + 200)],
    )
    training_images = images[:IMAGES], labels[:IMAGES]
    names = {
        "keras": keras,
        "tf": tf,
        "np": np,
        "EPOCHS": EPOCHS,
        "RNN2": keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")]),
        "training_images": training_images,
        "training_batches": tf.data.Dataset.from_tensor_slices(training_images).batch(128, drop_remainder=True),
        "test_batches": tf.data.Dataset.from_tensor_slices((images[IMAGES:], labels[IMAGES:])).batch(128),
    }
    names = execute(filled(cell("1-basic-rnn", "blank-1-4"), answer), names)
    return [names[name] for name in ("RNN2", "accuracy_2", "training_batches", "test_batches")]


@pytest.mark.filterwarnings("ignore:.*received `from_logits=True`:UserWarning")
@pytest.mark.parametrize("answer", WRONG_TRAININGS, ids=range(len(WRONG_TRAININGS)))
def test_a_mistake_in_the_training_is_named(answer):
    assert WRONG_TRAININGS[answer] in message(check.training, *trained(answer), IMAGES, EPOCHS)


@pytest.mark.parametrize("answer", RIGHT_TRAININGS, ids=range(len(RIGHT_TRAININGS)))
def test_a_training_in_another_style_is_accepted(answer, capsys):
    check.training(*trained(answer), IMAGES, EPOCHS)
    assert "✓ 1.4  RNN2 was trained for 2 epochs" in capsys.readouterr().out


def test_a_low_accuracy_is_refused_after_a_whole_training():
    model, accuracy, _, test_batches = trained(COMPILE + FIT + TEST)
    model.optimizer.iterations.assign(4 * 468)
    text = message(check.training, model, accuracy, range(468), test_batches)
    assert "but the exercise expects 71.5% or more. It differs from run to run" in text
