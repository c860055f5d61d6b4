"""Does the check of notebook 3 name typical mistakes, and accept right answers in other styles?"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from parity_tests.notebook_checks import columns as check
from parity_tests.notebook_checks.answers import Wrong
from parity_tests.notebooks.blanks import STUB, cell, execute, filled

WRONG = {
    "return images": "The images are as before",
    "images.transpose(0, 2, 1); return images": "The images are as before",
    "images.transpose(0, 2, 1)": "returns nothing",
    "return images.reshape(len(images), images.shape[2], images.shape[1])": "`reshape` keeps the order",
    "return images.reshape(-1, 28, 28)": "ValueError: cannot reshape",
    "return images.T": "images (3, 5, 4) give the shape (4, 5, 3), expected (3, 4, 5). The axis of the images has to",
    "return tf.transpose(images)": "reverse all axes",
    "return np.transpose(images, (2, 1, 0))": "reverse all axes",
    "return np.transpose(images, (1, 0, 2))": "exchanged with that of the rows",
    "return np.moveaxis(images, 0, -1)": "it is now the last",
    "return np.moveaxis(images, -1, 0)": "it is now the second",
    "return images[:, ::-1]": "upside down",
    "return np.flip(images, axis=1)": "upside down",
    "return np.flip(images, axis=2)": "mirror image",
    "return np.flip(images, axis=(1, 2))": "turned by 180°",
    "return images[::-1]": "The images are in reverse order",
    "return np.flip(images)": "Entry [n, t, i] of the result has to be entry [n, i, t]",
    "return np.rot90(images, axes=(1, 2))": "the last column comes first",
    "return np.rot90(images, k=-1, axes=(1, 2))": "each column begins with its last pixel",
    "return tf.image.rot90(images[..., None])[..., 0]": "the last column comes first",
    "return images.transpose(0, 2, 1)[:, ::-1, ::-1]": "the last one comes first, and each",
    "return images.transpose(0, 2, 1)[::-1]": "the images are in reverse order",
    "return images[0].T": "Only the first image is turned",
    "return images.transpose(0, 2, 1) / 255": "divided by 255",
    "return images.transpose(0, 1, 2)": "The images are as before",
    "return images.transpose(0, 2, 1)[:, :, :, None]": "give the shape (3, 4, 5, 1)",
    "return np.abs(images.transpose(0, 2, 1))": "the row model, on the turned images",
    "return images.transpose(2, 1)": "in the line: return images.transpose(2, 1)",
    "images[:] = images[:, ::-1].copy(); return images": "changes the images",
    "return images.transposed(0, 2, 1)": "AttributeError",
}
RIGHT = [
    None,
    "return tf.transpose(images, [0, 2, 1])",
    "return np.swapaxes(images, 1, 2)",
    "return np.moveaxis(images, 2, 1)",
    "return np.einsum('nij->nji', images)",
    "return keras.ops.transpose(images, (0, 2, 1))",
    "return keras.ops.swapaxes(images, 1, 2)",
    "return keras.layers.Permute((2, 1))(images)",
    "return tf.linalg.matrix_transpose(images)",
    "return images.mT",
    "return np.stack([image.T for image in images])",
    "return [image.T for image in images]",
    "return np.stack([images[:, :, t] for t in range(images.shape[2])], axis=1)",
    "return np.rot90(images, axes=(1, 2))[:, ::-1]",
    "return tf.map_fn(tf.transpose, images)",
]


def columns(answer):
    """The function of the notebook with this answer."""
    return execute(filled(cell("3-columns", "blank-3-1"), answer), {"keras": keras, "np": np, "tf": tf})["columns"]


def message(answer):
    """The message of the check that refuses an answer."""
    with pytest.raises(Wrong) as raised:
        check.turned(columns(answer))
    return str(raised.value)


@pytest.mark.parametrize("answer", WRONG)
def test_a_mistake_is_named(answer):
    assert WRONG[answer] in message(answer)


@pytest.mark.parametrize("answer", RIGHT)
def test_another_style_is_accepted(answer, capsys):
    check.turned(columns(answer))
    assert capsys.readouterr().out.startswith("✓ 3.1")


def test_an_empty_blank_is_named():
    assert message(STUB).startswith("3.1 is still empty. Turn the images")
