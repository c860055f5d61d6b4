"""Do the recipes of the guide give the outputs and gradients of PyTorch's own layers, entry by entry?"""

import numpy as np
import pytest
import torch
from hypothesis import example, given
from torch.nn.utils.rnn import pack_padded_sequence

from numpy_rnn import torch_weights
from parity_tests.cases.recipes import PINNED_SPEC, RECIPE_SPECS, RESULTS, arguments, slopes
from parity_tests.comparison import assert_within
from parity_tests.oracles.bounded_recipes import BOUNDED
from parity_tests.oracles.bounds import ANY, Arithmetic, arithmetic


def torch_layer(a, *arrays, **options):
    """A `torch.nn.LSTM` with the arrays of `to_state_dict`."""
    layer = torch.nn.LSTM(a.x.shape[1] - 1, a.dh.shape[1], dtype=getattr(torch, a.x.dtype.name), **options)
    named = {name: torch.from_numpy(value) for one in arrays for name, value in one.items()}
    layer.load_state_dict(named)
    return layer


def one_layer(a):
    return torch_layer(a, torch_weights.to_state_dict(a.params, bias_column=True))


def linear(a):
    K, H = a.read_out.V.shape
    module = torch.nn.Linear(H, K, dtype=getattr(torch, a.x.dtype.name))
    module.load_state_dict({"weight": torch.from_numpy(a.read_out.V), "bias": torch.from_numpy(a.read_out.d[:, 0])})
    return module


def rows(x):
    """(T, N, B) as a tensor (T, B, N) with a gradient."""
    return torch.tensor(x.transpose(0, 2, 1).copy(), requires_grad=True)


def columns(value):
    """(T, B, N) as (T, N, B)."""
    return value.detach().numpy().transpose(0, 2, 1)


def go_back(h, dh):
    h.backward(torch.tensor(dh.transpose(0, 2, 1).copy()))


def matrices(module, layer=0, reverse=False, ending=""):
    """The gradients of one layer and direction by name; that of each of the two biases is that of their sum."""
    gradients = {
        name: 0 * weight.grad.numpy() if name.startswith("bias_hh") else weight.grad.numpy()
        for name, weight in module.named_parameters()
    }
    return slopes(torch_weights.from_state_dict(gradients, layer, reverse), ending)


def of_linear(module):
    return {"dV": module.weight.grad.numpy(), "dd": module.bias.grad.numpy()[:, np.newaxis]}


def stacked(a):
    arrays = [torch_weights.to_state_dict(one, k, bias_column=True) for k, one in enumerate((a.params, a.upper))]
    module, x = torch_layer(a, *arrays, num_layers=2), rows(a.x[:, :-1])
    h, _ = module(x)
    go_back(h, a.dh_upper)
    return {"states": columns(h), "dx": columns(x.grad)} | matrices(module) | matrices(module, 1, ending="_upper")


def bidirectional(a):
    arrays = [
        torch_weights.to_state_dict(one, reverse=reverse, bias_column=True)
        for one, reverse in ((a.params, False), (a.second, True))
    ]
    module, x = torch_layer(a, *arrays, bidirectional=True), rows(a.x[:, :-1])
    h, _ = module(x)
    go_back(h, a.dh_both)
    both = matrices(module) | matrices(module, reverse=True, ending="_second")
    return {"states": columns(h), "dx": columns(x.grad)} | both


def several_lengths(a):
    module, x = one_layer(a), rows(a.padded[:, :-1])
    _, (h_n, _) = module(pack_padded_sequence(x, torch.tensor(a.lengths), enforce_sorted=False))
    h_n.backward(torch.tensor(a.dh[-1].T[np.newaxis].copy()))
    return {"last": h_n[0].detach().numpy().T, "dx": columns(x.grad)} | matrices(module)


def every_step(a):
    module, read_out = one_layer(a), linear(a)
    h, _ = module(rows(a.x[:, :-1]))
    z = read_out(h)
    loss = torch.nn.functional.cross_entropy(z.flatten(0, 1), torch.tensor(a.labels.ravel()))
    loss.backward()
    return {"loss": loss.detach().numpy()} | matrices(module) | of_linear(read_out)


def step_by_step(a):
    module, read_out, y = one_layer(a), linear(a), []
    h = c = torch.zeros((1, a.x.shape[2], a.dh.shape[1]), dtype=getattr(torch, a.x.dtype.name))
    with torch.no_grad():
        for x_t in rows(a.x[:, :-1]):
            output, (h, c) = module(x_t[None], (h, c))
            y.append(torch.softmax(read_out(output[0]), dim=1).numpy().T)
    return {"y": np.stack(y)}


def handed_over(a):
    module = one_layer(a)
    h, _ = module(rows(a.x[:, :-1]))
    go_back(h, a.dh)
    return {"states": columns(h)} | matrices(module)


def truncated(a):
    module, state, steps = one_layer(a), None, []
    for piece in rows(a.x[:, :-1]).split(a.steps):
        output, (h, c) = module(piece, state)
        state = h.detach(), c.detach()
        steps.append(output)
    h = torch.cat(steps)
    go_back(h, a.dh)
    return {"states": columns(h)} | matrices(module)


def learned_state(a):
    module, B = one_layer(a), a.x.shape[2]
    shared = [torch.tensor(state.T[np.newaxis].copy(), requires_grad=True) for state in a.initial]
    h, _ = module(rows(a.x[:, :-1]), tuple(state.repeat(1, B, 1) for state in shared))
    go_back(h, a.dh)
    dh_init, dc_init = (state.grad[0].numpy().T for state in shared)
    return {"states": columns(h), "dh_init": dh_init, "dc_init": dc_init} | matrices(module)


def squared_error(a):
    module, read_out = one_layer(a), linear(a)
    h, _ = module(rows(a.x[:, :-1]))
    loss = torch.nn.functional.mse_loss(read_out(h[-1]), torch.tensor(a.r.T.copy()))
    loss.backward()
    return {"loss": loss.detach().numpy()} | matrices(module) | of_linear(read_out)


TORCH = {
    one.__name__: one
    for one in (
        stacked,
        bidirectional,
        several_lengths,
        every_step,
        step_by_step,
        handed_over,
        truncated,
        learned_state,
        squared_error,
    )
}


def test_only_masks_have_no_counterpart():
    assert RESULTS.keys() - TORCH.keys() == {"masked"}


@pytest.mark.parametrize("recipe", TORCH)
@example(PINNED_SPEC)
@given(RECIPE_SPECS)
def test_pytorch_gives_the_same(recipe, spec):
    if recipe == "stacked":
        spec = spec._replace(K=spec.H)  # the layers of one torch.nn.LSTM have equally many units
    drawn = arguments(spec)
    ours, theirs = RESULTS[recipe](drawn), TORCH[recipe](drawn)
    assert ours.keys() == theirs.keys()
    systems = arithmetic("numpy", spec.dtype), Arithmetic(spec.dtype, ANY)
    both = [BOUNDED[recipe](system, drawn) for system in systems]
    assert_within(ours, theirs, {name: both[0][name].error + both[1][name].error for name in ours}, spec.dtype)
