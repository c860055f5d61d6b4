"""Arrays ↔ one `.npz` file, each under its name: a model's parameters, or a complete training state.

Writes are atomic: the path holds the old file or the complete new one, whatever happens meanwhile.
"""

import errno
import io
import json
import os
import zipfile
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from numpy_rnn import adam, classifier, lstm, progress, readout, rnn
from numpy_rnn.checks import plain_array
from numpy_rnn.training import Training

LARGEST = 2**30
OPTIONS_OF_SAVEZ = "file", "allow_pickle"  # names that np.savez takes for its own arguments
# How a file system that cannot flush says so, for example CIFS, a shared folder of a virtual machine, or FUSE.
LACKING = errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF
COUNTS = "epoch", "step", "losses", "hits", "seconds"


def save(path: Path, model: classifier.Model) -> None:
    """Writes the parameters of a model to a file.

    Parameters
    ----------
    path : Path
        The file, which is replaced atomically.
    model : classifier.Model
        The parameters, all finite.

    Raises
    ------
    TypeError, ValueError
        If `load` would refuse the file: the parameters do not fit together, are not finite or are too large.
    OSError
        If the file can't be written.
    """
    arrays = {name: value for name, value, _ in classifier.axes(model)}
    _model(arrays)
    write(path, arrays)


def load(path: Path) -> classifier.Model:
    """Reads the model that `save` wrote. Nothing in the file is executed.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    classifier.Model
        The parameters, all finite.

    Raises
    ------
    OSError
        If the file can't be read.
    TypeError, ValueError
        If it is damaged, or its arrays are not the finite parameters of one model; the message names the file.
    """
    arrays = read(path)
    try:
        return _model(arrays)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{path}: {error}") from None


def to_arrays(training: Training) -> dict[str, np.ndarray]:
    """Turns a training into arrays.

    Parameters
    ----------
    training : Training
        The complete training state.

    Returns
    -------
    dict of str to array
        The parameters, Adam's m and v, the order of the examples and the progress, by name.

    Raises
    ------
    TypeError, ValueError
        If `from_arrays` would refuse the arrays, or if the bit generator of `training.rng` is not PCG64, that of
        `numpy.random.default_rng`.
    """
    generator = training.rng.bit_generator
    if type(generator) is not np.random.PCG64:
        raise ValueError(f"rng: expected the bit generator PCG64, got {type(generator).__name__}")
    t, m, v = training.optimizer
    entries = {name: getattr(training, name) for name in (*COUNTS, "history")}
    entries |= {"t": t, "rng": generator.state}
    trees = {"": training.model, "m_": m, "v_": v}
    arrays = {f"{prefix}{name}": value for prefix, tree in trees.items() for name, value, _ in classifier.axes(tree)}
    arrays |= {"batches": training.batches, "progress": np.array(json.dumps(entries))}
    from_arrays(arrays)
    return arrays


def from_arrays(arrays: Mapping[str, np.ndarray]) -> Training:
    """Restores the training that `to_arrays` turned into arrays.

    Parameters
    ----------
    arrays : mapping of str to array
        The result of `to_arrays`.

    Returns
    -------
    Training
        The complete training state.

    Raises
    ------
    TypeError, ValueError
        If the arrays are not those of one training.
    """
    check_arrays(arrays)
    trees: dict[str, dict[str, np.ndarray]] = {"": {}, "m_": {}, "v_": {}}
    for name, value in arrays.items():
        if name not in ("batches", "progress"):
            prefix = name[:2] if name[:2] in trees else ""
            trees[prefix][name.removeprefix(prefix)] = value
    model, m, v = map(_model, trees.values())
    classifier.same_form(model, m, "m_")
    classifier.same_form(model, v, "v_")
    for name in ("progress", "batches"):
        if name not in arrays:
            raise ValueError(f"expected the progress of a training, found no {name!r}")
    batches = arrays["batches"]
    found = progress.read(arrays["progress"], (*COUNTS, "t", "rng"), "the progress of a training")
    _check_batches(batches, found)
    rng = np.random.default_rng()
    try:
        rng.bit_generator.state = found["rng"]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"rng: expected the state of a generator: {error}") from None
    counts = {name: found[name] for name in (*COUNTS, "history")}
    return Training(model, adam.State(found["t"], m, v), rng, batches, **counts)


def _check_batches(batches: np.ndarray, found: Mapping[str, Any]) -> None:
    """Raises ValueError unless `batches` is an order of examples and the progress `found` is within it."""
    if batches.ndim != 2 or batches.dtype.kind != "i":
        raise ValueError(f"batches: expected integers (steps, B), got {batches.dtype} {batches.shape}")
    if found["step"] > len(batches):
        raise ValueError(f"step: expected at most the {len(batches)} steps of the epoch, got {found['step']}")
    if found["hits"] > found["step"] * batches.shape[1]:
        raise ValueError(f"hits: expected at most one for each example, got {found['hits']}")
    if found["t"] < found["step"]:
        raise ValueError(f"t: expected at least the {found['step']} steps of the epoch, got {found['t']}")
    if batches.size and (batches.min() < 0 or len(np.unique(batches)) < batches.size):
        raise ValueError("batches: expected each example once, from 0")


def write(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes arrays to an `.npz` file atomically.

    Parameters
    ----------
    path : Path
        The file; it stays as it was where this function raises.
    arrays : mapping of str to array
        The arrays by name.

    Raises
    ------
    OSError
        If the file can't be written.
    TypeError, ValueError
        If `read` would refuse the file, like `check_arrays`; the message names the file and the array.
    """
    path = Path(path)
    try:
        check_arrays(arrays)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{path}: {error}") from None
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with open(unfinished, "wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type] # it may mean an option
            file.flush()
            _flush_to_disk(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    try:
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        if error.errno in (*LACKING, errno.EACCES, errno.EPERM, errno.EISDIR):  # Windows opens no folder
            return
        raise
    try:
        _flush_to_disk(folder)
    finally:
        os.close(folder)


def _flush_to_disk(descriptor: int) -> None:
    """Flushes a file or a folder to the disk, if its file system can do that."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in LACKING:
            raise


def read(path: Path) -> dict[str, np.ndarray]:
    """Reads the arrays that `write` wrote. Nothing in the file is executed.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict of str to array
        The arrays by name.

    Raises
    ------
    OSError
        If the file can't be read.
    ValueError
        If it is damaged, holds anything but arrays, or unpacks to more than a gigabyte; the message names the file.
    """
    with open(path, "rb") as file:
        try:
            with zipfile.ZipFile(file) as members:
                _check_size(sum(member.file_size for member in members.infolist()))
            with np.load(file, allow_pickle=False) as archive:
                arrays = dict(archive)
            check_arrays(arrays)
        # A damaged file makes the readers of zip and npy raise a dozen kinds of errors.
        except Exception as error:
            raise ValueError(f"{path}: expected an .npz file of arrays: {error or type(error).__name__}") from error
    return arrays


def check_arrays(arrays: Mapping[str, Any]) -> None:
    """Checks that a file can hold arrays, for `write` and for `read`.

    Parameters
    ----------
    arrays : mapping of str to array
        The arrays by name.

    Raises
    ------
    TypeError
        If a value is not an array of numbers or text; the message names it.
    ValueError
        If a name is not an identifier, or the arrays have more than a gigabyte.
    """
    for name, value in arrays.items():
        if not name.isidentifier() or name in OPTIONS_OF_SAVEZ:
            options = " and ".join(OPTIONS_OF_SAVEZ)
            raise ValueError(f"expected names that are identifiers, other than {options}, got {name!r}")
        plain_array(name, value, "numbers or text")
        if value.dtype.kind not in "biufcSU":
            raise TypeError(f"{name}: expected numbers or text, got {value.dtype}")
    _check_size(sum(map(_size, arrays.values())))


def _size(value: np.ndarray) -> int:
    """The number of bytes of an array in a file, unpacked: header and entries."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(value))
    return header.tell() + value.nbytes


def _check_size(size: int) -> None:
    """Raises ValueError if a file of this many bytes, unpacked, is too large."""
    if size > LARGEST:
        raise ValueError(f"unpacked it would have {size} bytes, expected {LARGEST} at most")


def _model(arrays: Mapping[str, Any]) -> classifier.Model:
    """The model with these parameters; raises TypeError or ValueError unless they fit one model and are finite."""
    for module, learned in product((rnn, lstm), (False, True)):
        kinds: list[Any] = [module.Params, readout.Params, *([module.Initial] if learned else [])]
        if arrays.keys() == {name for kind in kinds for name in kind._fields}:
            model = classifier.Model(*(kind(*(arrays[name] for name in kind._fields)) for kind in kinds))
            classifier.check(model)
            return model
    raise ValueError(f"expected the parameters of an RNN or an LSTM and of its read-out, got {sorted(arrays)}")
