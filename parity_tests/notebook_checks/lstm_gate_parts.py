"""The functions of the LSTM's backward pass from the gates to the matrices and to z_t, with typical errors in each."""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import numpy as np

from parity_tests.notebook_checks.backward_parts import Part
from parity_tests.notebook_checks.rnn_parts import of_outer_product, sigmoid

SIGMOID = "σ′(a) = s ∘ (1 - s) with s = σ(a)"
GATE = "da_g = dg_t ∘ g_t ∘ (1 - g_t)"
MODULATED = "da_u = du_t ∘ (1 - u_t²)"
DM = "dM_g sums da_g z_tᵀ over the batch, with z_t = [h_{t-1}; x_t]"
DZ = "dz_t = Σ_g M_gᵀ da_g over all four gates"
PARTS = "the first H rows of dz_t belong to h_{t-1}, the others to x_t"

SIGMOID_DERIVATIVE = Part(
    "lstm",
    "sigmoid_derivative",
    ("s",),
    ("σ′(a)",),
    {},  # it has the name that `numpy_rnn` uses
    {
        f"σ is applied to s once more, but s is σ(a) already: {SIGMOID}": lambda s: sigmoid(s) * (1 - sigmoid(s)),
        f"this is tanh′, not σ′: {SIGMOID}": lambda s: 1 - s**2,
        f"the factor s is missing: {SIGMOID}": lambda s: 1 - s,
        f"the factor 1 - s is missing: {SIGMOID}": lambda s: s,
        f"the sign is wrong: {SIGMOID}": lambda s: s * (s - 1),
        f"1 + is used in place of 1 -: {SIGMOID}": lambda s: s * (1 + s),
        f"parentheses are missing: {SIGMOID}": lambda s: s * 1 - s,
        f"the factor s is squared: {SIGMOID}": lambda s: s**2 * (1 - s),
        f"the square is taken of 1 - s: {SIGMOID}": lambda s: (1 - s) ** 2,
        f"the square is taken of s: {SIGMOID}": lambda s: s**2,
        f"this is σ, not its derivative: {SIGMOID}": sigmoid,
        f"1 - s² is multiplied by s: {SIGMOID}": lambda s: s * (1 - s**2),
        f"@ is the matrix product, ∘ is entry by entry, *: {SIGMOID}": lambda s: s @ (1 - s),
    },
)

DA_OF_GATE = Part(
    "lstm",
    "da_of_gate",
    ("dg_t", "g_t"),
    ("da_g",),
    {f"d{g} * sigmoid_derivative({g}_t)": f"da_of_gate(d{g}, {g}_t)" for g in "ofi"},
    {
        f"the derivative of σ is missing: {GATE}": lambda dg, g: dg,
        f"dg_t is missing: {GATE}": lambda dg, g: g * (1 - g),
        f"σ is applied to g_t once more, but g_t is σ(a_g) already: {GATE}": lambda dg, g: (
            dg * sigmoid(g) * (1 - sigmoid(g))
        ),
        f"tanh′ is used in place of σ′: {GATE}": lambda dg, g: dg * (1 - g**2),
        f"σ is used in place of σ′: {GATE}": lambda dg, g: dg * sigmoid(g),
        f"the factor g_t is missing: {GATE}": lambda dg, g: dg * (1 - g),
        f"the factor 1 - g_t is missing: {GATE}": lambda dg, g: dg * g,
        f"dg_t and g_t are exchanged: {GATE}": lambda dg, g: g * dg * (1 - dg),
        f"σ′ is computed from dg_t: {GATE}": lambda dg, g: dg * dg * (1 - dg),
        f"the two factors are added, but the chain rule multiplies: {GATE}": lambda dg, g: dg + g * (1 - g),
        f"parentheses are missing: {GATE}": lambda dg, g: dg * g * 1 - g,
        f"the sign is wrong: {GATE}": lambda dg, g: -dg * g * (1 - g),
        f"@ is the matrix product, ∘ is entry by entry, *: {GATE}": lambda dg, g: dg @ (g * (1 - g)),
    },
)

DA_OF_MODULATED_INPUT = Part(
    "lstm",
    "da_of_modulated_input",
    ("du_t", "u_t"),
    ("da_u",),
    {"du * tanh_derivative(u_t)": "da_of_modulated_input(du, u_t)"},
    {
        f"the derivative of tanh is missing: {MODULATED}": lambda du, u: du,
        f"du_t is missing: {MODULATED}": lambda du, u: 1 - u**2,
        f"σ′ is used in place of tanh′: {MODULATED}": lambda du, u: du * u * (1 - u),
        f"tanh is applied to u_t once more, but u_t is tanh(a_u) already: {MODULATED}": lambda du, u: (
            du * (1 - np.tanh(u) ** 2)
        ),
        f"the square is missing in tanh′: {MODULATED}": lambda du, u: du * (1 - u),
        f"1 - is missing in tanh′: {MODULATED}": lambda du, u: du * u**2,
        f"tanh′ is computed from du_t: {MODULATED}": lambda du, u: du * (1 - du**2),
        f"du_t and u_t are exchanged: {MODULATED}": lambda du, u: u * (1 - du**2),
        f"parentheses are missing: {MODULATED}": lambda du, u: du * 1 - u**2,
        f"the sign is wrong: {MODULATED}": lambda du, u: -du * (1 - u**2),
        f"@ is the matrix product, ∘ is entry by entry, *: {MODULATED}": lambda du, u: du @ (1 - u**2),
    },
)


def of_dM() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Errors in z_t, and those of any outer product."""

    def stacked(h: Any, x: Any) -> Any:
        return np.concatenate([h, x])

    yield f"x_t is above h_{{t-1}} in z_t: {DM}", lambda da, h, x: da @ stacked(x, h).T
    yield f"x_t is missing in z_t: {DM}", lambda da, h, x: da @ h.T
    yield f"h_{{t-1}} is missing in z_t: {DM}", lambda da, h, x: da @ x.T
    yield (
        f"h_{{t-1}} and x_t are joined side by side, not one above the other: {DM}",
        lambda da, h, x: da @ np.hstack([h, x]),
    )
    for words, wrong in of_outer_product("the part of dM_g", "z_t").items():
        yield words, lambda da, h, x, wrong=wrong: wrong(da, stacked(h, x))


DM_OF_STEP = Part(
    "lstm",
    "dM_of_step",
    ("da_g", "h_before", "x_t"),
    ("dM_g",),
    {
        "da @ np.concatenate([h[t - 1], x_t]).T": (
            "np.concatenate([dM_of_step(da_g, h[t - 1], x_t) for da_g in (da_i, da_f, da_o, da_u)])"
        )
    },
    dict(of_dM()),
)


def of_dz() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Errors in the sum over the gates."""
    names = ["M_input", "M_forget", "M_output", "M_modulated_input"]

    def terms(params: Any, gates: Any) -> list[Any]:
        return [M.T @ da for M, da in zip(params, gates, strict=True)]

    yield f"the matrices are not transposed: {DZ}", lambda params, *gates: params[0] @ gates[0]
    yield f"the factors are exchanged: {DZ}", lambda params, *gates: gates[0] @ params[0]
    yield f"the result is transposed: {DZ}", lambda params, *gates: sum(terms(params, gates)).T
    yield f"dz_t is a mean over the gates, not a sum: {DZ}", lambda params, *gates: sum(terms(params, gates)) / 4
    yield (
        f"the terms of the gates are multiplied, not added: {DZ}",
        lambda params, *gates: np.prod(terms(params, gates), axis=0),
    )
    yield f"the sum over the gates is missing: {DZ}", lambda params, *gates: np.array(terms(params, gates))
    yield (
        f"the sum over the gates is missing, it is no concatenation: {DZ}",
        lambda params, *gates: np.concatenate(terms(params, gates)),
    )
    yield f"the result is divided by B: {DZ}", lambda params, *gates: sum(terms(params, gates)) / gates[0].shape[1]
    yield f"the sum of da_g multiplies one matrix: {DZ}", lambda params, *gates: params[0].T @ sum(gates)
    yield f"the sum of the matrices multiplies the sum of da_g: {DZ}", lambda params, *gates: sum(params).T @ sum(gates)
    for k, name in enumerate(names):
        yield (
            f"the term of {name} is missing: {DZ}",
            lambda params, *gates, k=k: sum(term for n, term in enumerate(terms(params, gates)) if n != k),
        )
        yield f"the term of {name} is the only one: {DZ}", lambda params, *gates, k=k: terms(params, gates)[k]
    for k, m in combinations(range(4), 2):

        def exchanged(params: Any, *gates: Any, k: int = k, m: int = m) -> Any:
            other = list(params)
            other[k], other[m] = other[m], other[k]
            return sum(terms(other, gates))

        yield f"{names[k]} and {names[m]} are exchanged: {DZ}", exchanged


DZ_OF_STEP = Part(
    "lstm",
    "dz_of_step",
    ("params", "da_i", "da_f", "da_o", "da_u"),
    ("dz_t",),
    {"M.T @ da": "dz_of_step(params, da_i, da_f, da_o, da_u)"},
    dict(of_dz()),
)

PARTS_OF_DZ = Part(
    "lstm",
    "parts_of_dz",
    ("dz_t", "H"),
    ("dh_t", "dx_t"),
    {"dz[:H], dz[H:]": "parts_of_dz(dz, H)"},
    {
        f"the two parts are exchanged: {PARTS}": lambda dz, H: (dz[H:], dz[:H]),
        f"dz_t is cut as if x_t were above h_{{t-1}}: {PARTS}": lambda dz, H: (dz[-H:], dz[:-H]),
        f"dz_t is cut at the wrong end: {PARTS}": lambda dz, H: (dz[:-H], dz[-H:]),
        f"the columns are cut, not the rows: {PARTS}": lambda dz, H: (dz[:, :H], dz[:, H:]),
        f"dz_t is cut one row too early: {PARTS}": lambda dz, H: (dz[: H - 1], dz[H - 1 :]),
        f"dz_t is cut one row too late: {PARTS}": lambda dz, H: (dz[: H + 1], dz[H + 1 :]),
        f"row H is left out: {PARTS}": lambda dz, H: (dz[:H], dz[H + 1 :]),
        f"both results are the whole dz_t: {PARTS}": lambda dz, H: (dz, dz),
        f"only the first H rows are returned: {PARTS}": lambda dz, H: dz[:H],
        f"dz_t is cut at row 0: {PARTS}": lambda dz, H: (dz[0], dz[1:]),
    },
)
