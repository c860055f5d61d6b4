"""The verdict on an implementation: right in what it computes, wrong, or impossible to judge; as text and as HTML."""

import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import escape
from tempfile import TemporaryDirectory

from hypothesis import configuration

from parity_tests.comparison import FIRST_STEP, Difference
from parity_tests.judging.causes import likely_cause
from parity_tests.judging.checks import Depth, Failure, Outcome, checks, described
from parity_tests.judging.limits import possible_limits
from parity_tests.judging.refused import BadInput
from parity_tests.judging.subject import Subject, gradient_names
from parity_tests.oracles.specification import OUTPUTS

RIGHT, WRONG, NOT_JUDGED = "right in what it computes", "wrong", "could not be judged"
WIDTH = 100
EXIT_CODES = {RIGHT: 0, WRONG: 1, NOT_JUDGED: 3}

# The number of the equation that computes each quantity, or whose derivative gives it.
EQUATIONS = {
    "rnn": {"h": "(1.2)", **dict.fromkeys(["db", "dW", "dU", "dx", "dh_init"], "∂(1.1)")},
    "lstm": {
        "i": "(2.1)",
        "f": "(2.2)",
        "o": "(2.3)",
        "u": "(2.4)",
        "c": "(2.5)",
        "h": "(2.6)",
        "dM_input": "∂(2.1)",
        "dM_forget": "∂(2.2)",
        "dM_output": "∂(2.3)",
        "dM_modulated_input": "∂(2.4)",
        "dx": "∂(2.1…2.4)",
        "dh_init": "∂(2.1…2.4)",
        "dc_init": "∂(2.5)",
    },
    "readout": {},
}
COLUMNS = "quantity", "equation", "t", "entry", "expected", "allowed", "got", "wrong entries", "error"


@dataclass
class Verdict:
    """The result of all checks of an implementation.

    Attributes
    ----------
    subject : Subject
        The implementation, with its kind, name and limits.
    outcomes : list of Outcome
        The result of each check, in order.
    cause : str
        The likely cause of what is wrong, if the pattern is known, or an empty text.
    advice : str
        The limit to declare, if the implementation raises an exception without it, or an empty text.
    """

    subject: Subject
    outcomes: list[Outcome]
    cause: str = ""
    advice: str = ""

    @property
    def ending(self) -> str:
        """`RIGHT`, `WRONG` or `NOT_JUDGED`."""
        statuses = {outcome.status for outcome in self.outcomes if outcome.core or outcome.status == "failed"}
        return WRONG if "failed" in statuses else NOT_JUDGED if "not judged" in statuses else RIGHT

    @property
    def exit_code(self) -> int:
        """0, 1 or 3."""
        return EXIT_CODES[self.ending]

    @property
    def failed(self) -> Outcome | None:
        """The first check that failed."""
        return next((outcome for outcome in self.outcomes if outcome.status == "failed"), None)

    @property
    def failure(self) -> Failure | None:
        """The case of the first check that failed, with the differences."""
        return self.failed.failure if self.failed else None

    @property
    def not_judged(self) -> list[str]:
        """What the verdict does not cover, in words: limits, absent gradients, and checks that could not run."""
        kind, present = self.subject.kind, self.subject.present
        known = (*OUTPUTS.get(kind, ()), *gradient_names(kind))
        absent = [name for name in known if present and name not in present]
        checks = [one.name for one in self.outcomes if one.status == "not judged"]
        return [*absent, *self.subject.limits.not_judged(kind), *checks]

    @property
    def reasons(self) -> dict[str, str]:
        """Why checks could not run: each reason with the first case to which it applies."""
        reasons: dict[str, str] = {}
        for one in self.outcomes:
            if one.status == "not judged":
                reasons.setdefault(one.reason, one.case)
        return reasons

    def table(self) -> list[str]:
        """Return a line for each check."""
        return [heading(self.outcomes), *(row(outcome, self.outcomes) for outcome in self.outcomes)]

    def message(self) -> list[str]:
        """Return the lines about the first failure: what is wrong, what is right, the likely cause, and the case."""
        if not (self.failed and self.failure):
            return []
        failure = self.failure
        case = f"{described(failure.spec)}, {failure.dtype}, seed {failure.spec.seed}"
        if failure.words:
            return [f"{failure.words} ({case})"]
        lines = [f"{self.failed.name}: wrong for {case}", "", *differences(self.subject.kind, failure.wrong), ""]
        if any(one.relative for one in failure.wrong):
            lines.append("error: the largest error as a part of the largest expected number of the quantity")
        if failure.right:
            lines.append(f"right in this case: {', '.join(failure.right)}")
        if self.cause:
            lines += textwrap.wrap(f"likely cause: {self.cause}", WIDTH, subsequent_indent="  ")
        return lines

    def remarks(self) -> list[str]:
        """Return what was not judged, and each kind of warning that the implementation raised."""
        texts = [f"not judged: {', '.join(self.not_judged)}"] if self.not_judged else []
        texts += [f"{reason}{f', for {case}' if case else ''}" for reason, case in self.reasons.items()]
        texts += [self.advice] if self.advice else []
        texts += [f"note: {text}" for text in self.subject.notes]
        texts += [f"note: {count:,} times {text}" for text, count in self.subject.warnings.most_common(3)]
        return [line for text in texts for line in textwrap.wrap(text, WIDTH, subsequent_indent="  ")]

    def last_line(self) -> str:
        """Return the ending, with the name of the implementation."""
        return f"{self.subject.kind} {self.subject.name}: {self.ending.upper()}"

    def __str__(self) -> str:
        """Return the whole verdict as text."""
        parts = [self.table(), self.message(), self.remarks(), [self.last_line()]]
        return "\n\n".join("\n".join(part) for part in parts if part)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Return the verdict for a notebook: a table of the checks, and the lines below it."""
        cells = [
            f"<tr><td style='text-align:left'>{escape(one.name)}</td><td style='text-align:left'>"
            f"{'<b>FAILED</b>' if one.status == 'failed' else escape(one.status)}</td>"
            f"<td>{one.cases}</td><td>{shown_ratio(one)}</td></tr>"
            for one in self.outcomes
        ]
        head = "<tr><th style='text-align:left'>check</th><th style='text-align:left'>result</th>"
        head += "<th>cases</th><th>error / bound</th></tr>"
        below = "\n".join(part for part in ("\n".join(self.message()), "\n".join(self.remarks())) if part)
        return (
            f"<p><b>{escape(self.last_line())}</b></p><table>{head}{''.join(cells)}</table>"
            f"<pre style='white-space:pre-wrap'>{escape(below)}</pre>"
        )

    def assert_right(self) -> None:
        """Raise AssertionError, with the message of the verdict, unless the implementation is right."""
        __tracebackhide__ = True
        if self.ending != RIGHT:
            raise AssertionError("\n".join([self.last_line(), *self.message(), *self.remarks()]))


def differences(kind: str, wrong: list[Difference]) -> list[str]:
    """A table of wrong quantities, in their order."""
    rows = [COLUMNS, *(cells(kind, one) for one in wrong)]
    widths = [max(len(one[k]) for one in rows) for k in range(len(COLUMNS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(one, widths, strict=True)).rstrip() for one in rows]


def cells(kind: str, one: Difference) -> tuple[str, ...]:
    """The row of a wrong quantity in `COLUMNS`."""
    place = list(one.place)
    t = str(place.pop(0) + FIRST_STEP[one.quantity]) if one.quantity in FIRST_STEP and len(place) == 3 else ""
    entry = str(tuple(place)) if place else ""
    error = f"{100 * one.relative:.3g} %" if 1e-5 < one.relative < 1e5 else f"{one.relative:.1e}"
    numbers = f"{one.expected:.8g}", f"±{one.bound:.0e}", f"{one.got:.8g}"
    return (
        one.quantity,
        EQUATIONS[kind].get(one.quantity, ""),
        t,
        entry,
        *numbers,
        f"{one.wrong} of {one.entries}",
        error,
    )


def heading(outcomes: list[Outcome]) -> str:
    """The heading of the table of checks."""
    return f"{'check':{width_of(outcomes)}}  result      cases  error/bound  largest in"


def row(outcome: Outcome, outcomes: list[Outcome]) -> str:
    """The line of a check in the table."""
    result = "FAILED" if outcome.status == "failed" else outcome.status
    largest = outcome.quantity if outcome.status == "passed" else ""
    return (
        f"{outcome.name:{width_of(outcomes)}}  {result:10} {outcome.cases:6,}  {shown_ratio(outcome):>11}  {largest}"
    ).rstrip()


def width_of(outcomes: list[Outcome]) -> int:
    """The width of the column of names."""
    return max([len("independent of earlier calls"), *(len(outcome.name) for outcome in outcomes)])


def shown_ratio(outcome: Outcome) -> str:
    """The largest error as a part of its bound, if the check compared numbers and passed."""
    return f"{outcome.ratio:.3f}" if outcome.status == "passed" and outcome.quantity != "–" else ""


def judged(subject: Subject, depth: Depth, on_outcome: Callable[[Outcome], None] = lambda outcome: None) -> Verdict:
    """Runs all checks; `on_outcome` is called with each outcome as soon as it is known.

    Raises BadInput if the implementation returns a wrong type or shape.
    """
    outcomes = []
    with no_files_of_hypothesis():
        for check in checks(subject):
            outcomes.append(check.run(subject, depth))
            on_outcome(outcomes[-1])
    return conclude(Verdict(subject, outcomes))


def conclude(verdict: Verdict) -> Verdict:
    """The verdict with the likely cause of wrong quantities, or with advice if an exception prevents the judgement."""
    if verdict.ending == WRONG and verdict.failure and not verdict.failure.words:
        verdict.cause = likely_cause(verdict.subject)
    if verdict.ending == NOT_JUDGED:
        verdict.advice = advice(verdict)
    return verdict


def advice(verdict: Verdict) -> str:
    """The limit with which the implementation raises no exception in the first check that it could not run."""
    subject = verdict.subject
    refused = [one.name for one in verdict.outcomes if one.core and one.status == "not judged"]
    for limit, value in possible_limits(subject.kind):
        other = replace(subject, limits=replace(subject.limits, **{limit: value}))
        remaining = [check for check in checks(other) if check.core]
        try:
            excluded = len(remaining) < len([one for one in verdict.outcomes if one.core])
            tried = [check for check in remaining if check.name in refused[:1] or excluded]
            if all(check.run(other, Depth("pinned", short=1, long=1)).status != "not judged" for check in tried):
                shown = list(value) if isinstance(value, tuple) else value
                return f'if your code does not support this case, declare LIMITS = {{"{limit}": {shown!r}}}'
        except BadInput:
            pass
    return ""


@contextmanager
def no_files_of_hypothesis() -> Iterator[None]:
    """Keeps Hypothesis from writing a folder `.hypothesis` where the judge is called."""
    before = getattr(configuration, "__hypothesis_home_directory", None)
    with TemporaryDirectory() as folder:
        configuration.set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            configuration.set_hypothesis_home_dir(before)
