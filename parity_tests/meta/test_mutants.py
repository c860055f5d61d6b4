"""Does every mutant still apply to the code, and does a gradient check name the quantity of each published error?"""

import importlib
from collections import Counter
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from mutations import planted_errors
from parity_tests import ROOT
from parity_tests.cases.recurrences import PARAMS, PINNED_SPECS, CaseSpec, make_case
from parity_tests.comparison import assert_within
from parity_tests.implementations import Implementation

ALL = {name: planted_errors.read(name) for name in planted_errors.SETS}
SHIPPED = pytest.mark.parametrize("mutant", ALL["shipped"], ids=[mutant.name for mutant in ALL["shipped"]])

# A spec of one step comes first: there the first wrong gradient is the mutated one, not a consequence in later steps.
SPECS = [*PINNED_SPECS, CaseSpec(6, 5, 4, 3, 2, seed=1)]


@cache
def mutated(mutant):
    return planted_errors.mutated(mutant, ROOT)


def loaded(file, source):
    """The implementation that consists of this source text of `file`."""
    kind = Path(file).stem
    module = ModuleType(f"numpy_rnn.{kind}")
    exec(compile(source, file, "exec"), module.__dict__)
    # The cases hold the package's own Params, not those that the copy defines.
    module.__dict__["Params"] = PARAMS[kind]
    return Implementation(kind, module)


def check_gradients(implementation):
    for spec in SPECS:
        case = make_case(implementation.kind, spec)
        bounded = implementation.bounded(case)
        gradients = implementation.gradients(case)
        expected = {name: bounded[name].value for name in gradients}
        bounds = {name: bounded[name].error for name in gradients}
        assert_within(gradients, expected, bounds, gradients["dx"].dtype)


@pytest.mark.parametrize("name", ALL)
def test_every_mutant_applies_and_compiles(name):
    for mutant in ALL[name]:
        assert mutated(mutant)


def test_names_are_unique():
    counts = Counter(mutant.name for mutants in ALL.values() for mutant in mutants)
    assert [name for name, count in counts.items() if count > 1] == []


def test_the_readme_counts_the_mutants_of_each_set():
    counts = {name: len(mutants) for name, mutants in ALL.items()}
    readme = " ".join((ROOT / "parity_tests" / "README.md").read_text("utf-8").split())
    assert f"{counts['numpy_rnn']} in `numpy_rnn` and {counts['tf_rnn']} in `tf_rnn`." in readme
    assert f"{counts['shipped']} more are errors of published code" in readme


@pytest.mark.parametrize("name", ["numpy_rnn", "tf_rnn"])
def test_sets_are_large_and_without_duplicates(name):
    assert len(ALL[name]) >= 40
    assert len({(mutant.file, mutated(mutant)) for mutant in ALL[name]}) == len(ALL[name])
    assert all(mutant.file.startswith(f"{name}/") for mutant in ALL[name])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"old": "not there"}, "expected its old text once in numpy_rnn/rnn.py, found it 0 times"),
        ({"old": "np."}, "expected its old text once in numpy_rnn/rnn.py, found it [0-9]{2,} times"),
        ({"new": "U.T @ da"}, "expected another text than the old one"),
        ({"new": "U.T @"}, "expected Python, got: invalid syntax"),
    ],
)
def test_a_mutant_that_does_not_apply_is_refused_by_name(change, message):
    mutant = planted_errors.Mutant("numpy_rnn", "a name", "numpy_rnn/rnn.py", "U.T @ da", "U @ da")
    assert planted_errors.mutated(mutant, ROOT)
    with pytest.raises(ValueError, match=f"^a name: {message}"):
        planted_errors.mutated(mutant._replace(**change), ROOT)


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_the_code_as_it_is_passes_the_check(kind):
    file = f"numpy_rnn/{kind}.py"
    check_gradients(loaded(file, (ROOT / file).read_text("utf-8")))
    check_gradients(Implementation(kind, importlib.import_module(f"numpy_rnn.{kind}")))


@SHIPPED
def test_a_published_error_is_caught_by_its_quantity(mutant):
    implementation = loaded(mutant.file, mutated(mutant))
    with pytest.raises(AssertionError) as failure:
        check_gradients(implementation)
    assert mutant.quantity
    assert planted_errors.names_quantity(str(failure.value), mutant.quantity), str(failure.value)


def test_a_name_does_not_match_longer_names():
    assert planted_errors.names_quantity("dc_init: expected 1", ["dc_init"])
    assert planted_errors.names_quantity("dW of example 0: expected 1", ["dU", "dW"])
    assert not planted_errors.names_quantity("dc_init: expected 1", ["dc"])
    assert not planted_errors.names_quantity("dW: expected 1", ["W"])
