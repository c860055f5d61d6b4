"""Arrays ↔ one `.npz` file, each under its name: a model's parameters, or all that a training has come to.

The file of that name is the former one or the new one, and whole, whatever happens while it is written.
"""

import json
import os
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from numpy_rnn import adam, classifier, lstm, readout, rnn
from numpy_rnn.experiments import Epoch
from numpy_rnn.training import Training

LARGEST = 2**30
COUNTS = "epoch", "step", "losses", "hits", "seconds"


def save(path: Path, model: classifier.Model) -> None:
    """Writes the parameters of `model` to `path`. Raises like `classifier.check` and `write`."""
    classifier.check(model)
    write(path, {name: value for name, value, _ in classifier.axes(model)})


def load(path: Path) -> classifier.Model:
    """The model that `save` wrote to `path`.

    Raises OSError if the file can't be read, and ValueError or TypeError, in one line that names it, if it is damaged
    or its arrays are not the finite parameters of one model. Nothing in the file is executed.
    """
    arrays = read(path)
    try:
        return _model(arrays)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{path}: {error}") from None


def to_arrays(training: Training) -> dict[str, np.ndarray]:
    """All of a training, as arrays by name: the parameters, those of Adam's m and v, and its progress."""
    t, m, v = training.optimizer
    progress = {name: getattr(training, name) for name in (*COUNTS, "history")}
    progress |= {"t": t, "rng": training.rng.bit_generator.state}
    trees = {"": training.model, "m_": m, "v_": v}
    arrays = {f"{prefix}{name}": value for prefix, tree in trees.items() for name, value, _ in classifier.axes(tree)}
    return arrays | {"batches": training.batches, "progress": np.array(json.dumps(progress))}


def from_arrays(arrays: Mapping[str, np.ndarray]) -> Training:
    """The training of which `to_arrays` made these; raises TypeError or ValueError if they are not those of one."""
    trees: dict[str, dict[str, np.ndarray]] = {"": {}, "m_": {}, "v_": {}}
    for name, value in arrays.items():
        if name not in ("batches", "progress"):
            prefix = name[:2] if name[:2] in trees else ""
            trees[prefix][name.removeprefix(prefix)] = value
    model, m, v = map(_model, trees.values())
    classifier.same_form(model, m, "m_")
    classifier.same_form(model, v, "v_")
    try:
        progress = json.loads(str(arrays["progress"]))
        rng = np.random.default_rng()
        rng.bit_generator.state = progress["rng"]
        counts = {name: progress[name] for name in COUNTS}
        history = tuple(Epoch(*epoch) for epoch in progress["history"])
        return Training(model, adam.State(progress["t"], m, v), rng, arrays["batches"], **counts, history=history)
    except KeyError as error:
        raise ValueError(f"expected the progress of a training, found no {error}") from None


def write(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Puts an `.npz` file of these arrays in the place of `path`. Raises OSError, and then leaves `path` as it was."""
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with open(unfinished, "wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type] # it may mean an option
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    with suppress(PermissionError):  # Windows opens no folder
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read(path: Path) -> dict[str, np.ndarray]:
    """The arrays that `write` put into `path`.

    Raises OSError if the file can't be read, and ValueError, in one line that names it, if it is damaged, holds
    anything but arrays, or unpacks to more than a gigabyte. Nothing in the file is executed.
    """
    with open(path, "rb") as file:
        try:
            with zipfile.ZipFile(file) as members:
                size = sum(member.file_size for member in members.infolist())
            if size > LARGEST:
                raise ValueError(f"unpacked it would have {size} bytes, {LARGEST} at most are read")
            with np.load(file, allow_pickle=False) as archive:
                arrays = dict(archive)
        # A damaged file makes the readers of zip and npy raise a dozen kinds of errors.
        except Exception as error:
            raise ValueError(f"{path}: expected an .npz file of arrays: {error or type(error).__name__}") from error
    for name, value in arrays.items():
        if not isinstance(value, np.ndarray):
            raise ValueError(f"{path}: expected an .npz file of arrays: {name} is none")
    return arrays


def _model(arrays: Mapping[str, Any]) -> classifier.Model:
    """The model of these parameters; raises TypeError or ValueError unless they are finite and those of one."""
    for module, learned in product((rnn, lstm), (False, True)):
        kinds: list[Any] = [module.Params, readout.Params, *([classifier.INITIAL[module]] if learned else [])]
        if arrays.keys() == {name for kind in kinds for name in kind._fields}:
            model = classifier.Model(*(kind(*(arrays[name] for name in kind._fields)) for kind in kinds))
            classifier.check(model)
            return model
    raise ValueError(f"expected the parameters of an RNN or an LSTM and of its read-out, got {sorted(arrays)}")
