"""Do the checks of the LSTM's functions in notebook 4 name typical mistakes, and accept other styles?"""

import pytest

from parity_tests.notebook_checks import bptt
from parity_tests.notebooks.bptt_answers import answered, refused

WRONG = {
    "do_of_step": {
        "return dh_t * c_t": "tanh is missing",
        "return dh_t": "tanh(c_t) is missing",
        "return dh_t * tanh_derivative(np.tanh(c_t))": "tanh′ is used in place of tanh",
        "return dh_t / (1 + np.exp(-c_t))": "σ is used in place of tanh",
        "return dh_t @ np.tanh(c_t).T": "∘ is entry by entry",
        "return np.tanh(dh_t * c_t)": "tanh is applied to the product",
        "dh_t *= np.tanh(c_t)\nreturn dh_t": "do_of_step writes into dh_t",
    },
    "dc_of_step": {
        "return dh_t * o_t * tanh_derivative(np.tanh(c_t))": "the path past h_t is missing",
        "return dc_from_next": "the path through h_t is missing",
        "return dh_t * tanh_derivative(np.tanh(c_t)) + dc_from_next": "o_t is missing",
        "return dh_t * o_t + dc_from_next": "tanh′(c_t) is missing",
        "return dh_t * o_t * tanh_derivative(c_t) + dc_from_next": "tanh′(c_t) is computed as 1 - c_t²",
        "return dh_t * o_t * np.tanh(c_t) + dc_from_next": "tanh is used in place of tanh′",
        "return (dh_t * o_t + dc_from_next) * tanh_derivative(np.tanh(c_t))": "tanh′(c_t) multiplies both paths",
        "return (dh_t + dc_from_next) * o_t * tanh_derivative(np.tanh(c_t))": "o_t and tanh′(c_t) multiply both",
        "s = np.tanh(c_t)\nreturn dh_t * o_t * s * (1 - s) + dc_from_next": "σ′ is used in place of tanh′",
        "dc_from_next += dh_t * o_t * tanh_derivative(np.tanh(c_t))\nreturn dc_from_next": "writes into dc_from_next",
    },
    "di_du_df": {
        "return dc_t * i_t, dc_t * i_t, dc_t * c_before": "i_t is used in place of u_t in di_t",
        "return dc_t * u_t, dc_t * u_t, dc_t * c_before": "u_t is used in place of i_t in du_t",
        "return dc_t * i_t, dc_t * u_t, dc_t * c_before": "i_t and u_t are exchanged",
        "return dc_t * u_t, dc_t * c_before, dc_t * i_t": "or du_t and df_t",
        "return dc_t * u_t, dc_t * i_t, dc_t * np.tanh(c_before)": "tanh(c_{t-1}) is used",
        "return u_t, i_t, c_before": "dc_t is missing",
        "return dc_t * u_t, dc_t * i_t, dc_t": "c_{t-1} is missing in df_t",
        "return dc_t * u_t, dc_t * i_t": "expected 3 results, di_t, du_t, df_t, got tuple",
        "return dc_t * u_t": "expected 3 results, di_t, du_t, df_t, got ndarray",
    },
    "dc_passed_back": {
        "return dc_t": "f_t is missing",
        "return f_t": "dc_t is missing",
        "return dc_t * (1 - f_t)": "1 - f_t is used in place of f_t",
        "return dc_t * f_t * (1 - f_t)": "σ′ of the forget gate does not belong here",
        "return dc_t + f_t": "the chain rule multiplies",
        "return dc_t * (1 - f_t**2)": "no tanh lies on this path",
        "return dc_t @ f_t": "∘ is entry by entry",
        "dc_t *= f_t\nreturn dc_t": "dc_passed_back writes into dc_t",
    },
    "sigmoid_derivative": {
        "g = 1 / (1 + np.exp(-s))\nreturn g * (1 - g)": "σ is applied to s once more",
        "return 1 - s**2": "this is tanh′, not σ′",
        "return 1 - s": "the factor s is missing",
        "return s": "the factor 1 - s is missing",
        "return s * 1 - s": "parentheses are missing",
        "return s * (s - 1)": "the sign is wrong",
        "return 1 / (1 + np.exp(-s))": "this is σ, not its derivative",
        "return s @ (1 - s)": "∘ is entry by entry",
    },
    "da_of_gate": {
        "return dg_t": "the derivative of σ is missing",
        "return sigmoid_derivative(g_t)": "dg_t is missing",
        "return dg_t * tanh_derivative(g_t)": "tanh′ is used in place of σ′",
        "s = 1 / (1 + np.exp(-g_t))\nreturn dg_t * sigmoid_derivative(s)": "σ is applied to g_t once more",
        "return dg_t * g_t": "the factor 1 - g_t is missing",
        "return dg_t * (1 - g_t)": "the factor g_t is missing",
        "return g_t * sigmoid_derivative(dg_t)": "dg_t and g_t are exchanged",
    },
    "da_of_modulated_input": {
        "return du_t": "the derivative of tanh is missing",
        "return du_t * sigmoid_derivative(u_t)": "σ′ is used in place of tanh′",
        "return du_t * tanh_derivative(np.tanh(u_t))": "tanh is applied to u_t once more",
        "return du_t * (1 - u_t)": "the square is missing",
        "return u_t * tanh_derivative(du_t)": "du_t and u_t are exchanged",
        "return du_t * 1 - u_t**2": "parentheses are missing",
    },
    "dM_of_step": {
        "return da_g @ np.concatenate([x_t, h_before]).T": "x_t is above h_{t-1} in z_t",
        "return da_g @ h_before.T": "x_t is missing in z_t",
        "return da_g @ x_t.T": "h_{t-1} is missing in z_t",
        "return np.concatenate([h_before, x_t]) @ da_g.T": "the result is transposed",
        "return da_g @ np.concatenate([h_before, x_t])": "z_t is not transposed",
        "return da_g @ np.concatenate([h_before, x_t]).T / da_g.shape[1]": "a mean over the batch",
        "return da_g @ np.hstack([h_before, x_t])": "all the input array dimensions except for the concatenation axis",
        "z_t = np.concatenate([h_before, x_t])\nreturn np.einsum('hb,kb->bhk', da_g, z_t)": "over the batch is missing",
    },
    "dz_of_step": {
        "M, *_ = params\nreturn M.T @ da_i": "the term of M_input is the only one",
        "return sum(M @ da for M, da in zip(params, (da_i, da_f, da_o, da_u)))": "the matrices are not transposed",
        "return sum(M.T @ da for M, da in zip(params, (da_i, da_f, da_o)))": "the term of M_modulated_input is missing",
        "return sum(M.T @ da for M, da in zip(params, (da_f, da_i, da_o, da_u)))": "M_input and M_forget are exchanged",
        "return sum(M.T @ da for M, da in zip(params, (da_i, da_f, da_o, da_u))) / 4": "a mean over the gates",
        "for M, da in zip(params, (da_i, da_f, da_o, da_u)):\n    dz_t = M.T @ da\nreturn dz_t": (
            "the term of M_modulated_input is the only one"
        ),
        "return params.M_input.T @ (da_i + da_f + da_o + da_u)": "the sum of da_g multiplies one matrix",
        "return np.array([M.T @ da for M, da in zip(params, (da_i, da_f, da_o, da_u))])": "the sum over the gates is",
    },
    "parts_of_dz": {
        "return dz_t[H:], dz_t[:H]": "the two parts are exchanged",
        "return dz_t[-H:], dz_t[:-H]": "as if x_t were above h_{t-1}",
        "return dz_t[:, :H], dz_t[:, H:]": "the columns are cut, not the rows",
        "return dz_t[:H], dz_t[H + 1 :]": "row H is left out",
        "return dz_t[: H - 1], dz_t[H - 1 :]": "one row too early",
        "return dz_t[:H]": "only the first H rows are returned",
        "return dz_t, dz_t": "both results are the whole dz_t",
        "return np.split(dz_t, 2)": "array split does not result in an equal division",
    },
}
RIGHT = {
    "do_of_step": [
        "return np.tanh(c_t) * dh_t",
        "return np.einsum('hb,hb->hb', dh_t, np.tanh(c_t))",
        "return dh_t * (np.exp(c_t) - np.exp(-c_t)) / (np.exp(c_t) + np.exp(-c_t))",
    ],
    "dc_of_step": [
        "tanh_c = np.tanh(c_t)\nreturn dc_from_next + (1 - tanh_c**2) * o_t * dh_t",
        "return dh_t * o_t / np.cosh(c_t) ** 2 + dc_from_next",
        "return np.stack([dh * o * (1 - np.tanh(c) ** 2) + dc for dh, o, c, dc in "
        "zip(dh_t.T, o_t.T, c_t.T, dc_from_next.T)], axis=1)",
    ],
    "di_du_df": [
        "di_t = u_t * dc_t\ndu_t = i_t * dc_t\ndf_t = c_before * dc_t\nreturn di_t, du_t, df_t",
        "return [dc_t * u_t, dc_t * i_t, dc_t * c_before]",
        "return tuple(np.einsum('hb,hb->hb', dc_t, v) for v in (u_t, i_t, c_before))",
    ],
    "dc_passed_back": [
        "return f_t * dc_t",
        "return np.multiply(dc_t, f_t)",
        "return np.stack([dc * f for dc, f in zip(dc_t.T, f_t.T)], axis=1)",
    ],
    "sigmoid_derivative": [
        "return s - s**2",
        "return np.multiply(s, 1 - s)",
        "derivative = s.copy()\nderivative *= 1 - s\nreturn derivative",
    ],
    "da_of_gate": [
        "return dg_t * g_t * (1 - g_t)",
        "return dg_t * (g_t - g_t**2)",
        "return np.einsum('hb,hb,hb->hb', dg_t, g_t, 1 - g_t)",
    ],
    "da_of_modulated_input": [
        "return du_t * (1 - u_t**2)",
        "return (1 - u_t) * (1 + u_t) * du_t",
        "return du_t - np.square(u_t) * du_t",
    ],
    "dM_of_step": [
        "return np.hstack([da_g @ h_before.T, da_g @ x_t.T])",
        "return np.einsum('hb,kb->hk', da_g, np.vstack([h_before, x_t]))",
        "return (np.concatenate([h_before, x_t]) @ da_g.T).T",
        "return sum(np.outer(da, z) for da, z in zip(da_g.T, np.r_[h_before, x_t].T))",
    ],
    "dz_of_step": [
        "return sum(M.T @ da for M, da in zip(params, (da_i, da_f, da_o, da_u)))",
        "return np.concatenate(params).T @ np.concatenate([da_i, da_f, da_o, da_u])",
        "return np.einsum('ghz,ghb->zb', np.array(params), np.array([da_i, da_f, da_o, da_u]))",
        "M, da = params, (da_i, da_f, da_o, da_u)\nreturn sum((da[g].T @ M[g]).T for g in range(4))",
    ],
    "parts_of_dz": [
        "return np.split(dz_t, [H])",
        "dh, dx = dz_t[:H].copy(), dz_t[H:].copy()\nreturn dh, dx",
        "I = len(dz_t) - H\nreturn dz_t[:-I], dz_t[-I:]",
    ],
}


@pytest.mark.parametrize(("name", "answer", "words"), [(n, a, w) for n, some in WRONG.items() for a, w in some.items()])
def test_a_typical_mistake_is_named(name, answer, words):
    assert words in refused(name, answered(name, answer))


@pytest.mark.parametrize(("name", "answer"), [(n, a) for n, some in RIGHT.items() for a in some])
def test_a_right_answer_in_another_style_is_accepted(name, answer, capsys):
    getattr(bptt, name)(answered(name, answer))
    assert capsys.readouterr().out.startswith("✓ 4.")


def test_there_are_enough_answers_for_each_blank():
    assert all(len(some) >= 5 for some in WRONG.values())
    assert all(len(RIGHT[name]) >= 3 for name in WRONG)
