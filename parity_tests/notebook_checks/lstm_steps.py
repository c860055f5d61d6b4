"""One step of a learner's LSTM beside the scalar specification: the gate or state, step and entry that is wrong."""

from functools import cache
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from parity_tests.cases.recurrences import Case, CaseSpec, make_case
from parity_tests.comparison import difference
from parity_tests.judging.evidence import SAME
from parity_tests.judging.expectation import expectation
from parity_tests.notebook_checks.answers import Wrong, described
from parity_tests.notebook_checks.lstm_mistakes import MATRICES, mistakes
from parity_tests.oracles.specification import OUTPUTS

NAMES = OUTPUTS["lstm"]
EQUATIONS = {name: f"(2.{k})" for k, name in enumerate(NAMES, start=1)}
# T, H, I, H + I and B differ, so that a wrong order of axes shows; one case has a batch of one, and one a single step.
SPECS = [CaseSpec(4, 3, 2, 6, 2, seed=1), CaseSpec(3, 4, 2, 1, 2, seed=2), CaseSpec(1, 2, 5, 3, 2, seed=3)]
# What c and h depend on.
EARLIER = {"c": "ifou", "h": "c"}
DTYPES = ["float64", "float32"]
# Numbers that agree to this part of the largest one, but not within the bound, were rounded to float32.
OF_FLOAT32 = 1e-5

Arrays = dict[str, np.ndarray]


class Step(NamedTuple):
    """Step t of a case: the arrays before it, the right ones after it, and their bounds; each row is one example."""

    t: int
    before: Arrays
    right: Arrays
    bounds: Arrays


@cache
def steps(spec: CaseSpec, dtype: str) -> list[Step]:
    """The steps of a case, each from the right states of the step before."""
    case = make_case("lstm", spec, dtype)
    found = []
    h, c = case.initial
    for t, (x_t, dh_t) in enumerate(zip(case.x, case.dh, strict=True), start=1):
        one = case._replace(x=x_t[None], initial=[h, c], dh=dh_t[None])
        right, bounds = ({name: part[name][-1].T for name in NAMES} for part in expectation("lstm", one, False))
        found.append(Step(t, {"h": h.T, "c": c.T, "x": x_t.T}, right, bounds))
        h, c = (right[name].T.astype(dtype) for name in "hc")
    return found


def layer_of(LSTM: Any, case: Case) -> Any:
    """A layer of the learner's class with the parameters of a case."""
    T, I, _ = case.x.shape
    # With a name of its own, it does not count for the names of the layers that the learner makes.
    layer = LSTM(len(case.params.M_input), name="checked", dtype=case.x.dtype.name)
    layer.build((None, T, I))
    for name, value in case.params._asdict().items():
        getattr(layer, name).assign(value)
    return layer


def judge(LSTM: Any, name: str) -> str:
    """Returns what is right about a gate or a state.

    Raises Wrong, or what `step` raises if the gate or state is missing.
    """
    for earlier in EARLIER.get(name, ""):
        assert_earlier(LSTM, earlier, name)
    for spec in SPECS:
        for dtype in DTYPES:
            layer = layer_of(LSTM, make_case("lstm", spec, dtype))
            got = [in_form(name, computed(layer, step, name), step, dtype) for step in steps(spec, dtype)]
            for step, value in zip(steps(spec, dtype), got, strict=True):
                one = difference(name, value, step.right[name], step.bounds[name])
                if one.wrong:
                    example, unit = one.place
                    raise Wrong(
                        f"{name} at t = {step.t}, example {example}, unit {unit}: expected {one.expected:.6g}, got "
                        f"{one.got:.6g}. {one.wrong} of {one.entries} entries are wrong.{cause(name, layer, spec, got)}"
                    )
    return f"{name} is right at every step, by {EQUATIONS[name]}"


def assert_earlier(LSTM: Any, earlier: str, name: str) -> None:
    """Asserts that a gate or state is right on which another result, called `name`, depends."""
    try:
        judge(LSTM, earlier)
    except (Wrong, NotImplementedError):
        raise Wrong(f"{name} depends on {earlier}. First make {number_of(earlier)} right.") from None


def number_of(name: str) -> str:
    """The number of the blank of a gate or state, which is that of its equation."""
    return EQUATIONS[name].strip("()")


def computed(layer: Any, step: Step, name: str) -> Any:
    """What the layer computes for a gate or a state, also where a later line of `step` raises an exception."""
    x_t, h, c = (tf.constant(step.before[key]) for key in ("x", "h", "c"))
    try:
        results = layer.step(x_t, h, c)
    except Exception as error:
        place = place_in_step(error)
        found = dict(place.tb_frame.f_locals) if place else {}
        missing = [one for one in NAMES if found.get(one) is None or found[one] is h or found[one] is c]
        if name not in missing:
            return found[name]
        if missing[0] != name:
            number = number_of(missing[0])
            raise Wrong(f"`step` ends before it computes {name}. First make {number} right.") from None
        if isinstance(error, NotImplementedError):
            raise
        raise Wrong(f"{described(error.with_traceback(place))}\n  {advice(name, error)}") from None
    if not isinstance(results, tuple | list) or len(results) != len(NAMES):
        returned = f"{len(results)} results" if isinstance(results, tuple | list) else type(results).__name__
        raise Wrong(f"`step` has to return the six results {', '.join(NAMES)}, got {returned}.")
    order = order_of(results, step)
    if order not in ("", "".join(NAMES)):
        raise Wrong(f"the results are in the order {', '.join(order)}, expected {', '.join(NAMES)}.")
    return results[NAMES.index(name)]


def place_in_step(error: Exception) -> TracebackType | None:
    """The line of `step` that raised an exception, itself or in a function that it calls; None if no line did."""
    place = error.__traceback__
    while place and place.tb_frame.f_code.co_name != "step":
        place = place.tb_next
    return place and TracebackType(None, place.tb_frame, place.tb_lasti, place.tb_lineno)


def advice(name: str, error: Exception) -> str:
    """What to try where a line raises an exception."""
    if isinstance(error, NameError) and error.name == name:
        return f"Assign the result of {EQUATIONS[name]} to `{name}`."
    if name in MATRICES:
        product = f"times(self.{MATRICES[name]}, hx)"
        return f"hx is (B, H+I), one example in each row. `{product}` is M [h; x] for each row."
    return "All arrays in this line are (B, H), and ∘ multiplies entry by entry: write `*`."


def order_of(results: Any, step: Step) -> str:
    """The names of the results if they are the right arrays in any order; empty if they are others."""
    same = [[name for name in NAMES if is_same(one, step.right[name])] for one in results]
    order = "".join(names[0] for names in same if names)
    return order if sorted(order) == sorted(NAMES) else ""


def is_same(one: Any, other: np.ndarray) -> bool:
    """Whether two arrays have the same shape, and are equal up to rounding."""
    one = np.asarray(one)
    if one.shape != other.shape or one.dtype.name not in SAME:
        return False
    return bool(np.all(np.abs(one - other) <= SAME[one.dtype.name] * np.abs(other).max()))


def in_form(name: str, value: Any, step: Step, dtype: str) -> np.ndarray:
    """The value as an array, if it has the right shape and dtype; raises Wrong otherwise."""
    array, shape = np.asarray(value), step.right[name].shape
    if array.shape != shape:
        hint = "one row for each example, one column for each unit"
        if array.shape == shape[::-1]:
            hint = f"it is transposed: {hint}"
        elif array.size == np.prod(shape) and 1 in shape:
            hint = "a batch of one keeps its axis"
        raise Wrong(f"{name} has the shape {array.shape}, expected (B, H) = {shape}: {hint}.")
    if array.dtype.name != dtype:
        raise Wrong(f"{name} has the dtype {array.dtype}, expected {dtype}, the dtype of x_t.")
    return array


def cause(name: str, layer: Any, spec: CaseSpec, got: list[np.ndarray]) -> str:
    """The likely mistake, in a line of its own: one that computes the same in every step; empty if there is none."""
    params = {matrix: np.asarray(getattr(layer, matrix)) for matrix in MATRICES.values()}
    known = steps(spec, got[0].dtype.name)
    for options in zip(*(mistakes(name, params, step.before, step.right) for step in known), strict=True):
        if all(is_same(value, wrong) for value, (_, wrong) in zip(got, options, strict=True)):
            return f"\n  The likely mistake: {options[0][0]}."
    pairs = [(value, step.right[name]) for value, step in zip(got, known, strict=True)]
    if all(np.abs(value - right).max() <= OF_FLOAT32 * np.abs(right).max() for value, right in pairs):
        return f"\n  The likely mistake: a part of {name} is computed in float32."
    return ""
