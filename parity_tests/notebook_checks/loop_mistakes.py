"""Typical errors in the loop over time that the judge does not know, as changes of `numpy_rnn`'s backward pass."""

from collections.abc import Iterator, Mapping
from itertools import combinations, permutations

GATES = {"i": "M_input", "f": "M_forget", "o": "M_output", "u": "M_modulated_input"}
RANGES = {"rnn": "range(len(x), 0, -1)", "lstm": "range(T, 0, -1)"}


def of_any_loop(kind: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Errors in the range of t."""
    loop = RANGES[kind]
    words = "the loop takes t from T - 1 to 0, but t is the number of a step: range(len(x), 0, -1) takes it from T to 1"
    yield words, {loop: "range(len(x) - 1, -1, -1)"}
    words = "the loop takes t from 0 to T - 1, but backward begins at the last step: range(len(x), 0, -1)"
    yield words, {loop: "range(len(x))"}
    words = "`return` is inside the loop, so that backward ends after step T"
    yield words, {loop: "range(len(x), len(x) - 1, -1)", "np.empty_like(x)": "np.zeros_like(x)"}


def of_rnn() -> Iterator[tuple[str, Mapping[str, str]]]:
    """Errors in the loop of the RNN."""
    yield from of_any_loop("rnn")
    words = "dh_from_next piles up: it is set by each step, with = in place of +="
    yield words, {"dh_t = W.T @ da": "dh_t = dh_t - dh[t - 1] + W.T @ da"}


def of_lstm() -> Iterator[tuple[str, Mapping[str, str]]]:
    """Errors in the loop of the LSTM."""
    yield from of_any_loop("lstm")
    right = {"di": "dc_t * u_t", "du": "dc_t * i_t", "df": "dc_t * c[t - 1]"}
    for one, other in combinations(right, 2):
        places = {
            f"{one} = {right[one]}": f"{one} = {right[other]}",
            f"{other} = {right[other]}": f"{other} = {right[one]}",
        }
        yield f"{one}_t and {other}_t are exchanged: di_du_df(dc_t, i_t, u_t, c[t - 1]) gives di_t, du_t, df_t", places
    words = "dh_t is used in place of dc_t in di_t, du_t and df_t: ∂(2.5)"
    yield words, {f"{name} = {code}": f"{name} = {code.replace('dc_t', 'dh_t')}" for name, code in right.items()}
    words = "c_{t-1} is used in place of c_t in do_t: ∂(2.6)/∂o is tanh(c_t)"
    yield words, {"do = dh_t * tanh_c": "do = dh_t * np.tanh(c[t - 1])"}
    words = "c_{t-1} is used in place of c_t in dc_t: ∂(2.6)/∂c is o_t ∘ tanh′(c_t)"
    yield words, {"tanh_derivative(tanh_c)": "tanh_derivative(np.tanh(c[t - 1]))"}
    words = "h_t is used in place of c_t in dc_t: ∂(2.6)/∂c is o_t ∘ tanh′(c_t)"
    yield words, {"tanh_derivative(tanh_c)": "tanh_derivative(np.tanh(h[t]))"}
    words = "h_t is used in place of c_t in do_t: ∂(2.6)/∂o is tanh(c_t)"
    yield words, {"do = dh_t * tanh_c": "do = dh_t * np.tanh(h[t])"}
    for one, other in permutations("ifo", 2):
        words = f"{other}_t is used in place of {one}_t in da_{one}: it is d{one}_t ∘ σ′ of {one}_t"
        yield words, {f"sigmoid_derivative({one}_t)": f"sigmoid_derivative({other}_t)"}
    for k, (gate, matrix) in enumerate(GATES.items()):
        rows = f"dM[{k} * H : {k + 1} * H]"
        words = f"d{matrix} of each step overwrites that of the steps before: use +=, because it is a sum over t"
        yield words, {"dM += da": f"{rows} = 0; dM += da"}
        words = f"h_t is used in place of h_{{t-1}} in d{matrix}: it is da_{gate} z_tᵀ with z_t = [h_{{t-1}}; x_t]"
        yield words, {"dM += da": f"{rows}[:, :H] += da_{gate} @ (h[t] - h[t - 1]).T; dM += da"}
    for one, other in combinations(GATES, 2):
        exchange = {one: other, other: one}
        order = ", ".join(f"da_{exchange.get(gate, gate)}" for gate in GATES)
        words = f"da_{one} and da_{other} are exchanged in dz_t: dz_of_step(params, da_i, da_f, da_o, da_u)"
        yield words, {"M.T @ da": f"M.T @ np.concatenate([{order}])"}
    words = "the results are dh_1 and dc_1: those for h_init and c_init are dh_from_next and dc_from_next"
    yield words, {"do = dh_t * tanh_c": "of_step = dh_t, dc_t; do = dh_t * tanh_c", "dx, dh_t, dc_t)": "dx, *of_step)"}


LOOP_MISTAKES = {"rnn": dict(of_rnn()), "lstm": dict(of_lstm())}
