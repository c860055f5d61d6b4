"""Does `classify_images` give each image the probabilities of its sequence, and refuse what is not its argument?"""

from typing import Any

import numpy as np
import pytest

from numpy_rnn import classifier, images, lstm, readout, rnn, sequences, training
from numpy_rnn.images import classify_images
from parity_tests.cases.models import BOTH_RECURRENCES, CLASSES, COLUMNS, ROWS, random_model, random_split
from parity_tests.comparison import assert_same_bits
from parity_tests.refusals import refused

OTHER: dict[Any, Any] = {rnn: lstm, lstm: rnn}
SIZES = pytest.mark.parametrize("N", [0, 1, 5, 999, 1000, 1001, 2500])
SCANS = pytest.mark.parametrize("scan", ["rows", "columns"])


def model_for(kind, scan, dtype=np.float64):
    return random_model(kind, dtype=dtype, I=COLUMNS if scan == "rows" else ROWS)


def predicted(model, pictures, scan, initial=None):
    """The probabilities of all images in one batch."""
    grey = sequences.grey(pictures, model.readout.d.dtype.type)
    return classifier.predict(model, sequences.from_images(grey, scan), initial)


def states_for(kind, seed, columns):
    rng = np.random.default_rng(seed)
    return kind.Initial(*(rng.normal(size=(4, columns)) for _ in kind.Initial._fields))


@BOTH_RECURRENCES
@SCANS
@SIZES
def test_probabilities_of_each_image(kind, scan, N):
    model, pictures = model_for(kind, scan), random_split(N).images
    y = classify_images(model, pictures, scan)
    assert y.shape == (CLASSES, N)
    np.testing.assert_allclose(y, predicted(model, pictures, scan), rtol=1e-12)
    np.testing.assert_allclose(y.sum(axis=0), 1, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_the_models(dtype):
    assert classify_images(random_model(rnn, dtype=dtype), random_split(3).images).dtype == dtype


@BOTH_RECURRENCES
@pytest.mark.parametrize("N", [1, 2, 1000, 1001, 2500])
def test_a_state_for_each_image_for_all_and_numbers(kind, N):
    model, (pictures, labels) = random_model(kind, dtype=np.float64), random_split(N)
    for_each, for_all = states_for(kind, 1, N), states_for(kind, 2, 1)
    mixed = for_each._replace(h_init=0.5)
    for initial in (for_each, for_all, for_all._replace(h_init=for_each.h_init), mixed):
        expected = predicted(model, pictures, "rows", initial)
        np.testing.assert_allclose(classify_images(model, pictures, initial=initial), expected, rtol=1e-11)
        loss, y = training.evaluate(model, pictures, labels, initial=initial)
        np.testing.assert_allclose(y, expected, rtol=1e-11)
        assert loss == pytest.approx(-np.log(expected[labels, np.arange(N)]).mean(), rel=1e-11)


@BOTH_RECURRENCES
def test_random_states_are_those_of_evaluate(kind):
    model, (pictures, labels) = random_model(kind), random_split(1500)
    y = classify_images(model, pictures, initial=np.random.default_rng(7))
    assert_same_bits(y, training.evaluate(model, pictures, labels, initial=np.random.default_rng(7))[1])


@BOTH_RECURRENCES
@pytest.mark.parametrize("columns", [0, 2, 1000, 1499])
def test_states_for_another_number_of_images(kind, columns):
    model, (pictures, labels) = random_model(kind, dtype=np.float64), random_split(1500)
    for name in kind.Initial._fields:
        initial = states_for(kind, 1, 1500)._replace(**{name: np.zeros((4, columns))})
        for call in (
            lambda initial=initial: classify_images(model, pictures, initial=initial),
            lambda initial=initial: training.evaluate(model, pictures, labels, initial=initial),
        ):
            with refused(ValueError, name, "shape (4, 1500 or 1)", (4, columns)):
                call()


@BOTH_RECURRENCES
def test_states_of_another_kind_or_dtype(kind):
    model, pictures = random_model(kind), random_split(5).images
    with refused(TypeError, "initial", f"{kind.__name__}.Initial", f"{OTHER[kind].__name__}.Initial"):
        classify_images(model, pictures, initial=states_for(OTHER[kind], 1, 5))
    with refused(TypeError, "h_init", "float32", "float64"):
        classify_images(model, pictures, initial=states_for(kind, 1, 5))
    name: Any = "0"
    with refused(TypeError, "h_init", "a NumPy array of float32 or float64", "str"):
        classify_images(model, pictures, initial=states_for(kind, 1, 5)._replace(h_init=name))


@pytest.mark.parametrize(
    ("wrong", "error", "expected", "got"),
    [
        (random_split(5).images / np.float32(255), TypeError, "a NumPy array of uint8", "float32"),
        (random_split(5).images.astype(int), TypeError, "a NumPy array of uint8", "int64"),
        (random_split(5).images.tolist(), TypeError, "a NumPy array of uint8", "list"),
        (None, TypeError, "a NumPy array of uint8", "NoneType"),
        (random_split(5).images.view(np.recarray), TypeError, "a NumPy array of uint8", "recarray, a subclass"),
        (random_split(5).images[0], ValueError, "shape (B, rows, columns)", (ROWS, COLUMNS)),
        (random_split(5).images[0, 0, 0, ...], ValueError, "shape (B, rows, columns)", "()"),
        (random_split(5).images[..., None], ValueError, "shape (B, rows, columns)", (5, ROWS, COLUMNS, 1)),
        (
            random_split(5).images.reshape(5, COLUMNS, ROWS),
            ValueError,
            f"shape (B, rows, {COLUMNS})",
            (5, COLUMNS, ROWS),
        ),
    ],
)
def test_what_is_not_images(wrong, error, expected, got):
    with refused(error, "images", expected, got):
        classify_images(random_model(rnn), wrong)


def test_a_wrong_model_or_scan():
    model, pictures = random_model(rnn), random_split(5).images
    scan: Any = "diagonal"
    with refused(ValueError, "scan", "'rows' or 'columns'", "'diagonal'"):
        classify_images(model, pictures, scan)
    with refused(ValueError, "d", "finite numbers", "nan at (0, 0)"):
        classify_images(
            model._replace(readout=model.readout._replace(d=model.readout.d * np.float32(np.nan))), pictures
        )
    with refused(ValueError, "V", f"shape ({CLASSES}, 4)", (CLASSES, 7)):
        classify_images(model._replace(readout=random_model(rnn, H=7).readout), pictures)
    parts: Any = tuple(model)
    with refused(TypeError, "model", "numpy_rnn.classifier.Model", "tuple"):
        classify_images(parts, pictures)


def test_arguments_are_checked_before_the_iteration():
    no_images: Any = None
    with refused(TypeError, "images", "a NumPy array of uint8", "NoneType"):
        images.last_states(random_model(rnn), no_images)


def test_the_slip_that_sequences_cannot_detect():
    rng = np.random.default_rng(0)
    model = classifier.Model(rnn.init(rng, 28, 4), readout.init(rng, 4, 10))
    pictures = rng.integers(0, 256, (5, 28, 28), np.uint8)
    assert classifier.predict(model, sequences.grey(pictures)).shape == (10, 28)
    assert classify_images(model, pictures).shape == (10, 5)
    assert "28 = 28" in str(classifier.forward.__doc__)
    assert "28 rows = 28 columns" in str(classifier.predict.__doc__)
