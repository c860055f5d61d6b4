"""Assertions that TensorFlow's results equal those of `numpy_rnn`, within the sum of both error bounds."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from numpy_rnn import classifier
from parity_tests.cases.models import by_name
from parity_tests.cases.recurrences import Case, CaseSpec, make_case, make_readout_case
from parity_tests.comparison import assert_within
from parity_tests.implementations import Implementation
from parity_tests.oracles import bounded_equations, devices
from parity_tests.oracles.bounds import arithmetic
from parity_tests.oracles.tensorflow_results import Arrays, of_layer

NO_PARTS: Mapping[str, slice] = MappingProxyType({})


def assert_parity(
    ours: Implementation,
    case: Case,
    dtype: Any,
    theirs: Arrays,
    parts: Mapping[str, slice] = NO_PARTS,
    where: str = "",
    library: str | None = None,
) -> None:
    """Asserts that TensorFlow's results `theirs` equal those of `ours`, within the sum of both bounds.

    For a quantity in `parts` TensorFlow gives only the steps of that slice. `library` is the library in `bounds.ULPS`
    that computes `theirs`; None means TensorFlow on its device.
    """
    assert_within(*both_sides(ours, case, dtype, theirs, parts, library), dtype, where)


def both_sides(
    ours: Implementation,
    case: Case,
    dtype: Any,
    theirs: Arrays,
    parts: Mapping[str, slice] = NO_PARTS,
    library: str | None = None,
) -> tuple[Arrays, Arrays, Arrays]:
    """The results of `ours`, those of TensorFlow, and the sum of both bounds; arguments as for `assert_parity`."""
    assert len(theirs) == len(case.params) + {"rnn": 3, "lstm": 5}[ours.kind]
    assert all(value.dtype == dtype for value in theirs.values())
    results = ours.results(case)
    both = [ours.bounded(case, dtype, system) for system in (None, arithmetic(library or devices.library(), dtype))]
    part = {name: parts.get(name, slice(None)) for name in theirs}
    return (
        {name: results[name][part[name]] for name in theirs},
        theirs,
        {name: (both[0][name].error + both[1][name].error)[part[name]] for name in theirs},
    )


def assert_whole_model_parity(
    ours: Implementation, dtype: Any, spec: CaseSpec, learned: bool = False, unroll: bool | None = None
) -> None:
    """Asserts that y, the loss and every gradient of a recurrence with read-out equal TensorFlow's.

    If `learned` is true, the initial states are parameters of the model, and shared by all examples. `unroll` is that
    of the layer.
    """
    case = make_case(ours.kind, spec._replace(shared=True) if learned else spec, dtype)
    params, _, labels = make_readout_case(spec, dtype)
    states = ours.module.Initial(*case.initial)
    model = classifier.Model(case.params, params, *([states] if learned else []))
    initial = None if learned else states

    loss, gradients = classifier.loss_and_gradients(model, case.x, labels, initial)
    named = {f"d{name}": value for name, value in by_name(gradients).items()}
    actual = {"y": classifier.predict(model, case.x, initial), "loss": loss, **named}
    theirs = of_layer(ours.kind, model, case, labels, unroll)
    assert all(np.asarray(value).dtype == dtype for value in theirs.values())
    both = [
        bounded_equations.classifier(ours.kind, system, model, case.x, case.initial, labels)
        for system in (arithmetic("numpy", dtype), arithmetic(devices.library(), dtype))
    ]
    for bounded in both:
        for name in getattr(model.initial, "_fields", ()):
            bounded[f"d{name}"] = bounded[f"d{name}"].sum(axis=1)[:, None]
    assert_within(actual, theirs, {name: both[0][name].error + both[1][name].error for name in actual}, dtype)
