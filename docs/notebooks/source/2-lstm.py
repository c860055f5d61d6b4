# %% [markdown]
# # 2 · LSTM: an image, row by row
#
# In this notebook you write an LSTM as a Keras layer: the six equations of Fig. 2, one line of code for each. A check
# compares every gate and every state with the equations before anything is trained. Then you train the LSTM on MNIST,
# test it (about 97 % of the test images), and watch what it predicts while the rows of an image arrive.
#
# It takes about 45 minutes, of which the training takes one to two. You need Python, and what a Keras layer is:
# notebook 1 builds one for the basic RNN.
#
# In a cell with `TODO`, replace each line `raise NotImplementedError(…)` by your own, run the cell, and run the checks
# in the cells after it. A check prints ✓, or says what is wrong.

# %%
# set-up

# %% tags=["parameters"]
EPOCHS = 4
TRAINING_IMAGES, TEST_IMAGES = 60_000, 10_000  # fewer for a quick trial

# %% [markdown]
# ## The data
#
# An image of 28 × 28 pixels is a sequence of T = 28 vectors: x_t is row t of the image. Its label is a one-hot vector
# of ten numbers. Training and test images come in batches of 128, as in notebook 1.

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from tensorflow import sigmoid, tanh

from numpy_rnn import mnist
from parity_tests.notebook_checks import lstm as check
from tf_rnn.cells import add_parameter, times

keras.utils.set_random_seed(0)  # the same initial weights and the same order of the images in every run
train, test = mnist.load()
images, test_images = (split.images.astype("float32") / 255 for split in (train, test))
one_hot, test_one_hot = (keras.utils.to_categorical(split.labels, 10) for split in (train, test))
training_batches = tf.data.Dataset.from_tensor_slices((images[:TRAINING_IMAGES], one_hot[:TRAINING_IMAGES]))
training_batches = training_batches.shuffle(TRAINING_IMAGES).batch(128, drop_remainder=True)
test_batches = tf.data.Dataset.from_tensor_slices((test_images[:TEST_IMAGES], test_one_hot[:TEST_IMAGES])).batch(128)

# %% [markdown]
# ## The equations
#
# <img src="../../figures/fig-2-lstm-light.svg" style="background-color: white" alt="Fig. 2: the last state and the
# input, stacked to z, enter four gates, each a matrix and a function; the forget gate multiplies the last cell state,
# the input gate multiplies the modulated input, their sum is the new cell state; the output gate multiplies its tanh,
# which is the new state">
#
# *Fig. 2. One step of the LSTM.* The LSTM has two states: the hidden state $h_t$, and the cell state $c_t$, its memory.
# $[h_{t-1}; x_t]$ is $h_{t-1}$ above $x_t$, and ∘ multiplies entry by entry. For $t = 1 \ldots T$, from
# $h_0 = h_\mathrm{init}$ and $c_0 = c_\mathrm{init}$,
#
# $$
# \begin{aligned}
# i_t &= \sigma(M_\mathrm{input}\,[h_{t-1}; x_t]) & (2.1) \\
# f_t &= \sigma(M_\mathrm{forget}\,[h_{t-1}; x_t]) & (2.2) \\
# o_t &= \sigma(M_\mathrm{output}\,[h_{t-1}; x_t]) & (2.3) \\
# u_t &= \tanh(M_\mathrm{modulated\_input}\,[h_{t-1}; x_t]) & (2.4) \\
# c_t &= i_t \circ u_t + f_t \circ c_{t-1} & (2.5) \\
# h_t &= o_t \circ \tanh(c_t) & (2.6)
# \end{aligned}
# $$
#
# The gates $i$, $f$ and $o$ lie between 0 and 1. The input gate $i$ says how much of the new value $u$ enters the
# memory, the forget gate $f$ how much of the old memory stays, and the output gate $o$ how much of the memory is shown.
#
# | letter | size | here |
# |---|---|---|
# | T | steps of a sequence | 28 |
# | H | hidden units | 128 |
# | I | inputs of one step | 28 |
# | B | examples in a batch | 128 |
#
# Each of the four matrices is H × (H + I): its first H columns belong to $h_{t-1}$, the other I to $x_t$.

# %% [markdown]
# ## 2.1 to 2.6 · The six lines
#
# `build`, which makes the weights, and `call`, which repeats the step, are given. You write `step`, one line for each
# equation, with the names of the equations.
#
# Keras lays one example in each row: `x_t` is (B, I), and `h` and `c` are (B, H). `hx` is $[h_{t-1}; x_t]$ for each
# example, (B, H+I). Three functions are given: `times(M, hx)` is $M\,[h_{t-1}; x_t]$ for each row, and `sigmoid` and
# `tanh` are applied to every entry. When `step` begins, `h` and `c` are the states *before* the step.


# %% nbgrader={"grade": false, "grade_id": "blank-2-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
class LSTM(keras.layers.Layer):
    """Fig. 2 over a sequence: x (B, T, I) → the hidden state h (B, H) after `num_timestep` steps."""

    def __init__(self, hidden_dim, **kwargs):
        super().__init__(**kwargs)
        self.hidden_dim = hidden_dim

    def build(self, x_shape):
        H, I = self.hidden_dim, x_shape[-1]
        # Weights of shape (H, H+I), drawn from N(0, 0.05²)
        self.M_input = add_parameter(self, "M_input", (H, H + I))
        self.M_forget = add_parameter(self, "M_forget", (H, H + I))
        self.M_output = add_parameter(self, "M_output", (H, H + I))
        self.M_modulated_input = add_parameter(self, "M_modulated_input", (H, H + I))

    def step(self, x_t, h, c):
        """One step: the gates i, f, o, u, and the new states c, h, each (B, H)."""
        hx = tf.concat([h, x_t], axis=-1)
        # TODO 2.1: the input gate i, by (2.1)
        ### BEGIN SOLUTION
        i = sigmoid(times(self.M_input, hx))  # (2.1)
        ### END SOLUTION
        # TODO 2.2: the forget gate f, by (2.2)
        ### BEGIN SOLUTION
        f = sigmoid(times(self.M_forget, hx))  # (2.2)
        ### END SOLUTION
        # TODO 2.3: the output gate o, by (2.3)
        ### BEGIN SOLUTION
        o = sigmoid(times(self.M_output, hx))  # (2.3)
        ### END SOLUTION
        # TODO 2.4: the modulated input u, by (2.4)
        ### BEGIN SOLUTION
        u = tanh(times(self.M_modulated_input, hx))  # (2.4)
        ### END SOLUTION
        # TODO 2.5: the new cell state c, by (2.5)
        ### BEGIN SOLUTION
        c = i * u + f * c  # (2.5)
        ### END SOLUTION
        # TODO 2.6: the new hidden state h, by (2.6)
        ### BEGIN SOLUTION
        h = o * tanh(c)  # (2.6)
        ### END SOLUTION
        return i, f, o, u, c, h

    def call(self, x, h_init, c_init, num_timestep):
        # The initial states are one vector (H,) for all examples, or one for each, (B, H).
        h = tf.broadcast_to(h_init, (tf.shape(x)[0], self.hidden_dim))
        c = tf.broadcast_to(c_init, (tf.shape(x)[0], self.hidden_dim))
        for t in range(num_timestep):
            *gates, c, h = self.step(x[:, t], h, c)
        return h


# %% [markdown]
# Each of the next six cells checks one line, at every step of small sequences with random weights. You can run them
# before all six lines are written.

# %% nbgrader={"grade": true, "grade_id": "check-2-1", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.input_gate(LSTM)

# %% nbgrader={"grade": true, "grade_id": "check-2-2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.forget_gate(LSTM)

# %% nbgrader={"grade": true, "grade_id": "check-2-3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.output_gate(LSTM)

# %% nbgrader={"grade": true, "grade_id": "check-2-4", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.modulated_input(LSTM)

# %% nbgrader={"grade": true, "grade_id": "check-2-5", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.cell_state(LSTM)

# %% nbgrader={"grade": true, "grade_id": "check-2-6", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.hidden_state(LSTM)
check.layer(LSTM)
