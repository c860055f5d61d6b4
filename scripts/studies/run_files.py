"""The training runs of a folder, each with a file of figures and a file with its model; finished runs are kept."""

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
from trainings.provenance import sha256


class Runs:
    """The training runs in `folder`, all by one `backend`; the files of a run have the name of its recipe."""

    def __init__(self, folder: Path, backend: str):
        self.folder = folder
        self.backend = backend

    def missing(self, recipes: Iterable[Recipe]) -> Iterator[Recipe]:
        """Yield each of `recipes` that has no finished run, once. Raises Refused for a run of another backend."""
        for recipe in dict.fromkeys(recipes):
            path = self.folder / f"{recipe.name}.json"
            try:
                record = json.loads(path.read_text(encoding="utf-8"))
                backend, sound = record["backend"], record["weights_sha256"] == _sha256(self.model(recipe))
            except (OSError, ValueError, TypeError, KeyError):
                yield recipe
                continue
            if backend != self.backend:
                raise Refused(f"--backend: expected {backend} as in {path}, got {self.backend}")
            if not sound:
                yield recipe

    def record(self, recipe: Recipe) -> dict[str, Any]:
        """Return the figures of a run: losses and accuracies of each epoch, seconds, versions."""
        return json.loads((self.folder / f"{recipe.name}.json").read_text(encoding="utf-8"))

    def model(self, recipe: Recipe) -> classifier.Model:
        """Return the trained model of a run."""
        return checkpoint.load(self.folder / f"{recipe.name}.npz")

    def write(self, recipe: Recipe, model: classifier.Model, figures: dict[str, Any]) -> None:
        """Write both files of a run; the figures come last, so that a run with figures is complete."""
        checkpoint.save(self.folder / f"{recipe.name}.npz", model)
        record = {"recipe": recipe._asdict(), "backend": self.backend, "weights_sha256": _sha256(model), **figures}
        unfinished = self.folder / f".{recipe.name}.unfinished"
        unfinished.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        os.replace(unfinished, self.folder / f"{recipe.name}.json")


def accuracy(model: classifier.Model, images: np.ndarray, labels: np.ndarray, *choices: Any) -> float:
    """Return the share of the images that the model classifies correctly; `choices` are the scan and `initial`."""
    return float(np.mean(evaluate(model, images, labels, *choices)[1].argmax(axis=0) == labels))


def _sha256(model: classifier.Model) -> str:
    return sha256({name: value for name, value, _ in classifier.axes(model)})
