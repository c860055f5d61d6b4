"""Judges an implementation: runs all checks, and looks for the likely cause or for advice."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from hypothesis import configuration

from parity_tests.judging.causes import likely_cause
from parity_tests.judging.checks import Depth, Outcome, checks
from parity_tests.judging.limits import possible_limits
from parity_tests.judging.refused import BadInput
from parity_tests.judging.subject import Subject
from parity_tests.judging.verdict import NOT_JUDGED, Verdict

FLOAT32 = "the results have the precision of float32, so some step computes in float32"
ROUNDING_OF_FLOAT32 = 1e-4


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
    if only_float32(verdict):
        verdict.cause = f'{FLOAT32}; if that is intended, declare "dtypes": ["float32"] in LIMITS'
    elif verdict.failure and verdict.failure.wrong:
        verdict.cause = likely_cause(verdict.subject.with_limits())
    if verdict.ending == NOT_JUDGED:
        verdict.advice = advice(verdict)
        if not verdict.advice and (cause := likely_cause(verdict.subject.with_limits())):
            verdict.advice = f"likely cause: {cause}"
    return verdict


def only_float32(verdict: Verdict) -> bool:
    """Whether results in float64 are wrong by no more than the rounding of float32, and results in float32 right."""
    of_float32 = [one.status for one in verdict.outcomes if one.core and "float32" in one.name]
    wrong = [one.relative for outcome in verdict.outcomes for failure in outcome.failures for one in failure.wrong]
    return bool(wrong) and max(wrong) < ROUNDING_OF_FLOAT32 and set(of_float32) == {"passed"}


def advice(verdict: Verdict) -> str:
    """The limit with which the implementation raises no exception in the first check that it could not run."""
    subject = verdict.subject
    refused = [one.name for one in verdict.outcomes if one.core and one.status == "not judged"]
    for limit, value in possible_limits(subject.kind):
        other = subject.with_limits(**{limit: value})
        remaining = [check for check in checks(other) if check.core]
        try:
            excluded = len(remaining) < len([one for one in verdict.outcomes if one.core])
            tried = [check for check in remaining if check.name in refused[:1] or excluded]
            if all(check.run(other, Depth(short=1, long=1)).status != "not judged" for check in tried):
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
