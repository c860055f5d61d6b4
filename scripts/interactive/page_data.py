"""The file `models.js` of the interactive page: trained weights, test images, lines of code and planted errors."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np

from interactive import chosen_images, code_lines
from numpy_rnn import classifier, lstm, mnist, readout, rnn, training
from numpy_rnn.images import classify_images

# The number of epochs after which each network is shown.
EPOCHS = {"rnn": 12, "lstm": 6}
HIDDEN_DIM = 64
SEED = 0
PREFIX = "const DATA = "
NAME = "models.js"
HEADER = "// Written by `python scripts/see_it_run.py`: weights, images, lines of code.\n"


def new_model(name: str, rng: np.random.Generator) -> classifier.Model:
    """Return a network of 64 units before the training."""
    recurrence = training.RECURRENCES[name].init(rng, training.ROWS, HIDDEN_DIM)
    return classifier.Model(recurrence, readout.init(rng, HIDDEN_DIM, training.CLASSES))


def train(name: str, split: mnist.Split, epochs: int) -> classifier.Model:
    """Return the network, trained on `split`."""
    rng = np.random.default_rng(SEED)
    return training.fit(training.begin(new_model(name, rng), rng), *split, epochs=epochs).model


def page_data(models: dict[str, classifier.Model], test: mnist.Split, epochs: dict[str, int]) -> dict[str, Any]:
    """Return what the page needs, ready for JSON."""
    chosen = chosen_images.choose(models, test)
    return {
        "models": {
            name: {
                "epochs": epochs[name],
                "accuracy": float(np.mean(_predictions(model, test) == test.labels)),
                "parameters": {
                    field: {"shape": list(value.shape), "float32": encoded(value.astype("<f4"))}
                    for part in (model.recurrence, model.readout)
                    for field, value in part._asdict().items()
                },
            }
            for name, model in models.items()
        },
        "images": [
            {"index": place, "kind": kind, "label": int(test.labels[place]), "pixels": encoded(test.images[place])}
            for kind, places in chosen.items()
            for place in places
        ],
        "loops": code_lines.loops(),
        "switches": code_lines.switches(),
    }


def _predictions(model: classifier.Model, test: mnist.Split) -> np.ndarray:
    return classify_images(model, test.images).argmax(axis=0)


def encoded(array: np.ndarray) -> str:
    """Return the bytes of an array in base64, in the order of its entries."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def write(folder: Path, data: dict[str, Any]) -> Path:
    """Write the file into `folder`, which exists; return its path."""
    path = folder / NAME
    path.write_text(f"{HEADER}{PREFIX}{json.dumps(data, indent=1, ensure_ascii=False)};\n", encoding="utf-8")
    return path


def read(path: Path) -> dict[str, Any]:
    """Return the data in a file that `write` has written."""
    text = path.read_text(encoding="utf-8")
    return json.loads(text.removeprefix(HEADER).removeprefix(PREFIX).rstrip().removesuffix(";"))


def models_in(data: dict[str, Any]) -> dict[str, classifier.Model]:
    """Return the networks in the data."""
    return {name: _model(name, entry["parameters"]) for name, entry in data["models"].items()}


def _model(name: str, parameters: dict[str, Any]) -> classifier.Model:
    arrays = {
        field: np.frombuffer(base64.b64decode(value["float32"]), "<f4").reshape(value["shape"]).astype(np.float32)
        for field, value in parameters.items()
    }
    kind: Any = {"rnn": rnn, "lstm": lstm}[name]
    return classifier.Model(
        kind.Params(*(arrays[field] for field in kind.Params._fields)), readout.Params(arrays["d"], arrays["V"])
    )


def images_in(data: dict[str, Any]) -> mnist.Split:
    """Return the images in the data with their labels."""
    pixels = [np.frombuffer(base64.b64decode(image["pixels"]), np.uint8).reshape(28, 28) for image in data["images"]]
    return mnist.Split(np.stack(pixels), np.array([image["label"] for image in data["images"]], np.uint8))
