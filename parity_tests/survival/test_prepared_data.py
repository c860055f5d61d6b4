"""Are prepared data that differ from the archives, or cannot be read, prepared again, once?"""

import errno
import json
import os
import shutil

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from filelock import FileLock

from numpy_rnn import mnist
from parity_tests.commands.processes import assert_refused, full_disk, run
from parity_tests.survival.faults import survives
from tf_rnn import data, prepared

EXAMPLES = {"train": 30, "test": 20}
VERSION = "mnist/3.0.1"


def file_of(folder, name):
    return folder / f"mnist-{name}.tfrecord-00000-of-00001"


def rewrite(path, change):
    """Writes the file of prepared examples again, each as `change(number, example)` returns it."""
    records = [tf.train.Example.FromString(record) for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator()]
    with tf.io.TFRecordWriter(str(path)) as writer:
        for number, example in enumerate(records):
            changed = change(number, example)
            if changed is not None:
                writer.write(changed.SerializeToString())


@pytest.fixture(scope="module")
def few(data_dir, tmp_path_factory):
    """A folder with the first prepared examples of each set, and these examples as `mnist.load` would return them."""
    root = tmp_path_factory.mktemp("few")
    folder = root / VERSION
    shutil.copytree(data_dir / VERSION, folder)
    info = json.loads((folder / "dataset_info.json").read_text(encoding="utf-8"))
    for split in info["splits"]:
        number = EXAMPLES[split["name"]]
        split["shardLengths"] = [str(number)]
        path = file_of(folder, split["name"])
        records = list(tf.data.TFRecordDataset(str(path)).take(number).as_numpy_iterator())
        with tf.io.TFRecordWriter(str(path)) as writer:
            for record in records:
                writer.write(record)
    (folder / "dataset_info.json").write_text(json.dumps(info), encoding="utf-8")
    originals = []
    for name in EXAMPLES:
        examples = [
            tf.train.Example.FromString(record).features.feature
            for record in tf.data.TFRecordDataset(str(file_of(folder, name))).as_numpy_iterator()
        ]
        images = [tf.io.decode_png(example["image"].bytes_list.value[0]).numpy()[..., 0] for example in examples]
        labels = [example["label"].int64_list.value[0] for example in examples]
        # The archives have another order.
        originals.append(mnist.Split(np.array(images)[::-1], np.array(labels, dtype=np.uint8)[::-1]))
    return root, originals


def next_label(number, example):
    label = example.features.feature["label"].int64_list
    label.value[0] = (label.value[0] + 1) % 10
    return example


def label_plus_256(number, example):
    example.features.feature["label"].int64_list.value[0] += 256
    return example


def without_first(number, example):
    return None if number == 0 else example


def other_image(number, example):
    if number == 7:
        example.features.feature["image"].bytes_list.value[0] = tf.io.encode_png(
            np.full((28, 28, 1), 7, np.uint8)
        ).numpy()
    return example


DAMAGES = {
    "labels + 1": lambda folder: rewrite(file_of(folder, "train"), next_label),
    "labels + 256": lambda folder: rewrite(file_of(folder, "test"), label_plus_256),
    "an image": lambda folder: rewrite(file_of(folder, "test"), other_image),
    "an example is missing": lambda folder: rewrite(file_of(folder, "train"), without_first),
    "truncated": lambda folder: os.truncate(file_of(folder, "train"), 1000),
    "emptied": lambda folder: os.truncate(file_of(folder, "test"), 0),
    "missing": lambda folder: file_of(folder, "test").unlink(),
    "no description": lambda folder: (folder / "dataset_info.json").unlink(),
    "emptied description": lambda folder: os.truncate(folder / "dataset_info.json", 0),
    "no features": lambda folder: (folder / "features.json").unlink(),
    "an empty folder": lambda folder: [path.unlink() for path in folder.iterdir()],
}


@pytest.fixture
def preparations(few, monkeypatch):
    """The list of folders that are prepared, by copying the few examples."""
    calls = []

    def copy(folder, archives):
        calls.append(folder)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(few[0] / VERSION, folder)

    monkeypatch.setattr(prepared, "prepare", copy)
    monkeypatch.setattr(mnist, "load", lambda archives: few[1])
    return calls


def test_sound_data_are_not_prepared_again(few, preparations):
    splits = data.load(few[0])
    assert [len(list(split)) for split in splits] == list(EXAMPLES.values())
    assert preparations == []


def test_the_order_is_that_of_tensorflow_datasets(few, preparations):
    root, _ = few
    builder = tfds.builder_from_directory(root / VERSION)
    for name, ours in zip(EXAMPLES, prepared.load(root, mnist.ARCHIVES, print), strict=True):
        theirs = list(tfds.as_numpy(builder.as_dataset(split=name, as_supervised=True)))
        assert len({image.tobytes() for image, _ in theirs}) > 1
        for k, values in enumerate(ours):
            np.testing.assert_array_equal(values, np.stack([example[k] for example in theirs]), strict=True)


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_data_are_prepared_again(few, preparations, tmp_path, damage):
    shutil.copytree(few[0], tmp_path / "data")
    DAMAGES[damage](tmp_path / "data" / VERSION)
    said: list[str] = []
    with survives("prepared data that differ from the archives, TensorFlow"):
        splits = prepared.load(tmp_path / "data", mnist.ARCHIVES, said.append)
        for (images, labels), (right, digits) in zip(splits, few[1], strict=True):
            assert np.array_equal(images[::-1, ..., 0], right)
            assert np.array_equal(labels[::-1], digits)
    (line,) = said
    assert f"{tmp_path / 'data' / VERSION}: the data differ from the archives and are prepared again: " in line
    assert "\n" not in line
    assert preparations == [tmp_path / "data" / VERSION]


def test_data_that_are_wrong_again(few, preparations, tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "load", lambda archives: few[1][::-1])
    with pytest.raises(ValueError, match=r"^expected the examples of the archives in the set 'train', found others$"):
        prepared.load(tmp_path, mnist.ARCHIVES, lambda line: None)
    assert len(preparations) == 1


@pytest.mark.parametrize("error", [NotImplementedError("no flock"), OSError(errno.ENOLCK, "No locks available")])
def test_a_file_system_that_cannot_lock(preparations, tmp_path, monkeypatch, error):
    def acquire(lock, **options):
        raise error

    monkeypatch.setattr(FileLock, "acquire", acquire)
    message = rf"^expected a folder in which files can be created and locked, got {tmp_path / 'mnist'}: .*; choose one"
    with survives("a file system that cannot lock files"), pytest.raises(OSError, match=message):
        prepared.load(tmp_path, mnist.ARCHIVES, lambda line: None)
    assert preparations == []


def test_a_full_temporary_folder(data_dir):
    """Where the fixture prepares the data, every use of the temporary folder fails."""
    with survives("a temporary folder that is full while the data are prepared, TensorFlow"):
        assert list((data_dir / VERSION).glob("*.tfrecord*"))


@pytest.mark.slow
def test_a_full_disk(tmp_path):
    (tmp_path / "temporary").mkdir()
    with survives("disk full while the data are prepared, TensorFlow"):
        ending = run("rnn-64", "--data-dir", "data", folder=tmp_path, before=full_disk, TMPDIR="temporary")
        assert_refused(ending, r"--data-dir: .*File too large.*")
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
    assert left == ["data", "data/mnist", "data/mnist/.lock", "temporary"]
