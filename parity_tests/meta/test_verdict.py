"""What does a verdict say: the order of errors, what is not judged, advice, warnings, and its view in a notebook?"""

import re
import warnings
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from numpy_rnn import lstm, rnn
from parity_tests import judge
from parity_tests.cases.recurrences import PARAMS
from parity_tests.cases.wrong_implementations import functions, scaled, wrong_quantities

pytestmark = pytest.mark.usefixtures("few_drawn_cases")


def test_the_largest_error_relative_to_its_size_comes_first():
    forward, backward = functions("rnn", lambda g: g | {"db": 1.001 * g["db"], "dW": 3 * g["dW"], "dU": 1.1 * g["dU"]})
    verdict = judge("rnn", forward, backward)
    assert wrong_quantities(verdict) == ["dW", "dU", "db"]
    lines = verdict.message()
    assert " ".join(lines[2].split()) == "quantity equation t entry expected allowed got wrong entries rel. error"
    assert lines[3].startswith("dW        ∂(1.1)       (0, 0) ")
    assert lines[3].endswith("1 of 1         200 %")
    assert "right in this case: dx, dh_init" in lines


def test_warnings_are_counted_and_are_no_errors():
    def warned(outputs):
        warnings.warn("overflow encountered in exp", RuntimeWarning, stacklevel=1)
        return outputs

    verdict = judge("rnn", *functions("rnn", warned))
    assert verdict.exit_code == 0
    assert any("times RuntimeWarning: overflow encountered in exp" in line for line in verdict.remarks())


def test_overflow_in_numpy_is_no_error_either():
    def overflowing(outputs):
        np.exp(np.float64(1000))
        return outputs

    verdict = judge("rnn", *functions("rnn", overflowing))
    assert verdict.exit_code == 0
    assert "overflow" in str(verdict)


def test_gradients_that_are_not_computed_are_not_judged():
    verdict = judge("lstm", *functions("lstm", without=("dx", "dc_init")))
    assert verdict.exit_code == 0
    assert verdict.not_judged == ["dx", "dc_init", "biases"]
    assert "not judged: dx, dc_init, biases" in verdict.remarks()


def test_without_the_gradient_of_a_parameter_nothing_can_be_judged():
    names = [f"d{name}" for name in PARAMS["rnn"]._fields]
    verdict = judge("rnn", *functions("rnn", without=names))
    assert (verdict.ending, verdict.exit_code) == ("could not be judged", 3)
    assert "backward gives no gradient of a parameter" in str(verdict)
    with pytest.raises(AssertionError, match="COULD NOT BE JUDGED"):
        verdict.assert_right()


def test_cases_without_steps_or_examples_may_be_refused():
    forward, backward = functions("rnn")

    def at_least_one(params, x, h_init):
        if 0 in x.shape:
            raise ValueError("nothing to do")
        return forward(params, x, h_init)

    verdict = judge("rnn", at_least_one, backward)
    assert verdict.exit_code == 0
    assert verdict.not_judged == ["T = 0", "B = 0"]
    assert "forward raises ValueError: nothing to do, for T = 0, H = 2, I = 3, B = 1" in verdict.remarks()


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
    forward, backward = functions("rnn")

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
    verdict = judge("rnn", *functions("rnn", lambda g: {k: v.astype(float) for k, v in g.items()}))
    assert verdict.exit_code == 0
    assert "note: float32 arguments give float64 results" in verdict.remarks()


def test_c_is_optional():
    def without_c(outputs):
        return outputs | {"c": None}

    verdict = judge("lstm", *functions("lstm", without_c))
    assert (verdict.exit_code, verdict.not_judged) == (0, ["c", "biases"])


def test_results_may_be_objects_with_fields():
    forward, backward = functions("rnn")

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
    wrong = judge("rnn", *functions("rnn", scaled("dW", 2)))
    html = wrong._repr_html_()
    assert re.search("<td [^>]*>gradients .float64.</td><td [^>]*>FAILED</td>", html)
    assert re.search("<td [^>]*>dW</td><td [^>]*>∂.1.1.</td>", html)
    assert "<br>likely cause: dW is twice as large<br>equations: Fig. 1, in help(numpy_rnn.rnn)</p>" in html
    assert "WRONG" in html
    right = judge("rnn", rnn)._repr_html_()
    assert "FAILED" not in right
    assert "RIGHT IN WHAT IT COMPUTES" in right


def test_the_message_of_assert_right_has_the_verdict_first():
    wrong = judge("rnn", *functions("rnn", scaled("dW", 2)))
    with pytest.raises(
        AssertionError,
        match=r"^rnn parity_tests.cases.wrong_implementations: WRONG\ngradients \(float64\): wrong for T = 1",
    ):
        wrong.assert_right()
