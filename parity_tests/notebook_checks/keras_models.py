"""What a check can say about a Keras model: its parameters, their initial numbers, its probabilities, its training."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from numpy_rnn.experiments import BATCH_SIZE, LEARNING_RATE
from numpy_rnn.initialization import STANDARD_DEVIATION
from parity_tests.notebook_checks.answers import Wrong

IMAGE = (28, 28)
# A right answer exceeds a limit of this many standard deviations once in a million times.
DEVIATIONS = 5
MANY = 5000  # so many numbers show whether they are drawn from a normal distribution
ADVICE = f"Use `keras.initializers.RandomNormal(stddev={STANDARD_DEVIATION})`."


def assert_parameters(name: str, weights: Sequence[Any], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Asserts that the weights have these shapes, in any order."""
    left = [tuple(sorted(weight.shape)) for weight in weights]
    missing = []
    for symbol, shape in shapes.items():
        if tuple(sorted(shape)) in left:
            left.remove(tuple(sorted(shape)))
        else:
            missing.append(f"{symbol} {shape}")
    expected = sum(int(np.prod(shape)) for shape in shapes.values())
    count = sum(int(np.prod(weight.shape)) for weight in weights)
    if missing or left:
        reasons = [f"missing: {', '.join(missing)}"] * bool(missing)
        reasons += [f"in addition: {', '.join(map(str, left))}"] * bool(left)
        raise Wrong(f"{name} has {count:,} trainable parameters, expected {expected:,}; {'; '.join(reasons)}.")


def in_order(weights: Sequence[Any], shapes: Mapping[str, tuple[int, ...]]) -> list[Any]:
    """The weights in the order of the shapes; each may also have the transposed shape."""
    left = list(weights)
    found = []
    for shape in shapes.values():
        found.append(next(one for one in left if tuple(one.shape) in (shape, shape[::-1])))
        left = [one for one in left if one is not found[-1]]
    return found


def assert_normal(name: str, weight: Any) -> None:
    """Asserts that the numbers of a weight can be draws from N(0, 0.05²); many of them show another distribution."""
    numbers = np.float64(keras.ops.convert_to_numpy(weight)).ravel()
    n, mean, deviation = numbers.size, numbers.mean(), numbers.std()
    if not np.ptp(numbers):
        raise Wrong(f"{name} starts with {numbers[0]:g} everywhere, expected numbers from N(0, 0.05²). {ADVICE}")
    near = DEVIATIONS / np.sqrt(2 * n)
    if abs(mean) > DEVIATIONS * STANDARD_DEVIATION / np.sqrt(n) or abs(deviation / STANDARD_DEVIATION - 1) > near:
        hint = ""
        fans = np.shape(weight) if len(np.shape(weight)) == 2 else ()
        if abs(deviation / STANDARD_DEVIATION**2 - 1) < near:
            hint = " 0.05² is the variance: the standard deviation is 0.05."
        elif fans and abs(deviation / np.sqrt(2 / sum(fans)) - 1) < near:
            hint = " Keras draws weights without an initializer in this way."
        elif abs(deviation / 0.88 / STANDARD_DEVIATION - 1) < near:
            hint = " Are they cut off at two standard deviations?"
        raise Wrong(
            f"{name} starts with numbers of mean {mean:.4f} and standard deviation {deviation:.4f}, expected 0 and "
            f"0.05.{hint} {ADVICE}"
        )
    # In a normal distribution 4.55 % of the numbers lie beyond two standard deviations.
    if n > MANY and abs(np.mean(np.abs(numbers) > 2 * STANDARD_DEVIATION) - 0.0455) > DEVIATIONS * 0.21 / np.sqrt(n):
        raise Wrong(f"{name} starts with numbers that are not drawn from a normal distribution. {ADVICE}")


def assert_single_images(name: str, model: Any) -> None:
    """Asserts that a model takes any number of images of 28 × 28 pixels."""
    if not isinstance(model, keras.Model):
        raise Wrong(f"{name} is of type {type(model).__name__}, expected a `keras.Model`.")
    if len(model.inputs) != 1:
        raise Wrong(f"{name} has {len(model.inputs)} inputs, expected the images alone. h_init is a tensor of zeros.")
    batch, *image = model.inputs[0].shape
    if tuple(image) != IMAGE:
        raise Wrong(f"{name} takes inputs of the shape {tuple(image)}, expected {IMAGE}: 28 rows of 28 pixels.")
    if batch is not None:
        raise Wrong(f"{name} takes batches of {batch} images only. Leave out the size of the batch in `keras.Input`.")


def assert_probabilities(name: str, model: Any) -> None:
    """Asserts that a model gives ten probabilities for each of five images, and for a single one."""
    images = np.random.default_rng(0).random((5, *IMAGE), np.float32)
    for x in (images, images[:1]):
        y = keras.ops.convert_to_numpy(model(x))
        if y.shape != (len(x), 10):
            hint = " Is `tf.squeeze` or `keras.ops.squeeze` in it?" if y.shape == (10,) else ""
            raise Wrong(f"{name} gives the shape {y.shape} for {len(x)} image(s), expected {(len(x), 10)}.{hint}")
        if np.allclose(y.sum(axis=1), 1, atol=1e-4) and y.min() >= 0:
            continue
        hint = 'Is `activation="softmax"` missing in the read-out?'
        if np.allclose(y.sum(axis=0), 1, atol=1e-4):
            hint = "The softmax is over the images, not over the digits."
        elif y.min() > 0 and y.max() < 1:
            hint = "Use softmax, not the sigmoid, in the read-out."
        raise Wrong(f"the ten numbers that {name} gives for an image have the sum {y[0].sum():.3g}, not 1. {hint}")


def is_trained(model: Any) -> bool:
    """Whether the model's optimizer has taken a step."""
    return getattr(model, "optimizer", None) is not None and int(model.optimizer.iterations) > 0


def assert_trained(
    name: str, model: Any, training_batches: Any, test_batches: Any, training_images: int, epochs: int
) -> None:
    """Asserts that a model was trained by Adam, with the cross-entropy, on the training batches, for these epochs."""
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        raise Wrong(f"{name} is not compiled. Call `{name}.compile`.")
    rate = float(optimizer.learning_rate)
    if type(optimizer).__name__ != "Adam" or not np.isclose(rate, LEARNING_RATE):
        kind = f"{type(optimizer).__name__} with the learning rate {rate:g}"
        raise Wrong(f"{name} was trained by {kind}, expected Adam with its defaults.")
    assert_cross_entropy(name, model)
    steps, each = int(optimizer.iterations), len(training_batches)
    if steps == epochs * each:
        return
    tests, short, by_32 = len(test_batches), -(-training_images // BATCH_SIZE), -(-training_images // 32)
    hints = {
        0: f"Call `{name}.fit`.",
        epochs * tests: "Was it trained on the test images? A network must not see them before the test.",
        epochs * short: "The last, short batch was not dropped. Train on `training_batches`.",
        epochs * by_32: "Keras makes batches of 32 by default. Train on `training_batches`.",
    }
    other = f"It was trained for {steps / each:g} epochs. Run the cell of {name} again, which makes a new model."
    hint = hints.get(steps, other)
    raise Wrong(
        f"{name} was trained for {steps:,} steps, expected {epochs} × {each} = {epochs * each:,} batches. {hint}"
    )


def assert_cross_entropy(name: str, model: Any) -> None:
    """Asserts that the loss of a compiled model is the categorical cross-entropy of probabilities."""
    y = np.array([[0.7, 0.1, 0.2], [0.3, 0.5, 0.2]], np.float32)
    labels = np.eye(3, dtype=np.float32)[[0, 2]]
    expected = -np.log([0.7, 0.2]).mean()
    try:
        value = float(np.mean(keras.losses.get(model.loss)(labels, y)))
    except (TypeError, ValueError, tf.errors.InvalidArgumentError):
        value = np.nan
    if not np.isclose(value, expected, rtol=1e-4):
        shown = model.loss if isinstance(model.loss, str) else type(model.loss).__name__
        raise Wrong(
            f"the loss of {name} is {shown}, expected the categorical cross-entropy of the probabilities: "
            '`loss="categorical_crossentropy"`.'
        )


def trained_and_tested(name: str, epochs: int) -> str:
    """The sentence that a model was trained for so many epochs, and tested."""
    return f"{name} was trained for {epochs} epoch{'s' * (epochs > 1)}, and tested on the test images"


def assert_accuracy(name: str, model: Any, accuracy: Any, training_batches: Any, test_batches: Any) -> None:
    """Asserts that a number is the share of the test images that the model classifies correctly."""
    if isinstance(accuracy, list | tuple | dict) or np.size(accuracy) != 1:
        raise Wrong("the accuracy is not a single number. `evaluate` returns two: the loss, then the accuracy.")
    number, (loss, right) = float(accuracy), tested(model, test_batches)
    if abs(number - right) < 1e-4:
        return
    hint = ""
    if abs(number - 100 * right) < 1e-2:
        hint = " It is a number from 0 to 1, not in percent."
    elif abs(number - loss) < 1e-4:
        hint = " This is the loss. `evaluate` returns first the loss, then the accuracy."
    elif abs(number - tested(model, training_batches)[1]) < 1e-4:
        hint = " This is the accuracy on the training images."
    raise Wrong(f"the accuracy is {number:.4f}, but {name} classifies {right:.4f} of the test images correctly.{hint}")


def tested(model: Any, batches: Any) -> tuple[float, float]:
    """The mean loss of a model, and the share of the images that it classifies correctly."""
    losses, right = [], []
    for x, labels in batches:
        y, labels = model.predict_on_batch(x), keras.ops.convert_to_numpy(labels)
        right.append(y.argmax(axis=1) == labels.argmax(axis=1))
        losses.append(-np.log(np.maximum((y * labels).sum(axis=1), 1e-7)))
    return float(np.concatenate(losses).mean()), float(np.concatenate(right).mean())
