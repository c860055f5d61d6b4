"""The checks of an implementation, in the order in which they run, and how each runs on pinned and on drawn cases."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import hypothesis
import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from parity_tests.cases.recurrences import CaseSpec
from parity_tests.comparison import Difference, difference, is_vacuous
from parity_tests.judging.drawing import (
    LONG,
    NO_EXAMPLES,
    NO_STEPS,
    PINNED_LONG,
    PINNED_SHORT,
    SHORT,
    AnyCase,
    fitted,
    long_case,
    readout_case,
    short_case,
)
from parity_tests.judging.expectation import expectation
from parity_tests.judging.refused import BadInput, Raised
from parity_tests.judging.subject import PARAM_NAMES, Subject


class Depth(NamedTuple):
    """How many cases Hypothesis draws for each check, and whether it shrinks a wrong one."""

    short: int
    long: int
    shrink: bool = False


DEPTHS = {
    "quick": Depth(short=25, long=4),
    "default": Depth(short=100, long=20),
    "thorough": Depth(short=1000, long=100, shrink=True),
}


class Failure(NamedTuple):
    """What a wrong implementation returned for one case: the differences, the largest first, and what is right."""

    case: AnyCase
    spec: CaseSpec
    dtype: str
    wrong: list[Difference]
    right: list[str]
    words: str = ""  # instead of differences, if a function writes into its arguments

    def described(self) -> str:
        """The case in words."""
        return f"{described(self.spec)}, {self.dtype}, seed {self.spec.seed}"


@dataclass
class Outcome:
    """The result of a check: passed, failed or not judged, with the largest error as a part of its bound."""

    name: str
    core: bool
    cases: int = 0
    vacuous: int = 0
    ratio: float = 0.0
    quantity: str = "–"
    failures: list[Failure] = field(default_factory=list)
    reason: str = ""
    case: str = ""

    @property
    def status(self) -> str:
        """The result in words: "failed", "not judged" or "passed"."""
        return "failed" if self.failures else "not judged" if self.reason else "passed"

    @property
    def failure(self) -> Failure | None:
        """The wrong case with the fewest numbers, the first of these; None if there is none."""
        return min(self.failures, key=lambda failure: np.prod(failure.spec[:4]), default=None)


class Vacuous(Exception):
    """Raised for a case whose bound is so large that almost any result would pass."""


@dataclass(frozen=True)
class Check:
    """A check: how cases are made from specs, which are pinned or drawn, and how a case is tested."""

    name: str
    make: Callable[[CaseSpec], AnyCase]
    test: Callable[[Subject, CaseSpec, AnyCase, "Outcome"], None]
    pinned: Sequence[CaseSpec]
    drawn: Any = None
    long: bool = False
    core: bool = False  # a right verdict needs at least outputs and gradients
    edge: bool = False  # an implementation may refuse these cases

    def run(self, subject: Subject, depth: Depth) -> Outcome:
        """Runs the pinned cases, and if they pass the drawn ones.

        Raises BadInput if the implementation returns a wrong type or shape.
        """
        outcome = Outcome(self.name, self.core)
        specs = dict.fromkeys(fitted(spec, subject.limits) for spec in self.pinned)
        for spec in specs:
            if outcome.status == "passed":
                self.try_one(subject, spec, outcome)
        if self.drawn is not None and outcome.status == "passed":
            self.draw(subject, depth, outcome)
        if outcome.status == "passed" and not outcome.cases:
            outcome.reason = "every bound is too large to show an error"
        return outcome

    def try_one(self, subject: Subject, spec: CaseSpec, outcome: Outcome) -> None:
        """Tests one case, and records the result in the outcome."""
        try:
            self.test(subject, spec, self.make(spec), outcome)
            outcome.cases += 1
        except Vacuous:
            outcome.vacuous += 1
        except Raised as error:
            outcome.reason, outcome.case = str(error), described(spec)
        except BadInput as error:
            if not self.edge:
                raise
            outcome.reason, outcome.case = str(error), described(spec)

    def draw(self, subject: Subject, depth: Depth, outcome: Outcome) -> None:
        """Tests cases that Hypothesis draws; `shrink` makes it look for a smaller one that is wrong too."""
        phases = [Phase.generate, Phase.target, *([Phase.shrink] if depth.shrink else [])]
        examples = depth.long if self.long else depth.short

        @settings(
            max_examples=examples,
            phases=phases,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(self.drawn)
        def tested(spec: CaseSpec) -> None:
            if outcome.reason or (outcome.failures and not depth.shrink):
                return
            vacuous, failures = outcome.vacuous, len(outcome.failures)
            self.try_one(subject, fitted(spec, subject.limits), outcome)
            if outcome.vacuous > vacuous:
                hypothesis.reject()
            if outcome.status == "passed":
                hypothesis.target(outcome.ratio)
            # Hypothesis looks for a smaller case that fails.
            assert not depth.shrink or len(outcome.failures) == failures

        try:
            tested()
        except Unsatisfiable:
            pass
        except BaseException as error:
            if not outcome.failures or isinstance(error, KeyboardInterrupt):
                raise


def described(spec: CaseSpec) -> str:
    """The sizes of a case in words."""
    return f"T = {spec.T}, H = {spec.H}, I = {spec.I}, B = {spec.B}"


def compare(subject: Subject, spec: CaseSpec, case: AnyCase, actual: dict[str, Any], outcome: Outcome) -> None:
    """Compares quantities with the expected ones; records a failure, or the largest error as a part of its bound.

    Raises Vacuous if a bound is too large.
    """
    values, bounds = expectation(subject.kind, case, gradients=any(name.startswith("d") for name in actual))
    if subject.limits.biases and "dx" in values:
        values["dx"], bounds["dx"] = values["dx"][:, :-1], bounds["dx"][:, :-1]
    if any(is_vacuous(values[name], bounds[name]) for name in actual):
        raise Vacuous
    differences = [difference(name, actual[name], values[name], bounds[name]) for name in actual]
    wrong = sorted((one for one in differences if one.wrong), key=lambda one: -one.relative)
    if wrong:
        right = [one.quantity for one in differences if not one.wrong]
        outcome.failures.append(Failure(case, spec, case.params[0].dtype.name, wrong, right))
        return
    for one in differences:
        if one.ratio >= outcome.ratio:
            outcome.ratio, outcome.quantity = one.ratio, one.quantity


def outputs(subject: Subject, spec: CaseSpec, case: AnyCase, outcome: Outcome) -> None:
    """Outputs equal those of the specification."""
    compare(subject, spec, case, subject.outputs(case), outcome)


def gradients(subject: Subject, spec: CaseSpec, case: AnyCase, outcome: Outcome) -> None:
    """Every entry of every gradient equals that of the complex step."""
    actual = {name: value for name, value in subject.results(case).items() if name.startswith("d")}
    if not any(f"d{name}" in actual for name in PARAM_NAMES[subject.kind]):
        raise Raised("backward gives no gradient of a parameter")
    compare(subject, spec, case, actual, outcome)


def results(subject: Subject, spec: CaseSpec, case: AnyCase, outcome: Outcome) -> None:
    """Outputs and gradients equal the expected ones."""
    compare(subject, spec, case, subject.results(case), outcome)


def edge(subject: Subject, spec: CaseSpec, case: AnyCase, outcome: Outcome) -> None:
    """Outputs and gradients equal the expected ones; code that returns NaN for such a case does not support it."""
    actual = subject.results(case)
    if not all(np.all(np.isfinite(value)) for value in actual.values()):
        raise Raised("a result is not finite")
    compare(subject, spec, case, actual, outcome)


def pure(subject: Subject, spec: CaseSpec, case: Any, outcome: Outcome) -> None:
    """Neither function writes into its arguments."""
    changed = subject.changed_arguments(case)
    if changed:
        outcome.failures.append(Failure(case, spec, case.params[0].dtype.name, [], [], changed))


def repeated(subject: Subject, spec: CaseSpec, case: Any, outcome: Outcome) -> None:
    """A case gives the right results also after another one."""
    other = fitted(spec._replace(T=spec.T + 1, seed=spec.seed + 1), subject.limits)
    subject.results(short_case(subject.kind, other, subject.limits, case.x.dtype))
    compare(subject, spec, case, subject.results(case), outcome)


def checks(subject: Subject) -> Iterator[Check]:
    """The checks of an implementation, in order."""
    kind, limits = subject.kind, subject.limits

    def maker(make: Callable[..., AnyCase], dtype: str) -> Callable[[CaseSpec], AnyCase]:
        return lambda spec: make(kind, spec, limits, dtype)

    short = {dtype: maker(readout_case if kind == "readout" else short_case, dtype) for dtype in limits.dtypes}
    for name, test in {"outputs": outputs, "gradients": gradients}.items():
        for dtype, make in short.items():
            yield Check(f"{name} ({dtype})", make, test, PINNED_SHORT, SHORT, core=True)
    if kind == "readout":
        return
    lengths = dict.fromkeys(str(min(T, limits.truncation or T)) for T in (28, 100))
    for dtype in limits.dtypes:
        name = f"{' and '.join(lengths)} steps ({dtype})"
        yield Check(name, maker(long_case, dtype), results, PINNED_LONG, LONG, long=True, core=True)
    make = short[limits.dtypes[0]]
    if not limits.min_T:
        yield Check("T = 0", make, edge, NO_STEPS, edge=True)
    if not limits.min_B and not limits.one_example:
        yield Check("B = 0", make, edge, NO_EXAMPLES, edge=True)
    yield Check("arguments unchanged", make, pure, PINNED_SHORT)
    yield Check("independent of earlier calls", make, repeated, PINNED_SHORT)
