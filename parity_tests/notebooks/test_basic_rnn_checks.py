"""Do the checks of notebook 1 name typical mistakes, and accept right answers in other styles?"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from parity_tests.comparison import is_vacuous
from parity_tests.judging.expectation import expectation
from parity_tests.notebook_checks import basic_rnn as check
from parity_tests.notebook_checks import basic_rnn_layer
from parity_tests.notebook_checks.answers import Wrong, checks
from parity_tests.notebooks.blanks import STUB, cell, execute, filled
from tf_rnn.cells import times

LAYER = cell("1-basic-rnn", "blank-1-1")


def normal():
    return keras.initializers.RandomNormal(stddev=0.05)


def layer_with(U=None, h=None, replace=("", "")):
    """The layer of the notebook with these answers, and with a change of its other lines."""
    code = filled(LAYER, U, h).replace(*replace)
    return execute(code, {"keras": keras, "tf": tf, "np": np, "times": times, "normal": normal})["BasicRNN"]


def message(function, *arguments):
    """The message of a check that refuses an answer."""
    with pytest.raises(Wrong) as raised:
        function(*arguments)
    return str(raised.value)


WRONG_U = {
    "self.U = self.add_weight(name='U', shape=(I, H), initializer=normal())": "U is transposed",
    "self.U = self.add_weight(name='U', shape=(H, H), initializer=normal())": "This is the shape of W",
    "self.U = self.add_weight(name='U', shape=(H, H + I), initializer=normal())": "W and U are two matrices",
    "self.U = self.add_weight(name='U', shape=(H, x_shape[1]), initializer=normal())": "not for each step",
    "self.U = self.add_weight(name='U', shape=(H, x_shape[0]), initializer=normal())": "not for each example",
    "self.U = self.add_weight(name='U', shape=(H,), initializer=normal())": "U has the shape (100,)",
    "self.U = tf.Variable(normal()((H, I)))": "a bare `tf.Variable`",
    "self.U = tf.random.normal((H, I), stddev=0.05)": "Use `self.add_weight`",
    "self.U = np.random.normal(0, 0.05, (H, I))": "Use `self.add_weight`",
    "U = self.add_weight(name='U', shape=(H, I), initializer=normal())": "assign the weight to `self.U`",
    "self.u = self.add_weight(name='U', shape=(H, I), initializer=normal())": "assign the weight to `self.U`",
    "self.U = self.add_weight(name='U', shape=(H, I), initializer=normal(), trainable=False)": "trainable=False",
    "self.U = self.add_weight(shape=(H, I), initializer=normal())": 'Write `name="U"`',
    "self.U = self.add_weight(name='W', shape=(H, I), initializer=normal())": "the name of U is 'W'",
    "self.U = self.add_weight(name='U', shape=(H, I), initializer=normal(), dtype='float32')": "Leave out `dtype`",
    "self.U = self.add_weight(name='U', shape=(H, I))": "without an initializer",
    "self.U = self.add_weight(name='U', shape=(H, I), initializer='zeros')": "starts with 0 everywhere",
    "self.U = self.add_weight(name='U', shape=(H, I), initializer=keras.initializers.RandomNormal(stddev=0.05**2))": (
        "0.05² is the variance"
    ),
    "self.U = self.add_weight(name='U', shape=(H, I), initializer=keras.initializers.RandomNormal(0.05))": "mean 0.0",
    "self.U = self.add_weight(name='U', shape=(H, I), initializer=keras.initializers.RandomNormal(stddev=1))": (
        "standard deviation"
    ),
    "self.U = self.add_weight(name='U', shape=(H, I), initializer=keras.initializers.TruncatedNormal(stddev=0.05))": (
        "cut off at two standard deviations"
    ),
    "self.U = self.add_weight(name='U', shape=(H, I), initializer=keras.initializers.RandomUniform(-.0866, .0866))": (
        "not drawn from a normal distribution"
    ),
    "for _ in range(2): self.U = self.add_weight(name='U', shape=(H, I), initializer=normal())": (
        "28,100 trainable parameters, expected 19,100"
    ),
    "self.U = self.W": "This is the shape of W",
    "self.U = self.add_weight(name='U', shape=(H, J), initializer=normal())": "in the line: self.U = self.add_weight(",
}
RIGHT_U = [
    None,
    "self.U = self.add_weight(shape=[H, I], initializer='random_normal', name='U')",
    "self.U = keras.Variable(keras.random.normal((H, I), stddev=0.05, dtype=self.dtype), name='U')",
    "self.U = self.add_weight((self.hidden_dim, x_shape[2]), keras.initializers.RandomNormal(0, 0.05), name='U')",
    "self.U = self.add_weight(name='U', shape=(H, I), initializer=normal(), dtype=self.dtype, trainable=True)",
    "draw = lambda shape, dtype: 0.05 * tf.random.normal(shape, dtype=dtype)\n"
    "self.U = self.add_weight(name='U', shape=(H, I), initializer=draw)",
    "from tf_rnn.cells import add_parameter\nself.U = add_parameter(self, 'U', (H, I))",
]


@pytest.mark.parametrize("answer", WRONG_U)
def test_a_mistake_in_u_is_named(answer):
    assert WRONG_U[answer] in message(check.weights, layer_with(answer))


@pytest.mark.parametrize("answer", RIGHT_U)
def test_u_in_another_style_is_accepted(answer, capsys):
    check.weights(layer_with(answer))
    assert capsys.readouterr().out.startswith("✓ 1.1")


def test_a_shared_initializer_is_named():
    layer = layer_with(
        "self.U = self.add_weight(name='U', shape=(H, I), initializer=one)",
        replace=(
            'self.W = self.add_weight(name="W", shape=(H, H), initializer=normal())',
            'one = normal(); self.W = self.add_weight(name="W", shape=(H, H), initializer=one)',
        ),
    )
    assert "same numbers as W" in message(check.weights, layer)


WRONG_H = {
    "h = a": "tanh is missing in (1.2)",
    "h = tf.sigmoid(a)": "σ is used in place of tanh",
    "h = tf.nn.relu(a)": "ReLU is used in place of tanh",
    "h = tf.nn.softmax(a)": "softmax is used in place of tanh",
    "h = tf.tan(a)": "tan is used in place of tanh",
    "h = tf.sinh(a)": "sinh is used in place of tanh",
    "h = tf.tanh(tf.tanh(a))": "tanh is applied twice",
    "h = tf.tanh(h)": "tanh is applied to h in place of a",
    "h = h + tf.tanh(a)": "h_{t-1} is added to tanh(a_t)",
    "h = h * tf.tanh(a)": "tanh(a) is multiplied by h_{t-1}",
    "h = 1 - tf.tanh(a)**2": "the derivative 1 - tanh(a)²",
    "h_new = tf.tanh(a)": "h remains h_init",
    "state = tf.tanh(a); last = h; h = state if t + 1 == num_timestep else last": "each step begins with h_init",
    "h = a if t + 1 < num_timestep else tf.tanh(a)": "tanh is applied once, after the loop",
    "h = tf.tanh(times(self.W, h) + times(self.U, x_t))": "b is missing in (1.1)",
    "h = tf.tanh(self.b + times(self.W, h))": "U x_t is missing in (1.1)",
    "h = tf.tanh(self.b + times(self.U, x_t))": "W h_{t-1} is missing in (1.1)",
    "h = tf.tanh(a) + self.b": "b is added to tanh(a)",
    "h = tf.tanh(self.b + tf.matmul(h, self.W) + times(self.U, x_t))": "W is transposed in (1.1)",
    "h = tf.tanh(self.b + times(self.W, h_init) + times(self.U, x_t)) if h_init.shape.rank == 2 else tf.tanh(a)": (
        "each step begins with h_init"
    ),
    "h = tf.tanh(self.b + times(self.W, h) + times(self.U, x[:, 0]))": "x_1 is used at every step",
    "h = tf.tanh(self.b + times(self.W, h) + times(self.U, x[:, num_timestep - 1 - t]))": "from the last to the first",
    "h = tf.tanh(self.b + times(self.W, h) + times(self.U, x[:, t - 1]))": "x of the step before",
    "h = tf.tanh(self.b + times(self.U, h) + times(self.W, x_t))": "W and U are exchanged in (1.1)",
    "h = tf.tanh(self.b + times(self.W, h) + tf.matmul(x_t, self.U))": "U is transposed in (1.1)",
    "h = tf.squeeze(tf.tanh(a))": "The axis of the batch is missing",
    "h = tf.transpose(tf.tanh(a)); return h": "h is transposed",
    "h = np.tanh(a)": "Use `tf.tanh`",
    "h = tf.cast(tf.tanh(a), tf.float32)": "Leave out `tf.cast`",
    "h = tf.stop_gradient(tf.tanh(a))": "its gradient by b is None",
    "h = tf.tanh(self.b + tf.stop_gradient(times(self.W, h)) + times(self.U, x_t))": "gradient by",
    "h = tanh(a)": "NameError: name 'tanh' is not defined\n  in the line: h = tanh(a)",
    "h = tf.tanh(A)": "in the line: h = tf.tanh(A)",
    "h = tf.Tanh(a)": "in the line: h = tf.Tanh(a)",
    "return tf.tanh(a)": "`call` returns after the first step",
    "h = tf.tanh(a); return [h]": "type list",
    "h = tf.tanh(a)\nif t + 1 == num_timestep: return": "returns nothing",
}
RIGHT_H = [
    None,
    "h = keras.ops.tanh(a)",
    "h = keras.activations.tanh(a)",
    "h = 2 * tf.sigmoid(2 * a) - 1",
    "h = (tf.exp(a) - tf.exp(-a)) / (tf.exp(a) + tf.exp(-a))",
    "h = tf.stack([tf.tanh(row) for row in a])",
    "h = tf.map_fn(tf.tanh, a)",
    "h = tf.transpose(tf.tanh(self.b[:, None] + self.W @ tf.transpose(h) + self.U @ tf.transpose(x_t)))",
    "h = tf.tanh(self.b + tf.einsum('jk,nk->nj', self.W, h) + tf.einsum('ji,ni->nj', self.U, x_t))",
    "h = tf.tanh(self.b + h @ tf.transpose(self.W) + x_t @ tf.transpose(self.U))",
    "M = tf.concat([self.W, self.U], axis=1)\nh = keras.ops.tanh(self.b + times(M, tf.concat([h, x_t], axis=1)))",
    "h = tf.math.tanh(tf.add_n([times(self.W, h), times(self.U, x_t)]) + self.b)",
]


@pytest.mark.parametrize("answer", WRONG_H)
def test_a_mistake_in_h_is_named(answer):
    found = message(check.states, layer_with(h=answer))
    assert WRONG_H[answer] in found
    assert len(found) < 400


@pytest.mark.parametrize("answer", RIGHT_H)
def test_h_in_another_style_is_accepted(answer, capsys):
    check.states(layer_with(h=answer))
    assert capsys.readouterr().out.startswith("✓ 1.2")


def test_an_empty_blank_is_named():
    for function, layer, blank in [(check.weights, layer_with(STUB), "1.1"), (check.states, layer_with(h=STUB), "1.2")]:
        assert message(function, layer).startswith(f"{blank} is still empty. In `")


@pytest.mark.parametrize("U", [STUB, "pass", *list(WRONG_U)[:1], *list(WRONG_U)[6:7]])
def test_h_is_not_judged_before_u(U):
    assert "it cannot be checked while" in message(check.states, layer_with(U))


def test_an_error_within_keras_gives_a_short_message():
    layer = layer_with(h="h = tf.matmul(a, a)")(3)

    @checks("1.2", "")
    def calls_the_layer():
        layer(tf.zeros((2, 1, 4)), tf.zeros(3), num_timestep=1)

    found = message(calls_the_layer)
    assert "1.2 cannot be checked: your code raises InvalidArgumentError: " in found
    assert found.endswith("\n  in the line: h = tf.matmul(a, a)")
    assert len(found) < 250


@pytest.mark.parametrize("spec", basic_rnn_layer.SPECS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_no_bound_is_vacuous(spec, dtype):
    values, bounds = expectation("rnn", basic_rnn_layer.case_of(spec, dtype), gradients=True)
    assert not [name for name, value in values.items() if is_vacuous(value, bounds[name])]
