"""Step 2.7: what the networks predict after each row, and the LSTM's gates and states meanwhile."""

import numpy as np

from numpy_rnn import classifier, lstm, mnist, readout
from numpy_rnn.sequences import from_images, grey
from numpy_rnn.training import ROWS
from pages.blocks import Table
from pages.wording import count, percent
from studies.definition import Results, Study
from studies.prediction_pictures import GALLERY, GATES, MODELS, draw, predicted
from studies.recipes import Plan, Recipe
from studies.run_files import Runs


def recipes(plan: Plan) -> list[Recipe]:
    """Return one seed of each model."""
    return [recipe for choices in MODELS.values() for recipe in plan.recipes(1, **choices)]


def measure(plan: Plan, runs: Runs) -> Results:
    """Measure the probabilities of random test images after each row, and gates and states for one of them."""
    _, test = mnist.load()
    part = slice(plan.recipes(1)[0].test_images)
    images, labels = test.images[part], test.labels[part]
    chosen = np.random.default_rng(0).choice(len(labels), GALLERY, replace=False)
    results: Results = {
        "images": images[chosen].tolist(),
        "labels": labels[chosen].tolist(),
        "tested": len(labels),
        "probabilities": {},
        "accuracy": {},
    }
    for name, choices in MODELS.items():
        model = runs.model(plan.recipes(1, **choices)[0])
        trace = classifier.forward(model, from_images(grey(images)))
        y = np.stack([readout.forward(model.readout, h) for h in trace.h])
        results["probabilities"][name] = np.round(y[:, :, chosen].astype(float), 3).tolist()
        results["accuracy"][name] = (y.argmax(axis=1) == labels).mean(axis=1).tolist()
        if isinstance(trace, lstm.Trace):
            first = chosen[0]
            inside = {gate: getattr(trace, gate)[-ROWS:, :, first].T for gate in GATES}
            results["inside"] = {gate: np.round(values.astype(float), 2).tolist() for gate, values in inside.items()}
    return results


def describe(results: Results) -> list[str]:
    """Return sentences on correct predictions, and on how many rows a prediction needs."""
    labels = np.array(results["labels"])
    right = {name: int((predicted(results, name)[-1] == labels).sum()) for name in MODELS}
    known = {
        name: next(t for t, a in enumerate(accuracy) if a >= accuracy[-1] / 2)
        for name, accuracy in results["accuracy"].items()
    }
    accuracy = results["accuracy"]
    half = " and ".join(f"{known[name]} rows (the {name})" for name in MODELS)
    after_20 = " and ".join(f"{percent(accuracy[name][20])} (the {name})" for name in MODELS)
    first = predicted(results, "LSTM")[:, 0]
    settled = next(t for t in range(len(first)) if (first[t:] == first[-1]).all())
    return [
        *(
            f"The {name} with 128 units classifies {right[name]} of {count(len(labels), 'random test image')} "
            f"correctly, and {percent(accuracy[name][-1])} of all {count(results['tested'], 'test image')}."
            for name in MODELS
        ),
        "The networks were trained to answer after the last row only. If the most probable digit after each row is "
        f"taken as the answer, half of the final accuracy is reached after {half}, and {after_20} of the images are "
        "classified correctly after 20 of the 28 rows.",
        f"The first of the random images is a {labels[0]}. The LSTM's prediction for it does not change after row "
        f"{settled}. In the picture of its gates and states, the forget gate shows what the LSTM keeps: where f is "
        "near 1, the row of the cell state keeps its colour.",
    ]


def tabulate(results: Results) -> list[Table]:
    """Return no tables."""
    return []


STUDY = Study(
    "prediction",
    "What does the network predict, and when?",
    "2.7: Draw random test images with their true and predicted digit. What does the network know after each row?",
    recipes,
    measure,
    describe,
    tabulate,
    draw,
)
