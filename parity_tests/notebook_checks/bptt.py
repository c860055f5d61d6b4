"""The checks of notebook 4, backpropagation through time by hand.

Each check takes functions that the learner has written, one example in each column of every array. It tries them on
small arrays, puts them into the backward pass of `numpy_rnn`, and has it judged. It prints one line, or raises `Wrong`
with the quantity, the step and the entry that is wrong, and the likely cause.
"""

from collections.abc import Callable
from typing import Any

from parity_tests.notebook_checks import lstm_gate_parts as gates
from parity_tests.notebook_checks import lstm_state_parts as states
from parity_tests.notebook_checks import rnn_parts as rnn
from parity_tests.notebook_checks.answers import checks
from parity_tests.notebook_checks.backward_passes import examine, examine_backward

Function = Callable[..., Any]


@checks("4.1", "In `tanh_derivative`, compute tanh′(a_t) from h_t, which is tanh(a_t).")
def tanh_derivative(function: Function) -> str:
    """`tanh_derivative(h_t)`: tanh′(a_t) (H, B)."""
    examine(rnn.TANH_DERIVATIVE, function)
    return "tanh′(a_t) = 1 - h_t²"


@checks("4.2", "In `da_of_step`, compute da_t from dh_t and h_t, by (1.2).")
def da_of_step(function: Function) -> str:
    """`da_of_step(dh_t, h_t)`: da_t (H, B)."""
    examine(rnn.DA_OF_STEP, function)
    return "da_t = dh_t ∘ tanh′(a_t)"


@checks("4.3", "In `dx_of_step`, compute dx_t from U and da_t, by (1.1).")
def dx_of_step(function: Function) -> str:
    """`dx_of_step(U, da_t)`: dx_t (I, B)."""
    examine(rnn.DX_OF_STEP, function)
    return "dx_t = Uᵀ da_t"


@checks("4.4", "In `dh_passed_back`, compute the part of dh_{t-1} that comes from step t, from W and da_t, by (1.1).")
def dh_passed_back(function: Function) -> str:
    """`dh_passed_back(W, da_t)`: the part of dh_{t-1} (H, B) that comes from step t."""
    examine(rnn.DH_PASSED_BACK, function)
    return "dh_{t-1} gets Wᵀ da_t from step t"


@checks("4.5", "In `dW_of_step`, compute the part of dW that comes from step t, from da_t and h_{t-1}, by (1.1).")
def dW_of_step(function: Function) -> str:
    """`dW_of_step(da_t, h_before)`: the part of dW (H, H) that comes from step t."""
    examine(rnn.DW_OF_STEP, function)
    return "dW gets da_t h_{t-1}ᵀ from step t"


@checks("4.6", "In `dU_of_step`, compute the part of dU that comes from step t, from da_t and x_t, by (1.1).")
def dU_of_step(function: Function) -> str:
    """`dU_of_step(da_t, x_t)`: the part of dU (H, I) that comes from step t."""
    examine(rnn.DU_OF_STEP, function)
    return "dU gets da_t x_tᵀ from step t"


@checks("4.7", "In `db_of_step`, compute the part of db that comes from step t, from da_t, by (1.1).")
def db_of_step(function: Function) -> str:
    """`db_of_step(da_t)`: the part of db (H, 1) that comes from step t."""
    examine(rnn.DB_OF_STEP, function)
    return "db gets the sum of da_t over the batch from step t"


@checks("4.8", "In `rnn_backward`, write the loop over t = T … 1 and the return.")
def rnn_backward(function: Function) -> str:
    """`rnn_backward(params, trace, dh)`: the `rnn.Gradients`."""
    examine_backward("rnn", function)
    return "all gradients of the RNN are right"


@checks("4.9", "In `do_of_step`, compute do_t from dh_t and c_t, by (2.6).")
def do_of_step(function: Function) -> str:
    """`do_of_step(dh_t, c_t)`: do_t (H, B)."""
    examine(states.DO_OF_STEP, function)
    return "do_t = dh_t ∘ tanh(c_t)"


@checks("4.10", "In `dc_of_step`, add both paths to c_t: through h_t, by (2.6), and past h_t, dc_from_next.")
def dc_of_step(function: Function) -> str:
    """`dc_of_step(dh_t, o_t, c_t, dc_from_next)`: dc_t (H, B)."""
    examine(states.DC_OF_STEP, function)
    return "dc_t = dh_t ∘ o_t ∘ tanh′(c_t) + dc_from_next"


@checks("4.11", "In `di_du_df`, compute di_t, du_t and df_t from dc_t, by (2.5).")
def di_du_df(function: Function) -> str:
    """`di_du_df(dc_t, i_t, u_t, c_before)`: di_t, du_t and df_t, each (H, B)."""
    examine(states.DI_DU_DF, function)
    return "di_t = dc_t ∘ u_t, du_t = dc_t ∘ i_t, df_t = dc_t ∘ c_{t-1}"


@checks("4.12", "In `dc_passed_back`, compute the part of dc_{t-1} that comes from step t past h_{t-1}, by (2.5).")
def dc_passed_back(function: Function) -> str:
    """`dc_passed_back(dc_t, f_t)`: the part of dc_{t-1} (H, B) that comes from step t past h_{t-1}."""
    examine(states.DC_PASSED_BACK, function)
    return "dc_{t-1} gets dc_t ∘ f_t from step t"


@checks("4.13", "In `sigmoid_derivative`, compute σ′(a) from s, which is σ(a).")
def sigmoid_derivative(function: Function) -> str:
    """`sigmoid_derivative(s)`: σ′(a) (H, B)."""
    examine(gates.SIGMOID_DERIVATIVE, function)
    return "σ′(a) = s ∘ (1 - s)"


@checks("4.14", "In `da_of_gate`, compute da_g from dg_t and g_t, by (2.1) … (2.3).")
def da_of_gate(function: Function) -> str:
    """`da_of_gate(dg_t, g_t)`: da_g (H, B) of a gate with σ."""
    examine(gates.DA_OF_GATE, function)
    return "da_g = dg_t ∘ σ′(a_g) for g = i, f, o"


@checks("4.15", "In `da_of_modulated_input`, compute da_u from du_t and u_t, by (2.4).")
def da_of_modulated_input(function: Function) -> str:
    """`da_of_modulated_input(du_t, u_t)`: da_u (H, B)."""
    examine(gates.DA_OF_MODULATED_INPUT, function)
    return "da_u = du_t ∘ tanh′(a_u)"


@checks("4.16", "In `dM_of_step`, compute the part of dM_g that comes from step t, by (2.1) … (2.4).")
def dM_of_step(function: Function) -> str:
    """`dM_of_step(da_g, h_before, x_t)`: the part of dM_g (H, H+I) that comes from step t."""
    examine(gates.DM_OF_STEP, function)
    return "dM_g gets da_g z_tᵀ from step t"


@checks("4.17", "In `dz_of_step`, add what z_t gets from all four gates, by (2.1) … (2.4).")
def dz_of_step(function: Function) -> str:
    """`dz_of_step(params, da_i, da_f, da_o, da_u)`: dz_t (H+I, B)."""
    examine(gates.DZ_OF_STEP, function)
    return "dz_t = Σ_g M_gᵀ da_g"


@checks("4.18", "In `parts_of_dz`, cut dz_t into the part of h_{t-1} and that of x_t.")
def parts_of_dz(function: Function) -> str:
    """`parts_of_dz(dz_t, H)`: the part of dh_{t-1} (H, B) that comes from step t, and dx_t (I, B)."""
    examine(gates.PARTS_OF_DZ, function)
    return "the first H rows of dz_t belong to h_{t-1}, the others to x_t"


@checks("4.19", "In `lstm_backward`, write the loop over t = T … 1 and the return.")
def lstm_backward(function: Function) -> str:
    """`lstm_backward(params, trace, dh, dc)`: the `lstm.Gradients`."""
    examine_backward("lstm", function)
    return "all gradients of the LSTM are right"
