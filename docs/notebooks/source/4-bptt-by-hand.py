# %% [markdown]
# # 4 · Backpropagation through time by hand
#
# In this notebook you write the backward pass of a basic RNN and of an LSTM in NumPy, line by line. At the end, the code
# that you have written trains both networks on MNIST.
#
# Each function has one to three lines. The text above a function derives it from the chain rule, with all shapes. The
# cell below it checks it: it puts your function into a backward pass that is right otherwise, compares every gradient
# with the exact one, and names the quantity, the step and the entry that is wrong, and the likely cause.
#
# - **You need** Python, NumPy and the chain rule. TensorFlow is not used.
# - **It takes** one to two hours. The training takes about a minute on two cores.
# - **You write** what is marked `TODO`. Run the cells from top to bottom: the check below an empty blank says what to
#   write there.
# - **Symbols and equation numbers** are those of the files `numpy_rnn/rnn.py` and `numpy_rnn/lstm.py`, and of the
#   [figures in the README](../../../README.md#reading-the-code).

# %%
# Set-up: installs what is missing, and prints versions.
TENSORFLOW = False  # whether this notebook uses TensorFlow
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
import matplotlib.pyplot as plt
import numpy as np

from numpy_rnn import adam, lstm, mnist, readout, rnn
from numpy_rnn.classifier import Model
from numpy_rnn.images import classify_images
from numpy_rnn.sequences import from_images, grey
from parity_tests import judge
from parity_tests.notebook_checks import answers
from parity_tests.notebook_checks import bptt as check

# %% [markdown]
# ## The forward pass of the RNN
#
# <img alt="Fig. 1: W times the last state, U times the input and b are added to a, the argument of tanh, whose result is the new state; after the last step, V times the state plus d gives the argument of the softmax" src="../../figures/fig-1-rnn-light.svg" style="background-color: white">
#
# *Fig. 1. One step of the basic RNN, and the read-out after the last step. Orange boxes are learned parameters.*
#
# The forward pass is given. From the state $h_0$ and the inputs $x_1 … x_T$, the RNN computes for $t = 1 … T$
#
# $$
# \begin{aligned}
# a_t &= b + W h_{t-1} + U x_t & (1.1) \\
# h_t &= \tanh(a_t) & (1.2)
# \end{aligned}
# $$
#
# | letter | size | on MNIST |
# |---|---|---|
# | T | time steps of a sequence | 28 |
# | H | hidden units | 128 |
# | I | inputs of one step | 28 |
# | B | examples in a batch | 128 |
#
# **One column is one example.** So $h_t$ and $a_t$ have the shape (H, B), $x_t$ has (I, B), $W$ has (H, H), $U$ has (H, I)
# and $b$ has (H, 1). `W @ h` in the code is $W h$ in the equation, for all examples at once.
#
# `rnn.forward` returns what the backward pass needs: `x` with the shape (T, I, B), and `h` with the shape (T+1, H, B).
# The array `h` begins with $h_0$, and `x` begins with $x_1$. **So `h[t]` is $h_t$, but `x[t - 1]` is $x_t$.**

# %%
rng = np.random.default_rng(0)
params = rnn.init(rng, input_dim=4, hidden_dim=3)
x = rng.uniform(-1, 1, (5, 4, 2)).astype(np.float32)  # T = 5, I = 4, B = 2
trace = rnn.forward(params, x, h_init=np.zeros((3, 2), np.float32))
print("x:", trace.x.shape, "  h:", trace.h.shape)

# %% [markdown]
# ## What the backward pass computes
#
# A loss $L$ is one number that depends on the states $h_1 … h_T$. On MNIST, $L$ is the cross-entropy of a read-out that
# takes $h_T$. The training needs the derivatives of $L$ by all parameters, $b$, $W$ and $U$.
#
# **Notation.** $dv$ stands for $\partial L / \partial v$. It has the same shape as $v$: the entry of $dv$ in row $k$ and
# column $n$ is the derivative of $L$ by the entry of $v$ in row $k$ and column $n$. So $dW$ is an (H, H) matrix, and
# $da_t$ is (H, B). Read $da_t$ as one symbol.
#
# **The chain rule in two sentences.** If $v$ acts on $L$ only through $w$, then $dv$ is $dw$ times the derivative of $w$
# by $v$. If $v$ acts on $L$ in several ways, then $dv$ is the sum of the terms of all ways.
#
# Here is how the quantities act on each other. Each arrow is a step of the forward pass:
#
# ```
#            x_1              x_2              x_3
#             │ U              │ U              │ U
#         W   ▼            W   ▼            W   ▼
#  h_0 ─────▶ a_1 ──▶ h_1 ───▶ a_2 ──▶ h_2 ───▶ a_3 ──▶ h_3
#                      │                │                │
#                      ▼                ▼                ▼
#                      L                L                L
# ```
#
# The backward pass follows the arrows in the opposite direction, from $h_T$ to $h_0$. At each step it knows $dh_t$, and
# computes everything else of this step from it. You write one function for each of these quantities, and then the loop
# over $t$.

# %% [markdown]
# ### 4.1 · The derivative of tanh
#
# By the quotient rule, applied to $\tanh(a) = (e^a - e^{-a}) / (e^a + e^{-a})$,
#
# $$\tanh'(a) = 1 - \tanh^2(a).$$
#
# The forward pass has computed $\tanh(a_t)$ already: it is $h_t$. So $\tanh'(a_t)$ follows from $h_t$ alone, entry by
# entry. The argument has the shape (H, B), and the result too.


# %% nbgrader={"grade": false, "grade_id": "blank-4-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def tanh_derivative(h_t):
    # TODO 4.1: tanh′(a_t), from h_t = tanh(a_t), (1.2)
    ### BEGIN SOLUTION
    return 1 - h_t**2
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-4-1", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.tanh_derivative(tanh_derivative)

# %% [markdown]
# ### 4.2 · From $dh_t$ to $da_t$
#
# In (1.2), each entry of $a_t$ acts on one entry of $h_t$, and on nothing else. So the chain rule has one term, and it
# multiplies entry by entry:
#
# $$da_t = dh_t \circ \tanh'(a_t) \qquad \text{from (1.2)}$$
#
# The sign $\circ$ is the product of entries, `*` in NumPy. All three arrays are (H, B). Use `tanh_derivative`.


# %% nbgrader={"grade": false, "grade_id": "blank-4-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def da_of_step(dh_t, h_t):
    # TODO 4.2: da_t, from (1.2)
    ### BEGIN SOLUTION
    return dh_t * tanh_derivative(h_t)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-4-2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.da_of_step(da_of_step)

# %% [markdown]
# ### 4.3 · From $da_t$ to $dx_t$
#
# For row $k$ of $a_t$ and example $n$, (1.1) reads
#
# $$a_{kn} = b_k + \sum_j W_{kj}\, h_{jn} + \sum_i U_{ki}\, x_{in}$$
#
# where $h$ is $h_{t-1}$ and $x$ is $x_t$. The input $x_{in}$ acts on $a_{kn}$ of every unit $k$, each time with the
# derivative $U_{ki}$. The chain rule adds these H ways:
#
# $$dx_{in} = \sum_k da_{kn}\, U_{ki}$$
#
# This is a sum over the rows of $U$, so it is a product with the transposed matrix:
#
# $$dx_t = U^\top da_t \qquad \text{from (1.1)}$$
#
# The shapes fit in this way only: (I, H) times (H, B) is (I, B), the shape of $x_t$. A layer below this one needs
# $dx_t$; here it also shows which pixels the loss depends on.


# %% nbgrader={"grade": false, "grade_id": "blank-4-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dx_of_step(U, da_t):
    # TODO 4.3: dx_t, from (1.1)
    ### BEGIN SOLUTION
    return U.T @ da_t
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-4-3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.dx_of_step(dx_of_step)

# %% [markdown]
# ### 4.4 · From $da_t$ to the step before
#
# The state $h_{t-1}$ enters (1.1) just as $x_t$ does, with $W$ in place of $U$. So the step $t$ passes back to $h_{t-1}$
#
# $$W^\top da_t \qquad \text{from (1.1)}$$
#
# The shapes are (H, H) times (H, B), which is (H, B). They fit without the transpose too, so only a check of the numbers
# can tell. The result is a *part* of $dh_{t-1}$: the loop in 4.8 adds the other part.


# %% nbgrader={"grade": false, "grade_id": "blank-4-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dh_passed_back(W, da_t):
    # TODO 4.4: the part of dh_{t-1} that comes from step t, from (1.1)
    ### BEGIN SOLUTION
    return W.T @ da_t
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-4-4", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.dh_passed_back(dh_passed_back)

# %% [markdown]
# ### 4.5 · The part of $dW$ that comes from step $t$
#
# In (1.1), $W_{kj}$ acts on $a_{kn}$ of every example $n$, each time with the derivative $h_{jn}$. The chain rule adds
# these B ways:
#
# $$\sum_n da_{kn}\, h_{jn}$$
#
# where $h$ is $h_{t-1}$. This is a product with a transposed matrix, which also computes the sum over the batch:
#
# $$da_t\, h_{t-1}^\top \qquad \text{from (1.1)}$$
#
# (H, B) times (B, H) is (H, H), the shape of $W$. The argument `h_before` is $h_{t-1}$.


# %% nbgrader={"grade": false, "grade_id": "blank-4-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dW_of_step(da_t, h_before):
    # TODO 4.5: the part of dW that comes from step t, from (1.1)
    ### BEGIN SOLUTION
    return da_t @ h_before.T
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-4-5", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.dW_of_step(dW_of_step)

# %% [markdown]
# ### 4.6 · The part of $dU$ that comes from step $t$
#
# The derivation is that of 4.5, with $x_t$ in place of $h_{t-1}$. The result has the shape of $U$, (H, I).


# %% nbgrader={"grade": false, "grade_id": "blank-4-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dU_of_step(da_t, x_t):
    # TODO 4.6: the part of dU that comes from step t, from (1.1)
    ### BEGIN SOLUTION
    return da_t @ x_t.T
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-4-6", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.dU_of_step(dU_of_step)

# %% [markdown]
# ### 4.7 · The part of $db$ that comes from step $t$
#
# In (1.1), $b_k$ acts on $a_{kn}$ of every example $n$, because NumPy adds the one column $b$ to all B columns. The
# derivative is 1 each time, so the chain rule gives
#
# $$\sum_n da_{kn} \qquad \text{from (1.1)}$$
#
# The sum runs over the batch, and the result keeps the shape of $b$, (H, 1).


# %% nbgrader={"grade": false, "grade_id": "blank-4-7", "locked": false, "schema_version": 3, "solution": true, "task": false}
def db_of_step(da_t):
    # TODO 4.7: the part of db that comes from step t, from (1.1)
    ### BEGIN SOLUTION
    return da_t.sum(axis=1, keepdims=True)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-4-7", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.db_of_step(db_of_step)

# %% [markdown]
# ### 4.8 · The loop over time
#
# Now the functions become a backward pass. Two sums are left, and both follow from the chain rule.
#
# **Two paths from $h_t$ to $L$.** One leads to the read-out or whatever else uses $h_t$. Its gradient is given: the
# argument `dh` with the shape (T, H, B), where `dh[t - 1]` is for $h_t$. The other leads through $a_{t+1}$ of the next
# step. Its gradient is what step $t+1$ has passed back, $W^\top da_{t+1}$. After the last step there is no next one, so
# the loop starts with zeros, and runs from $T$ to 1:
#
# $$dh_t = \partial L/\partial h_t \text{ from outside} + W^\top da_{t+1}$$
#
# **T ways from $W$ to $L$.** The same $W$ acts in every step, so $dW$ is the sum of the parts of all steps. The same holds
# for $U$ and $b$. The sums start with zeros, and each step adds its part with `+=`. But each $x_t$ acts in one step only,
# so `dx[t - 1]` is set once.
#
# After the loop, `dh_from_next` holds what step 1 has passed back to $h_0$: it is the gradient of `h_init`.
#
# The loop has one line for each function, and one for $dh_t$. Compute $dh_t$ as a new array: `dh_t = dh[t - 1]` followed
# by `dh_t += …` would change the argument `dh`. The last line is
#
# ```python
# return rnn.Gradients(rnn.Params(db, dW, dU), dx, dh_from_next)
# ```


# %% nbgrader={"grade": false, "grade_id": "blank-4-8", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_backward(params, trace, dh):
    b, W, U = params
    x, h = trace
    db, dW, dU, dx = np.zeros_like(b), np.zeros_like(W), np.zeros_like(U), np.zeros_like(x)
    dh_from_next = np.zeros_like(h[0])  # no step comes after T
    # TODO 4.8: the loop over t = T … 1, with both paths to h_t and a line for each function above; then the return
    ### BEGIN SOLUTION
    for t in range(len(x), 0, -1):
        dh_t = dh[t - 1] + dh_from_next  # both paths to h_t
        da_t = da_of_step(dh_t, h[t])  # ∂(1.2)/∂a
        dx[t - 1] = dx_of_step(U, da_t)  # ∂(1.1)/∂x
        dU += dU_of_step(da_t, x[t - 1])  # ∂(1.1)/∂U, summed over t
        dh_from_next = dh_passed_back(W, da_t)  # ∂(1.1)/∂h
        dW += dW_of_step(da_t, h[t - 1])  # ∂(1.1)/∂W, summed over t
        db += db_of_step(da_t)  # ∂(1.1)/∂b, summed over t
    return rnn.Gradients(rnn.Params(db, dW, dU), dx, dh_from_next)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-4-8", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.rnn_backward(rnn_backward)

# %% [markdown]
# ### Two steps by hand
#
# Because tanh(ln 2) = 3/5 and tanh(ln 3) = 4/5, two steps can be computed on paper. Let all sizes be 1, and $b = 0$,
# $W = 1/2$, $U = 1$, $h_0 = 1$. Choose $x_1$ and $x_2$ such that $a_1 = \ln 2$ and $a_2 = \ln 3$. For the loss $L = h_2$
#
# - $da_2 = 1 - (4/5)^2 = 0.36$, so step 2 passes back $dh_1 = 0.36 / 2 = 0.18$;
# - $da_1 = 0.18\, (1 - (3/5)^2) = 0.1152$, so step 1 passes back $dh_0 = 0.1152 / 2 = 0.0576$;
# - $dW = da_2\, h_1 + da_1\, h_0 = 0.36 \cdot 0.6 + 0.1152 = 0.3312$, and $db = 0.36 + 0.1152 = 0.4752$.

# %%
params = rnn.Params(b=np.array([[0.0]]), W=np.array([[0.5]]), U=np.array([[1.0]]))
x = np.array([[[np.log(2) - 0.5]], [[np.log(3) - 0.3]]])
trace = rnn.forward(params, x, h_init=np.array([[1.0]]))
gradients = rnn_backward(params, trace, dh=np.array([[[0.0]], [[1.0]]]))
db, dW, dU = gradients.params
print(f"dW = {dW.item():.4f}, db = {db.item():.4f}, dh_0 = {gradients.h_init.item():.4f}")

# %% [markdown]
# ### The verdict on the RNN
#
# The judge tests your backward pass with more than 100 random cases, in float64 and float32, with up to 100 steps, with no
# steps and with no examples. It compares every entry of every gradient with the exact one. The column *error/bound* shows
# the largest rounding error as a part of what floating-point theory allows.

# %%
judge("rnn", rnn.forward, rnn_backward)

# %% [markdown]
# ## The forward pass of the LSTM
#
# <img alt="Fig. 2: the last state and the input, stacked to z, enter four gates, each a matrix and a function; the forget gate multiplies the last cell state, the input gate multiplies the modulated input, their sum is the new cell state; the output gate multiplies its tanh, which is the new state" src="../../figures/fig-2-lstm-light.svg" style="background-color: white">
#
# *Fig. 2. One step of the LSTM: z_t stacks $h_{t-1}$ and $x_t$. No matrix and no tanh lie on the path of c (green).*
#
# The forward pass is given again. From $h_0$, $c_0$ and $x_1 … x_T$, the LSTM computes for $t = 1 … T$, with
# $z_t = [h_{t-1}; x_t]$, that is, $h_{t-1}$ above $x_t$
#
# $$
# \begin{aligned}
# i_t &= \sigma(M_\text{input}\, z_t) & (2.1) \\
# f_t &= \sigma(M_\text{forget}\, z_t) & (2.2) \\
# o_t &= \sigma(M_\text{output}\, z_t) & (2.3) \\
# u_t &= \tanh(M_\text{modulated\_input}\, z_t) & (2.4) \\
# c_t &= i_t \circ u_t + f_t \circ c_{t-1} & (2.5) \\
# h_t &= o_t \circ \tanh(c_t) & (2.6)
# \end{aligned}
# $$
#
# Each matrix is (H, H+I), and $z_t$ is (H+I, B). The gates $i_t, f_t, o_t, u_t$ and the states $c_t, h_t$ are (H, B).
# `lstm.forward` returns `x`, `i`, `f`, `o`, `u`, `c` and `h`. The states begin with $c_0$ and $h_0$, and the others with
# step 1. **So `c[t]` is $c_t$ and `h[t]` is $h_t$, but `i[t - 1]` is $i_t$, and so for `f`, `o`, `u` and `x`.**
#
# You write its backward pass in the same way, from $h_t$ back to $z_t$: first through (2.6), then (2.5), and then through
# the four gates.

# %% [markdown]
# ### 4.9 · From $dh_t$ to $do_t$
#
# (2.6) is a product of $o_t$ and $\tanh(c_t)$, entry by entry. Its derivative by $o_t$ is the other factor:
#
# $$do_t = dh_t \circ \tanh(c_t) \qquad \text{from (2.6)}$$
#
# All arrays are (H, B).


# %% nbgrader={"grade": false, "grade_id": "blank-4-9", "locked": false, "schema_version": 3, "solution": true, "task": false}
def do_of_step(dh_t, c_t):
    # TODO 4.9: do_t, from (2.6)
    ### BEGIN SOLUTION
    return dh_t * np.tanh(c_t)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-4-9", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.do_of_step(do_of_step)

# %% [markdown]
# ### 4.10 · Both paths to $c_t$
#
# The cell state $c_t$ acts on $L$ in two ways, so $dc_t$ has two terms.
#
# - **Through $h_t$**, by (2.6). The derivative of $o_t \circ \tanh(c_t)$ by $c_t$ is $o_t \circ \tanh'(c_t)$.
# - **Past $h_t$**, by (2.5) of the next step, $c_{t+1} = i_{t+1} \circ u_{t+1} + f_{t+1} \circ c_t$. The next step passes
#   its gradient back. It is the argument `dc_from_next`, and 4.12 computes it.
#
# $$dc_t = dh_t \circ o_t \circ \tanh'(c_t) + dc_{t+1} \circ f_{t+1} \qquad \text{from (2.6), and from (2.5) at } t+1$$
#
# On the second path lie no matrix and no tanh, only $f_{t+1}$. Where $f_{t+1}$ is close to 1, the gradient arrives almost
# unchanged: this is how an LSTM remembers. `tanh_derivative` of 4.1 takes a value of tanh as its argument, here
# $\tanh(c_t)$. All arrays are (H, B).


# %% nbgrader={"grade": false, "grade_id": "blank-4-10", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dc_of_step(dh_t, o_t, c_t, dc_from_next):
    # TODO 4.10: dc_t, from (2.6), and from (2.5) of the next step
    ### BEGIN SOLUTION
    return dh_t * o_t * tanh_derivative(np.tanh(c_t)) + dc_from_next
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-4-10", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.dc_of_step(dc_of_step)

# %% [markdown]
# ### 4.11 · From $dc_t$ to three gates
#
# (2.5) is $c_t = i_t \circ u_t + f_t \circ c_{t-1}$. The derivative by a factor of a product is the other factor:
#
# $$di_t = dc_t \circ u_t \qquad du_t = dc_t \circ i_t \qquad df_t = dc_t \circ c_{t-1} \qquad \text{from (2.5)}$$
#
# The argument `c_before` is $c_{t-1}$, the state *before* the step. All arrays are (H, B). Return the three results in
# the order `di_t, du_t, df_t`.


# %% nbgrader={"grade": false, "grade_id": "blank-4-11", "locked": false, "schema_version": 3, "solution": true, "task": false}
def di_du_df(dc_t, i_t, u_t, c_before):
    # TODO 4.11: di_t, du_t and df_t, from (2.5)
    ### BEGIN SOLUTION
    return dc_t * u_t, dc_t * i_t, dc_t * c_before
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-4-11", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.di_du_df(di_du_df)

# %% [markdown]
# ### 4.12 · From $dc_t$ to the step before
#
# In (2.5), $c_{t-1}$ is multiplied by $f_t$. So step $t$ passes back to $c_{t-1}$, past $h_{t-1}$,
#
# $$dc_t \circ f_t \qquad \text{from (2.5)}$$
#
# This is the `dc_from_next` of step $t-1$.


# %% nbgrader={"grade": false, "grade_id": "blank-4-12", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dc_passed_back(dc_t, f_t):
    # TODO 4.12: the part of dc_{t-1} that comes from step t past h_{t-1}, from (2.5)
    ### BEGIN SOLUTION
    return dc_t * f_t
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-4-12", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.dc_passed_back(dc_passed_back)

# %% [markdown]
# ### 4.13 · The derivative of σ
#
# From $\sigma(a) = 1 / (1 + e^{-a})$ and the chain rule,
#
# $$\sigma'(a) = \frac{e^{-a}}{(1 + e^{-a})^2} = \frac{1}{1 + e^{-a}} \cdot \frac{e^{-a}}{1 + e^{-a}} = \sigma(a)\,(1 - \sigma(a)).$$
#
# As with tanh, the value of σ is enough. The argument `s` is $\sigma(a)$, for example the gate $i_t$, (H, B).


# %% nbgrader={"grade": false, "grade_id": "blank-4-13", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sigmoid_derivative(s):
    # TODO 4.13: σ′(a), from s = σ(a), used for (2.1) … (2.3)
    ### BEGIN SOLUTION
    return s * (1 - s)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-4-13", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.sigmoid_derivative(sigmoid_derivative)

# %% [markdown]
# ### 4.14 · From a gate to the argument of its σ
#
# Let $a_g = M_g z_t$ be the argument of the σ or tanh of gate $g$, for $g = i, f, o, u$. Each entry of $a_g$ acts on one
# entry of the gate, as in 4.2. The gates i, f and o have σ:
#
# $$da_g = dg_t \circ \sigma'(a_g) \qquad \text{for } g = i, f, o \text{, from (2.1) … (2.3)}$$
#
# `g_t` is the value of the gate, and `dg_t` is its gradient. All arrays are (H, B).


# %% nbgrader={"grade": false, "grade_id": "blank-4-14", "locked": false, "schema_version": 3, "solution": true, "task": false}
def da_of_gate(dg_t, g_t):
    # TODO 4.14: da_g for a gate with σ, from (2.1) … (2.3)
    ### BEGIN SOLUTION
    return dg_t * sigmoid_derivative(g_t)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-4-14", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.da_of_gate(da_of_gate)

# %% [markdown]
# ### 4.15 · From the modulated input to the argument of its tanh
#
# The modulated input u has tanh in place of σ:
#
# $$da_u = du_t \circ \tanh'(a_u) \qquad \text{from (2.4)}$$


# %% nbgrader={"grade": false, "grade_id": "blank-4-15", "locked": false, "schema_version": 3, "solution": true, "task": false}
def da_of_modulated_input(du_t, u_t):
    # TODO 4.15: da_u, from (2.4)
    ### BEGIN SOLUTION
    return du_t * tanh_derivative(u_t)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-4-15", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.da_of_modulated_input(da_of_modulated_input)

# %% [markdown]
# ### 4.16 · The part of $dM_g$ that comes from step $t$
#
# The argument $a_g = M_g z_t$ of each gate is a matrix times $z_t$, as $W h_{t-1}$ is in the RNN. So the derivation of 4.5
# holds with $z_t$ in place of $h_{t-1}$:
#
# $$da_g\, z_t^\top \qquad \text{from (2.1) … (2.4)}$$
#
# (H, B) times (B, H+I) is (H, H+I), the shape of $M_g$. The function gets $h_{t-1}$ and $x_t$: put one above the other
# with `np.concatenate`, in the order of $z_t = [h_{t-1}; x_t]$.


# %% nbgrader={"grade": false, "grade_id": "blank-4-16", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dM_of_step(da_g, h_before, x_t):
    # TODO 4.16: the part of dM_g that comes from step t, from (2.1) … (2.4)
    ### BEGIN SOLUTION
    z_t = np.concatenate([h_before, x_t])
    return da_g @ z_t.T
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-4-16", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.dM_of_step(dM_of_step)

# %% [markdown]
# ### 4.17 · From the gates to $z_t$
#
# One and the same $z_t$ enters all four gates. So it acts on $L$ in four ways, and the chain rule adds four terms. Each of
# them is a product with a transposed matrix, as in 4.4:
#
# $$dz_t = M_\text{input}^\top da_i + M_\text{forget}^\top da_f + M_\text{output}^\top da_o +
# M_\text{modulated\_input}^\top da_u \qquad \text{from (2.1) … (2.4)}$$
#
# (H+I, H) times (H, B) is (H+I, B), the shape of $z_t$. `params` has the fields `M_input`, `M_forget`, `M_output` and
# `M_modulated_input`, in this order.


# %% nbgrader={"grade": false, "grade_id": "blank-4-17", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dz_of_step(params, da_i, da_f, da_o, da_u):
    # TODO 4.17: dz_t, from (2.1) … (2.4)
    ### BEGIN SOLUTION
    M_input, M_forget, M_output, M_modulated_input = params
    return M_input.T @ da_i + M_forget.T @ da_f + M_output.T @ da_o + M_modulated_input.T @ da_u
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-4-17", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.dz_of_step(dz_of_step)

# %% [markdown]
# ### 4.18 · The two parts of $dz_t$
#
# Because $z_t$ is $h_{t-1}$ above $x_t$, the first H rows of $dz_t$ are what step $t$ passes back to $h_{t-1}$, and the
# other I rows are $dx_t$. Return both: first the part for $h_{t-1}$, (H, B), and then $dx_t$, (I, B).


# %% nbgrader={"grade": false, "grade_id": "blank-4-18", "locked": false, "schema_version": 3, "solution": true, "task": false}
def parts_of_dz(dz_t, H):
    # TODO 4.18: the part of dh_{t-1} that comes from step t, and dx_t
    ### BEGIN SOLUTION
    return dz_t[:H], dz_t[H:]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-4-18", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.parts_of_dz(parts_of_dz)

# %% [markdown]
# ### 4.19 · The loop over time
#
# The loop runs from $T$ to 1, as in 4.8, and now two gradients go from step to step:
#
# - `dh_from_next`, the h-part of $dz_{t+1}$. It starts with zeros, and $dh_t$ is its sum with `dh[t - 1]`.
# - `dc_from_next`, which is $dc_{t+1} \circ f_{t+1}$. It starts with the argument `dc`, which is $\partial L / \partial c_T$
#   from outside, or with zeros if there is none.
#
# The order of the lines follows from what each function needs: $dh_t$; then $do_t$ and $dc_t$; then $di_t, du_t, df_t$ and
# the new `dc_from_next`; then the four $da_g$; then the parts of the four $dM_g$, which are summed over $t$; then $dz_t$
# and its parts. After the loop, `dh_from_next` and `dc_from_next` are the gradients of `h_init` and `c_init`. The last
# lines are
#
# ```python
# dM = lstm.Params(dM_input, dM_forget, dM_output, dM_modulated_input)
# return lstm.Gradients(dM, dx, dh_from_next, dc_from_next)
# ```


# %% nbgrader={"grade": false, "grade_id": "blank-4-19", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm_backward(params, trace, dh, dc=None):
    x, i, f, o, u, c, h = trace
    H = h.shape[1]
    dM_input, dM_forget, dM_output, dM_modulated_input = map(np.zeros_like, params)
    dx = np.zeros_like(x)
    dh_from_next = np.zeros_like(h[0])
    dc_from_next = np.zeros_like(c[0]) if dc is None else dc
    # TODO 4.19: the loop over t = T … 1, with both paths to h_t and your functions from 4.9 on; then the return
    ### BEGIN SOLUTION
    for t in range(len(x), 0, -1):
        x_t, i_t, f_t, o_t, u_t = x[t - 1], i[t - 1], f[t - 1], o[t - 1], u[t - 1]
        dh_t = dh[t - 1] + dh_from_next  # both paths to h_t
        do_t = do_of_step(dh_t, c[t])  # ∂(2.6)/∂o
        dc_t = dc_of_step(dh_t, o_t, c[t], dc_from_next)  # ∂(2.6)/∂c, and the path past h_t
        di_t, du_t, df_t = di_du_df(dc_t, i_t, u_t, c[t - 1])  # ∂(2.5)/∂i, ∂(2.5)/∂u, ∂(2.5)/∂f
        dc_from_next = dc_passed_back(dc_t, f_t)  # ∂(2.5)/∂c
        da_i = da_of_gate(di_t, i_t)  # ∂(2.1)/∂a_i
        da_f = da_of_gate(df_t, f_t)  # ∂(2.2)/∂a_f
        da_o = da_of_gate(do_t, o_t)  # ∂(2.3)/∂a_o
        da_u = da_of_modulated_input(du_t, u_t)  # ∂(2.4)/∂a_u
        dM_input += dM_of_step(da_i, h[t - 1], x_t)  # ∂(2.1)/∂M, summed over t
        dM_forget += dM_of_step(da_f, h[t - 1], x_t)  # ∂(2.2)/∂M, summed over t
        dM_output += dM_of_step(da_o, h[t - 1], x_t)  # ∂(2.3)/∂M, summed over t
        dM_modulated_input += dM_of_step(da_u, h[t - 1], x_t)  # ∂(2.4)/∂M, summed over t
        dz_t = dz_of_step(params, da_i, da_f, da_o, da_u)  # ∂(2.1) … ∂(2.4)/∂z
        dh_from_next, dx[t - 1] = parts_of_dz(dz_t, H)
    dM = lstm.Params(dM_input, dM_forget, dM_output, dM_modulated_input)
    return lstm.Gradients(dM, dx, dh_from_next, dc_from_next)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-4-19", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check.lstm_backward(lstm_backward)

# %% [markdown]
# ### The verdict on the LSTM

# %%
judge("lstm", lstm.forward, lstm_backward)

# %% [markdown]
# ## Training on MNIST with your code
#
# The function below trains a network that reads an image row by row: $x_t$ is row $t$, so T = I = 28. A read-out turns the
# last state into ten probabilities, and `readout.backward` gives the gradient of the cross-entropy by $h_T$. It is the
# only gradient from outside, so `dh` is 0 at all other steps. Your backward pass does the rest, and Adam changes the
# parameters.

# %%
train, test = mnist.load()
train = mnist.Split(train.images[:TRAINING_IMAGES], train.labels[:TRAINING_IMAGES])
test = mnist.Split(test.images[:TEST_IMAGES], test.labels[:TEST_IMAGES])


def fit(network, backward, H, B=128):
    rng = np.random.default_rng(0)
    model = Model(network.init(rng, 28, H), readout.init(rng, H, 10))
    state, losses = adam.init(model), []
    initial = [np.zeros((H, B), np.float32) for _ in network.Initial._fields]  # h_init, and c_init for the LSTM
    for _ in range(EPOCHS):
        order = rng.permutation(len(train.images))
        for batch in order[: len(order) // B * B].reshape(-1, B):
            x, labels = from_images(grey(train.images[batch])), train.labels[batch]
            trace = network.forward(model.recurrence, x, *initial)
            of_readout = readout.backward(model.readout, trace.h[-1], labels)
            dh = np.zeros_like(trace.h[1:])
            dh[-1] = of_readout.h
            gradients = Model(backward(model.recurrence, trace, dh).params, of_readout.params)
            losses.append(readout.cross_entropy(model.readout, trace.h[-1], labels))
            model, state = adam.step(model, gradients, state)
    return model, losses


def test_accuracy(model):
    return float(np.mean(classify_images(model, test.images).argmax(axis=0) == test.labels))


# %% [markdown]
# The exercise expects a test accuracy of 90 % or more of the RNN with 128 units after 4 epochs, and 96.5 % or more of the
# LSTM. With five seeds, `numpy_rnn` itself reaches 93.1 % to 94.8 %, and 97.1 % to 97.5 %.

# %%
rnn_model, rnn_losses = fit(rnn, rnn_backward, H=128)
answers.accuracy("rnn-128", test_accuracy(rnn_model), TRAINING_IMAGES, EPOCHS)

# %%
lstm_model, lstm_losses = fit(lstm, lstm_backward, H=128)
answers.accuracy("lstm-128", test_accuracy(lstm_model), TRAINING_IMAGES, EPOCHS)

# %%
COLOURS = "#0072B2", "#D55E00"
steps = max(1, len(rnn_losses) // 50)  # the curve has a point for each mean over so many steps
figure, axes = plt.subplots(figsize=(6, 3), dpi=90, layout="constrained")
for name, losses, colour in zip(["RNN", "LSTM"], [rnn_losses, lstm_losses], COLOURS, strict=True):
    means = np.array(losses[: len(losses) // steps * steps]).reshape(-1, steps).mean(axis=1)
    axes.plot(np.arange(1, len(means) + 1) * steps, means, color=colour, label=name)
axes.set(xlabel="training step", ylabel="loss (cross-entropy)", ylim=(0, None))
axes.spines[["top", "right"]].set_visible(False)
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# ## Does the gradient vanish?
#
# The loss depends on $h_{28}$ directly, and on the first rows of the image only through all the states in between. On the
# way back, each step multiplies $dh_t$ by $W^\top$ and by $\tanh'(a_t) ≤ 1$. If the gradient becomes very small on this
# way, then the network learns almost nothing from the first rows. Your code shows how large it is.
#
# The trick: if a trace is cut so that it begins at step $t$, then $h_t$ is its `h_init`. So your backward pass for the
# steps $t+1 … T$ returns $dh_t$ as the gradient of `h_init`. The picture gives the root mean square of $dh_t$, divided by
# that of $dh_{28}$, for new and for trained networks.


# %%
def sizes_of_dh(network, backward, model):
    """The root mean square of dh_t for t = 1 … 28."""
    images, labels = test.images[:100], test.labels[:100]
    initial = [np.zeros((128, 1), np.float32) for _ in network.Initial._fields]
    trace = network.forward(model.recurrence, from_images(grey(images)), *initial)
    dh = np.zeros_like(trace.h[1:])
    dh[-1] = readout.backward(model.readout, trace.h[-1], labels).h
    passed_back = [
        backward(model.recurrence, network.Trace(*(values[t:] for values in trace)), dh[t:]).h_init
        for t in range(1, 28)
    ]
    return np.array([np.sqrt(np.mean(dh_t**2)) for dh_t in [*passed_back, dh[-1]]])


# %%
networks = {"RNN": (rnn, rnn_backward, rnn_model), "LSTM": (lstm, lstm_backward, lstm_model)}
figure, panels = plt.subplots(1, 2, figsize=(8, 3.2), dpi=90, sharey=True, layout="constrained")
for axes, title in zip(panels, ["before the training", "after the training"], strict=True):
    for (name, (network, backward, trained)), colour in zip(networks.items(), COLOURS, strict=True):
        rng = np.random.default_rng(0)
        new = Model(network.init(rng, 28, 128), readout.init(rng, 128, 10))
        sizes = sizes_of_dh(network, backward, new if title.startswith("before") else trained)
        axes.semilogy(range(1, 29), sizes / sizes[-1], color=colour, label=name)
        print(f"{title:19}  {name:4}  dh_1 is {sizes[0] / sizes[-1]:.2g} times as large as dh_28")
    axes.set(title=title, xlabel="t, the row of the image", xticks=[1, 7, 14, 21, 28])
    axes.spines[["top", "right"]].set_visible(False)
panels[0].set_ylabel("size of $dh_t$ / size of $dh_{28}$")
panels[0].legend(frameon=False)
plt.show()

# %% [markdown]
# Before the training, almost nothing arrives at the first rows: $dh_1$ is less than a millionth of $dh_{28}$, in both
# networks. The reason is that all parameters start with small numbers. In the RNN, $W^\top$ makes every gradient smaller.
# In the LSTM, the forget gates start near $\sigma(0) = 1/2$, so each step halves $dc_t$.
#
# The training changes this. After four epochs with all images, $dh_1$ is about as large as $dh_{28}$ in the LSTM, and
# several times as large in the RNN. So the opposite happens too: where $W^\top$ enlarges a gradient, it can grow from step
# to step. This is called the exploding gradient.
#
# [The report of the studies](../../studies/report.md#when-does-the-lstm-do-much-better) shows the same sizes for
# sequences with blank rows after the digit, where an LSTM with an open forget gate does much better than the RNN.
#
# ## What you can do next
#
# - **Read `numpy_rnn`.** [`rnn.py`](../../../numpy_rnn/rnn.py) and [`lstm.py`](../../../numpy_rnn/lstm.py) have the same
#   lines as your functions, in one loop. The LSTM computes the four products with matrices as one.
#   [`readout.py`](../../../numpy_rnn/readout.py) and [`adam.py`](../../../numpy_rnn/adam.py) are derived in the same way.
# - **Let the judge test your own code.** It takes any RNN or LSTM, with biases, gates in another order or examples in
#   rows: see [test your own code](../../test-your-own-code.md). In a notebook, `judge("lstm", forward, backward)` is
#   enough.
# - **Change something.** Put an error into one of your functions, and look at the verdict and at the training. A network
#   often learns with a wrong gradient too, only worse, so that an error in a backward pass can remain unnoticed.
