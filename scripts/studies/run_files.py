"""The training runs of a folder, each with a file of figures and a file with its model; finished runs are kept."""

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from command.errors import Refused
from numpy_rnn import checkpoint, classifier
from numpy_rnn.training import evaluate
from studies.recipes import Recipe
from trainings.checkpoints import differences
from trainings.provenance import sha256

# The figures of each epoch, and their ranges.
RANGES = {"train_loss": (0.0, math.inf), "train_accuracy": (0.0, 1.0), "test_accuracy": (0.0, 1.0)}


class Runs:
    """The training runs in `folder`, all by one `backend`; the files of a run have the name of its recipe."""

    def __init__(self, folder: Path, backend: str):
        self.folder = folder
        self.backend = backend

    def missing(self, recipes: Iterable[Recipe], warn: Callable[[str], None] = lambda line: None) -> Iterator[Recipe]:
        """Yield each of `recipes` that has no finished run, once.

        A run is finished if its record is of this recipe, all its figures are valid, and its weights are those of the
        record. Calls `warn` with a line for each other record. Raises Refused for a run of another backend.
        """
        for recipe in dict.fromkeys(recipes):
            path = self._path(recipe)
            if not path.exists():
                yield recipe
                continue
            try:
                backend = self.record(recipe)["backend"]
            except (OSError, ValueError, TypeError) as error:
                warn(f"{path} is not used, and its run is trained again: {str(error).removeprefix(f'{path}: ')}")
                yield recipe
                continue
            if backend != self.backend:
                raise Refused(f"--backend: expected {backend} as in {path}, got {self.backend}")

    def record(self, recipe: Recipe) -> dict[str, Any]:
        """Return the figures of a run: losses and accuracies of each epoch, seconds, versions.

        Raises OSError if a file cannot be read, and TypeError or ValueError if it is damaged, or of another run.
        """
        record = read_record(self._path(recipe), recipe)
        model = self.model(recipe)
        classifier.same_form(recipe.new_model(np.random.default_rng(0)), model)
        if record.get("weights_sha256") != _sha256(model):
            raise ValueError("weights_sha256: expected the checksum of the weights beside the record")
        return record

    def _path(self, recipe: Recipe) -> Path:
        return self.folder / f"{recipe.name}.json"

    def model(self, recipe: Recipe) -> classifier.Model:
        """Return the trained model of a run."""
        return checkpoint.load(self.folder / f"{recipe.name}.npz")

    def write(self, recipe: Recipe, model: classifier.Model, figures: dict[str, Any]) -> None:
        """Write both files of a run; the figures come last, so that a run with figures is complete."""
        checkpoint.save(self.folder / f"{recipe.name}.npz", model)
        record = {"recipe": recipe._asdict(), "backend": self.backend, "weights_sha256": _sha256(model), **figures}
        unfinished = self.folder / f".{recipe.name}.unfinished"
        unfinished.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        os.replace(unfinished, self._path(recipe))


def read_record(path: Path, recipe: Recipe) -> dict[str, Any]:
    """Return the content of the file of a run's figures.

    Raises OSError if it cannot be read, and ValueError, without the path, if it is not the record of this recipe, or if
    a figure is missing, of the wrong type or out of range.
    """
    try:
        record = json.loads(path.read_text("utf-8"))
    except RecursionError:
        raise ValueError("expected a record of a run, got JSON that is nested too deeply") from None
    if not isinstance(record, dict):
        raise ValueError(f"expected a JSON object, got {record!r:.60}")
    expected = json.loads(json.dumps(recipe._asdict()))
    found = record.get("recipe")
    if isinstance(found, dict):
        found.setdefault("clip_norm", None)  # earlier versions clipped no gradients
    if not isinstance(found, dict) or json.dumps(found, sort_keys=True) != json.dumps(expected, sort_keys=True):
        there = differences(found, expected) if isinstance(found, dict) else f"{found!r:.60} there"
        raise ValueError(f"recipe: expected that of the file's name, got another one: {there or 'more entries there'}")
    if record.get("backend") not in ("numpy", "tf"):
        raise ValueError(f"backend: expected numpy or tf, got {record.get('backend')!r:.60}")
    for name, (low, high) in RANGES.items():
        values = record.get(name)
        if (
            not isinstance(values, list)
            or len(values) != recipe.epochs
            or not all(_within(v, low, high) for v in values)
        ):
            numbers = f"{recipe.epochs} numbers from {low:g} to {high:g}"
            raise ValueError(f"{name}: expected {numbers}, got {values!r:.60}")
    if not _within(record.get("seconds"), 0, math.inf):
        raise ValueError(f"seconds: expected a number from 0, got {record.get('seconds')!r:.60}")
    if not isinstance(record.get("versions"), dict):
        raise ValueError(f"versions: expected a JSON object, got {record.get('versions')!r:.60}")
    return record


def _within(value: Any, low: float, high: float) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and low <= value <= high


def accuracy(model: classifier.Model, images: np.ndarray, labels: np.ndarray, *choices: Any) -> float:
    """Return the share of the images that the model classifies correctly; `choices` are the scan and `initial`."""
    return float(np.mean(evaluate(model, images, labels, *choices)[1].argmax(axis=0) == labels))


def _sha256(model: classifier.Model) -> str:
    return sha256({name: value for name, value, _ in classifier.axes(model)})
