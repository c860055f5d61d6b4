"""Does the interactive page compute what numpy_rnn computes, for any small model and on each image that it shows?

Over 28 steps a propagated bound is vacuous. So the states and gradients of an image are compared step by step, each
step from the page's own states and gradients on both sides. The probabilities are compared from the image on, in
float64, where the bound to first order is small.
"""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from numpy_rnn import classifier, lstm, readout, rnn
from numpy_rnn.sequences import from_images, grey
from parity_tests.cases.decorators import DTYPES, given_case_specs
from parity_tests.cases.recurrences import SEEDS, named_gradients
from parity_tests.comparison import assert_within
from parity_tests.guide.page_results import IMAGES, MODELS, C, T, assert_same, of_image
from parity_tests.oracles import bounded_equations, first_order
from parity_tests.oracles.bounds import arithmetic

SYSTEM = arithmetic("numpy", np.float32)
NETWORKS = pytest.mark.parametrize("name", MODELS)
MODULES = {"rnn": rnn, "lstm": lstm}


def contiguous(arrays):
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


@DTYPES
@given_case_specs
def test_any_model(shared_page, recurrence, dtype, spec):
    assert_same(shared_page, recurrence, spec, dtype)


def losses(name):
    """Each image with the step and the class of a loss: the last step and the label, or any."""
    rng = np.random.default_rng(len(name))
    for place, label in enumerate(IMAGES.labels):
        any_loss = int(rng.integers(1, T + 1)), int(rng.integers(C))
        yield (place, T, int(label)) if place % 2 == 0 else (place, *any_loss)


def as_batch(steps):
    """Steps (T, units) as one step of a batch, (1, units, T): then a sum over the batch is a sum over the steps."""
    return np.ascontiguousarray(steps.T)[np.newaxis]


@NETWORKS
def test_each_step_of_each_image(shared_page, name):
    params = MODELS[name].recurrence
    for place, last, label in losses(name):
        page = of_image(shared_page, name, place, last, label)
        np.testing.assert_array_equal(page["x"][..., None], from_images(grey(IMAGES.images[place : place + 1])))
        x, dh = as_batch(page["x"][:last]), as_batch(page["dh_t"][1:])
        states, dc = [page["h"][:last].T], []
        actual = {"h": as_batch(page["h"][1 : last + 1]), "dx": as_batch(page["dx"]), "dh_init": page["dh_t"][:last].T}
        actual |= {f"d{field}": page[f"d{field}"] for field in params._fields}
        if name == "lstm":
            # dc_t ∘ f_t, the path past h, is rounded once, so it is the same float32 here and in the page.
            past = page["dc_t"][1:] * page["f"][:last]
            np.testing.assert_array_equal(page["dc_t"][0], past[0])
            states.append(page["c"][:last].T)
            dc = [np.append(past[1:], np.zeros_like(past[:1]), axis=0).T]
            actual |= {gate: as_batch(page[gate][:last]) for gate in "ifou"}
            actual |= {"c": as_batch(page["c"][1 : last + 1]), "dc_init": past.T}
        initial, outside = (
            [np.ascontiguousarray(state) for state in states],
            [np.ascontiguousarray(past) for past in dc],
        )
        trace = MODULES[name].forward(params, x, *initial)
        expected = named_gradients(name, MODULES[name].backward(params, trace, dh, *outside)) | trace._asdict()
        bounded = bounded_equations.BOTH[name](SYSTEM, params, x, *initial, dh, *outside)
        bounds = {key: 2 * quantity.error for key, quantity in bounded.items()}
        for state in {"h", "c"} & actual.keys():
            expected[state], bounds[state] = expected[state][1:], bounds[state][1:]
        assert_within(contiguous(actual), expected, bounds, np.float32, where=f" of image {place}")


@NETWORKS
def test_the_read_out_of_each_step_of_each_image(shared_page, name):
    """The loss is that of a class that the network finds improbable: the gradient of a certain answer is rounding."""
    params = MODELS[name].readout
    for place, last, _ in losses(name):
        trace = of_image(shared_page, name, place, last, 0)
        k = int(trace["y"][last].argmin())
        page = of_image(shared_page, name, place, last, k)
        h, labels = np.ascontiguousarray(page["h"].T), np.array([k])
        h_last = h[:, last : last + 1].copy()
        found = readout.backward(params, h_last, labels)
        expected = {"dd": found.params.d, "dV": found.params.V, "dh": found.h, "y": readout.forward(params, h)}
        expected["loss"] = np.array([readout.cross_entropy(params, h_last, labels)])
        bounded = bounded_equations.readout(SYSTEM, params, h_last, labels)
        bounds = {key: 2 * bounded[key].error for key in expected}
        bounds["y"] = 2 * bounded_equations.readout(SYSTEM, params, h, np.zeros(T + 1, int))["y"].error
        bounds["loss"] = bounds["loss"].reshape(1)
        actual = {"dd": page["dd"], "dV": page["dV"], "dh": page["dh_t"][last][:, None], "y": page["y"].T}
        assert_within(
            contiguous(actual | {"loss": page["loss"]}), expected, bounds, np.float32, where=f" of image {place}"
        )


@NETWORKS
def test_the_probabilities_from_the_image_on(shared_page, name):
    system = arithmetic("numpy", np.float64)
    model = MODELS[name]
    model = model._replace(
        recurrence=type(model.recurrence)(*(value.astype(np.float64) for value in model.recurrence)),
        readout=type(model.readout)(*(value.astype(np.float64) for value in model.readout)),
    )
    x = from_images(grey(IMAGES.images, np.float64))
    trace = classifier.forward(model, x)
    y = first_order.probabilities(system, model, first_order.weigh(model, x, trace), trace.h[-1])
    columns = [of_image(shared_page, name, place, T, 0, np.float64)["y"][T] for place in range(len(IMAGES.labels))]
    actual, expected = {"y": np.stack(columns, axis=1)}, {"y": classifier.predict(model, x)}
    assert_within(actual, expected, {"y": 2 * y.error}, np.float64)


@given(SEEDS, st.integers(1, 12), st.sampled_from([1e-3, 1.0, 1e3]))
def test_the_spectral_radius(shared_page, seed, n, scale):
    """‖A^m‖ lies between ρ^m and √n κ ρ^m, where κ is the condition number of the eigenvectors."""
    matrix = (scale * np.random.default_rng(seed).uniform(-1, 1, (n, n))).astype(np.float32)
    assume(np.any(matrix))
    call = "([n, numbers]) => spectralRadius(new Matrix(n, n, Float32Array.from(numbers)))"
    radius = shared_page.evaluate(call, [n, matrix.ravel().tolist()])
    values, vectors = np.linalg.eig(matrix.astype(np.float64))
    squarings, condition = 20, np.linalg.cond(vectors)
    rounding = 4 * n * squarings * np.finfo(float).eps * condition
    difference = np.log(radius / np.abs(values).max())
    assert -rounding <= difference <= np.log(np.sqrt(n) * condition) / 2**squarings + rounding


def test_the_spectral_radius_of_zero(shared_page):
    assert shared_page.evaluate("spectralRadius(new Matrix(3, 3))") == 0
