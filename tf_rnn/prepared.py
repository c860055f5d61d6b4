"""MNIST as `tensorflow_datasets` prepares it from the project's archives, in its order, compared with the archives."""

import io
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from filelock import FileLock, Timeout

from numpy_rnn import mnist

NAME = "mnist"
# The beginning of the names of folders in which a preparation is not finished.
UNFINISHED = tfds.core.constants.INCOMPLETE_PREFIX

Examples = tuple[np.ndarray, np.ndarray]


def load(data_dir: str | Path | None, archives: Path, say: Callable[[str], None]) -> list[Examples]:
    """Reads the prepared training and test set, and prepares them if they are missing, unreadable or different.

    Parameters
    ----------
    data_dir : str or Path or None
        Where `tensorflow_datasets` keeps prepared sets; None is its default.
    archives : Path
        The folder of the four archives.
    say : callable
        It is called with one line if the sets are prepared again, or if another process prepares them.

    Returns
    -------
    list of (array, array)
        Images (N, 28, 28, 1) uint8 and labels (N,) int64 of both sets, in the order of `tensorflow_datasets`.

    Raises
    ------
    OSError
        If the folder cannot be read or written.
    ValueError
        If the sets differ from the archives even after they were prepared again.
    """
    root = Path(data_dir or tfds.core.constants.DATA_DIR).expanduser()
    folder = root / NAME / str(tfds.builder_cls(NAME).VERSION)
    if folder.exists():
        try:
            return read(folder, archives)
        except Exception:  # any kind, for each file that is damaged in its own way; tried again below
            pass
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _lock(folder, say):
        if folder.exists():
            try:
                return read(folder, archives)
            except Exception as error:
                reason = (str(error).strip() or type(error).__name__).splitlines()[0]
                say(f"{folder}: the data differ from the archives and are prepared again: {reason}")
        prepare(folder, archives)
        return read(folder, archives)


@contextmanager
def _lock(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Lets one process at a time prepare the data; `say` shows a line if another one does.

    Raises OSError if the lock file cannot be created or locked; the message names its folder.
    """
    lock = FileLock(folder.parent / ".lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        say(f"{folder}: waiting until another process has prepared the data")
        lock.acquire()
    except (NotImplementedError, OSError) as error:
        expected = f"expected a folder in which files can be created and locked, got {folder.parent}: {error}"
        raise OSError(f"{expected}; choose one on another file system, such as a local disk") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _temporary_files_in(folder: str) -> Iterator[None]:
    """Lets `tempfile` create its files in this folder, because `tensorflow_datasets` does not delete all of its own."""
    former, tempfile.tempdir = tempfile.tempdir, folder
    try:
        yield
    finally:
        tempfile.tempdir = former


def read(folder: Path, archives: Path) -> list[Examples]:
    """Reads both sets and compares them with the archives.

    Parameters
    ----------
    folder : Path
        The folder that holds the prepared files.
    archives : Path
        The folder of the four archives.

    Returns
    -------
    list of (array, array)
        Like `load`.

    Raises
    ------
    ValueError
        If the examples are not those of the archives, in whatever order. Damaged files raise errors of other types.
    """
    splits = tfds.builder_from_directory(folder).info.splits
    sets = []
    for name, original in zip(("train", "test"), mnist.load(archives), strict=True):
        # A batch is parsed at once, because `as_dataset` parses each example alone, which takes three times as long.
        records = tf.data.TFRecordDataset(list(map(str, splits[name].filepaths))).batch(10_000)
        batches = [_decoded(batch) for batch in records]
        images, labels = (np.concatenate([batch[k].numpy() for batch in batches]) for k in range(2))
        if not same_examples(images, labels, original):
            raise ValueError(f"expected the examples of the archives in the set {name!r}, found others")
        sets.append((images, labels))
    return sets


@tf.function(reduce_retracing=True)
def _decoded(records: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the images (N, 28, 28, 1) uint8 and labels (N,) int64 of examples as `tensorflow_datasets` stores them."""
    kinds = {"image": tf.io.FixedLenFeature((), tf.string), "label": tf.io.FixedLenFeature((), tf.int64)}
    examples = tf.io.parse_example(records, kinds)
    return tf.map_fn(tf.io.decode_png, examples["image"], fn_output_signature=tf.uint8), examples["label"]


def same_examples(images: np.ndarray, labels: np.ndarray, original: mnist.Split) -> bool:
    """Tells whether images and labels are those of an archive, in any order.

    Parameters
    ----------
    images : array (N, 28, 28, 1)
        Grey values of dtype uint8.
    labels : array (N,)
        Digits.
    original : mnist.Split
        The images and labels of the archive.

    Returns
    -------
    bool
        Whether each example occurs as often in one as in the other.
    """
    if images.shape != (*original.images.shape, 1) or images.dtype != np.uint8 or not np.all(labels == labels % 256):
        return False
    return _counted(images, labels) == _counted(*original)


def _counted(images: np.ndarray, labels: np.ndarray) -> Counter[bytes]:
    """Return how often each example occurs."""
    rows = np.concatenate([images.reshape(len(images), -1), labels.astype(np.uint8)[:, np.newaxis]], axis=1)
    return Counter(rows.view(f"V{rows.shape[1]}").ravel().tolist())


def prepare(folder: Path, archives: Path) -> None:
    """Prepares both sets from the archives; the folder is complete, or unchanged if this fails.

    The caller holds the lock, so unfinished folders are those of processes that were killed, and are deleted.

    Parameters
    ----------
    folder : Path
        The folder of the prepared files. A former one is replaced.
    archives : Path
        The folder of the four archives.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    for left in folder.parent.glob(f"{UNFINISHED}*"):
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=folder.parent) as unfinished:
        # It announces a download, although it reads local archives.
        with redirect_stdout(io.StringIO()), _temporary_files_in(unfinished):
            tfds.builder(NAME, data_dir=unfinished).download_and_prepare(
                download_dir=str(Path(unfinished) / "unpacked"),
                download_config=tfds.download.DownloadConfig(manual_dir=archives),
            )
        if folder.exists():
            shutil.rmtree(folder)
        (Path(unfinished) / NAME / folder.name).rename(folder)
