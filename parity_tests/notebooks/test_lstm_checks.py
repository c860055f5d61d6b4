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
from parity_tests.notebook_checks.lstm_steps import DTYPES, EQUATIONS, NAMES, SPECS, is_same, steps
from parity_tests.notebooks.blanks import STUB, cell, execute, filled
from parity_tests.notebooks.lstm_answers import RIGHT, WRONG
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


@pytest.mark.slow
@pytest.mark.parametrize("style", range(max(map(len, RIGHT.values()))))
def test_other_styles_are_accepted(style, capsys):
    layer = layer_with(**{name: answers[style % len(answers)] for name, answers in RIGHT.items()})
    for one in [*CHECKS.values(), check.layer]:
        one(layer)
    right = [f"✓ {EQUATIONS[name].strip('()')}  {name} is right at every step" for name in NAMES]
    for line, start in zip(capsys.readouterr().out.splitlines(), [*right, "✓ 2.1–2.6"], strict=True):
        assert line.startswith(start)


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
