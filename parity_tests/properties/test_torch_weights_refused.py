"""Is a state dict refused in one line, with the name of the array, if it is not that of an RNN or LSTM of PyTorch?"""

from typing import Any

import numpy as np
import pytest

from numpy_rnn import lstm, torch_weights
from parity_tests.cases.models import BOTH_RECURRENCES
from parity_tests.cases.torch_state_dicts import LSTM, RNN, random_stack
from parity_tests.refusals import refused


class OnAnotherDevice:
    """A value that NumPy can't convert."""

    def __array__(self, dtype=None, copy=None):
        raise TypeError("can't convert cuda:0 device type tensor to numpy.\nUse Tensor.cpu()")


WRONG: dict[str, tuple[dict[str, Any], type[Exception], str, str, str]] = {
    "a GRU": (
        {"weight_hh_l0": np.zeros((9, 3))},
        ValueError,
        "weight_hh_l0",
        "shape (H, H) or (4 H, H)",
        "(9, 3) of a GRU",
    ),
    "two gates": ({"weight_hh_l0": np.zeros((6, 3))}, ValueError, "weight_hh_l0", "shape (H, H) or (4 H, H)", "(6, 3)"),
    "part of a gate": ({"weight_hh_l0": np.zeros((13, 3))}, ValueError, "weight_hh_l0", "shape (H, H) or", "(13, 3)"),
    "no units": ({"weight_hh_l0": np.zeros((0, 0))}, ValueError, "weight_hh_l0", "shape (H, H) or", "(0, 0)"),
    "a vector": ({"weight_hh_l0": np.zeros(3)}, ValueError, "weight_hh_l0", "shape (H, H) or", "(3,)"),
    "rows of weight_ih": ({"weight_ih_l0": np.zeros((3, 4))}, ValueError, "weight_ih_l0", "shape (12, I)", "(3, 4)"),
    "a short bias": ({"bias_ih_l0": np.zeros(3)}, ValueError, "bias_ih_l0", "shape (12,)", "(3,)"),
    "a bias as a column": ({"bias_hh_l0": np.zeros((12, 1))}, ValueError, "bias_hh_l0", "shape (12,)", "(12, 1)"),
    "two dtypes": (
        {"bias_ih_l0": np.zeros(12, "f4")},
        TypeError,
        "bias_ih_l0",
        "float64 as in weight_ih_l0",
        "float32",
    ),
    "integers": ({"weight_ih_l0": np.zeros((12, 4), int)}, TypeError, "weight_ih_l0", "float32 or float64", "int64"),
    "words": ({"weight_ih_l0": "none"}, TypeError, "weight_ih_l0", "float32 or float64", "<U4"),
    "rows of other lengths": (
        {"weight_ih_l0": [[1.0], []]},
        TypeError,
        "weight_ih_l0",
        "what numpy.asarray takes",
        "list: ",
    ),
    "another device": (
        {"weight_hh_l0": OnAnotherDevice()},
        TypeError,
        "weight_hh_l0",
        "what numpy.asarray takes",
        "OnAnotherDevice: can't convert cuda:0 device type tensor to numpy.",
    ),
    "projections": (
        {"weight_hr_l0": np.zeros((2, 3))},
        ValueError,
        "weight_hr_l0",
        "an LSTM without projections",
        "the weights of proj_size > 0",
    ),
    "another layer of a module": (
        {"fc.weight": np.zeros((2, 3))},
        ValueError,
        "state_dict",
        "names such as weight_ih_l0",
        "'fc.weight'; a prefix selects",
    ),
    "an unknown array": (
        {"weight_xx_l0": np.zeros((2, 3))},
        ValueError,
        "state_dict",
        "names such as weight_ih_l0",
        "'weight_xx_l0'",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_not_the_state_of_a_layer_is_refused(kind):
    wrong, error, name, expected, got = WRONG[kind]
    state_dict, _ = random_stack(LSTM)
    with refused(error, name, expected, got):
        torch_weights.from_state_dict(state_dict | wrong)


@pytest.mark.parametrize(
    ("missing", "layer", "reverse", "near"),
    [
        ("weight_hh_l0", 0, False, "names such as weight_"),
        ("bias_ih_l0", 0, False, "names such as bias_"),
        ("bias_hh_l1_reverse", 1, True, "names such as bias_"),
        ("weight_hh_l2", 2, False, "names such as weight_"),
    ],
)
def test_a_missing_name(missing, layer, reverse, near):
    state_dict, _ = random_stack(LSTM)
    state_dict.pop(missing, None)
    with refused(ValueError, missing, "an array of this name in state_dict", near):
        torch_weights.from_state_dict(state_dict, layer, reverse)


def test_a_missing_module():
    state_dict, _ = random_stack(LSTM)
    with refused(ValueError, "rnn.weight_hh_l0", "an array of this name in state_dict", "none like it"):
        torch_weights.from_state_dict(state_dict, prefix="rnn.")


def test_an_rnn_without_biases():
    state_dict, _ = random_stack(RNN)
    without = {name: value for name, value in state_dict.items() if not name.startswith("bias")}
    with refused(ValueError, "bias_ih_l0", "an array of this name in state_dict", ""):
        torch_weights.from_state_dict(without)


@BOTH_RECURRENCES
def test_arguments_that_do_not_fit(kind):
    params: Any = kind.init(np.random.default_rng(0), 1, 3)
    nothing: Any = None
    with refused(TypeError, "state_dict", "collections.abc.Mapping", "NoneType"):
        torch_weights.from_state_dict(nothing)
    for call in (
        lambda layer: torch_weights.from_state_dict({}, layer),
        lambda layer: torch_weights.to_state_dict(params, layer),
    ):
        with refused(ValueError, "layer", "a whole number of 0 or more", "-1"):
            call(-1)
    with refused(TypeError, "params", "numpy_rnn.rnn.Params or numpy_rnn.lstm.Params", "NoneType"):
        torch_weights.to_state_dict(nothing)
    wrong = params._replace(**{params._fields[-1]: np.zeros((5, 5), np.float32)})
    with refused(ValueError, params._fields[-1], "shape (3, ", "(5, 5)"):
        torch_weights.to_state_dict(wrong)
    message = (
        ("inputs of params", "a whole number of 1 or more") if kind is lstm else ("bias_column", "False for an RNN")
    )
    with refused(ValueError, *message, "0" if kind is lstm else "True"):
        torch_weights.to_state_dict(params, bias_column=True)


def test_what_can_not_be_detected_is_documented():
    words = " ".join(str(torch_weights.from_state_dict.__doc__).split())
    assert "Whether an RNN has tanh or ReLU is not in its weights, and can't be detected" in words
