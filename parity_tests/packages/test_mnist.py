"""Are the arrays those of MNIST, bit for bit, and is any other archive refused with one helpful line?"""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numpy_rnn import mnist
from parity_tests import ROOT

NAMES = st.sampled_from(list(mnist.SHA256))


@pytest.fixture(scope="module")
def splits():
    return mnist.load()


@pytest.mark.parametrize(
    ("split", "first", "histogram"),
    [
        (0, [5, 0, 4, 1, 9], [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]),
        (1, [7, 2, 1, 0, 4], [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]),
    ],
)
def test_labels(splits, split, first, histogram):
    labels = splits[split].labels
    assert labels.dtype == np.uint8
    assert labels[:5].tolist() == first
    assert np.bincount(labels).tolist() == histogram


@pytest.mark.parametrize(("split", "size"), [(0, 60_000), (1, 10_000)])
def test_shapes(splits, split, size):
    images, labels = splits[split]
    assert images.dtype == np.uint8
    assert images.shape == (size, 28, 28)
    assert labels.shape == (size,)


@pytest.mark.parametrize(
    ("split", "field", "sha256"),
    [
        (0, "images", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        (0, "labels", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        (1, "images", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        (1, "labels", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    ],
)
def test_arrays_have_the_bytes_of_the_unpacked_files(splits, split, field, sha256):
    array = getattr(splits[split], field)
    magic = {"images": b"\0\0\x08\x03", "labels": b"\0\0\x08\x01"}[field]
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    assert hashlib.sha256(magic + sizes + array.tobytes()).hexdigest() == sha256


def test_checksums_agree_with_the_readme_and_the_files():
    rows = [
        line.strip("| ").split(" | ")
        for line in (mnist.ARCHIVES / "README.md").read_text(encoding="utf-8").splitlines()
    ]
    stated = {row[0]: (int(row[1]), row[2]) for row in rows if row[0].endswith(".gz")}
    files = {path.name: path.read_bytes() for path in mnist.ARCHIVES.glob("*.gz")}
    assert stated == {name: (len(file), hashlib.sha256(file).hexdigest()) for name, file in files.items()}
    assert {name: sha256 for name, (_, sha256) in stated.items()} == mnist.SHA256


def test_the_archives_of_the_repository_are_intact():
    mnist.verify()


@pytest.mark.parametrize("place", ["numpy_rnn/data/mnist", "data/mnist"])
def test_a_wheel_and_the_repository_have_their_archives_where_they_are_sought(tmp_path, place):
    (tmp_path / "numpy_rnn").mkdir()
    for name in ("__init__", "mnist"):
        shutil.copy(ROOT / "numpy_rnn" / f"{name}.py", tmp_path / "numpy_rnn")
    (tmp_path / place).mkdir(parents=True)
    shown = subprocess.run(
        [sys.executable, "-c", "from numpy_rnn import mnist; print(mnist.ARCHIVES)"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path.parent,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert Path(shown.stdout.strip()) == (tmp_path / place).resolve()


def test_the_archives_are_in_the_wheel():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert "data/mnist" in wheel["only-include"]
    assert wheel["sources"] == {"data": "numpy_rnn/data"}
    assert mnist.ARCHIVES == ROOT / "data" / "mnist"
    assert {path.name for path in mnist.ARCHIVES.iterdir()} == {*mnist.SHA256, "README.md"}


def assert_refused(read, name, damaged, error):
    """`read` refuses the content `damaged` of archive `name`, or its absence if None, in one line with all details."""
    with tempfile.TemporaryDirectory() as folder:
        for archive in mnist.ARCHIVES.glob("*.gz"):
            (Path(folder) / archive.name).symlink_to(archive)
        path = Path(folder) / name
        path.unlink()
        if damaged is not None:
            path.write_bytes(damaged)
        with pytest.raises(error) as caught:
            read(Path(folder))
        message = str(caught.value)
        assert "\n" not in message
        assert str(path) in message
        assert mnist.SHA256[name] in message
        assert damaged is None or hashlib.sha256(damaged).hexdigest() in message


@given(NAMES, st.integers(0, 2**32), st.integers(1, 255))
def test_one_changed_byte(name, position, change):
    archive = bytearray((mnist.ARCHIVES / name).read_bytes())
    archive[position % len(archive)] ^= change
    assert_refused(mnist.verify, name, bytes(archive), ValueError)


@given(NAMES, st.integers(0, 2**32))
def test_truncated(name, length):
    archive = (mnist.ARCHIVES / name).read_bytes()
    assert_refused(mnist.verify, name, archive[: length % len(archive)], ValueError)


@pytest.mark.parametrize("read", [mnist.verify, mnist.load])
@pytest.mark.parametrize("name", mnist.SHA256)
def test_missing_or_empty(read, name):
    assert_refused(read, name, None, FileNotFoundError)
    assert_refused(read, name, b"", ValueError)


def idx(magic, sizes, data):
    return b"".join(number.to_bytes(4, "big") for number in (magic, *sizes)) + data


def read(contents, shape):
    """The array that `read_idx` reads from an archive with these contents and a correct checksum."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some.gz"
        path.write_bytes(gzip.compress(contents, 1))
        return mnist.read_idx(Path(folder), path.name, shape, hashlib.sha256(path.read_bytes()).hexdigest())


def assert_idx_refused(contents, shape, message):
    with pytest.raises(ValueError, match=f"^.*some\\.gz: expected {message}.*, found .*$"):
        read(contents, shape)


@st.composite
def shapes_and_data(draw):
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    size = int(np.prod(shape))
    return tuple(shape), draw(st.binary(min_size=size, max_size=size))


@given(shapes_and_data())
def test_idx_round_trip(case):
    shape, data = case
    array = read(idx(0x0800 + len(shape), shape, data), shape)
    assert (array.shape, array.dtype, array.tobytes()) == (shape, np.uint8, data)


@given(shapes_and_data(), st.integers(0, 2**32 - 1))
def test_idx_of_another_magic_number(case, magic):
    shape, data = case
    if magic == 0x0800 + len(shape):
        magic += 1
    assert_idx_refused(idx(magic, shape, data), shape, "the IDX header")


@given(shapes_and_data(), st.data())
def test_idx_of_another_size(case, random):
    shape, data = case
    axis = random.draw(st.integers(0, len(shape) - 1))
    other = tuple(size + (k == axis) for k, size in enumerate(shape))
    assert_idx_refused(idx(0x0800 + len(shape), other, data), shape, "the IDX header")


@given(shapes_and_data(), st.data())
def test_idx_too_short_or_too_long(case, random):
    shape, data = case
    contents = idx(0x0800 + len(shape), shape, data)
    if random.draw(st.booleans()):
        contents += random.draw(st.binary(min_size=1, max_size=5))
    else:
        contents = contents[: random.draw(st.integers(0, len(contents) - 1))]
    assert_idx_refused(contents, shape, "")
