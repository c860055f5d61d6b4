"""What the interactive page computes, as arrays with the axes and names of `numpy_rnn`."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from playwright.sync_api import Page

from interactive import page_data
from parity_tests.cases.recurrences import Case, CaseSpec, make_case
from parity_tests.comparison import assert_within
from parity_tests.guide.browser import SEE_IT_RUN
from parity_tests.implementations import Implementation
from parity_tests.oracles.specification import OUTPUTS

Arrays = dict[str, np.ndarray]

DATA = page_data.read(SEE_IT_RUN / page_data.NAME)
MODELS = page_data.models_in(DATA)
IMAGES = page_data.images_in(DATA)
T, H, C = 28, 64, 10
STEPS = {"rnn": ["x", "h", "y"], "lstm": ["x", "i", "f", "o", "u", "c", "h", "y"]}
GRADIENTS = {"rnn": ["dx", "dh_t"], "lstm": ["dx", "dh_t", "dc_t"]}

ENCODED = """
    const encoded = (vectors) => {
        const numbers = Float64Array.from(vectors.filter(Boolean).flatMap((vector) => Array.from(vector)));
        const bytes = Array.from(new Uint8Array(numbers.buffer), (byte) => String.fromCharCode(byte));
        return btoa(bytes.join(""));
    };
    const encodedFields = (fields, keys = Object.keys(fields)) =>
        Object.fromEntries(keys.map((key) => [key, encoded(fields[key])]));
    const encodedParameters = (fields) => Object.fromEntries(
        Object.entries(fields).map(([key, value]) => [`d${key}`, encoded([value.numbers ?? value])]));
"""

OF_IMAGE = f"""([name, place, last, label, steps, gradients]) => {{ {ENCODED}
    const trace = forwardPass(name, IMAGES[place].pixels);
    const found = backwardPass(name, trace, last, label);
    return {{
        ...encodedFields(trace, steps), ...encodedFields(found, gradients),
        ...encodedParameters({{ ...found.params, ...found.readout }}), loss: encoded([[found.loss]]),
    }};
}}"""

OF_CASE = f"""([name, params, x, initial, dh, outputs]) => {{ {ENCODED}
    const matrix = (rows) => new Matrix(rows.length, rows[0].length, Floats.from(rows.flat()));
    const read = (value) => Array.isArray(value[0]) ? matrix(value) : Floats.from(value);
    const weights = Object.fromEntries(Object.entries(params).map(([key, value]) => [key, read(value)]));
    const recurrence = {{ rnn, lstm }}[name];
    const trace = recurrence.forward(weights, [null, ...x.map(read)], ...initial.map(read));
    const found = recurrence.backward(weights, trace, [null, ...dh.map(read)]);
    const states = {{ dx: found.dx, dh_init: [found.dh_init], ...(name === "lstm" && {{ dc_init: [found.dc_init] }}) }};
    return {{ ...encodedFields(trace, outputs), ...encodedFields(states), ...encodedParameters(found.params) }};
}}"""


@contextmanager
def floats(page: Page, dtype: Any) -> Iterator[None]:
    """The page stores its results in float32, as it always does, or in float64."""
    page.evaluate(f"Floats = {'Float32Array' if dtype == np.float32 else 'Float64Array'}; null")
    yield
    page.evaluate("Floats = Float32Array; null")


def _decoded(found: dict[str, str], dtype: Any) -> Arrays:
    """The numbers, of the type in which the page has stored them."""
    return {key: np.frombuffer(base64.b64decode(text), np.float64).astype(dtype) for key, text in found.items()}


def of_image(
    page: Page, name: str, place: int, last: int, label: int, dtype: Any = np.float32
) -> dict[str, np.ndarray]:
    """The results for an image: arrays (steps, units), gradients of the parameters, and the loss, (1,)."""
    call = [name, place, last, int(label), STEPS[name], GRADIENTS[name]]
    with floats(page, dtype):
        results = _decoded(page.evaluate(OF_IMAGE, call), dtype)
    for key in STEPS[name] + GRADIENTS[name]:
        results[key] = results[key].reshape(-1, {"x": 28, "dx": 28, "y": C}.get(key, H))
    for part in MODELS[name][:2]:
        for field, value in part._asdict().items():
            results[f"d{field}"] = results[f"d{field}"].reshape(value.shape)
    return results


def of_case(page: Page, name: str, case: Case, dtype: Any) -> Arrays:
    """The outputs and gradients for a case with one example and without ∂L/∂c_T from outside."""
    params = {
        field: (value[:, 0] if value.shape[1] == 1 and field == "b" else value).tolist()
        for field, value in case.params._asdict().items()
    }
    states = [state[:, 0].tolist() for state in case.initial]
    call = [name, params, case.x[:, :, 0].tolist(), states, case.dh[:, :, 0].tolist(), list(OUTPUTS[name])]
    with floats(page, dtype):
        results = _decoded(page.evaluate(OF_CASE, call), dtype)
    steps, units, _ = case.dh.shape
    shapes = dict.fromkeys("ifou", (steps, units, 1)) | dict.fromkeys(["h", "c"], (steps + 1, units, 1))
    shapes |= {"dx": case.x.shape} | dict.fromkeys(["dh_init", "dc_init"], (units, 1))
    shapes |= {f"d{field}": value.shape for field, value in case.params._asdict().items()}
    return {key: value.reshape(shapes[key]) for key, value in results.items()}


def assert_same(page: Page, recurrence: Implementation, spec: CaseSpec, dtype: Any) -> None:
    """Asserts that the page and `numpy_rnn` have the same outputs and gradients for one example."""
    case = make_case(recurrence.kind, spec._replace(B=1), dtype)
    case = case._replace(dc=[np.zeros_like(dc) for dc in case.dc])
    actual, expected = of_case(page, recurrence.kind, case, dtype), recurrence.results(case)
    assert actual.keys() == expected.keys()
    bounds = {name: 2 * error for name, error in recurrence.errors(case, dtype).items()}
    assert_within(actual, expected, bounds, dtype)
