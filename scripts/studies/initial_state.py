"""Question 1.9.1: what a wrong initial state costs, why, and what other ways there are to set it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from numpy_rnn import classifier, mnist, rnn
from numpy_rnn.experiments import EXPERIMENTS
from numpy_rnn.sequences import from_images, grey
from pages.blocks import Picture, Table
from pages.style import BLUE, GREEN, GREY, VERMILLION
from pages.wording import mean, scientific, seeds, shares, spread
from studies.question import Results, Study
from studies.recipes import Plan, Recipe
from studies.runs import Runs, accuracy

SIZES = 128, 64
MODES = {
    "zeros": ("zeros", BLUE, "o-"),
    "learned": ("a learned h_init", VERMILLION, "s-"),
    "random": ("random ones", GREEN, "^-"),
}
STARTS = [0.0, *(10 ** (k / 2) for k in range(-4, 9))]
EXAMPLES, JACOBIANS = 500, 20


def recipes(plan: Plan) -> list[Recipe]:
    """Five seeds of each size and each way."""
    return [recipe for H in SIZES for mode in MODES for recipe in plan.recipes(5, hidden_dim=H, initial_state=mode)]


def measure(plan: Plan, runs: Runs) -> Results:
    """Test accuracy from each start, by size, way and seed; and what becomes of the start on the way."""
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
            entry |= _on_the_way(model, from_images(grey(test.images[:EXAMPLES])))
        results["models"].append(entry)
    return results


def _on_the_way(model: classifier.Model, x: np.ndarray) -> dict[str, Any]:
    """How far h_t from h_init = 1000 lies from h_t from 0, how saturated h_1 is, and ‖∂h_t/∂h_0‖ for both starts."""
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
    """The median over some images of the largest singular value of ∂h_t/∂h_0, by the hand-written backward pass.

    An image repeated H times, each time with another unit vector as ∂L/∂h_t, gives the H rows at once.
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


def _of(results: Results, H: int, way: str) -> list[dict[str, Any]]:
    return [model for model in results["models"] if (model["hidden_dim"], model["way"]) == (H, way)]


def _at(results: Results, H: int, way: str, start: float) -> list[float]:
    place = int(np.argmin([abs(own - start) for own in results["starts"]]))
    return [model["accuracy"][place] for model in _of(results, H, way)]


def tell(results: Results) -> list[str]:
    """What happens, why, and how the other ways fare."""
    zero, wrong = ({H: _at(results, H, "zeros", start) for H in SIZES} for start in (0, 1000))
    first = {H: _of(results, H, "zeros")[0] for H in SIZES}
    told = [
        f"Trained and tested from zeros, the RNN with 128 units reads {mean(zero[128])} of the test images right, "
        f"the one with 64 units {mean(zero[64])}. From h_init = 1000 the same weights read {spread(wrong[128])} and "
        f"{spread(wrong[64])} (mean, lowest and highest of {seeds(len(wrong[128]))}).",
        f"The reason is saturation (numbers of seed 0). W h_0 is then so large that {first[128]['saturated']:.1%} of "
        f"the numbers in h_1 are within 0.01 of ±1 (H = 64: {first[64]['saturated']:.1%}), and only "
        f"{first[128]['varies']:.1%} of the units (H = 64: {first[64]['varies']:.1%}) differ between images by more "
        "than 0.01: the first row is not read. What is lost after that is the network's to forget, and the picture "
        f"below shows how far it does: the two states, from 0 and from 1000, are {first[128]['distance'][0]:.2f} "
        f"apart after the first row and {first[128]['distance'][-1]:.2f} after the last (root mean square of a "
        f"unit's difference; H = 64: {first[64]['distance'][0]:.2f} and {first[64]['distance'][-1]:.2f}).",
        "A small change of h_0, on the other hand, can change h_28 by up to "
        f"{scientific(first[128]['jacobian']['0'][-1])} times as much where h_0 = 0 (the largest singular value of "
        f"∂h_28/∂h_0; H = 64: {scientific(first[64]['jacobian']['0'][-1])}). At 1000, where tanh is flat, it is "
        f"{scientific(first[128]['jacobian']['1000'][-1])} (H = 64: "
        f"{scientific(first[64]['jacobian']['1000'][-1])}): there h_0 has no say in what comes out, and yet a wrong "
        "h_0 has brought the network there. The derivative at a point tells nothing of a step as large as 1000.",
    ]
    for H in SIZES:
        own = {way: [model["own"] for model in _of(results, H, way)] for way in MODES}
        robust = {way: _at(results, H, way, 1000) for way in MODES}
        best = max(MODES, key=lambda way: float(np.mean(robust[way])))
        told.append(
            f"Two other ways, H = {H}: a learned h_init, a parameter whose gradient BPTT gives anyway, ends at "
            f"{spread(own['learned'])}; a random one, drawn from N(0, 1) for each example in training and in the "
            f"test, at {spread(own['random'])}; zeros at {spread(own['zeros'])}. From h_init = 1000 they read "
            f"{mean(robust['learned'])}, {mean(robust['random'])} and {mean(robust['zeros'])}: most robust is the "
            f"one trained with {MODES[best][0]}."
        )
    return told


def tabulate(results: Results) -> list[Table]:
    """Accuracy by size and way: from its own start, and from some of the others."""
    shown = [0.0, 1.0, 10.0, 100.0, 1000.0, 10_000.0]
    rows = [
        [
            f"{H}",
            way,
            spread([model["own"] for model in _of(results, H, way)]),
            *(mean(_at(results, H, way, start)) for start in shown),
        ]
        for H in SIZES
        for way in MODES
    ]
    caption = "Test accuracy: as it was trained (mean, lowest, highest), and from other initial states (mean)."
    return [Table(caption, ["H", "trained with", "as trained", *(f"{start:g}" for start in shown)], rows)]


def draw(results: Results) -> list[Picture]:
    """Accuracy over the start; how the states of two starts come together."""
    sweep, after = (Figure(figsize=(12, 5), layout="constrained") for _ in range(2))
    for axes, H in zip(sweep.subplots(1, 2, sharey=True), SIZES, strict=True):
        _sweep(axes, results, H)
    left, right = after.subplots(1, 2)
    for way, (label, colour, form) in MODES.items():
        model = _of(results, 128, way)[0]
        steps = range(1, len(model["distance"]) + 1)
        left.semilogy(steps, model["distance"], form, color=colour, label=f"trained with {label}", markersize=5)
        right.semilogy(steps, model["jacobian"]["0"], form, color=colour, label=f"{label}: at h_init = 0", markersize=5)
    zeros = _of(results, 128, "zeros")[0]
    from_1000 = zeros["jacobian"]["1000"]
    if min(from_1000) > 0:
        right.semilogy(steps, from_1000, "o--", color=GREY, label="zeros: at h_init = 1000", markersize=4)
    left.set(xlabel="t, rows read", title="h_t from 1000 minus h_t from 0", ylabel="root mean square")
    right.set(xlabel="t, rows read", title="largest singular value of ∂h_t/∂h_0")
    for axes in (left, right):
        axes.grid(axis="y")
        axes.legend(frameon=False, fontsize=12)
    return [
        Picture(
            "accuracy",
            sweep,
            "Test accuracy from other initial states, all entries of h_init alike. Lines are means over the seeds, "
            "bands reach from the lowest to the highest. Diamonds: the notebook.",
        ),
        Picture(
            "convergence",
            after,
            "What becomes of the start while the rows are read; H = 128, seed 0. At h_init = 1000 the singular "
            "values of the network trained with zeros are "
            + ("the dashed line." if min(from_1000) > 0 else "0, which no logarithmic scale shows."),
        ),
    ]


def _sweep(axes: Axes, results: Results, H: int) -> None:
    starts: Sequence[float] = results["starts"]
    x = np.array([10**-2.75, *starts[1:]])
    for way, (label, colour, form) in MODES.items():
        values = np.array([model["accuracy"] for model in _of(results, H, way)])
        axes.semilogx(x, values.mean(axis=0), form, color=colour, label=f"trained with {label}", markersize=6)
        axes.fill_between(x, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.15, linewidth=0)
    notebook = EXPERIMENTS[f"rnn-{H}"]
    published = notebook.notebook_test_accuracy, notebook.notebook_accuracy_from_1000
    axes.plot([x[0], 1000], published, "D", color="black", markersize=9, label="notebook")
    axes.set(title=f"H = {H}", xlabel="h_init in the test", ylim=(0, 1))
    axes.set_xticks([x[0], 0.01, 0.1, 1, 10, 100, 1000, 10_000], ["0", ".01", ".1", "1", "10", "100", "1000", "10⁴"])
    axes.minorticks_off()
    shares(axes.yaxis, 1)
    axes.grid(axis="y")
    if SIZES[0] == H:
        axes.set_ylabel("test accuracy")
        axes.legend(frameon=False, fontsize=12, loc="lower left")


STUDY = Study(
    "initial-state",
    "What does the initial state do?",
    "1.9.1: h_init is all zeros in training and testing. What happens when it is all 1000 at test time, and why? "
    "Name two other ways to set the initial hidden state in training and testing.",
    recipes,
    measure,
    tell,
    tabulate,
    draw,
)
