"""The four original MNIST archives: checksum first, then arrays.

The files are gzipped IDX: a big-endian magic number whose last byte counts the axes, one big-endian 32-bit size for
each axis, then unsigned bytes. Source of the format and of the data: http://yann.lecun.com/exdb/mnist/.
"""

import gzip
import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

# The folder of the four archives: a wheel has it within the package, the repository beside the package.
_PACKAGE = Path(__file__).resolve().parent
_IN_WHEEL, _IN_REPOSITORY = _PACKAGE / "data" / "mnist", _PACKAGE.parent / "data" / "mnist"
ARCHIVES = _IN_WHEEL if _IN_WHEEL.is_dir() else _IN_REPOSITORY

SHA256 = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}


class Split(NamedTuple):
    """Images (N, 28, 28), grey values 0…255, and labels (N,), digits 0…9, both uint8."""

    images: np.ndarray
    labels: np.ndarray


def load(archives: Path = ARCHIVES) -> tuple[Split, Split]:
    """Reads the training and the test set.

    Parameters
    ----------
    archives : Path, optional
        The folder of the four archives.

    Returns
    -------
    tuple of (Split, Split)
        The 60,000 training examples and the 10,000 test examples.

    Raises
    ------
    FileNotFoundError
        If an archive is missing.
    ValueError
        If an archive is damaged.
    """
    return (
        Split(
            read_idx(archives, "train-images-idx3-ubyte.gz", (60000, 28, 28)),
            read_idx(archives, "train-labels-idx1-ubyte.gz", (60000,)),
        ),
        Split(
            read_idx(archives, "t10k-images-idx3-ubyte.gz", (10000, 28, 28)),
            read_idx(archives, "t10k-labels-idx1-ubyte.gz", (10000,)),
        ),
    )


def verify(archives: Path = ARCHIVES) -> None:
    """Checks that all four archives exist, bit for bit.

    Parameters
    ----------
    archives : Path, optional
        The folder of the four archives.

    Raises
    ------
    FileNotFoundError, ValueError
        Like `read_archive`.
    """
    for name, sha256 in SHA256.items():
        read_archive(Path(archives) / name, sha256)


def read_archive(path: Path, sha256: str) -> bytes:
    """Reads a file after a check of its SHA-256.

    Parameters
    ----------
    path : Path
        The file.
    sha256 : str
        The expected checksum, as 64 hexadecimal digits.

    Returns
    -------
    bytes
        The file's contents.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If its checksum is another. The message names the file, the expected checksum and the actual one.
    """
    try:
        archive = path.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: expected SHA-256 {sha256}, found no such file") from None
    found = hashlib.sha256(archive).hexdigest()
    if found != sha256:
        raise ValueError(f"{path}: expected SHA-256 {sha256}, found {found}")
    return archive


def read_idx(archives: Path, name: str, shape: tuple[int, ...], sha256: str | None = None) -> np.ndarray:
    """Reads the array of an archive.

    Parameters
    ----------
    archives : Path
        The folder of the archive.
    name : str
        The archive's name.
    shape : tuple of int
        The expected shape.
    sha256 : str, optional
        The expected checksum, by default that of the original archive.

    Returns
    -------
    array
        Numbers of dtype uint8, of that shape.

    Raises
    ------
    FileNotFoundError
        If there is no such archive.
    ValueError
        If its checksum, magic number, sizes or length are not the expected ones.
    """
    path = Path(archives) / name
    idx = gzip.decompress(read_archive(path, sha256 or SHA256[name]))
    header = np.array([0x0800 + len(shape), *shape], dtype=">u4").tobytes()
    if idx[: len(header)] != header:
        raise ValueError(
            f"{path}: expected the IDX header {header.hex()} for {shape}, found {idx[: len(header)].hex()}"
        )
    data = np.frombuffer(idx, dtype=np.uint8, offset=len(header))
    if data.size != np.prod(shape):
        raise ValueError(f"{path}: expected {np.prod(shape)} bytes for {shape}, found {data.size}")
    return data.reshape(shape)
