"""Does the judge name simple relations to right quantities, several errors at once, and errors of biases?"""

import numpy as np
import pytest

from parity_tests.cases.wrong_implementations import cause, error, implementation, right, with_biases, with_results
from parity_tests.judging.results import of

GATES = ["M_input", "M_forget", "M_output", "M_modulated_input"]


def rolled(names):
    """The names with three gates in another order."""
    order = {"dM_input": "dM_forget", "dM_forget": "dM_output", "dM_output": "dM_input"}
    return [order.get(name, name) for name in names]


@pytest.mark.parametrize(
    ("kind", "change", "words"),
    [
        ("rnn", lambda d, case: {"dU": -d["dU"]}, "dU is multiplied by -1"),
        ("rnn", lambda d, case: {"db": 0 * d["db"], "dU": 0 * d["dU"]}, "db and dU are always 0"),
        ("rnn", lambda d, case: {"dW": d["dW"] / case.x.shape[2]}, "dW is divided by the number of examples"),
        ("rnn", lambda d, case: {"dx": d["dx"] * case.x.shape[2]}, "dx is multiplied by the number of examples"),
        ("lstm", lambda d, case: {"dc_init": d["dc_init"] / len(case.x)}, "dc_init is divided by the number of steps"),
        (
            "lstm",
            lambda d, case: {f"d{name}": d[f"d{name}"] / len(case.x) / case.x.shape[2] for name in GATES[:3]},
            "dM_input, dM_forget and dM_output are divided by the number of steps and of examples",
        ),
        ("lstm", lambda d, case: {"dx": 2 * d["dx"]}, "dx is twice as large"),
        ("lstm", lambda d, case: {"dM_input": d["dM_input"] / 2}, "dM_input is half as large"),
        ("rnn", lambda d, case: {"dU": np.maximum(d["dU"], 0)}, "dU is 0 where the right number is negative"),
        (
            "rnn",
            lambda d, case: {"h": np.broadcast_to(d["h"][-1], d["h"].shape)},
            "h has the values of the last step at every step: each step needs an array of its own",
        ),
        ("lstm", lambda d, case: {"u": d["u"][::-1]}, "u is in the reverse order of the steps"),
        ("lstm", lambda d, case: {"i": d["f"], "f": d["i"]}, "f and i are exchanged"),
        (
            "lstm",
            lambda d, case: {"dM_input": d["dM_forget"], "dM_forget": d["dM_input"]},
            "dM_forget and dM_input are exchanged",
        ),
        (
            "lstm",
            lambda d, case: dict(zip(d, [d[name] for name in rolled(d)], strict=True)),
            "dM_input has the values of dM_forget; dM_forget has the values of dM_output; "
            "dM_output has the values of dM_input",
        ),
        (
            "lstm",
            lambda d, case: {name: np.clip(value, -1, 1) for name, value in d.items() if name.startswith("dM")},
            "dM_input, dM_forget, dM_output and dM_modulated_input are clipped at ± 1; if that is intended, "
            'declare "clip": 1 in LIMITS',
        ),
    ],
)
def test_a_relation_is_named(kind, change, words):
    assert cause(kind, with_results(kind, change)) == words


def test_clipping_to_a_norm_is_named():
    def clipped(named, case):
        names = ["db", "dW", "dU"]
        norm = np.sqrt(sum(np.sum(named[name] ** 2) for name in names))
        return {name: named[name] * min(1, 5 / norm) for name in names}

    words = 'db, dW and dU are smaller by a common factor, as after clipping to a norm; declare "clip" in LIMITS'
    assert cause("rnn", with_results("rnn", clipped)) == words


def test_two_errors_are_both_named_if_they_change_different_quantities():
    overwritten, transposed = error("rnn", "dU of each step overwrites"), error("rnn", "dW is transposed")

    def results(case):
        return of(right("rnn"))(case) | {"dU": of(overwritten)(case)["dU"], "dW": of(transposed)(case)["dW"]}

    assert sorted(cause("rnn", implementation("rnn", results)).split("; ")) == [
        "dU of each step overwrites that of the steps before: use += in ∂(1.1)/∂U, because dU is a sum over t",
        "dW is transposed: ∂(1.1)/∂W gives da_t h_{t-1}ᵀ",
    ]


def test_an_error_is_named_if_a_second_one_changes_one_of_its_quantities_too():
    forgetful = of(error("lstm", "the forget gate is missing in the path of ∂L/∂c past h"))

    def results(case):
        named = forgetful(case)
        return named | {"dx": named["dx"][::-1]}

    assert cause("lstm", implementation("lstm", results)) == (
        "the forget gate is missing in the path of ∂L/∂c past h: ∂(2.5)/∂c is f_t; besides, dx is wrong in another way"
    )


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("rnn", "tanh′ is missing: ", "W is not transposed"),
        ("lstm", "tanh is missing in do_t", "dc_init is dc_1"),
        ("lstm", "tanh is missing in do_t", "the forget gate is missing in the path"),
    ],
)
def test_two_errors_are_not_taken_for_a_third(kind, first, second):
    """Their sum changes nearly every gradient in a way that neither of them does alone."""

    def results(case):
        one, other, correct = (of(module)(case) for module in (error(kind, first), error(kind, second), right(kind)))
        return {name: one[name] + other[name] - correct[name] for name in correct}

    found = cause(kind, implementation(kind, results))
    assert found == "" or first in found


def last_column(name, change):
    """Changes the last column of a gradient, which is that of the biases."""

    def changed(named, case):
        return {name: np.hstack([named[name][:, :-1], change(named, case)])}

    return changed


def biased(kind, change):
    results = of(right(kind))
    return with_biases(kind, lambda case: (named := results(case)) | change(named, case))


def with_columns(change):
    """An LSTM that takes other biases, last columns, than those in the parameters."""

    def results(case):
        matrices = dict(zip("ifou", (M.copy() for M in case.params), strict=True))
        columns = {gate: M[:, -1].copy() for gate, M in matrices.items()}
        for gate, column in change(columns).items():
            matrices[gate][:, -1] = column
        return of(right("lstm"))(case._replace(params=type(case.params)(*matrices.values())))

    return with_biases("lstm", results)


BIASES = [
    ("the bias in the last column of M_forget is missing in (2.2)", with_columns(lambda b: {"f": 0})),
    (
        "the biases in the last columns of M_input and M_forget are exchanged",
        with_columns(lambda b: {"i": b["f"], "f": b["i"]}),
    ),
    (
        "all biases, in the last columns of the matrices, are missing in (2.1) … (2.4)",
        with_columns(lambda b: dict.fromkeys(b, 0)),
    ),
    (
        "the part for the biases of dM_output is always 0",
        biased("lstm", last_column("dM_output", lambda d, case: 0 * d["dM_output"][:, -1:])),
    ),
    (
        "the part for the biases of dM_input is divided by the number of examples",
        biased("lstm", last_column("dM_input", lambda d, case: d["dM_input"][:, -1:] / case.x.shape[2])),
    ),
    (
        "the part for the biases of dM_input has the values of that of dM_forget",
        biased("lstm", last_column("dM_input", lambda d, case: d["dM_forget"][:, -1:])),
    ),
]


@pytest.mark.parametrize(("words", "code"), BIASES, ids=[one[0] for one in BIASES])
def test_errors_of_biases(words, code):
    assert cause("lstm", code, biases=True) == words


def test_sums_of_biases():
    overwritten = of(error("lstm", "dM of each step overwrites"))

    def of_one_step(named, case):
        other = overwritten(case)
        return {f"d{name}": np.hstack([named[f"d{name}"][:, :-1], other[f"d{name}"][:, -1:]]) for name in GATES}

    found = cause("lstm", biased("lstm", of_one_step), biases=True)
    assert found.startswith("in the columns for the biases alone: dM of each step overwrites that of the steps before")

    def of_one_example(named, case):
        one = case._replace(
            x=case.x[..., :1],
            initial=[state[:, :1] for state in case.initial],
            dh=case.dh[..., :1],
            dc=[dc[:, :1] for dc in case.dc],
        )
        other = of(right("lstm"))(one)
        return {f"d{name}": np.hstack([named[f"d{name}"][:, :-1], other[f"d{name}"][:, -1:]]) for name in GATES}

    found = cause("lstm", biased("lstm", of_one_example), biases=True)
    assert found == "the gradients of the biases are those of the first example alone: sum over the batch"


def test_the_second_bias_of_an_rnn():
    def no_bias(case):
        U = case.params.U.copy()
        U[:, -1] = 0
        return of(right("rnn"))(case._replace(params=case.params._replace(U=U)))

    found = cause("rnn", with_biases("rnn", no_bias), biases=True)
    assert found == "the bias in the last column of U is missing in (1.1)"
