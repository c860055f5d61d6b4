"""Question 1.9.1: what a wrong initial state costs, why, and which other ways there are to set it."""

from typing import Any

import numpy as np

from numpy_rnn import classifier, mnist, rnn
from numpy_rnn.sequences import from_images, grey
from pages.blocks import Table
from pages.wording import count, mean, percent, scientific, spread
from studies.definition import Results, Study
from studies.initial_state_pictures import MODES, SIZES, draw, of
from studies.recipes import Plan, Recipe
from studies.run_files import Runs, accuracy

STARTS = [0.0, *(10 ** (k / 2) for k in range(-4, 9))]
EXAMPLES, JACOBIANS = 500, 20


def recipes(plan: Plan) -> list[Recipe]:
    """Return five seeds of each size and each way to set the initial state."""
    return [recipe for H in SIZES for mode in MODES for recipe in plan.recipes(5, hidden_dim=H, initial_state=mode)]


def measure(plan: Plan, runs: Runs) -> Results:
    """Measure the test accuracy from each start, by size, way and seed, and the states of seed 0 over time."""
    _, test = mnist.load()
    results: Results = {"starts": STARTS, "models": []}
    for recipe in recipes(plan):
        model, part = runs.model(recipe), slice(recipe.test_images)
        entry = {
            "hidden_dim": recipe.hidden_dim,
            "way": recipe.initial_state,
            "seed": recipe.seed,
            "own": runs.record(recipe)["test_accuracy"][-1],
            "accuracy": [
                accuracy(model, test.images[part], test.labels[part], recipe.scan, rnn.Initial(start))
                for start in STARTS
            ],
        }
        if recipe.seed == 0:
            entry |= _over_time(model, from_images(grey(test.images[:EXAMPLES])))
        results["models"].append(entry)
    return results


def _over_time(model: classifier.Model, x: np.ndarray) -> dict[str, Any]:
    """Measure the distance of h_t from h_init = 1000 to h_t from 0, the saturation of h_1, and ‖∂h_t/∂h_0‖ for both."""
    traces = {start: classifier.forward(model, x, rnn.Initial(start)) for start in (0, 1000)}
    distance = np.sqrt(((traces[1000].h[1:] - traces[0].h[1:]) ** 2).mean(axis=(1, 2)))
    h_1 = traces[1000].h[1]
    norms = {
        str(start): [_jacobian_norm(model, trace, t) for t in range(1, len(x) + 1)] for start, trace in traces.items()
    }
    return {
        "distance": distance.tolist(),
        "saturated": float(np.mean(np.abs(h_1) > 0.99)),
        "varies": float(np.mean(h_1.std(axis=1) > 0.01)),
        "jacobian": norms,
    }


def _jacobian_norm(model: classifier.Model, trace: Any, t: int) -> float:
    """Return the median over some images of the largest singular value of ∂h_t/∂h_0, by the hand-written backward pass.

    A batch repeats an image H times, each time with another unit vector as ∂L/∂h_t, and gives all H rows of ∂h_t/∂h_0.
    """
    H = trace.h.shape[1]
    norms = []
    for n in range(JACOBIANS):
        x, h = (np.repeat(values[:, :, n : n + 1], H, axis=2) for values in (trace.x[:t], trace.h[: t + 1]))
        dh = np.zeros_like(h[1:])
        dh[-1] = np.eye(H)
        assert isinstance(model.recurrence, rnn.Params)
        norms.append(np.linalg.norm(rnn.backward(model.recurrence, rnn.Trace(x, h), dh).h_init, 2))
    return float(np.median(norms))


def _at(results: Results, H: int, way: str, start: float) -> list[float]:
    place = int(np.argmin([abs(own - start) for own in results["starts"]]))
    return [model["accuracy"][place] for model in of(results, H, way)]


def describe(results: Results) -> list[str]:
    """Return sentences on what a wrong initial state costs, why, and how the other ways compare."""
    zero, wrong = ({H: _at(results, H, "zeros", start) for H in SIZES} for start in (0, 1000))
    first = {H: of(results, H, "zeros")[0] for H in SIZES}
    jacobian = {H: {start: scientific(norms[-1]) for start, norms in first[H]["jacobian"].items()} for H in SIZES}
    paragraphs = [
        f"Trained and tested with h_init = 0, the RNN with 128 units classifies {mean(zero[128])} of the test images "
        f"correctly, the RNN with 64 units {mean(zero[64])}. With h_init = 1000 at test time, the same weights "
        f"classify {spread(wrong[128])} and {spread(wrong[64])} correctly ({count(len(wrong[128]), 'seed')}).",
        "The reason is saturation. The numbers in this paragraph and the next are of seed 0, with those for H = 64 in "
        f"brackets. W h_0 is so large that {percent(first[128]['saturated'])} ({percent(first[64]['saturated'])}) of "
        f"the entries of h_1 are within 0.01 of ±1. Only {percent(first[128]['varies'])} "
        f"({percent(first[64]['varies'])}) of the units have a standard deviation over the images above 0.01. So the "
        "first row has hardly any effect on h_1. The following rows can only reduce the effect of the wrong start: the "
        f"root mean square difference between the states from 0 and from 1000 is {first[128]['distance'][0]:.2f} "
        f"({first[64]['distance'][0]:.2f}) after the first row and {first[128]['distance'][-1]:.2f} "
        f"({first[64]['distance'][-1]:.2f}) after the last row.",
        "The derivative at one point does not show this effect. At h_0 = 0, the largest singular value of ∂h_28/∂h_0 "
        f"is {jacobian[128]['0']} ({jacobian[64]['0']}): it is the factor by which a small change of h_0 can change "
        f"h_28. At h_0 = 1000, where tanh is flat, it is {jacobian[128]['1000']} ({jacobian[64]['1000']}). There a "
        "small change of h_0 has almost no effect, although the wrong h_0 itself has put the network into this state.",
    ]
    for H in SIZES:
        own = {way: [model["own"] for model in of(results, H, way)] for way in MODES}
        robust = {way: _at(results, H, way, 1000) for way in MODES}
        best = max(MODES, key=lambda way: float(np.mean(robust[way])))
        paragraphs.append(
            f"Two other ways, H = {H}. A learned h_init is a parameter, whose gradient BPTT computes anyway; it "
            f"reaches {spread(own['learned'])}. A random h_init is drawn from N(0, 1) for each example in training and "
            f"in the test; it reaches {spread(own['random'])}. Zeros reach {spread(own['zeros'])}. Tested with h_init "
            f"= 1000, these networks reach {mean(robust['learned'])}, {mean(robust['random'])} and "
            f"{mean(robust['zeros'])}. The network trained with {MODES[best][0]} is the most robust."
        )
    return paragraphs


def tabulate(results: Results) -> list[Table]:
    """Return a table of accuracies by size and way, from the own start and from some others."""
    shown = [0.0, 1.0, 10.0, 100.0, 1000.0, 10_000.0]
    rows = [
        [
            f"{H}",
            way,
            spread([model["own"] for model in of(results, H, way)]),
            *(mean(_at(results, H, way, start)) for start in shown),
        ]
        for H in SIZES
        for way in MODES
    ]
    caption = "Test accuracy, tested as trained, and tested with all entries of h_init set to a number (mean)"
    return [Table(caption, ["H", "trained with", "as trained", *(f"h_init = {start:,g}" for start in shown)], rows)]


STUDY = Study(
    "initial-state",
    "What does the initial state do?",
    "1.9.1: h_init is all zeros in training and testing. What happens when it is all 1000 at test time, and why? "
    "Name two other ways to set the initial hidden state in training and testing.",
    recipes,
    measure,
    describe,
    tabulate,
    draw,
)
