"""Do the checks of the RNN's functions in notebook 4 name typical mistakes, and accept other styles?"""

import pytest

from parity_tests.notebook_checks import bptt
from parity_tests.notebooks.bptt_answers import answered, refused

WRONG = {
    "tanh_derivative": {
        "return 1 - np.tanh(h_t) ** 2": "tanh is applied to h_t once more",
        "a_t = np.arctanh(h_t)\nreturn 1 - a_t**2": "tanh′ is computed as 1 - a_t²",
        "return 1 - h_t": "the square is missing",
        "return h_t * (1 - h_t)": "this is σ′, not tanh′",
        "return h_t**2": "1 - is missing",
        "return np.tanh(h_t)": "this is tanh, not its derivative",
        "return 1 - h_t @ h_t.T": "@ is the matrix product",
        "h_t **= 2\nreturn 1 - h_t": "tanh_derivative writes into h_t; compute a new array",
        "return np.squeeze(1 - h_t**2)": "expected the shape (H, B) = (3, 1), got (3,); keep the axis of length 1",
        "1 - h_t**2": "tanh_derivative returns None: a `return` is missing",
        "return 1 - a_t**2": "NameError: name 'a_t' is not defined\n  in the line: return 1 - a_t**2",
    },
    "da_of_step": {
        "return dh_t": "tanh′ is missing",
        "return dh_t * (1 - np.tanh(h_t) ** 2)": "tanh is applied to h_t once more",
        "return dh_t * (1 - np.arctanh(h_t) ** 2)": "tanh′ is computed as 1 - a_t²",
        "return dh_t * (1 - h_t)": "the square is missing in tanh′",
        "return dh_t * h_t": "h_t is used in place of tanh′",
        "return h_t * tanh_derivative(dh_t)": "dh_t and h_t are exchanged",
        "return dh_t * tanh_derivative(dh_t)": "tanh′ is computed from dh_t",
        "return dh_t + tanh_derivative(h_t)": "the chain rule multiplies",
        "return dh_t @ tanh_derivative(h_t)": "∘ is entry by entry",
        "return dh_t @ tanh_derivative(h_t).T": "∘ is entry by entry",
        "return (dh_t * tanh_derivative(h_t)).mean(axis=1, keepdims=True)": "the result is a mean over the batch",
        "dh_t *= tanh_derivative(h_t)\nreturn dh_t": "da_of_step writes into dh_t",
        "return (dh_t * tanh_derivative(h_t)).squeeze()": "(H, B) = (3, 1), got (3,); keep the axis of length 1",
    },
    "dx_of_step": {
        "return U @ da_t": "U is not transposed: dx_t = Uᵀ da_t",
        "return da_t.T @ U": "the result is transposed",
        "return da_t @ U": "the factors are exchanged",
        "return U.T * da_t": "@ is the matrix product",
        "return da_t": "U is missing",
        "return U.T @ da_t / da_t.shape[1]": "it is no mean over the batch",
        "return (U.T @ da_t).sum(axis=1)": "expected the shape (I, B) = (4, 2), got (4,)",
        "return np.squeeze(U.T @ da_t)": "expected the shape (I, B) = (4, 1), got (4,); keep the axis of length 1",
    },
    "dh_passed_back": {
        "return W @ da_t": "W is not transposed: the part of dh_{t-1} = Wᵀ da_t",
        "return da_t.T @ W": "the result is transposed",
        "return da_t @ W": "the factors are exchanged",
        "return W.T * da_t": "@ is the matrix product",
        "return da_t": "W is missing",
        "return -W.T @ da_t": "the sign is wrong",
        "return W @ da_t.T": "da_t is transposed, and W is not",
        "da_t[:] = W.T @ da_t\nreturn da_t": "dh_passed_back writes into da_t",
    },
    "dW_of_step": {
        "return h_before @ da_t.T": "the result is transposed: the part of dW = da_t h_{t-1}ᵀ",
        "return da_t @ h_before": "h_{t-1} is not transposed",
        "return da_t * h_before": "@ is the matrix product",
        "return da_t @ h_before.T / da_t.shape[1]": "a mean over the batch, not a sum",
        "return np.einsum('hb,kb->bhk', da_t, h_before)": "the sum over the batch is missing",
        "return np.outer(da_t[:, 0], h_before[:, 0])": "the first example alone",
        "return np.outer(da_t, h_before)": "np.outer multiplies all entries",
        "return da_t.T @ h_before": "da_t is transposed in place of h_{t-1}",
        "return np.outer(da_t.sum(axis=1), h_before.sum(axis=1))": "summed over the batch before the product",
    },
    "dU_of_step": {
        "return x_t @ da_t.T": "the result is transposed: the part of dU = da_t x_tᵀ",
        "return da_t @ x_t": "x_t is not transposed",
        "return da_t * x_t": "@ is the matrix product",
        "return da_t @ x_t.T / da_t.shape[1]": "a mean over the batch, not a sum",
        "return da_t[:, None] * x_t": "the sum over the batch is missing",
        "return da_t[:, :1] @ x_t[:, :1].T": "the first example alone",
        "return np.outer(da_t, x_t)": "np.outer multiplies all entries",
        "return (da_t @ x_t.T).astype(float)": "expected float32 for arguments of this dtype, got float64",
    },
    "db_of_step": {
        "return da_t.sum(axis=1)": "expected the shape (H, 1) = (3, 1), got (3,); keep the axis of length 1",
        "return da_t": "the sum over the batch is missing",
        "return da_t.sum(axis=0)": "the sum runs over the units",
        "return da_t.sum(axis=0, keepdims=True)": "the sum runs over the units",
        "return da_t.sum()": "the sum runs over the units too",
        "return da_t.mean(axis=1, keepdims=True)": "a mean over the batch, not a sum",
        "return da_t[:, :1]": "this is the first example alone",
        "return da_t.sum(axis=1, keepdims=True).T": "the result is transposed",
        "return np.squeeze(da_t.sum(axis=1, keepdims=True))": "keep the axis of length 1: no squeeze",
    },
}
RIGHT = {
    "tanh_derivative": [
        "return 1 - np.square(h_t)",
        "return (1 - h_t) * (1 + h_t)",
        "return 1 / np.cosh(np.arctanh(h_t)) ** 2",
        "derivative = np.ones_like(h_t)\nderivative -= h_t * h_t\nreturn derivative",
    ],
    "da_of_step": [
        "return tanh_derivative(h_t) * dh_t",
        "return dh_t - dh_t * h_t**2",
        "return np.einsum('hb,hb->hb', dh_t, 1 - h_t**2)",
        "return np.stack([dh * (1 - h * h) for dh, h in zip(dh_t.T, h_t.T)], axis=1)",
    ],
    "dx_of_step": [
        "return (da_t.T @ U).T",
        "return np.einsum('hi,hb->ib', U, da_t)",
        "return np.stack([U.T @ da for da in da_t.T], axis=1)",
        "return np.tensordot(U, da_t, axes=(0, 0))",
    ],
    "dh_passed_back": [
        "return (da_t.T @ W).T",
        "return np.einsum('kh,kb->hb', W, da_t)",
        "return np.stack([da @ W for da in da_t.T], axis=1)",
        "return np.matmul(np.transpose(W), da_t)",
    ],
    "dW_of_step": [
        "return (h_before @ da_t.T).T",
        "return np.einsum('hb,kb->hk', da_t, h_before)",
        "return sum(np.outer(da, h) for da, h in zip(da_t.T, h_before.T))",
        "return (da_t[:, None] * h_before[None]).sum(axis=2)",
    ],
    "dU_of_step": [
        "return (x_t @ da_t.T).T",
        "return np.einsum('hb,ib->hi', da_t, x_t)",
        "dU = np.zeros((len(da_t), len(x_t)), da_t.dtype)\nfor n in range(da_t.shape[1]):\n"
        "    dU += np.outer(da_t[:, n], x_t[:, n])\nreturn dU",
        "return np.inner(da_t, x_t)",
    ],
    "db_of_step": [
        "return da_t.sum(axis=1)[:, None]",
        "return np.einsum('hb->h', da_t).reshape(-1, 1)",
        "return da_t @ np.ones((da_t.shape[1], 1), da_t.dtype)",
        "db = np.zeros_like(da_t[:, :1]) if da_t.shape[1] else da_t.sum(1, keepdims=True)\n"
        "for n in range(da_t.shape[1]):\n    db = db + da_t[:, n : n + 1]\nreturn db",
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
