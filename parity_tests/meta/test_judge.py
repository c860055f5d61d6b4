"""Does the judge accept right implementations, reject wrong ones by their quantity, and say what it cannot judge?"""

import importlib
import re
import warnings
from pathlib import Path
from types import ModuleType, SimpleNamespace
from unittest import mock

import numpy as np
import pytest

from numpy_rnn import lstm, rnn
from parity_tests import judge
from parity_tests.cases.recurrences import PARAMS, Case
from parity_tests.judging.checks import DEPTHS, Depth
from parity_tests.judging.results import of
from parity_tests.judging.truncations import in_parts, in_windows

FEW = Depth(short=2, long=1)
BOTH = pytest.mark.parametrize("kind", ["rnn", "lstm"])
MODULES = {"rnn": rnn, "lstm": lstm}


@pytest.fixture(autouse=True)
def _few_drawn_cases(request):
    """Draws few cases besides the pinned ones, which show these errors; right code is judged as usual."""
    right = request.function is test_numpy_rnn_is_right
    with mock.patch.dict(DEPTHS, {} if right else {"quick": FEW}):
        yield


def implementation(kind, change_outputs=None, change_gradients=None, without=()):
    """`forward` and `backward` of `numpy_rnn` whose results, dicts by name, a function changes."""
    results = of(MODULES[kind])

    def forward(params, x, *initial):
        trace = MODULES[kind].forward(params, x, *initial)
        outputs = {name: value for name, value in trace._asdict().items() if name != "x"}
        return (change_outputs(outputs) if change_outputs else outputs) | {"case": (x, initial)}

    def backward(params, trace, dh, *dc):
        x, initial = trace["case"]
        named = results(Case(params, x, list(initial), dh, list(dc)))
        gradients = {name: value for name, value in named.items() if name.startswith("d") and name not in without}
        return change_gradients(gradients) if change_gradients else gradients

    return forward, backward


def truncated(kind, way, steps, without=()):
    """An implementation whose backpropagation ends after some steps."""
    right = of(MODULES[kind])
    forward, _ = implementation(kind)

    def backward(params, trace, dh, *dc):
        x, initial = trace["case"]
        named = way(right, steps)(Case(params, x, list(initial), dh, list(dc)))
        return {name: value for name, value in named.items() if name.startswith("d") and name not in without}

    return forward, backward


def wrong_quantities(verdict):
    assert verdict.failure is not None
    return [one.quantity for one in verdict.failure.wrong]


def scaled(name, factor):
    """A change that multiplies one quantity."""
    return lambda quantities: quantities | {name: quantities[name] * factor}


@BOTH
@pytest.mark.parametrize("depth", ["quick", "default"])
def test_numpy_rnn_is_right(kind, depth):
    verdict = judge(kind, MODULES[kind], depth=depth)
    assert (verdict.ending, verdict.exit_code) == ("right in what it computes", 0), str(verdict)
    assert verdict.not_judged == (["biases"] if kind == "lstm" else [])
    assert all(outcome.cases and outcome.ratio < 1 for outcome in verdict.outcomes)
    verdict.assert_right()


def test_a_read_out_is_judged_too():
    readout = importlib.import_module("numpy_rnn.readout")
    assert judge("readout", readout).exit_code == 0
    wrong = judge(
        "readout", readout.forward, readout.backward, cross_entropy=lambda *given: 2 * readout.cross_entropy(*given)
    )
    assert wrong_quantities(wrong) == ["loss"]


@BOTH
@pytest.mark.parametrize(
    ("way", "steps"),
    [*((in_windows, steps) for steps in (1, 2, 6, 27, 50, 99)), *((in_parts, steps) for steps in (6, 99))],
)
def test_truncation_after_any_number_of_steps_is_wrong(kind, way, steps):
    forward, backward = truncated(kind, way, steps)
    verdict = judge(kind, forward, backward)
    assert verdict.exit_code == 1, str(verdict)
    if 1 < steps < 28:
        assert str(steps) in verdict.cause


@BOTH
@pytest.mark.parametrize("steps", [6, 50])
def test_truncation_shows_in_the_gradients_of_the_parameters_alone(kind, steps):
    forward, backward = truncated(kind, in_windows, steps, without=("dx", "dh_init", "dc_init"))
    verdict = judge(kind, forward, backward)
    assert verdict.exit_code == 1
    assert "dx" in verdict.not_judged


@BOTH
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_backpropagation_through_time_is_wrong_in_either_dtype_alone(kind, dtype):
    forward, backward = truncated(kind, in_windows, 1)
    verdict = judge(kind, forward, backward, limits={"dtypes": [dtype]})
    assert verdict.exit_code == 1
    assert {"float32": "float64", "float64": "float32"}[dtype] in verdict.not_judged


@BOTH
def test_each_wrong_gradient_is_named_first(kind):
    for name in [f"d{name}" for name in PARAMS[kind]._fields] + ["dx", "dh_init"] + ["dc_init"] * (kind == "lstm"):
        functions = implementation(kind, change_gradients=scaled(name, 1 + 1e-9))
        verdict = judge(kind, *functions, limits={"dtypes": ["float64"]})
        assert wrong_quantities(verdict) == [name]
        assert verdict.message()[0].startswith("gradients (float64): wrong for T = 1, H = 1, I = 1, B = 1")


@BOTH
@pytest.mark.parametrize("name", ["h", "c", "i", "f", "o", "u"])
def test_each_wrong_output_is_named(kind, name):
    if kind == "rnn" and name != "h":
        return
    functions = implementation(kind, change_outputs=scaled(name, 1 + 1e-9))
    verdict = judge(kind, *functions, limits={"dtypes": ["float64"]})
    assert wrong_quantities(verdict) == [name]
    assert verdict.message()[0].startswith("outputs (float64): wrong for ")


def test_the_largest_error_relative_to_its_size_comes_first():
    forward, backward = implementation(
        "rnn", change_gradients=lambda g: g | {"db": 1.001 * g["db"], "dW": 3 * g["dW"], "dU": 1.1 * g["dU"]}
    )
    verdict = judge("rnn", forward, backward)
    assert wrong_quantities(verdict) == ["dW", "dU", "db"]
    lines = verdict.message()
    assert " ".join(lines[2].split()) == "quantity equation t entry expected allowed got wrong entries rel. error"
    assert lines[3].startswith("dW        ∂(1.1)       (0, 0) ")
    assert lines[3].endswith("1 of 1         200 %")
    assert "right in this case: dx, dh_init" in lines


def test_a_result_that_is_not_finite_is_wrong():
    verdict = judge("rnn", *implementation("rnn", change_gradients=scaled("dW", np.nan)))
    assert verdict.exit_code == 1
    assert wrong_quantities(verdict) == ["dW"]


def test_warnings_are_counted_and_are_no_errors():
    def warned(outputs):
        warnings.warn("overflow encountered in exp", RuntimeWarning, stacklevel=1)
        return outputs

    verdict = judge("rnn", *implementation("rnn", change_outputs=warned))
    assert verdict.exit_code == 0
    assert any("times RuntimeWarning: overflow encountered in exp" in line for line in verdict.remarks())


def test_overflow_in_numpy_is_no_error_either():
    def overflowing(outputs):
        np.exp(np.float64(1000))
        return outputs

    verdict = judge("rnn", *implementation("rnn", change_outputs=overflowing))
    assert verdict.exit_code == 0
    assert "overflow" in str(verdict)


@pytest.mark.parametrize("function", ["forward", "backward"])
def test_a_function_that_writes_into_its_arguments_is_named(function):
    functions = dict(zip(["forward", "backward"], implementation("rnn"), strict=True))
    original, place = functions[function], {"forward": 1, "backward": 2}[function]

    def writing(*arguments):
        result = original(*arguments)
        arguments[place][:] += 1
        return result

    verdict = judge("rnn", **(functions | {function: writing}))
    assert verdict.exit_code == 1
    name = {"forward": "x", "backward": "dh"}[function]
    assert verdict.message()[0].startswith(f"{function} writes into {name}; let it change a copy (T = 1, H = 1")


def test_sums_that_are_kept_between_calls_are_wrong():
    kept: dict[tuple[int, ...], np.ndarray] = {}

    def accumulated(gradients):
        shape = gradients["dU"].shape
        kept[shape] = kept.get(shape, 0) + gradients["dU"]
        return gradients | {"dU": kept[shape]}

    assert judge("rnn", *implementation("rnn", change_gradients=accumulated)).exit_code == 1


def test_gradients_that_are_not_computed_are_not_judged():
    verdict = judge("lstm", *implementation("lstm", without=("dx", "dc_init")))
    assert verdict.exit_code == 0
    assert verdict.not_judged == ["dx", "dc_init", "biases"]
    assert "not judged: dx, dc_init, biases" in verdict.remarks()


def test_without_the_gradient_of_a_parameter_nothing_can_be_judged():
    names = [f"d{name}" for name in PARAMS["rnn"]._fields]
    verdict = judge("rnn", *implementation("rnn", without=names))
    assert (verdict.ending, verdict.exit_code) == ("could not be judged", 3)
    assert "backward gives no gradient of a parameter" in str(verdict)
    with pytest.raises(AssertionError, match="COULD NOT BE JUDGED"):
        verdict.assert_right()


def test_cases_without_steps_or_examples_may_be_refused():
    forward, backward = implementation("rnn")

    def at_least_one(params, x, h_init):
        if 0 in x.shape:
            raise ValueError("nothing to do")
        return forward(params, x, h_init)

    verdict = judge("rnn", at_least_one, backward)
    assert verdict.exit_code == 0
    assert verdict.not_judged == ["T = 0", "B = 0"]
    assert "forward raises ValueError: nothing to do, for T = 0, H = 2, I = 3, B = 1" in verdict.remarks()


@pytest.mark.parametrize("T", [0, 3])
def test_wrong_numbers_without_steps_are_wrong(T):
    forward, backward = implementation(
        "rnn", change_gradients=lambda g: g | {"dW": g["dW"] + 1} if len(g["dx"]) == T else g
    )
    assert judge("rnn", forward, backward).exit_code == 1


@pytest.mark.parametrize(
    ("refuses", "declared"),
    [
        (lambda x: x.shape[2] != 1, '{"one_example": True}'),
        (lambda x: x.dtype == np.float32, "{\"dtypes\": ['float64']}"),
        (lambda x: x.dtype == np.float64, "{\"dtypes\": ['float32']}"),
        (lambda x: not np.all((x == 0) | (x == 1)), '{"one_hot": True}'),
    ],
)
def test_an_exception_leads_to_advice_on_the_limit(refuses, declared):
    forward, backward = implementation("rnn")

    def refusing(params, x, h_init):
        if refuses(x):
            raise NotImplementedError("not for these")
        return forward(params, x, h_init)

    verdict = judge("rnn", refusing, backward)
    assert verdict.exit_code == 3
    assert f"if your code does not support this case, declare LIMITS = {declared}" in verdict.remarks()
    assert "forward raises NotImplementedError: not for these" in str(verdict)


def test_a_backward_that_takes_no_dc_is_advised_to_say_so():
    verdict = judge("lstm", lstm.forward, lambda params, trace, dh: lstm.backward(params, trace, dh))
    assert verdict.exit_code == 3
    assert 'declare LIMITS = {"no_dc": True}' in str(verdict)


def test_results_of_another_dtype_are_noted():
    verdict = judge(
        "rnn", *implementation("rnn", change_gradients=lambda g: {k: v.astype(float) for k, v in g.items()})
    )
    assert verdict.exit_code == 0
    assert "note: float32 arguments give float64 results" in verdict.remarks()


def test_float32_results_for_float64_arguments_are_wrong():
    def coarse(gradients):
        return {name: value.astype(np.float32) for name, value in gradients.items()}

    verdict = judge("rnn", *implementation("rnn", change_gradients=coarse))
    assert verdict.exit_code == 1
    assert "likely cause: the results have the precision of float32" in str(verdict)
    assert 'declare "dtypes": ["float32"] in LIMITS' in " ".join(str(verdict).split())


def test_c_is_optional():
    def without_c(outputs):
        return outputs | {"c": None}

    verdict = judge("lstm", *implementation("lstm", change_outputs=without_c))
    assert (verdict.exit_code, verdict.not_judged) == (0, ["c", "biases"])


def test_results_may_be_objects_with_fields():
    forward, backward = implementation("rnn")

    def as_object(*arguments):
        return SimpleNamespace(**backward(*arguments))

    verdict = judge("rnn", forward, as_object)
    assert (verdict.exit_code, verdict.not_judged) == (0, [])


def test_an_implementation_with_its_own_class_params_gets_it():
    module = ModuleType("my_rnn")
    exec(Path(rnn.__file__).read_text("utf-8"), module.__dict__)
    assert module.Params is not rnn.Params
    assert judge("rnn", module).exit_code == 0


def test_a_verdict_as_html():
    wrong = judge("rnn", *implementation("rnn", change_gradients=scaled("dW", 2)))
    html = wrong._repr_html_()
    assert re.search("<td [^>]*>gradients .float64.</td><td [^>]*>FAILED</td>", html)
    assert re.search("<td [^>]*>dW</td><td [^>]*>∂.1.1.</td>", html)
    assert "<br>likely cause: dW is twice as large<br>equations: Fig. 1, in help(numpy_rnn.rnn)</p>" in html
    assert "WRONG" in html
    right = judge("rnn", rnn)._repr_html_()
    assert "FAILED" not in right
    assert "RIGHT IN WHAT IT COMPUTES" in right


def test_the_message_of_assert_right_has_the_verdict_first():
    wrong = judge("rnn", *implementation("rnn", change_gradients=scaled("dW", 2)))
    with pytest.raises(
        AssertionError, match=r"^rnn parity_tests.meta.test_judge: WRONG\ngradients \(float64\): wrong for T = 1"
    ):
        wrong.assert_right()


@BOTH
def test_biases_are_judged_where_they_are_declared(kind):
    """With biases the last input is 1 and dx is the gradient of the others."""
    module = MODULES[kind]
    names = [f"d{name}" for name in (PARAMS[kind]._fields if kind == "lstm" else ["U"])]

    def forward(params, x, *initial):
        assert np.all(x[:, -1] == 1)
        return module.forward(params, x, *initial)

    def backward(change, params, trace, *upstream):
        gradients = module.backward(params, trace, *upstream)
        named = {f"d{name}": value for name, value in gradients.params._asdict().items()}
        named |= {"dx": gradients.x[:, :-1], "dh_init": gradients.h_init}
        return change(named)

    limits = {"biases": True, "dtypes": ["float64"]}
    right = judge(kind, forward, lambda *given: backward(lambda named: named, *given), limits=limits)
    assert right.exit_code == 0, str(right)
    assert "biases" not in right.not_judged
    for name in names:

        def without_bias(named, name=name):
            return named | {name: np.concatenate([named[name][:, :-1], 0 * named[name][:, -1:]], axis=1)}

        wrong = judge(kind, forward, lambda *given, change=without_bias: backward(change, *given), limits=limits)
        assert wrong_quantities(wrong) == [name]
