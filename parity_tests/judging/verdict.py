"""The verdict on an implementation: right in what it computes, wrong, or impossible to judge; as text and as HTML."""

import textwrap
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from parity_tests.judging.checks import Failure, Outcome
from parity_tests.judging.expectation import expectation
from parity_tests.judging.refused import BadInput
from parity_tests.judging.subject import Subject, gradient_names
from parity_tests.judging.tables import (
    COLUMNS,
    HEADINGS,
    cells,
    columns_of,
    differences,
    heading,
    html_lines,
    html_table,
    row,
)
from parity_tests.oracles.specification import OUTPUTS

RIGHT, WRONG, NOT_JUDGED = "right in what it computes", "wrong", "could not be judged"
WIDTH = 100
MOST_REASONS = 2
FIGURES = {"rnn": "Fig. 1, in help(numpy_rnn.rnn)", "lstm": "Fig. 2, in help(numpy_rnn.lstm)"}
EXIT_CODES = {RIGHT: 0, WRONG: 1, NOT_JUDGED: 3}


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
        """The first check in which quantities are wrong, or else the first that failed."""
        failed = [outcome for outcome in self.outcomes if outcome.failure]
        return next((one for one in failed if one.failure and one.failure.wrong), next(iter(failed), None))

    @property
    def failure(self) -> Failure | None:
        """The case of this check that failed, with the differences."""
        return self.failed.failure if self.failed else None

    @property
    def not_judged(self) -> list[str]:
        """What the verdict does not cover, in words: limits, absent gradients, and checks that could not run."""
        kind, present = self.subject.kind, self.subject.present
        known = (*OUTPUTS.get(kind, ()), *gradient_names(kind))
        absent = [name for name in known if present and name not in present]
        if set("ifou") <= set(absent):
            absent = ["the gates", *(name for name in absent if name not in "ifou")]
        checks = [one.name for one in self.outcomes if one.status == "not judged"]
        return [*absent, *self.subject.limits.not_judged(kind), *checks]

    @property
    def reasons(self) -> dict[str, str]:
        """Why checks could not run: each reason with the first case to which it applies."""
        reasons: dict[str, str] = {}
        for one in self.outcomes:
            if one.status == "not judged":
                reasons.setdefault(one.reason, one.case)
        return dict(list(reasons.items())[:MOST_REASONS])

    def table(self) -> list[str]:
        """Return a line for each check."""
        return [heading(self.outcomes), *(row(outcome, self.outcomes) for outcome in self.outcomes)]

    def message(self) -> list[str]:
        """Return the lines about failures: what is wrong, what is right, the likely cause, and the case."""
        wrong = self.failure.wrong if self.failure else []
        table = ["", *differences(self.subject.kind, wrong), ""] if wrong else []
        return [*self._what_failed(), *table, *self._explanation()]

    def _what_failed(self) -> list[str]:
        """The lines before the table of wrong quantities: arguments that are changed, and the first wrong case."""
        failures = [outcome.failure for outcome in self.outcomes if outcome.failure]
        lines = [f"{one.words} ({one.described()})" for one in failures if one.words]
        if self.failed and self.failure and self.failure.wrong:
            lines.append(f"{self.failed.name}: wrong for {self.failure.described()}")
        return lines

    def _explanation(self) -> list[str]:
        """The lines after the table of wrong quantities: what is right, and the likely cause."""
        if not (self.failure and self.failure.wrong):
            return []
        lines = ["rel. error: the largest error divided by the largest expected number of the quantity"]
        if self.failure.right:
            lines.append(f"right in this case: {', '.join(self.failure.right)}")
        if self.cause:
            lines += wrapped(f"likely cause: {self.cause}")
        if self.subject.kind in FIGURES:
            lines.append(f"equations: {FIGURES[self.subject.kind]}")
        return lines

    def remarks(self) -> list[str]:
        """Return what was not judged, and each kind of warning that the implementation raised."""
        texts = [f"not judged: {', '.join(self.not_judged)}"] if self.not_judged else []
        texts += [f"{reason}{f', for {case}' if case else ''}" for reason, case in self.reasons.items()]
        texts += [self.advice] if self.advice else []
        texts += [f"note: {text}" for text in self.subject.notes]
        texts += [f"note: {count:,} times {text}" for text, count in self.subject.warnings.most_common(3)]
        return [line for text in texts for line in wrapped(text)]

    def last_line(self) -> str:
        """Return the ending, with the name of the implementation."""
        return f"{self.subject.kind} {self.subject.name}: {self.ending.upper()}"

    def __str__(self) -> str:
        """Return the whole verdict as text."""
        parts = [self.table(), self.message(), self.remarks(), [self.last_line()]]
        return "\n\n".join("\n".join(part) for part in parts if part)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Return the verdict for a notebook: what is wrong, and a table of the checks."""
        wrong = self.failure.wrong if self.failure else []
        table = html_table([COLUMNS, *(cells(self.subject.kind, one) for one in wrong)]) if wrong else ""
        checks = html_table([HEADINGS, *map(columns_of, self.outcomes)])
        parts = [html_lines(self._what_failed()), table, html_lines(self._explanation()), checks]
        return f"<p><b>{escape(self.last_line())}</b></p>{''.join(parts)}{html_lines(self.remarks())}"

    def save(self, file: str) -> None:
        """Save the first wrong case as a NumPy archive: arguments by name, and expected results as `expected_NAME`.

        Raises BadInput if there is no wrong case, or if the file cannot be written.
        """
        if not self.failure:
            raise BadInput(f"{file}: expected a wrong case to save, found none")
        case = self.failure.case
        values, _ = expectation(self.subject.kind, case, gradients=True)
        expected = {f"expected_{name}": value.astype(np.float64) for name, value in values.items()}
        arrays: dict[str, Any] = case.named() | expected
        try:
            with open(file, "wb") as archive:
                np.savez(archive, allow_pickle=False, **arrays)
        except OSError as error:
            raise BadInput(f"{file}: cannot be written: {error.strerror}") from error

    def assert_right(self) -> None:
        """Raise AssertionError, with the message of the verdict, unless the implementation is right."""
        __tracebackhide__ = True
        if self.ending != RIGHT:
            raise AssertionError("\n".join([self.last_line(), *self.message(), *self.remarks()]))


def wrapped(text: str) -> list[str]:
    """The text in lines of at most `WIDTH` characters, with no break between a limit and its value."""
    joined = text.replace('": ', '":\0')
    lines = textwrap.wrap(joined, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return [line.replace("\0", " ") for line in lines]
