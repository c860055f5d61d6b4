"""The functions of the LSTM's backward pass from h_t to c_t, its gates and c_{t-1}, with typical errors in each."""

import numpy as np

from parity_tests.notebook_checks.backward_parts import Part
from parity_tests.notebook_checks.rnn_parts import sigmoid

DO = "do_t = dh_t ∘ tanh(c_t)"
DC = "dc_t = dh_t ∘ o_t ∘ tanh′(c_t) + dc_from_next"
THREE = "di_t = dc_t ∘ u_t, du_t = dc_t ∘ i_t and df_t = dc_t ∘ c_{t-1}"
BACK = "the part of dc_{t-1} past h_{t-1} is dc_t ∘ f_t"

DO_OF_STEP = Part(
    "lstm",
    "do_of_step",
    ("dh_t", "c_t"),
    ("do_t",),
    {"do = dh_t * tanh_c": "do = do_of_step(dh_t, c[t])"},
    {
        f"tanh is missing: {DO}": lambda dh, c: dh * c,
        f"tanh(c_t) is missing: {DO}": lambda dh, c: dh,
        f"dh_t is missing: {DO}": lambda dh, c: np.tanh(c),
        f"tanh′ is used in place of tanh, but ∂h_t/∂o_t is tanh(c_t): {DO}": lambda dh, c: dh * (1 - np.tanh(c) ** 2),
        f"tanh′ is used in place of tanh, and computed from c_t: {DO}": lambda dh, c: dh * (1 - c**2),
        f"σ is used in place of tanh: {DO}": lambda dh, c: dh * sigmoid(c),
        f"tanh is applied to the product: {DO}": lambda dh, c: np.tanh(dh * c),
        f"tanh is applied to dh_t, not to c_t: {DO}": lambda dh, c: np.tanh(dh) * c,
        f"the two factors are added, but the chain rule multiplies: {DO}": lambda dh, c: dh + np.tanh(c),
        f"the sign is wrong: {DO}": lambda dh, c: -dh * np.tanh(c),
        f"@ is the matrix product, ∘ is entry by entry, *: {DO}": lambda dh, c: dh @ np.tanh(c),
        f"@ is the matrix product, ∘ is entry by entry, without a transpose: {DO}": lambda dh, c: dh @ np.tanh(c).T,
    },
)

DC_OF_STEP = Part(
    "lstm",
    "dc_of_step",
    ("dh_t", "o_t", "c_t", "dc_from_next"),
    ("dc_t",),
    {"dh_t * o_t * tanh_derivative(tanh_c) + dc_t": "dc_of_step(dh_t, o_t, c[t], dc_t)"},
    {
        f"the path past h_t is missing, dc_from_next: {DC}": lambda dh, o, c, n: dh * o * (1 - np.tanh(c) ** 2),
        f"the path through h_t is missing: {DC}": lambda dh, o, c, n: n,
        f"o_t is missing in the path through h_t: {DC}": lambda dh, o, c, n: dh * (1 - np.tanh(c) ** 2) + n,
        f"tanh′(c_t) is missing in the path through h_t: {DC}": lambda dh, o, c, n: dh * o + n,
        f"dh_t is missing in the path through h_t: {DC}": lambda dh, o, c, n: o * (1 - np.tanh(c) ** 2) + n,
        f"tanh′(c_t) is computed as 1 - c_t², but it is 1 - tanh²(c_t): {DC}": lambda dh, o, c, n: (
            dh * o * (1 - c**2) + n
        ),
        f"tanh′(c_t) is computed as 1 - h_t², but it is 1 - tanh²(c_t): {DC}": lambda dh, o, c, n: (
            dh * o * (1 - (o * np.tanh(c)) ** 2) + n
        ),
        f"the square is missing in tanh′(c_t), 1 - tanh²(c_t): {DC}": lambda dh, o, c, n: dh * o * (1 - np.tanh(c)) + n,
        f"tanh is used in place of tanh′, 1 - tanh²(c_t): {DC}": lambda dh, o, c, n: dh * o * np.tanh(c) + n,
        f"tanh is applied twice, tanh′(c_t) is 1 - tanh²(c_t): {DC}": lambda dh, o, c, n: (
            dh * o * (1 - np.tanh(np.tanh(c)) ** 2) + n
        ),
        f"σ′ is used in place of tanh′: {DC}": lambda dh, o, c, n: dh * o * np.tanh(c) * (1 - np.tanh(c)) + n,
        f"o_t and tanh′(c_t) multiply both paths, they belong to that through h_t: {DC}": lambda dh, o, c, n: (
            (dh + n) * o * (1 - np.tanh(c) ** 2)
        ),
        f"tanh′(c_t) multiplies both paths, it belongs to that through h_t: {DC}": lambda dh, o, c, n: (
            (dh * o + n) * (1 - np.tanh(c) ** 2)
        ),
        f"the two paths are multiplied, but the chain rule adds them: {DC}": lambda dh, o, c, n: (
            dh * o * (1 - np.tanh(c) ** 2) * n
        ),
        f"the second path has the wrong sign: {DC}": lambda dh, o, c, n: dh * o * (1 - np.tanh(c) ** 2) - n,
        f"o_t multiplies dc_from_next too: {DC}": lambda dh, o, c, n: o * (dh * (1 - np.tanh(c) ** 2) + n),
    },
)

DI_DU_DF = Part(
    "lstm",
    "di_du_df",
    ("dc_t", "i_t", "u_t", "c_before"),
    ("di_t", "du_t", "df_t"),
    {
        "df = dc_t * c[t - 1]": "di, du, df = di_du_df(dc_t, i_t, u_t, c[t - 1])",
        "du = dc_t * i_t": "pass",
        "di = dc_t * u_t": "pass",
    },
    {
        f"i_t is used in place of u_t in di_t: {THREE}": lambda dc, i, u, c: (dc * i, dc * i, dc * c),
        f"u_t is used in place of i_t in du_t: {THREE}": lambda dc, i, u, c: (dc * u, dc * u, dc * c),
        f"i_t and u_t are exchanged, or di_t and du_t: {THREE}": lambda dc, i, u, c: (
            dc * i,
            dc * u,
            dc * c,
        ),
        f"c_{{t-1}} and u_t are exchanged, or di_t and df_t: {THREE}": lambda dc, i, u, c: (
            dc * c,
            dc * i,
            dc * u,
        ),
        f"c_{{t-1}} and i_t are exchanged, or du_t and df_t: {THREE}": lambda dc, i, u, c: (
            dc * u,
            dc * c,
            dc * i,
        ),
        f"tanh(c_{{t-1}}) is used in place of c_{{t-1}} in df_t: {THREE}": lambda dc, i, u, c: (
            *(dc * u, dc * i),
            dc * np.tanh(c),
        ),
        f"c_{{t-1}} is missing in df_t: {THREE}": lambda dc, i, u, c: (dc * u, dc * i, dc),
        f"dc_t is missing: {THREE}": lambda dc, i, u, c: (u, i, c),
        f"dc_t is missing in df_t: {THREE}": lambda dc, i, u, c: (dc * u, dc * i, c),
        f"σ′ is part of a later function, not of this one: {THREE}": lambda dc, i, u, c: (
            *(dc * u * i * (1 - i), dc * i),
            dc * c,
        ),
        f"tanh′ is part of a later function, not of this one: {THREE}": lambda dc, i, u, c: (
            *(dc * u, dc * i * (1 - u**2)),
            dc * c,
        ),
        f"@ is the matrix product, ∘ is entry by entry, *: {THREE}": lambda dc, i, u, c: (dc @ u, dc @ i, dc @ c),
    },
)

DC_PASSED_BACK = Part(
    "lstm",
    "dc_passed_back",
    ("dc_t", "f_t"),
    ("dc_t",),
    {"dc_t = dc_t * f_t": "dc_t = dc_passed_back(dc_t, f_t)"},
    {
        f"f_t is missing: {BACK}": lambda dc, f: dc,
        f"dc_t is missing: {BACK}": lambda dc, f: f,
        f"σ′ of the forget gate does not belong here, for f_t itself multiplies c_{{t-1}}: {BACK}": lambda dc, f: (
            dc * f * (1 - f)
        ),
        f"1 - f_t is used in place of f_t: {BACK}": lambda dc, f: dc * (1 - f),
        f"the two factors are added, but the chain rule multiplies: {BACK}": lambda dc, f: dc + f,
        f"tanh′ does not belong here, no tanh lies on this path: {BACK}": lambda dc, f: dc * (1 - f**2),
        f"tanh does not belong here, no tanh lies on this path: {BACK}": lambda dc, f: np.tanh(dc * f),
        f"dc_t is divided by f_t: {BACK}": lambda dc, f: dc / f,
        f"σ is applied to f_t once more: {BACK}": lambda dc, f: dc * sigmoid(f),
        f"@ is the matrix product, ∘ is entry by entry, *: {BACK}": lambda dc, f: dc @ f,
        f"@ is the matrix product, ∘ is entry by entry, without a transpose: {BACK}": lambda dc, f: dc @ f.T,
        f"the sign is wrong: {BACK}": lambda dc, f: -dc * f,
    },
)
