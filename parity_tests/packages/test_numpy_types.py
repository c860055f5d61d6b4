"""Is an argument of another type, or a number out of range, refused by its name, in one line?"""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numpy_rnn import adam, classifier, lstm, readout, rnn, training
from numpy_rnn.experiments import EXPERIMENTS
from parity_tests.cases.public_functions import flat
from parity_tests.refusals import refused

T, H, I, B, C = 2, 3, 4, 5, 6
OTHER: dict[Any, Any] = {rnn: lstm, lstm: rnn}
RECURRENCES = pytest.mark.parametrize("kind", [rnn, lstm])
MODULES = pytest.mark.parametrize("kind", [rnn, lstm, readout])
SIZES: dict[Any, tuple[str, str]] = {
    rnn: ("input_dim", "hidden_dim"),
    lstm: ("input_dim", "hidden_dim"),
    readout: ("hidden_dim", "output_dim"),
}
FLOATS = np.dtype(np.float32), np.dtype(np.float64)

# Every other way to hold the same arrays.
OTHER_CONTAINERS = pytest.mark.parametrize(
    ("change", "found"), [(tuple, "tuple"), (list, "list"), (lambda t: t._asdict(), "dict"), (lambda t: None, "None")]
)


def of(kind: Any, seed: int = 0) -> Any:
    """A model, its inputs and labels, and the result of the forward and backward pass of its recurrence."""
    rng = np.random.default_rng(seed)
    model = classifier.Model(kind.init(rng, I, H), readout.init(rng, H, C))
    x, labels = rng.normal(size=(T, I, B)).astype(np.float32), rng.integers(0, C, B)
    return model, x, labels, classifier.forward(model, x)


def forward(kind: Any, params: Any, x: np.ndarray, **options: Any) -> Any:
    return kind.forward(params, x, *(np.zeros((H, 1), np.float32) for _ in kind.Initial._fields), **options)


@RECURRENCES
@OTHER_CONTAINERS
def test_parameters_in_another_container(kind, change, found):
    model, x, labels, trace = of(kind)
    params, read_out = change(model.recurrence), change(model.readout)
    for run in (
        lambda: forward(kind, params, x),
        lambda: kind.backward(params, trace, trace.h[1:]),
    ):
        with refused(TypeError, "params", f"{kind.__name__}.Params", found, flat(model)):
            run()
    for run in (
        lambda: readout.forward(read_out, trace.h[-1]),
        lambda: readout.cross_entropy(read_out, trace.h[-1], labels),
        lambda: readout.backward(read_out, trace.h[-1], labels),
    ):
        with refused(TypeError, "params", "numpy_rnn.readout.Params", found, flat(model)):
            run()


@RECURRENCES
@OTHER_CONTAINERS
def test_models_with_a_part_in_another_container(kind, change, found):
    model, x, labels, _ = of(kind)
    learned = model._replace(initial=classifier.random_initial(model, np.random.default_rng(0), 1))
    images = np.zeros((B, T, I), np.uint8)
    either = "numpy_rnn.rnn.Params or numpy_rnn.lstm.Params"
    for name, expected, wrong in [
        ("model", "numpy_rnn.classifier.Model", change(model)),
        ("model.recurrence", either, model._replace(recurrence=change(model.recurrence))),
        ("model.readout", "numpy_rnn.readout.Params", model._replace(readout=change(model.readout))),
        ("model.initial", f"{kind.__name__}.Initial", model._replace(initial=change(learned.initial))),
    ]:
        for run in (
            lambda wrong=wrong: classifier.check(wrong),
            lambda wrong=wrong: training.begin(wrong, np.random.default_rng(0)),
            lambda wrong=wrong: training.evaluate(wrong, images, labels),
        ):
            with refused(TypeError, name, expected, found, flat(learned)):
                run()
        if name != "model.readout":
            with refused(TypeError, name, expected, found, flat(learned)):
                classifier.predict(wrong, x)
            with refused(TypeError, name, expected, found, flat(learned)):
                classifier.loss_and_gradients(wrong, x, labels)


@RECURRENCES
def test_what_belongs_to_the_other_recurrence(kind):
    model, x, labels, trace = of(kind)
    other_model, _, _, other_trace = of(OTHER[kind])
    ours, others = kind.__name__, OTHER[kind].__name__
    with refused(TypeError, "params", f"{ours}.Params", f"{others}.Params"):
        forward(kind, other_model.recurrence, x)
    with refused(TypeError, "out", f"{ours}.Trace", f"{others}.Trace", [*trace, *other_trace]):
        forward(kind, model.recurrence, x, out=other_trace)
    with refused(TypeError, "params", f"{ours}.Params", f"{others}.Params"):
        kind.backward(other_model.recurrence, trace, trace.h[1:])
    with refused(TypeError, "trace", f"{ours}.Trace", f"{others}.Trace"):
        kind.backward(model.recurrence, other_trace, trace.h[1:])
    with refused(TypeError, "trace", f"{ours}.Trace", f"{others}.Trace"):
        classifier.backward(model, other_trace, labels)
    with refused(TypeError, "out", f"{ours}.Trace", f"{others}.Trace", [*trace, *other_trace]):
        classifier.forward(model, x, out=other_trace)


@RECURRENCES
@OTHER_CONTAINERS
def test_a_trace_in_another_container(kind, change, found):
    model, _, labels, trace = of(kind)
    with refused(TypeError, "trace", f"{kind.__name__}.Trace", found, trace):
        kind.backward(model.recurrence, change(trace), trace.h[1:])
    with refused(TypeError, "trace", f"{kind.__name__}.Trace", found, trace):
        classifier.backward(model, change(trace), labels)


@RECURRENCES
def test_initial_states_of_another_type(kind):
    model, x, labels, _ = of(kind)
    other = OTHER[kind].Initial(*(0 for _ in OTHER[kind].Initial._fields))
    images = np.zeros((B, T, I), np.uint8)
    for initial, found in [
        (other, f"{OTHER[kind].__name__}.Initial"),
        (0, "int"),
        (np.zeros((H, 1), np.float32), "numpy.ndarray"),
        ((), "tuple"),
        ({"h_init": 0}, "dict"),
    ]:
        for run in (
            lambda initial=initial: classifier.forward(model, x, initial),
            lambda initial=initial: classifier.predict(model, x, initial),
            lambda initial=initial: classifier.loss_and_gradients(model, x, labels, initial),
            lambda initial=initial: training.evaluate(model, images, labels, initial=initial),
        ):
            with refused(TypeError, "initial", f"{kind.__name__}.Initial", found):
                run()
    learned = model._replace(initial=other)
    calls: list[Any] = [
        lambda: classifier.predict(learned, x),
        lambda: classifier.loss_and_gradients(learned, x, labels),
        lambda: classifier.backward(learned, classifier.forward(model, x), labels),
        lambda: training.begin(learned, np.random.default_rng(0)),
    ]
    for call in calls:
        with refused(TypeError, "model.initial", f"{kind.__name__}.Initial", f"{OTHER[kind].__name__}.Initial"):
            call()


@RECURRENCES
@pytest.mark.parametrize(("wrong", "found"), [("0", "str"), ([0.0] * H, "list"), (None, "NoneType")])
def test_an_initial_state_that_is_neither_number_nor_array(kind, wrong, found):
    model, x, *_ = of(kind)
    for name in kind.Initial._fields:
        initial = kind.Initial(*(0 for _ in kind.Initial._fields))._replace(**{name: wrong})
        with refused(TypeError, name, "a NumPy array of float32 or float64", found):
            classifier.predict(model, x, initial)


@MODULES
@pytest.mark.parametrize(("rng", "found"), [(0, "int"), (None, "NoneType"), (np.random, "module")])
def test_no_generator(kind, rng, found):
    with refused(TypeError, "rng", "numpy.random.Generator", found):
        kind.init(rng, 2, 3)
    if kind is not readout:
        model, *_ = of(kind)
        with refused(TypeError, "rng", "numpy.random.Generator", found):
            classifier.random_initial(model, rng, B)
        with refused(TypeError, "rng", "numpy.random.Generator", found):
            training.new_model(EXPERIMENTS["rnn-64"], rng)
        with refused(TypeError, "rng", "numpy.random.Generator", found):
            training.begin(model, rng)


@MODULES
@given(st.one_of(st.integers(max_value=0), st.floats(), st.booleans(), st.none(), st.text(max_size=3)))
def test_sizes_that_are_no_whole_number_of_1_or_more(kind, size):
    for place, name in enumerate(SIZES[kind]):
        sizes: list[Any] = [2, 2]
        sizes[place] = size
        rng = np.random.default_rng(0)
        with refused(ValueError, name, "a whole number of 1 or more", repr(size)):
            kind.init(rng, *sizes)
        assert rng.bit_generator.state == np.random.default_rng(0).bit_generator.state


@MODULES
@given(st.integers(1, 5), st.integers(1, 5), st.sampled_from([np.int64, np.uint8, int]))
def test_sizes_of_any_integer_type(kind, first, last, integer):
    params = kind.init(np.random.default_rng(0), integer(first), integer(last))
    for one, other in zip(params, kind.init(np.random.default_rng(0), first, last), strict=True):
        np.testing.assert_array_equal(one, other)


@MODULES
@pytest.mark.parametrize(
    ("dtype", "found"),
    [
        (np.float16, "float16"),
        (np.longdouble, np.dtype(np.longdouble)),
        (int, "int64"),
        (complex, "complex128"),
        (bool, "bool"),
        (object, "object"),
        (np.dtype(">f4"), ">f4"),
        ("half", "float16"),
        ("no dtype", "'no dtype'"),
        (0.5, "0.5"),
        (None, "None"),
    ],
)
def test_other_dtypes(kind, dtype, found):
    rng = np.random.default_rng(0)
    with refused(TypeError, "dtype", "float32 or float64", found):
        kind.init(rng, 2, 3, dtype)
    assert rng.bit_generator.state == np.random.default_rng(0).bit_generator.state


@MODULES
@pytest.mark.parametrize("dtype", [np.float32, "float64", np.dtype("f4"), float, "d"])
def test_every_name_of_the_two_dtypes(kind, dtype):
    assert all(value.dtype == np.dtype(dtype) for value in kind.init(np.random.default_rng(0), 2, 3, dtype))


@given(st.integers(2, 5), st.integers(2, 5), st.sampled_from([float, np.float32, int, np.uint8, bool]), st.data())
def test_one_hot_labels(examples, classes, dtype, data):
    rng = np.random.default_rng(0)
    labels = np.array(data.draw(st.lists(st.integers(0, classes - 1), min_size=examples, max_size=examples)))
    params, h = readout.init(rng, H, classes), rng.normal(size=(H, examples)).astype(np.float32)
    rows = np.eye(classes, dtype=dtype)[labels]
    for one_hot in (rows, rows.T.copy()):
        for function in (readout.cross_entropy, readout.backward):
            with refused(
                ValueError, "labels", f"integers of shape ({examples},)", f"one-hot labels of shape {one_hot.shape}"
            ):
                function(params, h, one_hot)


def test_one_hot_labels_in_training_and_test():
    model, _, labels, _ = of(rnn)
    images, one_hot = np.zeros((B, T, I), np.uint8), np.eye(C)[labels]
    for run in (
        lambda: training.fit(training.begin(model, np.random.default_rng(0)), images, one_hot),
        lambda: training.evaluate(model, images, one_hot),
    ):
        with refused(ValueError, "labels", f"integers of shape ({B},)", f"one-hot labels of shape ({B}, {C})"):
            run()


def test_a_training_that_is_none():
    model, _, labels, _ = of(rnn)
    begun: Any = model
    with refused(TypeError, "training", "numpy_rnn.training.Training", "numpy_rnn.classifier.Model"):
        training.fit(begun, np.zeros((B, T, I), np.uint8), labels)


@RECURRENCES
def test_gradients_of_another_model(kind):
    model, *_ = of(kind)
    other, *_ = of(OTHER[kind])
    learned = model._replace(initial=classifier.random_initial(model, np.random.default_rng(0), 1))
    ours, others = kind.__name__, OTHER[kind].__name__
    with refused(TypeError, "gradients.recurrence", f"{ours}.Params as in params", f"{others}.Params"):
        adam.step(model, other, adam.init(model))
    with refused(TypeError, "state.m.recurrence", f"{ours}.Params as in params", f"{others}.Params"):
        adam.step(model, model, adam.init(other))
    with refused(TypeError, "gradients.initial", "tuple as in params", f"{ours}.Initial"):
        adam.step(model, learned, adam.init(model))
    with refused(TypeError, "gradients.initial", f"{ours}.Initial as in params", "tuple"):
        adam.step(learned, model, adam.init(learned))
