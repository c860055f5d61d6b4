"""Simple relations between a wrong quantity and the right one, in words."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from parity_tests.cases.recurrences import Case
from parity_tests.judging.evidence import Evidence

Relation = Callable[[np.ndarray, Case], np.ndarray]


def relations(evidence: Evidence, name: str) -> Iterator[str]:
    """The relations that hold in all cases for a quantity, in words with the fields `name`, `is` and `has`."""
    pairs = evidence.pairs(name)
    for words, relation in CHANGES.items():
        if holds(evidence, pairs, relation):
            yield words
    largest = max(np.abs(actual).max(initial=0) for actual, _ in pairs)
    if holds(evidence, pairs, lambda right, _: np.clip(right, -largest, largest)):
        declared = f'if that is intended, declare "clip": {largest:.3g} in LIMITS'
        yield f"{{name}} {{is}} clipped at ± {largest:.3g}; {declared}"
    for other in (other for other in evidence.right[0] if other != name):
        if holds(evidence, crossed(evidence, name, other), unchanged):
            both = other in evidence.names and holds(evidence, crossed(evidence, other, name), unchanged)
            yield (
                f"{listed(sorted([name, other]))} are exchanged" if both else f"{{name}} {{has}} the values of {other}"
            )
    wrong = {part for actual, right in pairs for part in evidence.different(name, actual, right)}
    if len(wrong) == 1 and wrong != {name}:
        yield from of_block(evidence, name, wrong.pop())


def of_block(evidence: Evidence, name: str, part: str) -> Iterator[str]:
    """The relations that hold in all cases for the only wrong block of columns of a matrix."""
    block = part.removeprefix(name)

    def columns(pairs: list[tuple[np.ndarray, np.ndarray]], other: str) -> list[tuple[np.ndarray, np.ndarray]]:
        return [(evidence.parts(name, a)[part], evidence.parts(other, b)[other + block]) for a, b in pairs]

    for words, relation in CHANGES.items():
        if holds(evidence, columns(evidence.pairs(name), name), relation):
            yield words.replace("{name}", f"the part{block} of {{name}}")
    for other in (other for other in evidence.names if other != name and other.startswith("dM_")):
        if holds(evidence, columns(crossed(evidence, name, other), other), unchanged):
            yield f"the part{block} of {{name}} {{has}} the values of that of {other}"


def crossed(evidence: Evidence, name: str, other: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """The implementation's array of a quantity and the right one of another quantity, for each case."""
    return [(one[name], two[other]) for one, two in zip(evidence.actual, evidence.right, strict=True)]


def holds(evidence: Evidence, pairs: Sequence[tuple[np.ndarray, np.ndarray]], relation: Relation) -> bool:
    """Whether each wrong array is this function of the right one and the case."""
    return all(
        evidence.close(actual, relation(right, case))
        for (actual, right), case in zip(pairs, evidence.cases, strict=True)
    )


def unchanged(right: np.ndarray, case: Case) -> np.ndarray:
    """The array itself."""
    return right


def last_step(right: np.ndarray, case: Case) -> np.ndarray:
    """The array with the values of the last step at every step, if it has steps."""
    return np.broadcast_to(right[-1:], right.shape) if right.ndim == 3 else right


def backwards(right: np.ndarray, case: Case) -> np.ndarray:
    """The array with its steps in reverse order, if it has steps."""
    return right[::-1] if right.ndim == 3 else right


CHANGES: dict[str, Relation] = {
    "{name} {is} always 0": lambda right, case: np.zeros_like(right),
    "{name} {is} multiplied by -1": lambda right, case: -right,
    "{name} {is} divided by the number of examples": lambda right, case: right / case.x.shape[2],
    "{name} {is} multiplied by the number of examples": lambda right, case: right * case.x.shape[2],
    "{name} {is} divided by the number of steps": lambda right, case: right / len(case.x),
    "{name} {is} divided by the number of steps and of examples": lambda right, case: (
        right / (len(case.x) * case.x.shape[2])
    ),
    "{name} {is} 0 where the right number is negative": lambda right, case: np.maximum(right, 0),
    "{name} {is} transposed": lambda right, case: right.T,
    "{name} {is} twice as large": lambda right, case: 2 * right,
    "{name} {is} half as large": lambda right, case: right / 2,
    "{name} {is} in the reverse order of the steps": backwards,
    "{name} {has} the values of the last step at every step: each step needs an array of its own": last_step,
}


def scaled(evidence: Evidence, wrong: set[str]) -> str:
    """The words for gradients that are smaller by one factor, another one for each case; empty if they are not."""
    for actual, right in zip(evidence.actual, evidence.right, strict=True):
        factors = []
        for name in wrong:
            square = np.sum(right[name] ** 2)
            factor = np.sum(actual[name] * right[name]) / square if square else 0
            if not 0 < factor <= 1 + 1e-6 or not evidence.close(actual[name], factor * right[name]):
                return ""
            factors.append(factor)
        if max(factors) > (1 + 1e-3) * min(factors):
            return ""
    names = [name for name in evidence.names if name in wrong]
    return f'{listed(names)} are smaller by a common factor, as after clipping to a norm; declare "clip" in LIMITS'


def in_words(words: str, names: Sequence[str]) -> str:
    """The words of a relation that holds for all these quantities."""
    single = len(names) == 1
    return words.format(**{"name": listed(names), "is": "is" if single else "are", "has": "has" if single else "have"})


def listed(names: Sequence[str]) -> str:
    """The names in one text: a, b and c."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
