"""The four original MNIST archives: checksum first, then arrays.

The files are gzipped IDX: a big-endian magic number whose last byte counts the axes, one big-endian 32-bit size for
each axis, then unsigned bytes. Source of the format and of the data: http://yann.lecun.com/exdb/mnist/.
"""

import gzip
import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

ARCHIVES = Path(__file__).resolve().parent.parent / "data" / "mnist"

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
    """The 60,000 training and the 10,000 test examples, from the folder of the four archives.

    Raises FileNotFoundError for a missing archive and ValueError for a damaged one: see `read_archive`.
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
    """Checks that all four archives are there, bit for bit. Raises like `read_archive`."""
    for name, sha256 in SHA256.items():
        read_archive(Path(archives) / name, sha256)


def read_archive(path: Path, sha256: str) -> bytes:
    """The bytes of the file `path`, if their SHA-256 is the one expected.

    Raises FileNotFoundError or ValueError, with one line that names the file, the expected checksum and what was found.
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
    """The array, uint8, of the expected shape, in the archive `name`; `sha256` stands in for the original's checksum.

    Raises like `read_archive`, and ValueError if magic number, sizes or length are not those of an IDX file of `shape`.
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
