"""Does the pipeline give MNIST in the exercise's form, each example once an epoch, and only from intact archives?"""

import re
import shutil
from collections import Counter

import numpy as np
import pytest
import tensorflow_datasets as tfds

from numpy_rnn import mnist
from tf_rnn import data


def arrays(batches):
    """The images and one-hot labels of all batches, in order."""
    images, labels = zip(*((image.numpy(), label.numpy()) for image, label in batches), strict=True)
    return np.concatenate(images), np.concatenate(labels)


def identities(images, labels):
    """A hash of each example's grey values and digit."""
    return [hash((image.tobytes(), digit)) for image, digit in zip(images, labels, strict=True)]


def identities_of(batches):
    """The identities of the examples in all batches, in order."""
    images, labels = arrays(batches)
    return identities(np.rint(255 * images).astype(np.uint8), labels.argmax(axis=1).tolist())


def equal(one, other):
    """Whether two lists are equal; pytest would take minutes to show 60,000 differences of a failed `==`."""
    return one == other


@pytest.fixture(scope="module")
def originals():
    return [identities(split.images, split.labels.tolist()) for split in mnist.load()]


@pytest.mark.slow
@pytest.mark.parametrize("split", [0, 1])
def test_examples_are_those_of_the_archives(splits, originals, split):
    assert equal(sorted(identities_of(splits[split].batch(1000))), sorted(originals[split]))


@pytest.mark.slow
@pytest.mark.parametrize("split", [0, 1])
def test_images_are_grey_values_divided_by_255_and_labels_one_hot(splits, split):
    images, labels = arrays(splits[split].batch(1000))
    assert images.dtype == labels.dtype == np.float32
    assert images.shape == (len(labels), 28, 28)
    assert labels.shape == (len(images), 10)
    grey = np.rint(255 * images)
    assert (grey.min(), grey.max()) == (0, 255)
    # The quotient of at most 1 has one rounding, or two if it is computed with a reciprocal.
    assert np.abs(images - grey.astype(np.float64) / 255).max() <= 2.0**-23
    assert np.all((labels == 0) | (labels == 1))
    assert np.all(labels.sum(axis=1) == 1)


def test_training_batches_are_full(splits):
    shapes = Counter((images.shape, labels.shape) for images, labels in data.training_batches(splits[0]))
    assert shapes == {((128, 28, 28), (128, 10)): 468}
    assert data.training_batches(splits[0]).cardinality() == 468


def test_the_last_test_batch_is_short(splits):
    shapes = [(images.shape, labels.shape) for images, labels in data.evaluation_batches(splits[1])]
    assert shapes == [((128, 28, 28), (128, 10))] * 78 + [((16, 28, 28), (16, 10))]


@pytest.mark.parametrize("batch_size", [1000, 7777])
def test_another_batch_size(splits, batch_size):
    training = [len(images) for images, _ in data.training_batches(splits[0], batch_size)]
    test = [len(images) for images, _ in data.evaluation_batches(splits[1], batch_size)]
    assert training == [batch_size] * (60_000 // batch_size)
    assert test == [batch_size] * (10_000 // batch_size) + [10_000 % batch_size] * (10_000 % batch_size > 0)


def test_each_epoch_has_every_example_at_most_once_in_its_own_order(splits, originals):
    first, second = (identities_of(data.training_batches(splits[0], seed=0, epoch=number)) for number in range(2))
    for shown in (first, second):
        assert len(shown) == 60_000 - 96
        assert not Counter(shown) - Counter(originals[0])
    assert np.mean([one == other for one, other in zip(first, second, strict=True)]) < 0.001
    # The whole split is shuffled: the examples of a batch come from everywhere, not from a window near the batch.
    place = {identity: k for k, identity in enumerate(identities_of(splits[0].batch(1000)))}
    for batch in (first[:128], first[-128:]):
        assert np.ptp([place[identity] for identity in batch]) > 50_000


def test_seed_and_epoch_set_the_order(splits):
    batches = data.training_batches(splits[0], seed=3, epoch=5)
    shown = identities_of(batches)
    assert equal(identities_of(batches), shown)
    assert equal(identities_of(data.training_batches(splits[0], seed=3, epoch=5)), shown)
    for other in ({"seed": 4, "epoch": 5}, {"seed": 5, "epoch": 3}, {}):
        first = identities_of(data.training_batches(splits[0], **other).take(10))
        assert not equal(first, shown[: len(first)])


def test_the_test_split_keeps_its_order(splits):
    assert equal(identities_of(data.evaluation_batches(splits[1])), identities_of(data.evaluation_batches(splits[1])))


@pytest.fixture(params=["changed", "truncated", "missing"])
def damaged_archives(request, tmp_path):
    """A folder with the four archives, one of them damaged or missing, and the path of that one."""
    folder = tmp_path / "archives"
    shutil.copytree(mnist.ARCHIVES, folder)
    path = folder / "t10k-images-idx3-ubyte.gz"
    archive = bytearray(path.read_bytes())
    archive[len(archive) // 2] ^= 1
    if request.param == "missing":
        path.unlink()
    else:
        path.write_bytes(archive if request.param == "changed" else archive[:1000])
    return folder, path


def test_nothing_is_written_from_damaged_archives(damaged_archives, tmp_path):
    folder, path = damaged_archives
    with pytest.raises((ValueError, FileNotFoundError), match=f"^{re.escape(str(path))}: expected SHA-256 .*$"):
        data.load(tmp_path / "new", folder)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("damaged_archives", ["changed", "truncated"], indirect=True)
def test_tensorflow_datasets_checks_its_own_checksums(damaged_archives, tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "verify", lambda archives: None)
    with pytest.raises(tfds.download.download_manager.NonMatchingChecksumError):
        data.load(tmp_path / "new", damaged_archives[0])
    assert not list((tmp_path / "new").rglob("*.tfrecord*"))
    assert not list((tmp_path / "new").rglob("dataset_info.json"))
