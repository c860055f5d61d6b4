# %% [markdown]
# # 2 · An LSTM reads images row by row
#
# An LSTM is a recurrent network with a memory, and with gates that determine what the memory keeps. In this notebook you
# write an LSTM as a Keras layer, one line of code for each of its six equations. Then it learns to read handwritten
# digits, and you watch what it predicts while the rows of an image arrive.
#
# - **At the end you have** a layer whose every gate is checked, a trained network with about 97 % correct answers, a
#   picture of its predictions, and measured answers to two questions.
# - **You need** what a Keras layer is, which notebook 1 shows, and 45 minutes. The training takes about two minutes of them.
# - **You write** what is marked `TODO`. The cells below a blank check it, and name the mistake if there is one. Every message
#   begins with the number of the blank.
#
# The exercise comes from a [teaching notebook of 2022](../../exercise.md). Its figures are explained in the
# [README](../../../README.md#reading-the-code).

# %%
# Set-up: installs what is missing, and prints versions.
TENSORFLOW = True  # whether this notebook uses TensorFlow
PROJECT = ""  # outside a clone of the project: its address (git+https://…), its folder or its wheel

import importlib
import os
import site
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path


class SetUpStopped(Exception):
    def _render_traceback_(self):  # the notebook shows the message alone
        return [str(self)]


def is_clone(folder):
    file = folder / "pyproject.toml"
    return file.is_file() and 'name = "numpy-tf-rnn"' in file.read_text(encoding="utf-8")


os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow")
packages = ["numpy", "matplotlib", "hypothesis", *["tensorflow", "keras"] * TENSORFLOW, "numpy_rnn"]
missing = [name for name in packages if not find_spec(name)]
if missing:
    extra = "[notebooks]" if TENSORFLOW else "[numpy-notebook]"
    clone = next(filter(is_clone, [Path.cwd(), *Path.cwd().parents]), None)
    if PROJECT:
        arguments = [f"numpy-tf-rnn{extra} @ {PROJECT}" if "://" in PROJECT else f"{PROJECT}{extra}"]
    elif clone:
        arguments = ["-e", f"{clone}{extra}"]
    else:
        raise SetUpStopped(
            f"Not installed: {', '.join(missing)}. This folder is not in a clone of the project: write the "
            'address, folder or wheel of the project into the line PROJECT = "", and run this cell again.'
        )
    print(f"Not installed: {', '.join(missing)}. It takes a few minutes:")
    print("pip install", *arguments, flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", *arguments]
    ended = subprocess.run(pip, capture_output=True, text=True)
    if ended.returncode:
        raise SetUpStopped(f"pip failed:\n{ended.stderr.strip()}")
    if "numpy" in sys.modules:
        raise SetUpStopped("Installed. NumPy was loaded before: restart the kernel and run this cell again.")
    for folder in [*site.getsitepackages(), site.getusersitepackages()]:
        site.addsitedir(folder)  # an editable install adds a path to this folder
    importlib.invalidate_caches()

stderr = os.dup(2)
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # hides what TensorFlow logs before its log level takes effect
try:
    versions = [f"{name} {importlib.import_module(name).__version__}" for name in packages]
finally:
    os.dup2(stderr, 2)
print(f"Python {sys.version.split()[0]}", *versions, sep="\n")

# %% tags=["parameters"]
EPOCHS = 4
TRAINING_IMAGES, TEST_IMAGES = 60_000, 10_000  # fewer for a quick trial

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from tensorflow import sigmoid, tanh

from numpy_rnn import mnist
from parity_tests.notebook_checks import lstm as check

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
train, test = mnist.load()  # from files of the project: no network is used


def examples(split, number):
    """A data set of the first images, as numbers from 0 to 1, and their one-hot labels."""
    images = split.images[:number].astype("float32") / 255
    return tf.data.Dataset.from_tensor_slices((images, keras.utils.to_categorical(split.labels[:number], 10)))


training_batches = examples(train, TRAINING_IMAGES).shuffle(TRAINING_IMAGES).batch(128, drop_remainder=True)
test_batches = examples(test, TEST_IMAGES).batch(128)
print(f"{len(training_batches)} batches for training, {len(test_batches)} for the test")

# %% [markdown]
# As in notebook 1, an image is a sequence of T = 28 steps: the input $x_t$ of step t is row t, a vector of I = 28 grey values
# from 0 to 1.
#
# ## The LSTM
#
# <img alt="Fig. 2: the last state and the input, stacked to z, enter four gates, each a matrix and a function; the forget gate multiplies the last cell state, the input gate multiplies the modulated input, their sum is the new cell state; the output gate multiplies its tanh, which is the new state" src="../../figures/fig-2-lstm-light.svg" style="background-color: white">
#
# *Fig. 2. One step of the LSTM. Orange boxes are learned parameters. No matrix and no tanh lie on the path of c (green).*
#
# An LSTM has two states, each a vector of H numbers: the hidden state $h_t$, and the cell state $c_t$, which is its memory.
# They start as $h_0 = h_\text{init}$ and $c_0 = c_\text{init}$, here all zeros. $[h_{t-1}; x_t]$, which Fig. 2 calls $z_t$, is
# $h_{t-1}$ above $x_t$, a vector of H + I numbers, and ∘ multiplies entry by entry. For t = 1 … T
#
# $$i_t = \sigma(M_\text{input}\,[h_{t-1}; x_t]) \tag{2.1}$$
# $$f_t = \sigma(M_\text{forget}\,[h_{t-1}; x_t]) \tag{2.2}$$
# $$o_t = \sigma(M_\text{output}\,[h_{t-1}; x_t]) \tag{2.3}$$
# $$u_t = \tanh(M_\text{modulated input}\,[h_{t-1}; x_t]) \tag{2.4}$$
# $$c_t = i_t \circ u_t + f_t \circ c_{t-1} \tag{2.5}$$
# $$h_t = o_t \circ \tanh(c_t) \tag{2.6}$$
#
# and after the last step the read-out gives the probabilities of the ten digits, $y = \mathrm{softmax}(d + V h_T)$.
#
# | | each M | d | V |
# |---|---|---|---|
# | **shape** | H × (H + I) | 10 | 10 × H |
#
# The entries of i, f and o lie between 0 and 1:
#
# - the **input gate** i determines how much of u, the modulated input, enters the memory,
# - the **forget gate** f determines how much of the old memory is kept,
# - the **output gate** o determines how much of the memory the hidden state shows.
#
# As in notebook 1, the states of a batch are an array (B, H) with one example in each row, `times` multiplies every row by a
# matrix, and `normal` draws the first numbers of a parameter from $N(0,\, 0.05^2)$.


# %%
def times(M, v):
    """M v for each row v of a batch: (m, n) and (B, n) give (B, m)."""
    return tf.matmul(v, M, transpose_b=True)


def normal():
    """An initializer that draws from N(0, 0.05²). Each weight needs its own one, or its numbers repeat."""
    return keras.initializers.RandomNormal(stddev=0.05)


# %% [markdown]
# ### The layer
#
# `build` makes the parameters, and `call` repeats `step`; both are given. Write `step`, one line for each equation, with the
# symbols of the equations as names.
#
# - When `step` begins, `h` and `c` are $h_{t-1}$ and $c_{t-1}$, the states before the step, each (B, H).
# - `hx` (B, H+I) is $[h_{t-1}; x_t]$ for each example.
# - `sigmoid` and `tanh` compute σ and tanh of every number of an array, and `*` multiplies entry by entry.
#
# In an empty blank, replace the line `raise NotImplementedError(…)` by your own. Below the cell there is a check for each of
# the six lines, by gate or state, for every step of a few small sequences. You can write and check one line after the other.


# %% nbgrader={"grade": false, "grade_id": "blank-2-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
class LSTM(keras.layers.Layer):
    def __init__(self, hidden_dim, **kwargs):
        super().__init__(**kwargs)
        self.hidden_dim = hidden_dim

    def build(self, x_shape):
        H, I = self.hidden_dim, x_shape[-1]
        self.M_input = self.add_weight(name="M_input", shape=(H, H + I), initializer=normal())
        self.M_forget = self.add_weight(name="M_forget", shape=(H, H + I), initializer=normal())
        self.M_output = self.add_weight(name="M_output", shape=(H, H + I), initializer=normal())
        self.M_modulated_input = self.add_weight(name="M_modulated_input", shape=(H, H + I), initializer=normal())

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
        h = tf.broadcast_to(h_init, (tf.shape(x)[0], self.hidden_dim))  # h_0, the same in each row if it is one vector
        c = tf.broadcast_to(c_init, (tf.shape(x)[0], self.hidden_dim))  # c_0
        for t in range(num_timestep):
            *_, c, h = self.step(x[:, t], h, c)
        return h


# %% nbgrader={"grade": true, "grade_id": "check-2-1", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.input_gate(LSTM)

# %% nbgrader={"grade": true, "grade_id": "check-2-2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.forget_gate(LSTM)

# %% nbgrader={"grade": true, "grade_id": "check-2-3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.output_gate(LSTM)

# %% nbgrader={"grade": true, "grade_id": "check-2-4", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.modulated_input(LSTM)

# %% nbgrader={"grade": true, "grade_id": "check-2-5", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.cell_state(LSTM)

# %% nbgrader={"grade": true, "grade_id": "check-2-6", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.hidden_state(LSTM)

# %% [markdown]
# The next check runs the layer over whole sequences. It compares the last state and its gradients with a program that
# computes every number of the equations one by one.

# %% nbgrader={"grade": true, "grade_id": "check-2-1-to-2-6", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.layer(LSTM)

# %% [markdown]
# ## The model
#
# The model has 128 hidden units. The read-out is a `Dense` layer, as in notebook 1: its kernel is $V^\top$, and its bias is
# $d$. Give `normal()` to it as the initializer of both.

# %% nbgrader={"grade": false, "grade_id": "blank-2-7", "locked": false, "schema_version": 3, "solution": true, "task": false}
x = keras.Input((28, 28), name="x")
# TODO 2.7: h, the last state of an LSTM with 128 units, from zeros, and y, the probabilities of the ten digits
### BEGIN SOLUTION
h = LSTM(128)(x, h_init=tf.zeros(128), c_init=tf.zeros(128), num_timestep=28)
y = keras.layers.Dense(10, activation="softmax", kernel_initializer=normal(), bias_initializer=normal())(h)
### END SOLUTION
model = keras.Model(x, y, name="LSTM")

# %% nbgrader={"grade": true, "grade_id": "check-2-7", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.model(model)

# %% [markdown]
# ## Training and test
#
# Train the model for `EPOCHS` epochs on `training_batches`, with Adam and the categorical cross-entropy, as in notebook 1.
# Then compute its accuracy on `test_batches`. The exercise expects 96.5 % or more after 4 epochs.

# %% nbgrader={"grade": false, "grade_id": "blank-2-8", "locked": false, "schema_version": 3, "solution": true, "task": false}
# TODO 2.8: compile and train the model; its accuracy on the test images is `accuracy`
### BEGIN SOLUTION
model.compile(optimizer=keras.optimizers.Adam(), loss="categorical_crossentropy", metrics=["accuracy"])
model.fit(training_batches, epochs=EPOCHS, shuffle=False, verbose=2)  # the batches are shuffled already
_, accuracy = model.evaluate(test_batches, verbose=0)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-2-8", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.training(model, accuracy, training_batches, test_batches, TRAINING_IMAGES, EPOCHS)

# %% [markdown]
# ## A random test image
#
# Which digit does the model see in a single image? It takes a batch of images (B, 28, 28) and returns a batch of
# probabilities (B, 10). So a single image has to become a batch of one.


# %% nbgrader={"grade": false, "grade_id": "blank-2-9", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predicted_digit(model, image):
    """The digit that the model predicts for one image (28, 28), grey values from 0 to 1."""
    # TODO 2.9: return the most probable digit, a single number
    ### BEGIN SOLUTION
    y = model(image[np.newaxis])  # (1, 10), the probabilities of a batch of one
    return int(np.argmax(y[0]))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-2-9", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.prediction(predicted_digit)

# %%
n = rng.integers(TEST_IMAGES)
image, label = test.images[n].astype("float32") / 255, test.labels[n]

plt.figure(figsize=(2.6, 2.6), dpi=90, layout="constrained")
plt.imshow(image, cmap="gray_r")
plt.xticks([])
plt.yticks([])
plt.title(f"true digit {label}, predicted {predicted_digit(model, image)}", fontsize=11)
plt.show()

# %% [markdown]
# ### The prediction, row by row
#
# The model was trained to answer after the last row. But the read-out can be asked after every row: `num_timestep` is the
# number of rows that the LSTM reads. To see another image, run the cell above again, and the two cells below.

# %%
lstm = next(layer for layer in model.layers if isinstance(layer, LSTM))
read_out = keras.Model(lstm.output, model.output)  # from h to the probabilities
zeros = tf.zeros(128)
states = [lstm(image[np.newaxis], h_init=zeros, c_init=zeros, num_timestep=t) for t in range(29)]
after_rows = np.concatenate([read_out(h) for h in states])  # (29, 10): the probabilities after t = 0 … 28 rows

figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3.4), dpi=90, sharey=True, layout="constrained")
left.imshow(image, cmap="gray_r", extent=(0.5, 28.5, 28.5, 0.5))
left.set(title="The image", ylabel="row t", xticks=[], yticks=[1, 7, 14, 21, 28])
heat = right.imshow(after_rows[1:], cmap="Blues", vmin=0, vmax=1, aspect="auto", extent=(-0.5, 9.5, 28.5, 0.5))
right.set(title="Probabilities after row t", xlabel="digit", xticks=range(10))
right.get_xticklabels()[label].set(color="#D55E00", fontweight="bold")  # the true digit
figure.colorbar(heat, ax=right, ticks=[0, 0.5, 1])
plt.show()

# %% [markdown]
# The true digit is bold. The next cell shows the same probabilities as bars, after t rows of the image. Where ipywidgets is
# installed, a slider chooses t.


# %%
def show(t):
    """Draws the first t rows of the image, and the probabilities of the ten digits after them."""
    _, (left, right) = plt.subplots(1, 2, figsize=(7, 2.8), dpi=90, width_ratios=[1, 1.6], layout="constrained")
    rows_seen = np.where(np.arange(28)[:, np.newaxis] < t, image, np.nan)
    left.imshow(rows_seen, cmap="gray_r", vmin=0, vmax=1)
    left.set(title=f"{t} of 28 rows", xticks=[], yticks=[])
    right.bar(range(10), after_rows[t], color=["#D55E00" if digit == label else "#0072B2" for digit in range(10)])
    right.set(title=f"Probabilities after {t} rows; {label} is right", xlabel="digit", xticks=range(10), ylim=(0, 1))
    plt.show()


try:
    from ipywidgets import IntSlider, interact
except ImportError:
    show(20)
else:
    interact(show, t=IntSlider(20, min=0, max=28, description="rows t"))

# %% [markdown]
# ## Questions
#
# ### 2.8.1 Where the LSTM is better
#
# The RNN and the LSTM with 128 units do about equally well here. In what kind of scenario does the LSTM do much better, and
# why?
#
# <details><summary>Hint</summary>
#
# Follow the path of c in Fig. 2 from right to left. By which factor does each step multiply $\partial L/\partial c$ on this
# path? By which does a step of the basic RNN multiply $\partial L/\partial h$? What becomes of a product of many such
# factors, and what does that mean for an input far back in the sequence?
#
# </details>

# %% [markdown] nbgrader={"grade": true, "grade_id": "answer-2-8-1", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **When the answer depends on inputs far back.** To measure it, N blank rows follow the digit before the network answers (64
# units, 5 epochs). With 8 blank rows, the LSTM classifies 94.2 % of the test images correctly, and the RNN 56.0 %.
#
# **Why.** In the RNN, each step back multiplies $\partial L/\partial h$ by tanh′ and $W^\top$. A product of many such
# factors shrinks, or grows, exponentially with the number of steps. In the LSTM, $\partial L/\partial c$ has a path on which
# each step multiplies it by f alone. Where f is near 1, the memory and its gradient are kept over many steps.
#
# **But the forget gate has to be open.** With 28 blank rows both networks fail: 24.0 % (LSTM) and 22.7 % (RNN). The gates of
# this LSTM have no bias, so a blank row leaves them only h. Where h is small, $f = \sigma(0) = 0.5$, and each blank row halves
# c. With a forget gate that starts open, at f = 0.95, the LSTM reaches 93.9 % even after 112 blank rows, and the RNN 11.4 %.
# Before training, this part of $\partial L/\partial h$ is left on its way back over 28 blank rows: $2.1 \cdot 10^{-12}$ in
# the RNN, $3.3 \cdot 10^{-8}$ in this LSTM, and 0.058 in the LSTM with the open forget gate.
#
# An LSTM is not always better: with 14 rows of noise in place of blank rows, this LSTM is 24.9 percentage points behind the
# RNN.
#
# ![Left: test accuracy by the number of blank rows after the digit, for the RNN, the LSTM, and the LSTM with a forget gate that starts open. Right: without blank rows, but each row cut into parts](../../studies/memory-accuracy.png)
# ### END SOLUTION

# %% [markdown]
# ### 2.8.2 The number of parameters
#
# How many trainable parameters has the LSTM? The total in the next cell also counts the numbers that Adam keeps for each of
# them.

# %%
model.summary()

# %% [markdown]
# <details><summary>Hint</summary>
#
# Add up the sizes of the four matrices, of d and of V for H = 128 and I = 28, and compare the sum with the table.
#
# </details>

# %% [markdown] nbgrader={"grade": true, "grade_id": "answer-2-8-2", "locked": false, "points": 1, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# It has $4 H (H + 28) + 10 + 10 H = 81{,}162$ parameters for H = 128: four matrices of 128 × 156 = 19,968 numbers each, d with
# 10, and V with 1,280.
#
# That is 3.80 times as many as in the RNN with 128 units, 21,386. Each of the four matrices is as large as W and U together,
# and the gates have no bias.
#
# ![The parameters of each model by matrix; the LSTM's matrices are named by their gates](../../studies/parameters-by-matrix.png)
# ### END SOLUTION
