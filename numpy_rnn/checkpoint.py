"""A model's parameters ↔ one `.npz` file, each array under its symbol."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from numpy_rnn import classifier, lstm, readout, rnn


def save(path: Path, model: classifier.Model) -> None:
    """Writes the parameters of `model` to `path`, which ends in `.npz`. Raises like `classifier.check`."""
    classifier.check(model)
    np.savez(path, **{name: value for name, value, _ in classifier.axes(model)})


def load(path: Path) -> classifier.Model:
    """The model that `save` wrote to `path`.

    Raises OSError if the file can't be read, and ValueError or TypeError, in one line that names it, if it is damaged
    or its arrays are not the finite parameters of one model. Nothing in the file is executed.
    """
    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as archive:
                arrays = dict(archive)
        except (ValueError, TypeError, EOFError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
            raise ValueError(f"{path}: expected an .npz file of arrays: {error}") from error
    for recurrence in (rnn.Params, lstm.Params):
        if arrays.keys() == {*recurrence._fields, *readout.Params._fields}:
            first, last = ([arrays[name] for name in kind._fields] for kind in (recurrence, readout.Params))
            model = classifier.Model(recurrence(*first), readout.Params(*last))
            try:
                classifier.check(model)
            except (TypeError, ValueError) as error:
                raise type(error)(f"{path}: {error}") from None
            return model
    raise ValueError(f"{path}: expected the parameters of an RNN or an LSTM and of its read-out, got {sorted(arrays)}")
