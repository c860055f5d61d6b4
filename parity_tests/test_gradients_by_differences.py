"""Are the outputs those of the figures computed number by number, and the gradients their derivatives?

The complex step differentiates without cancellation: for real-analytic L, Im L(v + iε) / ε = L′(v) + O(ε²), and with
ε = 1e-30 nothing is left of ε². So this takes a second forward pass, in scalar loops, and no backward pass at all.
"""

import numpy as np
import pytest
from hypothesis import example, given

from numpy_rnn import classifier, lstm, readout, rnn
from parity_tests import specification
from parity_tests.numpy_cases import DOORS, SEEDS, SIZES, close, draw, flat, model, pick, states

STEP = 1e-30

EDGES = [{"T": 1, "H": 1, "I": 1, "B": 1, "C": 1}, {"T": 4, "H": 3, "I": 3, "B": 3, "C": 3}]
MODELS = pytest.mark.parametrize(("kind", "name"), [(rnn, "rnn"), (lstm, "lstm")])


def cases(test):
    for sizes in EDGES:
        test = example(sizes, 0)(test)
    return given(SIZES, SEEDS)(test)


def derivative(loss, arguments, name):
    """∂ `loss` / ∂ the argument `name`, entry by entry; `loss` takes nested lists."""
    lists = {key: value.tolist() for key, value in arguments.items()}
    gradient = np.empty(arguments[name].shape)
    for place in np.ndindex(gradient.shape):
        stepped = arguments[name].astype(complex)
        stepped[place] += 1j * STEP
        gradient[place] = loss(**lists | {name: stepped.tolist()}).imag / STEP
    return gradient


def weighted(values, weights):
    """Σ weight · value over nested lists of one form: a loss whose gradient by the values is the weights."""
    if isinstance(weights, list):
        return sum(weighted(value, weight) for value, weight in zip(values, weights, strict=True))
    return values * weights


def assert_gradients(loss, arguments, gradients, bound):
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient, derivative(loss, arguments, name), rtol=0, atol=bound, err_msg=name)


def assert_values(actual, nested, bound):
    np.testing.assert_allclose(actual, np.array(nested).real, rtol=0, atol=bound)


@cases
def test_rnn(sizes, seed):
    rng = np.random.default_rng(seed)
    arguments = draw(DOORS["rnn.forward"], sizes, rng)
    dh = rng.uniform(-1, 1, (sizes["T"], sizes["H"], sizes["B"]))
    params = pick(rnn.Params, arguments)
    trace = rnn.forward(params, arguments["x"], arguments["h_init"])
    assert_values(trace.h, specification.rnn(**{k: v.tolist() for k, v in arguments.items()}), close(sizes))
    gradients = rnn.backward(params, trace, dh)
    by_name = gradients.params._asdict() | {"x": gradients.x, "h_init": gradients.h_init}
    assert_gradients(lambda **v: weighted(specification.rnn(**v)[1:], dh.tolist()), arguments, by_name, close(sizes))


@cases
def test_lstm(sizes, seed):
    rng = np.random.default_rng(seed)
    arguments = draw(DOORS["lstm.forward"], sizes, rng)
    dh = rng.uniform(-1, 1, (sizes["T"], sizes["H"], sizes["B"]))
    dc = rng.uniform(-1, 1, (sizes["H"], sizes["B"]))
    params = pick(lstm.Params, arguments)
    trace = lstm.forward(params, arguments["x"], **states(arguments))
    expected = specification.lstm(**{k: v.tolist() for k, v in arguments.items()})
    for actual, nested in zip(trace[1:], expected, strict=True):
        assert_values(actual, nested, close(sizes))

    def loss(**values):
        *_, c, h = specification.lstm(**values)
        return weighted(h[1:], dh.tolist()) + weighted(c[-1], dc.tolist())

    gradients = lstm.backward(params, trace, dh, dc)
    by_name = gradients.params._asdict() | {"x": gradients.x, "h_init": gradients.h_init, "c_init": gradients.c_init}
    assert_gradients(loss, arguments, by_name, close(sizes))


@cases
def test_readout(sizes, seed):
    arguments = draw(DOORS["readout.backward"], sizes, np.random.default_rng(seed))
    labels = arguments.pop("labels")
    params, h = pick(readout.Params, arguments), arguments["h"]
    lists = {name: value.tolist() for name, value in arguments.items()}
    assert_values(readout.forward(params, h), specification.readout(**lists), close(sizes))
    loss = specification.cross_entropy(**lists, labels=labels)
    assert readout.cross_entropy(params, h, labels) == pytest.approx(loss.real, abs=close(sizes))
    gradients = readout.backward(params, h, labels)
    assert_gradients(
        lambda **values: specification.cross_entropy(**values, labels=labels),
        arguments,
        gradients.params._asdict() | {"h": gradients.h},
        close(sizes),
    )


@MODELS
@cases
def test_classifier(kind, name, sizes, seed):
    arguments = draw(DOORS[f"{name}: loss_and_gradients"], sizes, np.random.default_rng(seed))
    labels = arguments.pop("labels")

    def last_h(values):
        recurrence = {key: value for key, value in values.items() if key not in readout.Params._fields}
        return specification.rnn(**recurrence)[-1] if kind is rnn else specification.lstm(**recurrence)[-1][-1]

    def loss(**values):
        return specification.cross_entropy(values["d"], values["V"], last_h(values), labels)

    lists = {key: value.tolist() for key, value in arguments.items()}
    y = classifier.predict(model(kind, arguments), arguments["x"], **states(arguments))
    assert_values(y, specification.readout(lists["d"], lists["V"], last_h(lists)), close(sizes))
    actual, gradients = classifier.loss_and_gradients(
        model(kind, arguments), arguments["x"], labels, **states(arguments)
    )
    assert actual == pytest.approx(loss(**lists).real, abs=close(sizes))
    names = [*kind.Params._fields, *readout.Params._fields]
    assert_gradients(loss, arguments, dict(zip(names, flat(gradients), strict=True)), close(sizes))


@MODELS
@cases
def test_one_initial_state_for_all_has_the_sum_of_its_gradients(kind, name, sizes, seed):
    rng = np.random.default_rng(seed)
    arguments = draw(DOORS[f"{name}.forward"], sizes, rng)
    dh = rng.uniform(-1, 1, (sizes["T"], sizes["H"], sizes["B"]))
    arguments["h_init"] = arguments["h_init"][:, :1]
    params = pick(kind.Params, arguments)
    gradients = kind.backward(params, kind.forward(params, arguments["x"], **states(arguments)), dh)

    def loss(h_init, **values):
        h_init = [row * sizes["B"] for row in h_init]
        h = (
            specification.rnn(**values, h_init=h_init)
            if kind is rnn
            else specification.lstm(**values, h_init=h_init)[-1]
        )
        return weighted(h[1:], dh.tolist())

    summed = {"h_init": gradients.h_init.sum(axis=1, keepdims=True)}
    assert_gradients(loss, arguments, summed, close(sizes))
