"""Does the judge accept right implementations, and reject wrong ones by their quantity?"""

import importlib

import numpy as np
import pytest

from numpy_rnn import lstm, rnn
from parity_tests import judge
from parity_tests.cases.recurrences import PARAMS
from parity_tests.cases.wrong_implementations import functions, scaled, truncated, wrong_quantities
from parity_tests.judging.truncations import in_parts, in_windows

BOTH = pytest.mark.parametrize("kind", ["rnn", "lstm"])
FEW = pytest.mark.usefixtures("few_drawn_cases")
MODULES = {"rnn": rnn, "lstm": lstm}


@BOTH
@pytest.mark.parametrize("depth", ["quick", "default"])
def test_numpy_rnn_is_right(kind, depth):
    verdict = judge(kind, MODULES[kind], depth=depth)
    assert (verdict.ending, verdict.exit_code) == ("right in what it computes", 0), str(verdict)
    assert verdict.not_judged == (["biases"] if kind == "lstm" else [])
    assert all(outcome.cases and outcome.ratio < 1 for outcome in verdict.outcomes)
    verdict.assert_right()


@FEW
def test_a_read_out_is_judged_too():
    readout = importlib.import_module("numpy_rnn.readout")
    assert judge("readout", readout).exit_code == 0
    wrong = judge(
        "readout", readout.forward, readout.backward, cross_entropy=lambda *given: 2 * readout.cross_entropy(*given)
    )
    assert wrong_quantities(wrong) == ["loss"]


@FEW
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


@FEW
@BOTH
@pytest.mark.parametrize("steps", [6, 50])
def test_truncation_shows_in_the_gradients_of_the_parameters_alone(kind, steps):
    forward, backward = truncated(kind, in_windows, steps, without=["dx", "dh_init"] + ["dc_init"] * (kind == "lstm"))
    verdict = judge(kind, forward, backward)
    assert verdict.exit_code == 1
    assert "dx" in verdict.not_judged


@FEW
@BOTH
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_backpropagation_through_time_is_wrong_in_either_dtype_alone(kind, dtype):
    forward, backward = truncated(kind, in_windows, 1)
    verdict = judge(kind, forward, backward, limits={"dtypes": [dtype]})
    assert verdict.exit_code == 1
    assert {"float32": "float64", "float64": "float32"}[dtype] in verdict.not_judged


@FEW
@BOTH
def test_each_wrong_gradient_is_named_first(kind):
    for name in [f"d{name}" for name in PARAMS[kind]._fields] + ["dx", "dh_init"] + ["dc_init"] * (kind == "lstm"):
        code = functions(kind, scaled(name, 1 + 1e-9))
        verdict = judge(kind, *code, limits={"dtypes": ["float64"]})
        assert wrong_quantities(verdict) == [name]
        assert verdict.message()[0].startswith("gradients (float64): wrong for T = 1, H = 1, I = 1, B = 1")


@FEW
@BOTH
@pytest.mark.parametrize("name", ["h", "c", "i", "f", "o", "u"])
def test_each_wrong_output_is_named(kind, name):
    if kind == "rnn" and name != "h":
        return
    code = functions(kind, scaled(name, 1 + 1e-9))
    verdict = judge(kind, *code, limits={"dtypes": ["float64"]})
    assert wrong_quantities(verdict) == [name]
    assert verdict.message()[0].startswith("outputs (float64): wrong for ")


@FEW
def test_a_result_that_is_not_finite_is_wrong():
    verdict = judge("rnn", *functions("rnn", scaled("dW", np.nan)))
    assert verdict.exit_code == 1
    assert wrong_quantities(verdict) == ["dW"]


@FEW
@pytest.mark.parametrize("function", ["forward", "backward"])
def test_a_function_that_writes_into_its_arguments_is_named(function):
    code = dict(zip(["forward", "backward"], functions("rnn"), strict=True))
    original, place = code[function], {"forward": 1, "backward": 2}[function]

    def writing(*arguments):
        result = original(*arguments)
        arguments[place][:] += 1
        return result

    verdict = judge("rnn", **(code | {function: writing}))
    assert verdict.exit_code == 1
    name = {"forward": "x", "backward": "dh"}[function]
    assert verdict.message()[0].startswith(f"{function} writes into {name}; let it change a copy (T = 1, H = 1")


@FEW
def test_sums_that_are_kept_between_calls_are_wrong():
    kept: dict[tuple[int, ...], np.ndarray] = {}

    def accumulated(gradients):
        shape = gradients["dU"].shape
        kept[shape] = kept.get(shape, 0) + gradients["dU"]
        return gradients | {"dU": kept[shape]}

    assert judge("rnn", *functions("rnn", accumulated)).exit_code == 1


@FEW
@pytest.mark.parametrize("T", [0, 3])
def test_wrong_numbers_without_steps_are_wrong(T):
    forward, backward = functions("rnn", lambda g: g | {"dW": g["dW"] + 1} if len(g["dx"]) == T else g)
    assert judge("rnn", forward, backward).exit_code == 1


@FEW
def test_float32_results_for_float64_arguments_are_wrong():
    def coarse(gradients):
        return {name: value.astype(np.float32) for name, value in gradients.items()}

    verdict = judge("rnn", *functions("rnn", coarse))
    assert verdict.exit_code == 1
    assert "likely cause: the results have the precision of float32" in str(verdict)
    assert 'declare "dtypes": ["float32"] in LIMITS' in " ".join(str(verdict).split())


@FEW
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
