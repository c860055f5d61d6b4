"""Do training and evaluation refuse wrong arguments by name, before they compute anything?"""

from typing import Any

import numpy as np
import pytest

from numpy_rnn import classifier, readout, rnn, training
from parity_tests.cases.models import BOTH_RECURRENCES, CLASSES, COLUMNS, ROWS, by_name, random_model
from parity_tests.cases.public_functions import flat
from parity_tests.refusals import refused

N = 6


def new_model(kind=rnn, H=2):
    return random_model(kind, H=H)


def images(N=N):
    return np.random.default_rng(0).integers(0, 256, (N, ROWS, COLUMNS), np.uint8)


def labels(N=N):
    return np.arange(N) % CLASSES


def start_of(model):
    """A training of the model before its first step."""
    return training.begin(model, np.random.default_rng(0))


def fit(model, images, labels, **options):
    """Calls `training.fit`, which must use no random number and do no step."""

    def no_step(*call):
        raise AssertionError("expected no step, got one")

    rng = np.random.default_rng(0)
    choices: dict[str, Any] = {"batch_size": 2, "epochs": 1, "on_step": no_step} | options
    try:
        training.fit(training.begin(model, rng), images, labels, **choices)
    finally:
        assert rng.bit_generator.state == np.random.default_rng(0).bit_generator.state


BOTH = pytest.mark.parametrize("run", [fit, training.evaluate])


@pytest.mark.parametrize("batch_size", [0, -1, N + 1, 1.5])
def test_batch_size(batch_size):
    with refused(ValueError, "batch_size", f"a whole number from 1 to {N}", batch_size):
        fit(new_model(), images(), labels(), batch_size=batch_size)


@pytest.mark.parametrize("epochs", [-1, 1.5])
def test_epochs(epochs):
    with refused(ValueError, "epochs", "a whole number of 0 or more", epochs):
        fit(new_model(), images(), labels(), epochs=epochs)


@pytest.mark.parametrize("clip_norm", [0, -1, np.nan, np.inf, "1", True])
def test_clip_norm(clip_norm):
    with refused(ValueError, "clip_norm", "a finite number above 0", repr(clip_norm)):
        fit(new_model(), images(), labels(), clip_norm=clip_norm)


@pytest.mark.parametrize("learning_rate", [0, -0.001, np.nan, np.inf, "0.001", True])
def test_learning_rate(learning_rate):
    with refused(ValueError, "learning_rate", "a finite number above 0", repr(learning_rate)):
        fit(new_model(), images(), labels(), learning_rate=learning_rate)


@BOTH
@pytest.mark.parametrize(
    ("wrong", "got"),
    [(images() / 255, "float64"), (images() > 0, "bool"), (images().astype(int), "int64"), (images().tolist(), "list")],
)
def test_images_that_are_not_grey_values(run, wrong, got):
    with refused(TypeError, "images", "a NumPy array of uint8", got):
        run(new_model(), wrong, labels())


@BOTH
@pytest.mark.parametrize("wrong", [images()[0], images()[..., None], images()[0, 0, 0, ...]])
def test_images_of_another_shape(run, wrong):
    with refused(ValueError, "images", "shape (B, rows, columns)", wrong.shape, [wrong]):
        run(new_model(), wrong, labels())


@BOTH
@BOTH_RECURRENCES
def test_rows_or_columns_of_another_length(run, kind):
    wrong = images().transpose(0, 2, 1)
    expected = f"shape (B, rows, {COLUMNS}) for the model and a scan of rows"
    with refused(ValueError, "images", expected, (N, COLUMNS, ROWS)):
        run(new_model(kind), wrong, labels())
    expected = f"shape (B, {COLUMNS}, columns) for the model and a scan of columns"
    with refused(ValueError, "images", expected, (N, ROWS, COLUMNS)):
        run(new_model(kind), images(), labels(), scan="columns")


@BOTH
def test_scan(run):
    with refused(ValueError, "scan", "'rows' or 'columns'", "'diagonal'"):
        run(new_model(), images(), labels(), scan="diagonal")


@BOTH
@pytest.mark.parametrize(
    ("wrong", "error", "expected", "got"),
    [
        (labels().astype(float), TypeError, "a NumPy array of integers", "float64"),
        (labels() > 0, TypeError, "a NumPy array of integers", "bool"),
        (labels().tolist(), TypeError, "a NumPy array of integers", "list"),
        (labels() + 1, ValueError, f"values from 0 to {CLASSES - 1}", "1 to 5"),
        (labels() - 1, ValueError, f"values from 0 to {CLASSES - 1}", "-1 to 3"),
        (labels(N + 1), ValueError, f"shape ({N},)", (N + 1,)),
        (labels(N - 1), ValueError, f"shape ({N},)", (N - 1,)),
        (labels()[:, None], ValueError, f"shape ({N},)", (N, 1)),
    ],
)
def test_labels(run, wrong, error, expected, got):
    with refused(error, "labels", expected, got):
        run(new_model(), images(), wrong)


@BOTH
def test_more_labels_than_images(run):
    with refused(ValueError, "labels", "shape (1000,)", (1001,)):
        run(new_model(), images(1000), labels(1001))


@BOTH
def test_no_examples(run):
    with refused(ValueError, "labels", "at least one example", "shape (0,)"):
        run(new_model(), images(0), labels(0))


@BOTH
@BOTH_RECURRENCES
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_parameters_that_are_not_finite(run, kind, value):
    names = list(by_name(new_model(kind)))
    for k, name in enumerate(names):
        model = new_model(kind)
        array = list(flat(model))[k]
        array[-1, -1] = value
        place = tuple(size - 1 for size in array.shape)
        with refused(ValueError, name, "finite numbers", f"{value} at {place}", flat(model)):
            run(model, images(), labels())


@BOTH
@BOTH_RECURRENCES
def test_parameters_that_do_not_fit(run, kind):
    model = new_model(kind)._replace(readout=new_model(kind, H=7).readout)
    with refused(ValueError, "V", f"shape ({CLASSES}, 2)", (CLASSES, 7)):
        run(model, images(), labels())
    mixed = readout.Params(*(array.astype(np.float64) for array in new_model(kind).readout))
    with refused(TypeError, "d", "float32 as in", "float64"):
        run(new_model(kind)._replace(readout=mixed), images(), labels())


@BOTH_RECURRENCES
@pytest.mark.parametrize("as_list", [0, 1, -1])
def test_a_model_of_lists(kind, as_list):
    model = new_model(kind)
    names = list(by_name(model))
    arrays = [array.tolist() if k == as_list % len(names) else array for k, array in enumerate(flat(model))]
    wrong = classifier.Model(kind.Params(*arrays[:-2]), readout.Params(*arrays[-2:]))
    x = np.zeros((ROWS, COLUMNS, N), np.float32)
    for run in (
        lambda: training.fit(start_of(wrong), images(), labels()),
        lambda: training.evaluate(wrong, images(), labels()),
        lambda: classifier.predict(wrong, x),
        lambda: classifier.loss_and_gradients(wrong, x, labels()),
    ):
        with refused(TypeError, names[as_list], "a NumPy array of float32 or float64", "list"):
            run()
