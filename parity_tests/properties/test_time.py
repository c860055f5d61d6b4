"""Can a sequence be split after any step, forward and backward, and does no step depend on later ones?"""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from parity_tests.cases.recurrences import CASE_SPECS, CaseSpec, make_case
from parity_tests.comparison import assert_within

OTHER_SEED = 7


def given_specs_and_cuts(test):
    """Runs a test on pairs of a spec of at least two steps and the number of steps before the cut."""
    pairs = st.tuples(CASE_SPECS, st.integers(1, 6)).map(lambda pair: (pair[0]._replace(T=pair[0].T + 1), pair[1]))
    valid = pairs.map(lambda pair: (pair[0], 1 + pair[1] % (pair[0].T - 1)))
    saturated = CaseSpec(2, 2, 5, 4, 3, seed=1, weights=1.5, inputs=10.0)
    for pinned in ((saturated, 1), (CaseSpec(5, 3, 3, 2, 2), 2), (CaseSpec(2, 1, 1, 1, 2), 1)):
        test = example(pinned)(test)
    return given(valid)(test)


def halves(recurrence, case, cut):
    """The case of the steps before the cut, and that of the rest, which starts from the last states of the first."""
    first = case._replace(x=case.x[:cut], dh=case.dh[:cut])
    trace = recurrence.forward(first)
    states = [trace.h[-1], *([trace.c[-1]] if recurrence.kind == "lstm" else [])]
    return first, case._replace(x=case.x[cut:], dh=case.dh[cut:], initial=states)


@given_specs_and_cuts
def test_forward_in_two_parts(recurrence, spec_and_cut):
    spec, cut = spec_and_cut
    case = make_case(recurrence.kind, spec)
    whole, parts = recurrence.outputs(case), [recurrence.outputs(half) for half in halves(recurrence, case, cut)]
    joined = {
        name: np.concatenate([one, two[1:] if name in ("h", "c") else two])
        for (name, one), two in zip(parts[0].items(), parts[1].values(), strict=True)
    }
    errors = recurrence.errors(case)
    assert_within(joined, whole, {name: 2 * errors[name] for name in whole}, np.float64)


@given_specs_and_cuts
def test_backward_in_two_parts(recurrence, spec_and_cut):
    spec, cut = spec_and_cut
    case = make_case(recurrence.kind, spec)
    first, second = halves(recurrence, case, cut)
    late = recurrence.gradients(second)
    upstream = first.dh.copy()
    upstream[-1] += late["dh_init"]
    early = recurrence.gradients(first._replace(dh=upstream, dc=[late["dc_init"]] if case.dc else []))

    def joined(name):
        if name == "dx":
            return np.concatenate([early[name], late[name]])
        return early[name] if name.endswith("_init") else early[name] + late[name]

    whole, errors = recurrence.gradients(case), recurrence.errors(case)
    assert_within({name: joined(name) for name in whole}, whole, {name: 2 * errors[name] for name in whole}, np.float64)


@given_specs_and_cuts
def test_later_inputs_change_no_earlier_output(recurrence, spec_and_cut):
    spec, cut = spec_and_cut
    case, other = (make_case(recurrence.kind, spec._replace(seed=seed)) for seed in (spec.seed, spec.seed + OTHER_SEED))
    changed = case._replace(x=np.concatenate([case.x[:cut], other.x[cut:]]))
    before, after = recurrence.outputs(case), recurrence.outputs(changed)
    for name in before:
        steps = cut + 1 if name in ("h", "c") else cut
        np.testing.assert_array_equal(after[name][:steps], before[name][:steps], err_msg=name)
        assert np.any(after[name][steps:] != before[name][steps:]), name


@given_specs_and_cuts
def test_later_inputs_have_no_gradient_from_earlier_outputs(recurrence, spec_and_cut):
    spec, cut = spec_and_cut
    case = make_case(recurrence.kind, spec)
    dh = case.dh.copy()
    dh[cut:] = 0
    gradients = recurrence.gradients(case._replace(dh=dh, dc=[np.zeros_like(dc) for dc in case.dc]))
    np.testing.assert_array_equal(gradients["dx"][cut:], np.zeros_like(case.x[cut:]))
    # A tanh or σ that is saturated to the last bit has a gradient of zero.
    assert np.all(gradients["dx"][:cut] != 0) or max(spec.states, spec.inputs) > 1
