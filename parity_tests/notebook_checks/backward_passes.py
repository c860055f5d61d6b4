"""How a learner's functions are judged: within the backward pass of `numpy_rnn`, or as a whole backward pass."""

import importlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from parity_tests.comparison import Difference
from parity_tests.judging.checks import Depth, checks
from parity_tests.judging.judgement import conclude, no_files_of_hypothesis
from parity_tests.judging.loading import from_functions
from parity_tests.judging.refused import BadInput
from parity_tests.judging.subject import differ
from parity_tests.judging.tables import COLUMNS, cells
from parity_tests.judging.verdict import NOT_JUDGED, RIGHT, Verdict
from parity_tests.notebook_checks.answers import Wrong, described
from parity_tests.notebook_checks.backward_parts import Part, copies, mistake, named, outcome, same, try_on_small_arrays
from parity_tests.notebook_checks.loop_mistakes import LOOP_MISTAKES

DEPTH = Depth(short=3, long=1)
# A message shows this many quantities, each with these columns.
SHOWN = 3
SHOWN_COLUMNS = [
    COLUMNS.index(name) for name in ("quantity", "equation", "t", "entry", "expected", "got", "wrong entries")
]
INDICES = {
    "rnn": "h[t] is h_t, but x and dh begin with step 1: x[t - 1] is x_t",
    "lstm": "h[t] is h_t and c[t] is c_t, but the gates, x and dh begin with step 1: i[t - 1] is i_t",
}


def examine(part: Part, function: Callable[..., Any]) -> None:
    """Raises `Wrong` if a learner's function is not right, and NotImplementedError if it is empty."""
    try_on_small_arrays(part, function)
    verdict = judge_backward(part.kind, with_changes(part.kind, part.places, {part.name: function}))
    if verdict.ending != RIGHT:
        raise Wrong(explained(verdict, f"with your {part.name}, backward", mistake(part, function)))


def examine_backward(kind: str, backward: Callable[..., Any]) -> None:
    """Raises `Wrong` if a learner's backward pass is not right, and NotImplementedError if it is empty."""
    module = importlib.import_module(f"numpy_rnn.{kind}")
    arguments = small_case(kind, np.float32)
    given = copies(arguments)
    try:
        result = backward(*given)
    except IndexError as error:
        raise Wrong(f"{described(error)}\nremember: {INDICES[kind]}") from None
    for name, before, after in zip(("params", "trace", "dh", "dc"), arguments, given, strict=False):
        if differ(before, after):
            raise Wrong(f"backward writes into {name}; compute a new array, dh_t = … + …, without += or [:] =")
    if not isinstance(result, module.Gradients) or not isinstance(result.params, module.Params):
        expected = f"{kind}.Gradients({kind}.Params(…), …)"
        raise Wrong(f"backward: expected {expected} as the result, got {type(result).__name__}")
    params, trace, dh = arguments[:3]
    likes = [*params, trace.x, *[dh[0]] * (len(result) - 2)]
    names = [*module.Params._fields, *module.Gradients._fields[1:]]
    for name, value, like in zip(names, [*result.params, *result[1:]], likes, strict=True):
        got = f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
        if got != f"{like.dtype} {like.shape}":
            raise Wrong(f"d{name}: expected {like.dtype} {like.shape}, got {got}")
    verdict = judge_backward(kind, backward)
    if verdict.ending != RIGHT:
        raise Wrong(explained(verdict, "your backward", loop_mistake(kind, backward)))


def small_case(kind: str, dtype: Any) -> list[Any]:
    """Arguments for a backward pass: the parameters, a trace, dh and, for an LSTM, dc."""
    module = importlib.import_module(f"numpy_rnn.{kind}")
    T, H, I, B = 5, 3, 4, 2
    rng = np.random.default_rng(0)

    def array(*shape: int) -> np.ndarray:
        return rng.uniform(-1, 1, shape).astype(dtype)

    params = module.Params(*(array(*value.shape) for value in module.init(rng, I, H)))
    states = [array(H, B) for _ in module.Initial._fields]
    return [params, module.forward(params, array(T, I, B), *states), array(T, H, B), *states[1:]]


def loop_mistake(kind: str, backward: Callable[..., Any]) -> str:
    """The words of the typical error in the loop whose results are those of the learner's; empty if there is none."""

    def results(function: Callable[..., Any]) -> list[np.ndarray] | str:
        def flat(*arguments: Any) -> list[np.ndarray]:
            params, *others = function(*arguments)
            return [*params, *others]

        return outcome(flat, small_case(kind, np.float64))

    actual = results(backward)
    for words, places in LOOP_MISTAKES[kind].items():
        if same(actual, results(with_changes(kind, places, {}))):
            return words
    return ""


def with_changes(kind: str, places: Mapping[str, str], names: Mapping[str, Any]) -> Callable[..., Any]:
    """The backward pass of `numpy_rnn` with other text in some places, which may use these names."""
    module = importlib.import_module(f"numpy_rnn.{kind}")
    source = inspect.getsource(module.backward)
    for old, new in places.items():
        source = source.replace(old, new)
    namespace = {**vars(module), **names}
    exec(compile(source, str(module.__file__), "exec"), namespace)
    return namespace["backward"]


def judge_backward(kind: str, backward: Callable[..., Any]) -> Verdict:
    """The judge's verdict on the right forward pass with this backward pass, up to the first check that fails.

    Raises `Wrong` for a shape that is wrong for some sizes only.
    """
    forward = importlib.import_module(f"numpy_rnn.{kind}").forward
    subject = from_functions(kind, "backward", {"forward": forward, "backward": backward}, None)
    verdict = Verdict(subject, [])
    try:
        with no_files_of_hypothesis():
            for check in checks(subject):
                verdict.outcomes.append(check.run(subject, DEPTH))
                if verdict.failed:
                    break
    except BadInput as error:
        raise Wrong(str(error)) from None
    return conclude(verdict)


def explained(verdict: Verdict, subject: str, cause: str) -> str:
    """The message about a verdict that is not right: the quantities that are most wrong, and the likely cause."""
    if verdict.ending == NOT_JUDGED:
        return f"{subject} cannot be judged: {', '.join(verdict.reasons)}{named(cause)}"
    failure = verdict.failure
    if not failure or failure.words:
        return f"{failure.words if failure else verdict}{named(cause)}"
    more = ", ".join(one.quantity for one in failure.wrong[SHOWN:])
    lines = [f"{subject} gives for {failure.described()}", "", *table(verdict.subject.kind, failure.wrong[:SHOWN])]
    lines += [f"… also wrong: {more}"] if more else []
    return "\n".join(lines) + named(cause or verdict.cause.partition("; if that is intended")[0])


def table(kind: str, wrong: list[Difference]) -> list[str]:
    """A narrow table of wrong quantities."""
    rows = [[row[k] for k in SHOWN_COLUMNS] for row in [COLUMNS, *(cells(kind, one) for one in wrong)]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
