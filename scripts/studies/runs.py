"""The training runs of a folder: for each a file of its figures and one of its model; what is done isn't done again."""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from command.errors import Refused
from numpy_rnn import checkpoint, classifier
from numpy_rnn.training import evaluate
from studies.recipes import Recipe
from trainings.results import sha256


class Runs:
    """Those in `folder`, all by one `backend`; the files of a recipe bear its name."""

    def __init__(self, folder: Path, backend: str):
        self.folder = folder
        self.backend = backend

    def missing(self, recipes: Iterable[Recipe]) -> Iterator[Recipe]:
        """Those of `recipes` that have not been run, each once. Raises Refused for one of another backend."""
        for recipe in dict.fromkeys(recipes):
            path = self.folder / f"{recipe.name}.json"
            try:
                record = json.loads(path.read_text())
                backend, sound = record["backend"], record["weights_sha256"] == _sha256(self.model(recipe))
            except (OSError, ValueError, TypeError, KeyError):
                yield recipe
                continue
            if backend != self.backend:
                raise Refused(f"--backend: expected {backend} as in {path}, got {self.backend}")
            if not sound:
                yield recipe

    def record(self, recipe: Recipe) -> dict[str, Any]:
        """Its figures: losses and accuracies of each epoch, seconds, versions."""
        return json.loads((self.folder / f"{recipe.name}.json").read_text())

    def model(self, recipe: Recipe) -> classifier.Model:
        """The trained model."""
        return checkpoint.load(self.folder / f"{recipe.name}.npz")

    def write(self, recipe: Recipe, model: classifier.Model, figures: dict[str, Any]) -> None:
        """Writes both files, the figures last, so that one with figures is whole."""
        checkpoint.save(self.folder / f"{recipe.name}.npz", model)
        record = {"recipe": recipe._asdict(), "backend": self.backend, "weights_sha256": _sha256(model), **figures}
        unfinished = self.folder / f".{recipe.name}.unfinished"
        unfinished.write_text(json.dumps(record, indent=1) + "\n")
        os.replace(unfinished, self.folder / f"{recipe.name}.json")


def accuracy(model: classifier.Model, images: np.ndarray, labels: np.ndarray, *how: Any) -> float:
    """The share of the images that the model classifies correctly; `how` is the scan and `initial` of `evaluate`."""
    return float(np.mean(evaluate(model, images, labels, *how)[1].argmax(axis=0) == labels))


def _sha256(model: classifier.Model) -> str:
    return sha256({name: value for name, value, _ in classifier.axes(model)})
