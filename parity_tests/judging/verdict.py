"""The verdict on an implementation: right in what it computes, wrong, or impossible to judge; as text and as HTML."""

from dataclasses import dataclass
from html import escape
from typing import Any

from parity_tests.judging.causes import likely_cause
from parity_tests.judging.checks import Depth, Failure, Outcome, checks, described
from parity_tests.judging.subject import Subject, gradient_names
from parity_tests.oracles.specification import OUTPUTS

RIGHT, WRONG, NOT_JUDGED = "right in what it computes", "wrong", "could not be judged"
EXIT_CODES = {RIGHT: 0, WRONG: 1, NOT_JUDGED: 3}

# The equation that computes each quantity; a gradient belongs to the derivative of an equation.
EQUATIONS = {
    "rnn": {
        "h": "(1.2)",
        "db": "∂(1.1)/∂b",
        "dW": "∂(1.1)/∂W",
        "dU": "∂(1.1)/∂U",
        "dx": "∂(1.1)/∂x",
        "dh_init": "∂(1.1)/∂h",
    },
    "lstm": {
        "i": "(2.1)",
        "f": "(2.2)",
        "o": "(2.3)",
        "u": "(2.4)",
        "c": "(2.5)",
        "h": "(2.6)",
        "dM_input": "∂(2.1)/∂M_input",
        "dM_forget": "∂(2.2)/∂M_forget",
        "dM_output": "∂(2.3)/∂M_output",
        "dM_modulated_input": "∂(2.4)/∂M_modulated_input",
        "dx": "∂(2.1) … ∂(2.4)/∂x",
        "dh_init": "∂(2.1) … ∂(2.4)/∂h",
        "dc_init": "∂(2.5)/∂c",
    },
    "readout": {
        "y": "the read-out",
        "loss": "the cross-entropy",
        "dd": "∂/∂d",
        "dV": "∂/∂V",
        "dh": "∂/∂h",
    },
}


@dataclass
class Verdict:
    """The result of all checks of an implementation.

    Attributes
    ----------
    subject : Subject
        The implementation, with its kind, name and limits.
    depth : Depth
        How many cases each check drew.
    outcomes : list of Outcome
        The result of each check, in order.
    cause : str
        The likely cause of what is wrong, if the pattern is known, or an empty text.
    """

    subject: Subject
    depth: Depth
    outcomes: list[Outcome]
    cause: str = ""

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
        """What the verdict does not cover, in words: limits, absent gradients, and cases that are refused."""
        kind, absent = self.subject.kind, self.subject.absent
        names = [name for name in (*OUTPUTS.get(kind, ()), *gradient_names(kind)) if name in absent]
        refused = [f"{one.name} ({one.reason})" for one in self.outcomes if one.status == "not judged"]
        return [*names, *self.subject.limits.not_judged(kind), *refused]

    def table(self) -> list[str]:
        """Return a line for each check."""
        return [heading(self.outcomes), *(row(outcome, self.outcomes) for outcome in self.outcomes)]

    def message(self) -> list[str]:
        """Return the lines about the first failure: what is wrong, what is right, the likely cause, and the case."""
        if not (self.failed and self.failure):
            return []
        failure = self.failure
        where = f"{described(failure.spec)}, {failure.dtype}"
        if failure.words:
            return [f"{failure.words} ({where})"]
        lines = [f"{self.failed.name}, first wrong case: {where}, seed {failure.spec.seed}"]
        for one in failure.wrong:
            lines += [
                f"  {one.quantity}, {EQUATIONS[self.subject.kind][one.quantity]}:"
                f"{one.where() or ' the number'}: expected {one.expected:.9g} ± {one.bound:.2g}, got {one.got:.9g};"
                f" {one.wrong} of {one.entries} entries are wrong, by up to {percent(one.relative)} of the largest"
            ]
        if failure.right:
            lines.append(f"  right in this case: {', '.join(failure.right)}")
        if self.cause:
            lines.append(f"  likely cause: {self.cause}")
        others = [one.name for one in self.outcomes if one.status == "failed" and one is not self.failed]
        if others:
            lines.append(f"  failed as well: {'; '.join(others)}")
        return lines

    def remarks(self) -> list[str]:
        """Return a line for what was not judged, and for each kind of warning that the implementation raised."""
        lines = [f"not judged: {', '.join(self.not_judged)}"] if self.not_judged else []
        lines += [f"note: {text}" for text in self.subject.notes]
        lines += [f"note: {count:,} times {text}" for text, count in self.subject.warnings.most_common(3)]
        return lines

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


def percent(part: float) -> str:
    """A relative error in words a reader can compare: a percentage, or a power of ten."""
    return f"{100 * part:.3g} %" if 1e-4 <= part < 1e4 else f"{part:.1e} times"


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


def judged(subject: Subject, depth: Depth, on_outcome: Any = None) -> Verdict:
    """Run all checks; `on_outcome` is called with each outcome as soon as it is known.

    Raises BadInput if the implementation returns a wrong type or shape.
    """
    outcomes = []
    for check in checks(subject):
        outcomes.append(check.run(subject, depth))
        if on_outcome:
            on_outcome(outcomes[-1])
    verdict = Verdict(subject, depth, outcomes)
    if verdict.failure and not verdict.failure.words:
        verdict.cause = likely_cause(subject)
    return verdict
