"""Do the pictures of a training show each image below its caption, and do they have room for what they show?

Their places are fixed. So a text could reach the edge of a picture, where it would be cut off. Warnings are errors.
"""

from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from parity_tests import requirements

requirements.need("scripts")

from matplotlib.figure import Figure  # noqa: E402
from matplotlib.image import imread  # noqa: E402

from pages.images import captioned_images  # noqa: E402
from trainings import figures  # noqa: E402

TITLES = st.builds("RNN, H = {}, column by column, TensorFlow, seed {}".format, *[st.integers(0, 2**64)] * 2)
SIZES = st.integers(0, 22)
LONG = f"RNN, H = 128, column by column, TensorFlow, seed {2**64}"
EDGE = 0.05  # inches
CAPTION = (1.2 + 0.93) * 13 / 72  # inches: from line to line, and the height of a letter, at 13 points
# Smaller examples would take minutes to find, because each draws pictures.
drawn = settings(max_examples=8, phases=[Phase.explicit, Phase.generate])


def assert_has_a_white_edge(path):
    """The outermost 0.05 inches are white, at 150 dots per inch."""
    picture, n = imread(path), round(150 * EDGE)
    for edge in (picture[:n], picture[-n:], picture[:, :n], picture[:, -n:]):
        assert (edge == 1).all()


def classified(seed, right, wrong):
    """Images, labels and probabilities of which so many are classified right and wrong."""
    rng = np.random.default_rng(seed)
    n = right + wrong
    labels, probabilities = rng.integers(0, 10, n), rng.dirichlet(np.full(10, 0.1), n)
    best = (labels + (np.arange(n) >= right)) % 10
    probabilities[np.arange(n), best] = 1.1
    return rng.random((n, 28, 28)), labels, probabilities / probabilities.sum(axis=1, keepdims=True)


@given(st.integers(1, 22), st.integers(1, 12), st.floats(5, 15), st.integers(0, 2**32))
def test_each_image_is_in_its_frame_below_its_caption(n, columns, inches, seed):
    rng = np.random.default_rng(seed)
    images, marked = rng.random((n, 28, 28)), rng.random(n) < 0.5
    axes = Figure((inches, 60)).add_axes((0, 0, 1, 1))
    captioned_images(axes, columns, images, [f"caption {k}" for k in range(n)], marked)
    parts: Any = axes.collections
    mesh, frames = parts
    corners, dots = mesh.get_coordinates(), mesh.get_array()
    x, y = np.moveaxis((corners[1:, 1:] + corners[:-1, :-1]) / 2, -1, 0)
    inside_any = np.zeros(dots.shape, dtype=bool)
    places: list[tuple[float, float]] = []
    for k, (path, text, image) in enumerate(zip(frames.get_paths(), axes.texts, images, strict=True)):
        (left, top), (right, bottom) = path.vertices.min(axis=0), path.vertices.max(axis=0)
        inside = (left < x) & (x < right) & (top < y) & (y < bottom)
        np.testing.assert_array_equal(dots[inside].reshape(28, 28), image)
        assert not (inside & inside_any).any()
        inside_any |= inside
        assert right - left == pytest.approx(bottom - top)
        assert (text.get_text(), text.get_fontweight()) == (f"caption {k}", "bold" if marked[k] else "normal")
        assert left < text.get_position()[0] < right
        assert top - 0.1 < text.get_position()[1] < top
        end_of_row_above = places[k - columns][0] + right - left if k >= columns else 0
        assert text.get_position()[1] - CAPTION > end_of_row_above
        places.append((round(top, 6), left))
    assert places == sorted(places)
    assert (dots[~inside_any] == 0).all()
    assert (frames.get_linewidths() == np.where(marked, 3, 1)).all()


@drawn
@example(LONG, 0, 1, 0)
@example(LONG, 20, 0, 0)
@given(TITLES, SIZES, SIZES, st.integers(0, 2**32))
def test_galleries_and_matrix_of_any_number_of_images(tmp_path_factory, title, right, wrong, seed):
    folder = tmp_path_factory.mktemp("pictures")
    images, labels, probabilities = classified(seed, right, wrong + (right == 0))
    figures.predictions(folder / "1.png", title, images, labels, probabilities, np.random.default_rng(seed))
    figures.worst_mistakes(folder / "2.png", title, images, labels, probabilities)
    figures.confusion_matrix(folder / "3.png", title, labels, probabilities.argmax(axis=1))
    for path in folder.iterdir():
        assert_has_a_white_edge(path)


ACCURACIES = st.floats(0, 1)


@drawn
@example(LONG, [(0.9805, 2500), (0.9875, 1234.5)], 0.985, [0.98, 0.982, 0.984, 0.986], 0.98)
@example(LONG, [(0.997, 0.025), (0.999, 0.012)], 1, [0.99] * 4, 0.9)
@given(
    TITLES,
    st.lists(st.tuples(ACCURACIES, st.floats(1e-3, 2000)), min_size=1, max_size=40),
    ACCURACIES,
    st.lists(ACCURACIES, min_size=4, max_size=4),
    ACCURACIES,
)
def test_curves_of_any_training(tmp_path_factory, title, epochs, tested, notebook, target):
    path = tmp_path_factory.mktemp("curves") / "curves.png"
    accuracy, loss = zip(*epochs, strict=True)
    figures.training_curves(path, title, "rnn", accuracy, loss, tested, notebook, target)
    assert_has_a_white_edge(path)
