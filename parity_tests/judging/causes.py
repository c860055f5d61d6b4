"""The likely cause of wrong results: a known error, an undeclared limit, or a simple relation to the right results.

The results of the implementation for a few cases are compared with those of `numpy_rnn` with one error in it, or for
a changed case. A candidate is named only if every quantity that it changes is equal to that of the implementation, up
to rounding, in all cases. Several candidates are named if each changes quantities that the others do not change.
"""

from collections.abc import Iterable

import numpy as np

from parity_tests.cases.recurrences import Case, CaseSpec
from parity_tests.judging.candidates import candidates
from parity_tests.judging.drawing import long_case, short_case
from parity_tests.judging.evidence import Evidence, quantities
from parity_tests.judging.refused import BadInput, Raised
from parity_tests.judging.relations import in_words, relations, scaled
from parity_tests.judging.results import Candidate, right_results
from parity_tests.judging.subject import Subject

# Different sizes, so that different errors give different numbers. Gradients of the second case are so large that
# usual thresholds clip them.
SPECS = [CaseSpec(4, 3, 2, 5, 2, seed=1), CaseSpec(5, 4, 3, 2, 2, seed=2, states=2.0, upstream=20.0)]
LONG_SPEC = CaseSpec(28, 3, 2, 2, 2, seed=3)
# Another number of steps, for which gradients that are cut in another place differ.
MIDDLE = 17
# H = I = B, for code whose products fail for other sizes.
SQUARE = [spec._replace(I=spec.H, B=spec.H) for spec in SPECS]
LONG_SQUARE = LONG_SPEC._replace(I=LONG_SPEC.H, B=LONG_SPEC.H)


def likely_cause(subject: Subject) -> str:
    """The words of the candidates that give the same results as the implementation; empty if there are none."""
    if subject.kind == "readout":
        return ""
    try:
        evidence = observed(subject, SPECS, LONG_SPEC)
    except (Raised, BadInput):
        try:
            evidence = observed(subject, SQUARE, LONG_SQUARE)
        except (Raised, BadInput):
            return ""
    if not evidence.cases:
        return ""
    # A wrong output has consequences for gradients, and a wrong gate for h and c.
    for names in (["h", "c"], ["i", "f", "o", "u"], evidence.gradients):
        chosen = evidence.of(names, cases=None if names == evidence.gradients else len(SPECS))
        wrong = chosen.wrong()
        if wrong:
            return explanation(chosen, wrong, candidates(subject, LONG_SPEC.T))
    for state in "hc":
        if evidence.wrong_initial(state):
            return f"{state}[0] in the result of forward is not {state}_init"
    return ""


def observed(subject: Subject, specs: list[CaseSpec], long_spec: CaseSpec) -> Evidence:
    """The results of the implementation, and the right ones, for a few cases.

    Raises as `Subject.results` does.
    """
    dtype = subject.limits.dtypes[0]
    cases = [short_case(subject.kind, spec, subject.limits, dtype) for spec in specs]
    middle, long = (
        long_case(subject.kind, spec, subject.limits, dtype) for spec in (long_spec._replace(T=MIDDLE), long_spec)
    )
    cases += [last_step_only(middle), last_step_only(long), long]
    right = right_results(subject)
    found = Evidence(dtype, subject.limits.biases, [], [], [])
    for case in cases:
        actual = subject.results(case)
        if all(np.isfinite(value).all() for value in actual.values()):  # other numbers show no pattern
            found.cases.append(case)
            found.actual.append(actual)
            found.right.append(right(case))
    return found


def last_step_only(case: Case) -> Case:
    """The case with ∂L/∂h from outside at the last step alone, for which truncated gradients are computed fast."""
    dh = case.dh.copy()
    dh[:-1] = 0
    return case._replace(dh=dh, dc=[0 * dc for dc in case.dc])


def explanation(evidence: Evidence, wrong: set[str], possible: Iterable[Candidate]) -> str:
    """The words of one candidate that explains all wrong quantities, or of several that explain a part each.

    If there are none, the words of the candidate that explains all but one or two, if no other does.
    """
    partial, near = [], []
    for candidate in possible:
        for explained, others, block in evidence.matches(candidate.results):
            words = f"in the columns {block} alone: {candidate.words}" if block else candidate.words
            if explained == wrong and not others and not block:
                return words
            if not others and explained <= wrong:
                partial.append((explained, words))
            if others and explained | others == wrong:
                near.append((explained, words))
    whole = [words for explained, words in partial if explained == wrong]
    relation = related(evidence, wrong)
    if whole or len(relation) == 1:
        return [*whole, *relation][0]
    found, left = [], set(wrong)
    for explained, words in sorted(partial, key=lambda one: -len(one[0])):
        if explained <= left:
            found.append(words)
            left -= explained
    relation = related(evidence, left)
    if relation or not left:
        return "; ".join(found + relation)
    if len({words for _, words in near}) == 1:
        explained, words = near[0]
        rest = [name for name in evidence.names if name in quantities(wrong - explained)]
        return f"{words}; besides, {in_words('{name} {is} wrong in another way', rest)}"
    return scaled(evidence, quantities(wrong))


def related(evidence: Evidence, wrong: set[str]) -> list[str]:
    """The words for the relations of all these quantities to the right ones; empty if one of them has none."""
    by_words: dict[str, list[str]] = {}
    for name in evidence.names:
        if name in quantities(wrong):
            by_words.setdefault(next(relations(evidence, name), ""), []).append(name)
    return [] if "" in by_words else [in_words(words, names) for words, names in by_words.items()]
