"""Do PyTorch's own layers give the same outputs and gradients with converted weights, entry by entry?"""

import numpy as np
import pytest
import torch
from hypothesis import given

from numpy_rnn import torch_weights
from numpy_rnn.sequences import with_ones
from parity_tests.cases.decorators import DTYPES, given_case_specs
from parity_tests.cases.recurrences import make_case
from parity_tests.cases.torch_state_dicts import STACK_SPECS, bounded_h, by_numpy_rnn, random_stack
from parity_tests.comparison import assert_within
from parity_tests.implementations import OUR_RECURRENCES
from parity_tests.oracles.bounds import ANY, Arithmetic, arithmetic

LAYERS = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM}


def tensors(arrays):
    return {name: torch.from_numpy(value) for name, value in arrays.items()}


@given(STACK_SPECS)
def test_stacks_of_layers(spec):
    state_dict, x = random_stack(spec)
    bias, dtype = spec.bias or spec.kind == "rnn", getattr(torch, spec.dtype)
    stack = LAYERS[spec.kind](spec.I, spec.H, spec.layers, bias=bias, bidirectional=spec.bidirectional, dtype=dtype)
    stack.load_state_dict(tensors(state_dict))
    with torch.no_grad():
        output, _ = stack(torch.from_numpy(x.transpose(0, 2, 1).copy()))
    theirs = output.numpy().transpose(0, 2, 1)
    systems = arithmetic("numpy", spec.dtype), Arithmetic(spec.dtype, ANY)
    bound = sum(bounded_h(spec, system, state_dict, x).error for system in systems)
    ours = by_numpy_rnn(spec, stack.state_dict(), x)
    assert_within({"h": ours}, {"h": theirs}, {"h": bound}, spec.dtype)


@OUR_RECURRENCES
@DTYPES
@pytest.mark.parametrize("biases", [False, True])
@given_case_specs
def test_every_gradient(ours, biases, dtype, spec):
    case = make_case(ours.kind, spec, dtype)
    column = biases and ours.kind == "lstm"
    if column:
        case = make_case(ours.kind, spec._replace(I=spec.I + 1), dtype)
        case = case._replace(x=with_ones(case.x[:, :-1]))
    x, B = case.x[:, :-1] if column else case.x, spec.B
    layer = LAYERS[ours.kind](x.shape[1], spec.H, bias=column or ours.kind == "rnn")
    layer = layer.to(getattr(torch, np.dtype(dtype).name))
    layer.load_state_dict(tensors(torch_weights.to_state_dict(case.params, bias_column=column)))
    given_x = torch.tensor(x.transpose(0, 2, 1).copy(), requires_grad=True)
    states = [torch.tensor(np.broadcast_to(s, (len(s), B)).T[None].copy(), requires_grad=True) for s in case.initial]
    h, last = layer(given_x, tuple(states) if ours.kind == "lstm" else states[0])
    loss = (h * torch.tensor(case.dh.transpose(0, 2, 1).copy())).sum()
    if case.dc:
        loss = loss + (last[1][0] * torch.tensor(case.dc[0].T.copy())).sum()
    loss.backward()

    slopes = {name: parameter.grad.numpy() for name, parameter in layer.named_parameters()}
    theirs = {"h": h.detach().numpy().transpose(0, 2, 1), "dx": given_x.grad.numpy().transpose(0, 2, 1)}
    names = ["dh_init", "dc_init"][: len(states)]
    theirs |= {name: state.grad[0].numpy().T for name, state in zip(names, states, strict=True)}
    results = ours.results(case)
    both = [ours.bounded(case, dtype, system) for system in (None, Arithmetic(np.dtype(dtype).name, ANY))]
    at = {"h": np.s_[1:], "dx": np.s_[:, : x.shape[1]]}
    # The gradient of each of the two biases is that of the one bias here.
    for other in ("bias_hh_l0", "bias_ih_l0") if "bias_hh_l0" in slopes else ("",):
        arrays = {name: 0 * value if name == other else value for name, value in slopes.items()}
        # Gradients have the layout of the weights, so `from_state_dict` converts them too.
        params = torch_weights.from_state_dict(arrays)._asdict()
        theirs |= {f"d{name}": value for name, value in params.items()}
        actual = {name: results[name][at.get(name, np.s_[:])] for name in theirs}
        bounds = {name: sum(one[name].error for one in both)[at.get(name, np.s_[:])] for name in theirs}
        assert_within(actual, theirs, bounds, dtype, f", without {other}" if other else "")


def test_tensors_that_are_trained_or_of_another_precision():
    layer = torch.nn.LSTM(2, 3)
    with pytest.raises(
        TypeError, match=r"^weight_hh_l0: expected what numpy\.asarray takes, got Parameter: Can't call"
    ):
        torch_weights.from_state_dict(dict(layer.named_parameters()))
    half = layer.to(torch.bfloat16).state_dict()
    with pytest.raises(TypeError, match=r"^weight_hh_l0: expected what numpy\.asarray takes, got Tensor: .*BFloat16"):
        torch_weights.from_state_dict(half)


def test_later_training_does_not_change_converted_weights():
    layer = torch.nn.LSTM(2, 3)
    params = torch_weights.from_state_dict(layer.state_dict())
    before = [value.copy() for value in params]
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.zero_()
    for value, old in zip(params, before, strict=True):
        np.testing.assert_array_equal(value, old)


@pytest.mark.parametrize(
    ("layer", "name"),
    [(torch.nn.GRU(2, 3), "weight_hh_l0"), (torch.nn.LSTM(2, 4, proj_size=3), "weight_hr_l0")],
    ids=["GRU", "projections"],
)
def test_other_layers_are_refused(layer, name):
    with pytest.raises(ValueError, match=f"^{name}: expected .*, got .*"):
        torch_weights.from_state_dict(layer.state_dict())
