"""The recipes of the guide as its page writes them, random arguments for them, and their results by name."""

import re
from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from numpy_rnn import adam, classifier, lstm, readout
from numpy_rnn.sequences import with_ones
from parity_tests import ROOT
from parity_tests.cases.recurrences import SEEDS

BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLE = "rng ="

Arrays = dict[str, Any]


@cache
def page() -> str:
    """The text of the page."""
    return (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")


@cache
def recipes() -> SimpleNamespace:
    """The functions that the page defines."""
    names: dict[str, Any] = {}
    for source in BLOCK.findall(page()):
        if not source.startswith(EXAMPLE):
            exec(compile(source, "recipes.md", "exec"), names)
    return SimpleNamespace(**names)


class RecipeSpec(NamedTuple):
    """Sizes, seed and dtype of the arguments; the upper layer and the read-out have K units or classes."""

    T: int
    H: int
    I: int
    B: int
    K: int
    steps: int
    seed: int
    dtype: str


SIZE = st.integers(1, 4)
RECIPE_SPECS = st.builds(
    RecipeSpec,
    st.integers(1, 5),
    *[SIZE] * 3,
    st.integers(2, 4),
    st.integers(1, 3),
    SEEDS,
    st.sampled_from(["float32", "float64"]),
)
PINNED_SPEC = RecipeSpec(5, 3, 2, 4, 6, 2, 0, "float64")


class Arguments(NamedTuple):
    """Arguments of all recipes. Every LSTM has biases, the last columns of its matrices, so the last input is 1."""

    params: lstm.Params  # (H, H+I+1)
    second: lstm.Params  # (H, H+I+1)
    upper: lstm.Params  # (K, K+H+1)
    read_out: readout.Params  # (K, 1), (K, H)
    initial: lstm.Initial  # (H, 1)
    x: np.ndarray  # (T, I+1, B)
    dh: np.ndarray  # (T, H, B)
    dh_both: np.ndarray  # (T, 2H, B)
    dh_upper: np.ndarray  # (T, K, B)
    r: np.ndarray  # (K, B)
    labels: np.ndarray  # (T, B)
    mask: np.ndarray  # (T, B)
    lengths: np.ndarray  # (B,)
    steps: int

    @property
    def model(self) -> classifier.Model:
        """The first layer and the read-out."""
        return classifier.Model(self.params, self.read_out)

    @property
    def padded(self) -> np.ndarray:
        """The inputs, which are 0 after the last step of each example; the last one is 1."""
        read = np.arange(len(self.x))[:, np.newaxis] < self.lengths
        return with_ones(np.where(read[:, np.newaxis], self.x[:, :-1], 0).astype(self.x.dtype))


def arguments(spec: RecipeSpec) -> Arguments:
    """The random arguments of a spec."""
    T, H, I, B, K = spec[:5]
    rng = np.random.default_rng(spec.seed)

    def uniform(largest: float, *shape: int) -> np.ndarray:
        return rng.uniform(-largest, largest, shape).astype(spec.dtype)

    def layer(hidden: int, inputs: int) -> lstm.Params:
        return lstm.Params(*(uniform(0.5, hidden, hidden + inputs + 1) for _ in lstm.Params._fields))

    return Arguments(
        params=layer(H, I),
        second=layer(H, I),
        upper=layer(K, H),
        read_out=readout.Params(uniform(0.5, K, 1), uniform(0.5, K, H)),
        initial=lstm.Initial(uniform(1, H, 1), uniform(1, H, 1)),
        x=with_ones(uniform(1, T, I, B)),
        dh=uniform(1, T, H, B),
        dh_both=uniform(1, T, 2 * H, B),
        dh_upper=uniform(1, T, K, B),
        r=uniform(1, K, B),
        labels=rng.integers(0, K, (T, B)),
        mask=rng.random((T, B)) < 0.6,
        lengths=rng.integers(1, T + 1, B),
        steps=spec.steps,
    )


def slopes(tree: Any, ending: str = "") -> Arrays:
    """The gradients of parameters by name, such as dM_input; the ending tells layers apart."""
    return {f"d{name}{ending}": value for name, value in tree._asdict().items()}


def stacked(a: Arguments) -> Arrays:
    states, lower, upper = recipes().stacked(a.params, a.upper, a.x, a.dh_upper)
    return {"states": states, "dx": lower.x[:, :-1]} | slopes(lower.params) | slopes(upper.params, "_upper")


def bidirectional(a: Arguments) -> Arrays:
    states, first, second, dx = recipes().bidirectional(a.params, a.second, a.x, a.dh_both)
    return {"states": states, "dx": dx[:, :-1]} | slopes(first) | slopes(second, "_second")


def several_lengths(a: Arguments) -> Arrays:
    last, gradients = recipes().several_lengths(a.params, a.padded, a.lengths, a.dh[-1])
    return {"last": last, "dx": gradients.x[:, :-1]} | slopes(gradients.params)


def masked(a: Arguments) -> Arrays:
    last, params, dx = recipes().masked(a.params, a.x, a.mask, a.dh[-1])
    return {"last": last, "dx": dx[:, :-1]} | slopes(params)


def every_step(a: Arguments) -> Arrays:
    loss, gradients = recipes().every_step(a.model, a.x, a.labels)
    return {"loss": loss} | slopes(gradients.recurrence) | slopes(gradients.readout)


def step_by_step(a: Arguments) -> Arrays:
    return {"y": np.stack(list(recipes().step_by_step(a.model, a.x)))}


def handed_over(a: Arguments) -> Arrays:
    states, params = recipes().in_pieces(a.params, a.x, a.dh, a.steps, hand_over=True)
    return {"states": states} | slopes(params)


def truncated(a: Arguments) -> Arrays:
    states, params = recipes().in_pieces(a.params, a.x, a.dh, a.steps, hand_over=False)
    return {"states": states} | slopes(params)


def learned_state(a: Arguments) -> Arrays:
    states, params, initial = recipes().learned_state(a.params, a.initial, a.x, a.dh)
    return {"states": states} | slopes(params) | slopes(initial)


def squared_error(a: Arguments) -> Arrays:
    loss, gradients = recipes().squared_error(a.model, a.x, a.r)
    return {"loss": loss} | slopes(gradients.recurrence) | slopes(gradients.readout)


RESULTS = {
    one.__name__: one
    for one in (
        stacked,
        bidirectional,
        several_lengths,
        masked,
        every_step,
        step_by_step,
        handed_over,
        truncated,
        learned_state,
        squared_error,
    )
}


def float64(tree: Any) -> Any:
    """A tree of arrays in float64."""
    return adam.tree_map(lambda value: value.astype(np.float64), tree)
