"""Does every mutant still fit the code, and does the gradient check name what each error once shipped gets wrong?"""

import importlib
from collections import Counter
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from mutations import planted_errors
from parity_tests.cases.recurrences import PINNED_SPECS, CaseSpec, make_case
from parity_tests.comparison import assert_within
from parity_tests.implementations import Implementation

ROOT = Path(__file__).resolve().parent.parent.parent

ALL = {name: planted_errors.read(name) for name in planted_errors.SETS}
SHIPPED = pytest.mark.parametrize("mutant", ALL["shipped"], ids=[mutant.name for mutant in ALL["shipped"]])

# One step first: what is wrong there is wrong by itself, not by what came back from a later step.
FIXED = [*PINNED_SPECS, CaseSpec(6, 5, 4, 3, 2, seed=1)]


@cache
def mutated(mutant):
    return planted_errors.mutated(mutant, ROOT)


def loaded(file, source):
    """The implementation that this source text makes."""
    kind = Path(file).stem
    module = ModuleType(f"numpy_rnn.{kind}")
    exec(compile(source, file, "exec"), module.__dict__)
    return Implementation(kind, module)


def check_gradients(implementation):
    for spec in FIXED:
        case = make_case(implementation.kind, spec)
        bounded = implementation.bounded(case)
        gradients = implementation.gradients(case)
        expected = {name: bounded[name].value for name in gradients}
        bounds = {name: bounded[name].error for name in gradients}
        assert_within(gradients, expected, bounds, gradients["dx"].dtype)


@pytest.mark.parametrize("name", ALL)
def test_every_mutant_fits_the_code_and_compiles(name):
    for mutant in ALL[name]:
        assert mutated(mutant)


def test_names_are_unique():
    counts = Counter(mutant.name for of_a_set in ALL.values() for mutant in of_a_set)
    assert [name for name, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("name", ["numpy_rnn", "tf_rnn"])
def test_no_set_is_small_and_no_mutant_comes_twice(name):
    assert len(ALL[name]) >= 40
    assert len({(mutant.file, mutated(mutant)) for mutant in ALL[name]}) == len(ALL[name])
    assert all(mutant.file.startswith(f"{name}/") for mutant in ALL[name])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"old": "not there"}, "expected its old text once in numpy_rnn/rnn.py, found it 0 times"),
        ({"old": "np."}, "expected its old text once in numpy_rnn/rnn.py, found it [0-9]{2,} times"),
        ({"new": "U.T @ da"}, "expected another text than the old one"),
        ({"new": "U.T @"}, "expected Python, got: invalid syntax"),
    ],
)
def test_a_mutant_that_does_not_fit_is_refused_by_its_name(change, said):
    mutant = planted_errors.Mutant("numpy_rnn", "a name", "numpy_rnn/rnn.py", "U.T @ da", "U @ da")
    assert planted_errors.mutated(mutant, ROOT)
    with pytest.raises(ValueError, match=f"^a name: {said}"):
        planted_errors.mutated(mutant._replace(**change), ROOT)


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_the_code_as_it_is_passes_the_check(kind):
    file = f"numpy_rnn/{kind}.py"
    check_gradients(loaded(file, (ROOT / file).read_text("utf-8")))
    check_gradients(Implementation(kind, importlib.import_module(f"numpy_rnn.{kind}")))


@SHIPPED
def test_an_error_once_shipped_is_caught_by_its_quantity(mutant):
    implementation = loaded(mutant.file, mutated(mutant))
    with pytest.raises(AssertionError) as failure:
        check_gradients(implementation)
    assert mutant.quantity
    assert planted_errors.names_quantity(str(failure.value), mutant.quantity), str(failure.value)


def test_a_name_is_no_other_that_it_begins():
    assert planted_errors.names_quantity("dc_init: expected 1", ["dc_init"])
    assert planted_errors.names_quantity("dW of example 0: expected 1", ["dU", "dW"])
    assert not planted_errors.names_quantity("dc_init: expected 1", ["dc"])
    assert not planted_errors.names_quantity("dW: expected 1", ["W"])
