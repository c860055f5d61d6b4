"""The judge's verdicts on implementations in several styles, as they are and with each planted error."""

import time
from types import ModuleType
from typing import NamedTuple

import numpy as np

from mutations.planted_errors import Mutant, mutated, read
from mutations.project_copy import ROOT
from parity_tests import judge
from parity_tests.cases.recurrences import Case
from parity_tests.judging.refused import BadInput
from parity_tests.judging.verdict import RIGHT, WRONG, Verdict
from parity_tests.oracles import expected

FOLDER = "parity_tests/other_implementations"
# The kind of each style, and the library that some styles need.
STYLES = {
    "batch_first": "lstm",
    "gates_in_another_order": "lstm",
    "gate_biases": "lstm",
    "one_example": "lstm",
    "loss_in_the_loop": "lstm",
    "letters_as_integers": "rnn",
    "last_step_only": "rnn",
    "clipping": "rnn",
    "update_only": "rnn",
    "two_biases": "rnn",
    "pytorch_layer": "lstm",
    "jax_scan": "rnn",
    "keras_layer": "rnn",
}
LIBRARIES = {"pytorch_layer": "torch", "jax_scan": "jax", "keras_layer": "keras"}

# A quantity is wrong if it differs from the complex step by more than this part of its largest number.
WRONG_PART = {"float64": 1e-9, "float32": 1e-4}


class Result(NamedTuple):
    """The verdict on a style at a depth of the judge, with a planted error or, if `error` is empty, as it is.

    `quantity` is the first quantity that the verdict names, and `wrong` tells whether the complex step finds it wrong
    for the verdict's case. `seconds` is the time of the verdict.
    """

    style: str
    error: str
    depth: str
    ending: str
    quantity: str = ""
    wrong: bool = False
    seconds: float = 0.0

    @property
    def as_expected(self) -> bool:
        """Whether a right style is right, and an error is found by a quantity that is wrong."""
        return self.ending == WRONG and self.wrong if self.error else self.ending == RIGHT


def planted_errors(style: str) -> list[Mutant]:
    """Return the errors planted into a style."""
    return [mutant for mutant in read("other_implementations") if mutant.file == f"{FOLDER}/{style}.py"]


def measure(style: str, error: Mutant | None, depth: str) -> Result:
    """Judge a style, with an error if one is given."""
    file = f"{FOLDER}/{style}.py"
    source = mutated(error) if error else (ROOT / file).read_text("utf-8")
    module = ModuleType(style)
    exec(compile(source, file, "exec"), module.__dict__)
    name = error.name if error else ""
    start = time.perf_counter()
    try:
        verdict = judge(STYLES[style], module, depth=depth)
    except BadInput as refused:
        return Result(style, name, depth, str(refused))
    seconds = time.perf_counter() - start
    quantity = verdict.failure.wrong[0].quantity if verdict.failure and verdict.failure.wrong else ""
    return Result(style, name, depth, verdict.ending, quantity, first_is_wrong(verdict), seconds)


def first_is_wrong(verdict: Verdict) -> bool:
    """Return whether the complex step, for the verdict's case, finds its first quantity wrong."""
    failure = verdict.failure
    if not failure or not failure.wrong or not isinstance(failure.case, Case) or not failure.case.dh.size:
        return False
    case, name, kind = failure.case, failure.wrong[0].quantity, verdict.subject.kind
    exact = (expected.gradients if name.startswith("d") else expected.outputs)(kind, case)[name]
    if name == "dx" and verdict.subject.limits.biases:
        exact = exact[:, :-1]
    error = np.abs(verdict.subject.results(case)[name] - exact).max()
    return not error <= WRONG_PART[failure.dtype] * np.abs(exact).max()
