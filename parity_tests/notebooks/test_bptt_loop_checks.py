"""Do the checks of the loops in notebook 4 name typical mistakes, and are the solutions those of numpy_rnn?"""

import inspect

import numpy as np
import pytest

from numpy_rnn import lstm, rnn
from parity_tests.comparison import assert_same_bits
from parity_tests.notebook_checks import bptt, lstm_gate_parts, lstm_state_parts, rnn_parts
from parity_tests.notebook_checks.backward_parts import Part, mistake, small_arguments
from parity_tests.notebook_checks.backward_passes import loop_mistake, small_case, with_changes
from parity_tests.notebook_checks.loop_mistakes import LOOP_MISTAKES
from parity_tests.notebooks.bptt_answers import FUNCTIONS, answered, changed, refused, solutions

MODULES = {"rnn": rnn, "lstm": lstm}
PARTS = [
    part
    for module in (rnn_parts, lstm_state_parts, lstm_gate_parts)
    for part in vars(module).values()
    if isinstance(part, Part)
]
RANGE = "range(len(x), 0, -1)"
OF_ANY_LOOP = {
    ("dh[t - 1] + dh_from_next", "dh[t - 1]"): "the gradient from the next step is missing in dh_t",
    (RANGE, "range(1, len(x) + 1)"): "the loop has to run from T to 1",
    (RANGE, "range(len(x) - 1, -1, -1)"): "the loop takes t from T - 1 to 0",
    (RANGE, "range(len(x))"): "the loop takes t from 0 to T - 1",
    (RANGE, "range(len(x) - 1, 0, -1)"): "the last step is left out",
    (RANGE, "range(len(x), 1, -1)"): "the first step is left out",
    ("dh[t - 1]", "dh[t]"): "begin with step 1",
    ("dh[t - 1]", "dh[t - 2]"): "dh of step t-1 is used in place of that of step t",
    ("dx[t - 1] =", "dx[t - 2] ="): "dx_t is stored as that of step t-1",
    ("dh_t = dh[t - 1] + dh_from_next", "dh_t = dh[t - 1]; dh_t += dh_from_next"): "backward writes into dh",
    ("    return", "    _ ="): "as the result, got NoneType",
}
WRONG = {
    "rnn_backward": OF_ANY_LOOP
    | {
        ("dW += ", "dW = "): "dW of each step overwrites that of the steps before: use +=",
        ("dU += ", "dU = "): "dU of each step overwrites that of the steps before: use +=",
        ("db += ", "db = "): "db of each step overwrites that of the steps before: use +=",
        ("dW_of_step(da_t, h[t - 1])", "dW_of_step(da_t, h[t])"): "h_t is used in place of h_{t-1} in dW",
        ("dW_of_step(da_t, ", "dW_of_step(dh_t, "): "tanh′ is missing in dW",
        ("dU_of_step(da_t, x[t - 1])", "dU_of_step(da_t, x[t - 2])"): "x of the step before is used in place of x_t",
        ("da_of_step(dh_t, h[t])", "da_of_step(dh_t, h[t - 1])"): "tanh′ is computed from h_{t-1} in place of h_t",
        ("dh_passed_back(W, da_t)", "dh_passed_back(W, dh_t)"): "it is Wᵀ da_t, not Wᵀ dh_t",
        ("dh_from_next = dh_pass", "dh_from_next += dh_pass"): "dh_from_next piles up",
        ("dx, dh_from_next)", "dx, dh_t)"): "dh_init is dh_1",
        ("dx, dh_from_next)", "dx, None)"): "dh_init: expected float32 (3, 2), got NoneType",
        ("    return", "        return"): "`return` is inside the loop",
        ("rnn.Params(db, dW, dU)", "rnn.Params(dW, db, dU)"): "db: expected float32 (3, 1), got float32 (3, 3)",
        ("rnn.Params(db, dW, dU)", "(db, dW, dU)"): "expected rnn.Gradients(rnn.Params(…), …) as the result",
    },
    "lstm_backward": OF_ANY_LOOP
    | {
        ("c[t], dc_from_next)", "c[t], 0)"): "the path of ∂L/∂c past h is missing",
        ("dc_passed_back(dc_t, f_t)", "dc_passed_back(dc_t, f[t - 2])"): "f_{t-1} is used in place of f_t",
        ("dc_passed_back(dc_t, f_t)", "dc_passed_back(dc_t, i_t)"): "i_t is used in place of f_t",
        ("i_t, u_t, c[t - 1])", "i_t, u_t, c[t])"): "c_t is used in place of c_{t-1} in df_t",
        ("i_t, u_t, c[t - 1])", "u_t, i_t, c[t - 1])"): "di_t and du_t are exchanged",
        ("di_t, du_t, df_t =", "di_t, df_t, du_t ="): "du_t and df_t are exchanged",
        ("di_du_df(dc_t,", "di_du_df(dh_t,"): "dh_t is used in place of dc_t",
        ("do_of_step(dh_t, c[t])", "do_of_step(dh_t, c[t - 1])"): "c_{t-1} is used in place of c_t in do_t",
        ("(dh_t, o_t, c[t],", "(dh_t, o_t, c[t - 1],"): "c_{t-1} is used in place of c_t in dc_t",
        ("(dh_t, o_t, c[t],", "(dh_t, o_t, h[t],"): "h_t is used in place of c_t in dc_t",
        ("da_of_gate(df_t, f_t)", "df_t"): "the derivative of σ is missing in the forget gate",
        ("da_of_gate(di_t, i_t)", "da_of_gate(di_t, f_t)"): "f_t is used in place of i_t in da_i",
        ("da_of_modulated_input(du_t, u_t)", "da_of_gate(du_t, u_t)"): "σ′ is used in place of tanh′",
        ("dM_input += ", "dM_input = "): "dM_input of each step overwrites that of the steps before: use +=",
        ("dM_of_step(da_f, h[t - 1],", "dM_of_step(da_f, h[t],"): "h_t is used in place of h_{t-1} in dM_forget",
        ("params, da_i, da_f,", "params, da_f, da_i,"): "da_i and da_f are exchanged in dz_t",
        ("dh_from_next, dx[t - 1] =", "_, dx[t - 1] ="): "the h-part of dz_t is not passed to the step before",
        ("dx, dh_from_next, dc_from_next", "dx, dc_from_next, dh_from_next"): "dh_init and dc_init are exchanged",
        ("dx, dh_from_next, dc_from_next", "dx, dh_t, dc_t"): "the results are dh_1 and dc_1",
        ("if dc is None else dc", "if True else dc"): "dc, which is ∂L/∂c_T from outside, is ignored",
        ("else dc\n", "else dc\n    dc_from_next *= 2\n"): "backward writes into dc",
    },
}
RIGHT = {
    "rnn_backward": [
        [(RANGE, "reversed(range(1, len(x) + 1))")],
        [("dx[t - 1] =", "dx[t - 1] +="), ("dW += dW_of_step", "dW = dW + dW_of_step")],
        [("dh[t - 1] + dh_from_next", "(dh[t - 1] + W.T @ da_t if t < len(x) else dh[-1])")],
        [(RANGE, "np.arange(len(x))[::-1] + 1")],
    ],
    "lstm_backward": [
        [(RANGE, "reversed(range(1, len(x) + 1))")],
        [("dc_of_step(dh_t, o_t, c[t], dc_from_next)", "dc_from_next + dh_t * o_t * (1 - np.tanh(c[t]) ** 2)")],
        [("dh_from_next, dx[t - 1] = parts_of_dz(dz_t, H)", "dh_from_next = dz_t[:H]; dx[t - 1] = dz_t[H:]")],
    ],
}


@pytest.mark.parametrize(("name", "change", "words"), [(n, c, w) for n, some in WRONG.items() for c, w in some.items()])
def test_a_typical_mistake_is_named(name, change, words):
    assert words in refused(name, changed(name, change))


@pytest.mark.parametrize(("name", "changes"), [(n, c) for n, some in RIGHT.items() for c in some])
def test_a_right_loop_in_another_style_is_accepted(name, changes, capsys):
    getattr(bptt, name)(changed(name, *changes))
    assert capsys.readouterr().out.startswith("✓ 4.")


def test_float64_results_for_float32_arguments_are_refused():
    wide = changed("rnn_backward", ("np.zeros_like(W)", "np.zeros(W.shape)"))
    assert "dW: expected float32 (3, 3), got float64 (3, 3)" in refused("rnn_backward", wide)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_solution_is_accepted_and_an_empty_blank_says_what_to_write(name, capsys):
    getattr(bptt, name)(solutions()[name])
    assert capsys.readouterr().out.startswith(f"✓ 4.{FUNCTIONS.index(name) + 1} ")
    empty = answered(name, "raise NotImplementedError('TODO: replace this line by your own')")
    assert f"4.{FUNCTIONS.index(name) + 1} is still empty. In `{name}`, " in refused(name, empty)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_solution_of_the_rnn_gives_the_same_bits_as_numpy_rnn(dtype):
    arguments = small_case("rnn", dtype)
    assert_same_bits(solutions()["rnn_backward"](*arguments), rnn.backward(*arguments))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_solution_of_the_lstm_differs_from_numpy_rnn_by_rounding_alone(dtype):
    """numpy_rnn multiplies the four matrices at once, and so adds in another order."""
    arguments = small_case("lstm", dtype)
    solution, right = solutions()["lstm_backward"](*arguments), lstm.backward(*arguments)
    for one, other in zip([*solution.params, *solution[1:]], [*right.params, *right[1:]], strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=0, atol=50 * np.finfo(dtype).eps)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_every_known_mistake_of_a_function_is_told_from_the_others(part):
    right = solutions()[part.name]
    assert mistake(part, right) == ""
    for words, wrong in part.mistakes.items():
        assert mistake(part, wrong) == words
    assert len(inspect.signature(right).parameters) == len(small_arguments(part, (3, 4, 2), np.float64))


@pytest.mark.parametrize("kind", MODULES)
def test_every_known_mistake_of_a_loop_is_told_from_the_others(kind):
    assert loop_mistake(kind, solutions()[f"{kind}_backward"]) == ""
    for words, places in LOOP_MISTAKES[kind].items():
        assert loop_mistake(kind, with_changes(kind, places, {})) == words


@pytest.mark.parametrize("kind", MODULES)
def test_every_changed_place_occurs_once_in_numpy_rnn(kind):
    source = inspect.getsource(MODULES[kind].backward)
    tables = [part.places for part in PARTS if part.kind == kind] + list(LOOP_MISTAKES[kind].values())
    assert {source.count(place) for places in tables for place in places} == {1}
