"""The functions of the RNN's backward pass, with typical errors in each."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from parity_tests.notebook_checks.backward_parts import Part


def sigmoid(a: Any) -> Any:
    """σ, without care for overflow."""
    return 1 / (1 + np.exp(-a))


def of_transposed_product(result: str, matrix: str) -> Mapping[str, Callable[..., Any]]:
    """Errors in the product of a transposed matrix and da_t."""
    right = f"{result} = {matrix}ᵀ da_t"
    return {
        f"{matrix} is not transposed: {right}": lambda M, da: M @ da,
        f"the result is transposed: {right} has one example in each column": lambda M, da: da.T @ M,
        f"the factors are exchanged: {right}": lambda M, da: da @ M,
        f"the factors are exchanged, and {matrix} is transposed: {right}": lambda M, da: da @ M.T,
        f"da_t is transposed, and {matrix} is not: {right}": lambda M, da: M @ da.T,
        f"da_t is transposed: {right}": lambda M, da: M.T @ da.T,
        f"the factors are exchanged and transposed: {right}": lambda M, da: da.T @ M.T,
        f"* multiplies entry by entry, @ is the matrix product: {right}": lambda M, da: M.T * da,
        f"* multiplies entry by entry, and {matrix} is not transposed: {right}": lambda M, da: M * da,
        f"{matrix} is missing: {right}": lambda M, da: da,
        f"the result is divided by B; it is no mean over the batch: {right}": lambda M, da: M.T @ da / da.shape[1],
        f"the sign is wrong: {right}": lambda M, da: -M.T @ da,
    }


def of_outer_product(result: str, vector: str) -> Mapping[str, Callable[..., Any]]:
    """Errors in the product of da_t and a transposed vector of each example, which is summed over the batch."""
    right = f"{result} = da_t {vector}ᵀ"
    return {
        f"the result is transposed: {right}": lambda da, v: v @ da.T,
        f"{vector} is not transposed: {right}": lambda da, v: da @ v,
        f"da_t is transposed in place of {vector}: {right}": lambda da, v: da.T @ v,
        f"both factors are transposed: {right}": lambda da, v: da.T @ v.T,
        f"* multiplies entry by entry, @ is the matrix product: {right}": lambda da, v: da * v,
        f"* multiplies entry by entry, and {vector} is transposed: {right}": lambda da, v: da * v.T,
        f"the sum over the batch is missing: {right}": lambda da, v: np.einsum("hb,kb->bhk", da, v),
        f"the sum over the batch is missing, its axis is the last one: {right}": lambda da, v: da[:, None] * v,
        f"the result is a mean over the batch, not a sum: {right}": lambda da, v: da @ v.T / da.shape[1],
        f"the result holds the first example alone: {right} sums over the batch": lambda da, v: da[:, :1] @ v[:, :1].T,
        f"np.outer multiplies all entries of the batch with each other: {right}": np.outer,
        f"da_t and {vector} are summed over the batch before the product: {right}": lambda da, v: np.outer(
            da.sum(axis=1), v.sum(axis=1)
        ),
        f"da_t is summed over the batch before the product: {right}": lambda da, v: da.sum(axis=1, keepdims=True) * v,
        f"{vector} is missing: {right}": lambda da, v: da,
        f"the sign is wrong: {right}": lambda da, v: -da @ v.T,
    }


TANH = "tanh′(a_t) = 1 - h_t²"
DA = "da_t = dh_t ∘ (1 - h_t²)"

TANH_DERIVATIVE = Part(
    "rnn",
    "tanh_derivative",
    ("h_t",),
    ("tanh′(a_t)",),
    {},  # it has the name that `numpy_rnn` uses
    {
        f"tanh is applied to h_t once more, but h_t is tanh(a_t) already: {TANH}": lambda h: 1 - np.tanh(h) ** 2,
        f"tanh′ is computed as 1 - a_t²: {TANH}": lambda h: 1 - np.arctanh(h) ** 2,
        f"the square is missing: {TANH}": lambda h: 1 - h,
        f"the square belongs to h_t alone: {TANH}": lambda h: (1 - h) ** 2,
        f"1 - is missing: {TANH}": lambda h: h**2,
        f"the sign is wrong: {TANH}": lambda h: h**2 - 1,
        f"1 + is used in place of 1 -: {TANH}": lambda h: 1 + h**2,
        f"h_t is doubled, not squared: {TANH}": lambda h: 1 - 2 * h,
        f"this is the derivative of h_t², not of tanh: {TANH}": lambda h: 2 * h,
        f"the root is taken in place of the square: {TANH}": lambda h: np.sqrt(1 - h**2),
        f"this is σ′, not tanh′: {TANH}": lambda h: h * (1 - h),
        f"σ is used, and its derivative: {TANH}": lambda h: sigmoid(h) * (1 - sigmoid(h)),
        f"this is tanh, not its derivative: {TANH}": np.tanh,
        f"h_t is returned as it is: {TANH}": lambda h: h,
        f"@ is the matrix product, the square is entry by entry: {TANH}": lambda h: 1 - h @ h,
        f"@ is the matrix product, the square is entry by entry, h_t * h_t: {TANH}": lambda h: 1 - h @ h.T,
    },
)

DA_OF_STEP = Part(
    "rnn",
    "da_of_step",
    ("dh_t", "h_t"),
    ("da_t",),
    {"dh_t * tanh_derivative(h[t])": "da_of_step(dh_t, h[t])"},
    {
        f"tanh′ is missing: {DA}": lambda dh, h: dh,
        f"dh_t is missing: {DA}": lambda dh, h: 1 - h**2,
        f"tanh is applied to h_t once more, but h_t is tanh(a_t) already: {DA}": lambda dh, h: (
            dh * (1 - np.tanh(h) ** 2)
        ),
        f"tanh′ is computed as 1 - a_t²: {DA}": lambda dh, h: dh * (1 - np.arctanh(h) ** 2),
        f"tanh′ is computed from dh_t in place of h_t: {DA}": lambda dh, h: dh * (1 - dh**2),
        f"dh_t and h_t are exchanged: {DA}": lambda dh, h: h * (1 - dh**2),
        f"the square is missing in tanh′: {DA}": lambda dh, h: dh * (1 - h),
        f"h_t is used in place of tanh′: {DA}": lambda dh, h: dh * h,
        f"1 - is missing in tanh′: {DA}": lambda dh, h: dh * h**2,
        f"this is σ′, not tanh′: {DA}": lambda dh, h: dh * h * (1 - h),
        f"parentheses are missing: {DA}": lambda dh, h: dh * 1 - h**2,
        f"the two factors are added, but the chain rule multiplies: {DA}": lambda dh, h: dh + (1 - h**2),
        f"tanh′ is applied twice: {DA}": lambda dh, h: dh * (1 - h**2) ** 2,
        f"dh_t is divided by tanh′: {DA}": lambda dh, h: dh / (1 - h**2),
        f"the sign is wrong: {DA}": lambda dh, h: -dh * (1 - h**2),
        f"@ is the matrix product, ∘ is entry by entry, *: {DA}": lambda dh, h: dh @ (1 - h**2),
        f"@ is the matrix product, ∘ is entry by entry, *, without a transpose: {DA}": lambda dh, h: dh @ (1 - h**2).T,
        f"@ is the matrix product, ∘ is entry by entry, and nothing is transposed: {DA}": lambda dh, h: (
            (1 - h**2).T @ dh
        ),
        f"the result is summed over the batch; each example has its own: {DA}": lambda dh, h: (dh * (1 - h**2)).sum(
            axis=1, keepdims=True
        ),
        f"the result is a mean over the batch; each example has its own: {DA}": lambda dh, h: (dh * (1 - h**2)).mean(
            axis=1, keepdims=True
        ),
    },
)

DX_OF_STEP = Part(
    "rnn",
    "dx_of_step",
    ("U", "da_t"),
    ("dx_t",),
    {"U.T @ da": "dx_of_step(U, da)"},
    of_transposed_product("dx_t", "U"),
)

DH_PASSED_BACK = Part(
    "rnn",
    "dh_passed_back",
    ("W", "da_t"),
    ("dh_t",),
    {"W.T @ da": "dh_passed_back(W, da)"},
    of_transposed_product("the part of dh_{t-1}", "W"),
)

DW_OF_STEP = Part(
    "rnn",
    "dW_of_step",
    ("da_t", "h_before"),
    ("dW",),
    {"da @ h[t - 1].T": "dW_of_step(da, h[t - 1])"},
    of_outer_product("the part of dW", "h_{t-1}"),
)

DU_OF_STEP = Part(
    "rnn",
    "dU_of_step",
    ("da_t", "x_t"),
    ("dU",),
    {"da @ x[t - 1].T": "dU_of_step(da, x[t - 1])"},
    of_outer_product("the part of dU", "x_t"),
)

DB_OF_STEP = Part(
    "rnn",
    "db_of_step",
    ("da_t",),
    ("db",),
    {"da.sum(axis=1, keepdims=True)": "db_of_step(da)"},
    {
        "the sum runs over the units: sum da_t over the batch, axis=1": lambda da: da.sum(axis=0),
        "the sum runs over the units: sum da_t over the batch, axis=1, with keepdims=True": lambda da: da.sum(
            axis=0, keepdims=True
        ),
        "the sum runs over the units too: sum da_t over the batch alone, axis=1": lambda da: da.sum(),
        "the sum runs over the units too: sum da_t over the batch alone, axis=1, not both axes": lambda da: da.sum(
            keepdims=True
        ),
        "this is a mean over the batch, not a sum": lambda da: da.mean(axis=1, keepdims=True),
        "this is a mean over the batch, not a sum, and keepdims=True is missing": lambda da: da.mean(axis=1),
        "the sum over the batch is missing: sum da_t along axis=1, with keepdims=True": lambda da: da,
        "this is the first example alone: sum da_t over the batch": lambda da: da[:, :1],
        "this is the last example alone: sum da_t over the batch": lambda da: da[:, -1:],
        "the result is transposed: db has the shape (H, 1), one row for each unit": lambda da: (
            da.sum(axis=1, keepdims=True).T
        ),
        "the sign is wrong: db is the sum of da_t over the batch": lambda da: -da.sum(axis=1, keepdims=True),
    },
)
