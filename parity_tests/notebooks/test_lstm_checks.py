"""Do the checks of the six lines of notebook 2 name typical mistakes, and accept right answers in other styles?"""

from itertools import combinations

import keras
import numpy as np
import pytest
import tensorflow as tf

from parity_tests.cases.recurrences import make_case
from parity_tests.comparison import is_vacuous
from parity_tests.notebook_checks import lstm as check
from parity_tests.notebook_checks.answers import Wrong
from parity_tests.notebook_checks.lstm_mistakes import mistakes
from parity_tests.notebook_checks.lstm_steps import DTYPES, NAMES, SPECS, is_same, steps
from parity_tests.notebooks.blanks import STUB, cell, execute, filled
from tf_rnn.cells import times

LAYER = cell("2-lstm", "blank-2-1")
CHECKS = {
    "i": check.input_gate,
    "f": check.forget_gate,
    "o": check.output_gate,
    "u": check.modulated_input,
    "c": check.cell_state,
    "h": check.hidden_state,
}


def normal():
    return keras.initializers.RandomNormal(stddev=0.05)


def layer_with(replace=("", ""), **answers):
    """The layer of the notebook with these answers by gate or state, and with a change of its other lines."""
    code = filled(LAYER, *(answers.get(name) for name in NAMES)).replace(*replace)
    names = {"keras": keras, "tf": tf, "np": np, "times": times, "normal": normal}
    return execute(code, names | {"sigmoid": tf.sigmoid, "tanh": tf.tanh})["LSTM"]


def message(function, *arguments):
    """The message of a check that refuses an answer."""
    with pytest.raises(Wrong) as raised:
        function(*arguments)
    return str(raised.value)


WRONG = {
    "i": {
        "i = tanh(times(self.M_input, hx))": "tanh is applied in place of σ",
        "i = times(self.M_input, hx)": "mistake: σ is missing",
        "i = 1 / (1 + tf.exp(times(self.M_input, hx)))": "the sign in exp(-a)",
        "i = sigmoid(sigmoid(times(self.M_input, hx)))": "σ is applied twice",
        "i = tf.nn.relu(times(self.M_input, hx))": "relu is applied",
        "i = tf.nn.softmax(times(self.M_input, hx))": "softmax is applied",
        "i = sigmoid(times(self.M_forget, hx))": "M_forget is used in place of M_input",
        "i = sigmoid(times(self.M_output, hx))": "M_output is used in place of M_input",
        "i = tanh(times(self.M_modulated_input, hx))": (
            "M_modulated_input is used in place of M_input and tanh is applied in place of σ"
        ),
        "i = sigmoid(times(self.M_input, tf.concat([x_t, h], axis=-1)))": "[x; h] is used in place of [h; x]",
        "i = sigmoid(times(self.M_input, tf.concat([c, x_t], axis=-1)))": "c is used in place of h",
        "i = sigmoid(times(self.M_input[:, : self.hidden_dim], h))": "the part of x is missing",
        "i = sigmoid(times(self.M_input[:, self.hidden_dim :], x_t))": "the part of h is missing",
        "i = sigmoid(tf.matmul(self.M_input, hx))": "in the line: i = sigmoid(tf.matmul(self.M_input, hx))",
        "i = sigmoid(tf.matmul(hx, self.M_input))": "`times(M_input, hx)` is M [h; x] for each row",
        "i = sigmoid(self.M_input * hx)": "`times(M_input, hx)` is M [h; x] for each row",
        "i = sigmoid(times(self.M_inputs, hx))": "AttributeError: 'LSTM' object has no attribute 'M_inputs'",
        "i = tf.transpose(sigmoid(times(self.M_input, hx)))": "it is transposed",
        "i = tf.squeeze(sigmoid(times(self.M_input, hx)))": "a batch of one keeps its axis",
        "i = tf.reduce_sum(sigmoid(times(self.M_input, hx)), axis=0)": "i has the shape (3,), expected (B, H) = (6, 3)",
        "i = tf.cast(sigmoid(times(self.M_input, hx)), tf.float32)": "i has the dtype float32, expected float64",
        "a = times(tf.cast(self.M_input, tf.float32), tf.cast(hx, tf.float32))\n"
        "i = tf.cast(sigmoid(a), hx.dtype)": "a part of i is computed in float32",
        "g = sigmoid(times(self.M_input, hx))": "'i'",
    },
    "f": {
        "f = tanh(times(self.M_forget, hx))": "tanh is applied in place of σ",
        "f = times(self.M_forget, hx)": "σ is missing",
        "f = sigmoid(times(self.M_input, hx))": "M_input is used in place of M_forget",
        "f = i": "M_input is used in place of M_forget",
        "f = 1 - i": "M_input is used in place of M_forget and the sign in exp(-a) of σ is missing",
        "f = sigmoid(times(self.M_forget, tf.concat([x_t, h], axis=-1)))": "[x; h] is used in place of [h; x]",
        "f = tf.squeeze(sigmoid(times(self.M_forget, hx)))": "a batch of one keeps its axis",
        "f = sigmoid(self.M_forget @ hx)": "in the line: f = sigmoid(self.M_forget @ hx)",
    },
    "o": {
        "o = tanh(times(self.M_output, hx))": "tanh is applied in place of σ",
        "o = times(self.M_output, hx)": "σ is missing",
        "o = sigmoid(times(self.M_forget, hx))": "M_forget is used in place of M_output",
        "o = sigmoid(times(self.M_modulated_input, hx))": "M_modulated_input is used in place of M_output",
        "o = sigmoid(times(self.M_output, tf.concat([x_t, h], axis=-1)))": "[x; h] is used in place of [h; x]",
        "o = sigmoid(times(self.M_output, tf.concat([i * h, x_t], axis=-1)))": "o at t = 1, example",
        "o = sigmoid(times(self.M_output, h))": "`times(M_output, hx)` is M [h; x] for each row",
    },
    "u": {
        "u = sigmoid(times(self.M_modulated_input, hx))": "σ is applied in place of tanh",
        "u = times(self.M_modulated_input, hx)": "tanh is missing",
        "u = tanh(-times(self.M_modulated_input, hx))": "tanh is applied to -a",
        "u = tanh(tanh(times(self.M_modulated_input, hx)))": "tanh is applied twice",
        "u = tanh(times(self.M_input, hx))": "M_input is used in place of M_modulated_input",
        "u = sigmoid(times(self.M_input, hx))": "M_input is used in place of M_modulated_input and σ is applied",
        "u = tf.nn.relu(times(self.M_modulated_input, hx))": "relu is applied",
        "u = tanh(times(self.M_modulated_input, tf.concat([x_t, h], axis=-1)))": "[x; h] is used",
        "u = tanh(tf.matmul(self.M_modulated_input, hx))": "in the line: u = tanh(tf.matmul(",
    },
    "c": {
        "c = i * u": "f ∘ c is missing",
        "c = f * c": "i ∘ u is missing",
        "c_new = i * u + f * c": "c is unchanged, the c of the step before",
        "c = f * u + i * c": "i and f are exchanged",
        "c = i + u + f * c": "i + u is written in place of i ∘ u",
        "c = i * u + f + c": "f + c is written in place of f ∘ c",
        "c = (i + u) * (f + c)": "+ and ∘ are exchanged",
        "c = i * u * f * c": "multiplied in place of added",
        "c = i * u - f * c": "subtracted in place of added",
        "c = u + f * c": "i is missing in i ∘ u",
        "c = i * u + c": "f is missing in f ∘ c",
        "c = i * u + f": "c is missing in f ∘ c",
        "c = o * u + f * c": "o is used in place of i",
        "c = i * u + o * c": "o is used in place of f",
        "c = i * u + i * c": "i is used in place of f",
        "c = i * u + f * h": "h is used in place of c",
        "c = i * u + (1 - i) * c": "1 - i is used in place of f",
        "c = f * c\nc = i * u + f * c": "c is multiplied by f twice",
        "c = i * u\nc = c + f * c": "c is overwritten by i ∘ u",
        "c = tanh(i * u + f * c)": "tanh is applied to the new c",
        "c = i * tanh(u) + f * c": "tanh is applied to u",
        "c = i @ u + f @ c": "∘ multiplies entry by entry: write `*`",
        "c = tf.tensordot(i, u, [[1], [1]]) + f * c": "∘ multiplies entry by entry: write `*`",
        "c = tf.concat([i * u, f * c], axis=-1)": "c has the shape (6, 6), expected (B, H) = (6, 3)",
        "c = tf.squeeze(i * u + f * c)": "a batch of one keeps its axis",
    },
    "h": {
        "h = o * c": "tanh is missing",
        "h = tanh(c)": "o is missing",
        "h_new = o * tanh(c)": "h is unchanged, the h of the step before",
        "h = o * tanh(h)": "h is used in place of c",
        "h = tanh(o * c)": "tanh is applied to o ∘ c",
        "h = o + tanh(c)": "+ is written in place of ∘",
        "h = o * sigmoid(c)": "σ is applied to c",
        "h = tanh(o) * c": "tanh is applied to o in place of c",
        "h = i * tanh(c)": "i is used in place of o",
        "h = f * tanh(c)": "f is used in place of o",
        "h = o * u": "u is used in place of tanh(c)",
        "h = o * tanh(u)": "tanh is applied to u",
        "h = h + o * tanh(c)": "the h of the step before is added",
        "h = o @ tanh(c)": "∘ multiplies entry by entry: write `*`",
        "h = c": "h has the values of c",
        "h = tf.squeeze(o * tanh(c))": "a batch of one keeps its axis",
        "h = tf.transpose(o * tanh(c))": "it is transposed",
    },
}
CASES = [(name, answer) for name, answers in WRONG.items() for answer in answers]


@pytest.mark.parametrize(("name", "answer"), CASES)
def test_a_mistake_is_named(name, answer):
    found = message(CHECKS[name], layer_with(**{name: answer}))
    assert found.startswith(f"2.{NAMES.index(name) + 1} is not right yet: ")
    assert WRONG[name][answer] in found
    assert len(found.splitlines()) <= 3


def test_the_old_c_in_h_is_named():
    layer = layer_with(("hx = tf.concat", "c_old = c; hx = tf.concat"), h="h = o * tanh(c_old)")
    assert "the c of the step before is used, not the new one" in message(check.hidden_state, layer)


def styles_of(name, M, function):
    """Right lines for a gate."""
    return [
        f"{name} = tf.{function}(tf.matmul(hx, self.{M}, transpose_b=True))",
        f"{name} = keras.ops.{function}(hx @ tf.transpose(self.{M}))",
        f"{name} = tf.transpose({function}(tf.matmul(self.{M}, hx, transpose_b=True)))",
        f"{name} = {function}(tf.einsum('hk,bk->bh', self.{M}, hx))",
        f"{name} = tf.map_fn(lambda z: {function}(tf.linalg.matvec(self.{M}, z)), hx)",
        f"H = self.hidden_dim\n{name} = {function}(times(self.{M}[:, :H], h) + times(self.{M}[:, H:], x_t))",
        f"{name} = keras.ops.{function}(keras.ops.matmul(hx, keras.ops.transpose(self.{M})))",
        f"a = keras.ops.einsum('bk,hk->bh', hx, self.{M})\n{name} = keras.activations.{function}(a)",
    ]


RIGHT = {
    "i": [*styles_of("i", "M_input", "sigmoid"), "i = 1 / (1 + tf.exp(-times(self.M_input, hx)))"],
    "f": [*styles_of("f", "M_forget", "sigmoid"), "f = 0.5 + 0.5 * tanh(times(self.M_forget, hx) / 2)"],
    "o": styles_of("o", "M_output", "sigmoid"),
    "u": [*styles_of("u", "M_modulated_input", "tanh"), "u = 2 * sigmoid(2 * times(self.M_modulated_input, hx)) - 1"],
    "c": [
        "c = f * c + u * i",
        "c *= f\nc += i * u",
        "c = tf.add(tf.multiply(i, u), tf.multiply(f, c))",
        "c = keras.ops.add(keras.ops.multiply(i, u), keras.ops.multiply(f, c))",
        "c = tf.einsum('bh,bh->bh', i, u) + tf.einsum('bh,bh->bh', f, c)",
        "c = tf.map_fn(lambda one: one[0] * one[1] + one[2] * one[3], (i, u, f, c), fn_output_signature=c.dtype)",
        "c = tf.reduce_sum(tf.stack([i * u, f * c]), axis=0)",
    ],
    "h": [
        "h = tanh(c) * o",
        "h = tf.multiply(o, tf.math.tanh(c))",
        "h = keras.ops.multiply(o, keras.ops.tanh(c))",
        "h = tf.einsum('bh,bh->bh', o, tanh(c))",
        "h = tf.map_fn(lambda one: one[0] * tanh(one[1]), (o, c), fn_output_signature=c.dtype)",
        "h = o * (2 * sigmoid(2 * c) - 1)",
    ],
}


@pytest.mark.parametrize(("name", "answer"), [(name, answer) for name, answers in RIGHT.items() for answer in answers])
def test_another_style_is_accepted(name, answer, capsys):
    layer = layer_with(**{name: answer})
    CHECKS[name](layer)
    check.layer(layer)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"✓ 2.{NAMES.index(name) + 1}  {name} is right at every step")
    assert second.startswith("✓ 2.1–2.6")


def test_one_product_for_all_gates_is_accepted():
    product = (
        "M = tf.concat([self.M_input, self.M_forget, self.M_output, self.M_modulated_input], axis=0)\n"
        "i, f, o, u = tf.split(times(M, hx), 4, axis=-1)\ni = sigmoid(i)"
    )
    layer = layer_with(i=product, f="f = sigmoid(f)", o="o = sigmoid(o)", u="u = tanh(u)")
    for one in [*CHECKS.values(), check.layer]:
        one(layer)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_blank_is_named_and_earlier_lines_are_judged(name, capsys):
    place = NAMES.index(name)
    layer = layer_with(**dict.fromkeys(NAMES[place:], STUB))
    for earlier in NAMES[:place]:
        CHECKS[earlier](layer)
    found = message(CHECKS[name], layer)
    assert found.startswith(f"2.{place + 1} is still empty. In `step`, write ")
    assert f"by (2.{place + 1}). Replace the line" in found
    assert len(capsys.readouterr().out.splitlines()) == place
    for later in NAMES[place + 1 :]:
        assert "is not right yet" in message(CHECKS[later], layer)
    assert "First make 2.6 right" in message(check.layer, layer)


def test_a_line_that_fails_does_not_hide_the_lines_before_it():
    layer = layer_with(o="o = sigmoid(times(self.M_input, x_t))")
    check.input_gate(layer)
    check.forget_gate(layer)
    assert "in the line: o = " in message(check.output_gate, layer)
    assert "`step` ends before it computes u. First make 2.3 right" in message(check.modulated_input, layer)


def test_a_wrong_gate_is_corrected_before_the_states():
    layer = layer_with(f="f = tanh(times(self.M_forget, hx))")
    assert "c depends on f. First make 2.2 right." in message(check.cell_state, layer)
    assert "h depends on c. First make 2.5 right." in message(check.hidden_state, layer)


@pytest.mark.parametrize(
    ("returned", "words"),
    {
        "f, i, o, u, c, h": "the results are in the order f, i, o, u, c, h",
        "i, f, o, u, h, c": "the results are in the order i, f, o, u, h, c",
        "h, c": "`step` has to return the six results i, f, o, u, c, h, got 2 results",
        "h": "got EagerTensor",
        "None": "got NoneType",
    }.items(),
)
def test_another_result_of_step_is_named(returned, words):
    layer = layer_with(("return i, f, o, u, c, h", f"return {returned}"))
    assert words in message(check.input_gate, layer)


@pytest.mark.parametrize(
    ("replace", "words"),
    {
        ("h = o * tanh(c)", "h = tf.stop_gradient(o * tanh(c))"): "no gradient reaches M_input",
        ("c = i * u + f * c", "c = i * u + f * tf.stop_gradient(c)"): "Compute with TensorFlow's functions alone",
        ("i = sigmoid(times(self.M_input, hx))", "i = 1 / (1 + np.exp(-times(self.M_input, hx)))"): (
            "no gradient reaches M_input"
        ),
        (
            "f = sigmoid(times(self.M_forget, hx))",
            "f = tf.stack([sigmoid(tf.linalg.matvec(self.M_forget, z)) for z in tf.unstack(hx)])",
        ): "A loop over the batch can be `tf.map_fn`",
        ("self.step(x[:, t], h, c)", "self.step(x[:, 0], h, c)"): "the cause is in `call`",
        ("self.step(x[:, t], h, c)", "self.step(x[:, t], c, h)"): "the cause is in `call`",
        ("return h\n", "return c\n"): "the cause is in `call`",
        ("return h\n", "return tf.squeeze(h)\n"): "h has the shape",
    }.items(),
)
def test_what_only_the_whole_layer_shows_is_named(replace, words):
    found = message(check.layer, layer_with(replace))
    assert words in found
    assert len(found.splitlines()) <= 3


@pytest.mark.parametrize("name", NAMES)
def test_no_two_mistakes_compute_the_same(name):
    params = make_case("lstm", SPECS[0]).params._asdict()
    known = [dict(mistakes(name, params, step.before, step.right)) for step in steps(SPECS[0], "float64")]
    for one, other in combinations(known[0], 2):
        assert not all(is_same(options[one], options[other]) for options in known), (one, other)
    for words in known[0]:
        right = [step.right[name] for step in steps(SPECS[0], "float64")]
        assert not all(is_same(options[words], value) for options, value in zip(known, right, strict=True)), words


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_bound_is_vacuous(dtype):
    for spec in SPECS:
        for step in steps(spec, dtype):
            assert not any(is_vacuous(step.right[name], step.bounds[name]) for name in NAMES)
