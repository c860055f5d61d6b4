"""Does the benchmark compare like with like, take turns, and describe ratios and exponents as they are?"""

import os
import subprocess
import sys
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import avx2, numpy_profile, size_results, timing
from benchmarks.agreement import bound, difference, exact_gradients
from benchmarks.cases import Case
from benchmarks.contenders import CONTENDERS
from benchmarks.contenders.by_numpy import Floor, Project
from numpy_rnn import adam, classifier, lstm
from numpy_rnn.sequences import from_images, grey
from numpy_rnn.training import ROWS
from pages.style import BLUE, SKY

cases = st.builds(
    Case,
    recurrence=st.sampled_from(["rnn", "lstm"]),
    T=st.integers(1, 40),
    H=st.integers(2, 12),
    B=st.integers(2, 12),
)


def batch(case):
    rng = np.random.default_rng(0)
    return grey(rng.integers(0, 256, (case.B, case.T, ROWS), np.uint8)), rng.integers(0, 10, case.B)


def first_step(case, shards=2):
    """A contender after its first step, computed in this process."""
    project = Project(case.model(), case.T, threads=1, shards=shards)
    project.step(project.ready(*batch(case)))
    return project


def exact(case):
    return exact_gradients(case.model(), *batch(case))


@given(cases)
def test_the_gradients_of_the_timed_step_are_the_true_ones(case):
    assert difference(first_step(case).gradients(), exact(case)) <= bound(case)


PLANTED = {
    "a transpose": lambda g: g._replace(recurrence=g.recurrence._replace(**{square(g): transposed(matrix(g))})),
    "a sum in place of a mean": lambda g: adam.tree_map(lambda value: 2 * value, g),
    "no gradient": lambda g: adam.tree_map(np.zeros_like, g),
    "one matrix for another": lambda g: g._replace(recurrence=swapped(g.recurrence)),
    "a NaN": lambda g: g._replace(readout=g.readout._replace(d=np.full_like(g.readout.d, np.nan))),
}


def square(gradients):
    return "W" if "W" in gradients.recurrence._fields else "M_input"


def transposed(M):
    return np.hstack([M[:, : len(M)].T, M[:, len(M) :]])


def swapped(params):
    return type(params)(*params[:-2], params[-1], params[-2])


def matrix(gradients):
    return getattr(gradients.recurrence, square(gradients))


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_error_is_seen(name, kind):
    case = Case(kind, T=6, H=28, B=4)
    gradients = PLANTED[name](first_step(case).gradients())
    assert not difference(gradients, exact(case)) <= bound(case)


def test_gradients_of_another_form_are_refused():
    case, other = Case("rnn", T=3, H=5, B=4), Case("rnn", T=3, H=6, B=4)
    with pytest.raises(ValueError, match=r"^b: expected \(6, 1\), got \(5, 1\)$"):
        difference(first_step(case).gradients(), exact(other))


@given(cases)
def test_a_step_left_out_is_seen(case):
    images, labels = batch(case)
    less = classifier.loss_and_gradients(case.model(), from_images(images[:, :-1]), labels)[1]
    assert difference(less, exact(case)) > bound(case)


@pytest.mark.parametrize("case", [Case("rnn"), Case("lstm", T=5, B=3), Case("rnn", T=30, B=2), Case("rnn", B=1)])
def test_a_batch_has_the_form_that_is_promised(case):
    images, labels = case.batch()
    assert images.shape == (case.B, case.T, ROWS)
    assert images.dtype == np.float32
    assert labels.shape == (case.B,)
    assert images.any(axis=(1, 2)).all()


@pytest.mark.parametrize("case", [Case("rnn", T=5, H=7, B=3), Case("lstm", T=5, H=7, B=3)])
def test_a_recorded_step_computes_the_same(case):
    plain, seen = first_step(case), first_step(case)
    shares = seen.time_by_kind(seen.ready(*batch(case)))
    for _ in range(1 + numpy_profile.STEPS):
        plain.step(plain.ready(*batch(case)))
    for ours, theirs in zip(classifier.axes(seen.model), classifier.axes(plain.model), strict=True):
        np.testing.assert_array_equal(np.asarray(ours[1]), theirs[1], err_msg=ours[0])
    assert set(shares) == {"products", "activations", "arithmetic"}
    assert min(shares.values()) > 0
    assert np.empty(1).__class__ is np.ndarray


def test_gradients_of_a_long_sequence_become_subnormal_and_then_zero():
    largest = []
    for T in (28, 200, 400):
        case = Case("lstm", T=T, B=4)
        images, labels = case.batch()
        model = case.model()
        model = model._replace(initial=lstm.Initial(*np.zeros((2, case.H, 1), np.float32)))
        _, gradients = classifier.loss_and_gradients(model, from_images(images), labels)
        largest.append(max(np.abs(state).max() for state in gradients.initial))
    smallest_normal = np.finfo(np.float32).tiny
    assert largest[0] > smallest_normal > largest[1] > largest[2] == 0


def test_numpy_uses_no_avx512_where_it_is_switched_off():
    code = "import numpy; print(*numpy.show_config(mode='dicts')['SIMD Extensions']['found'])"
    command = [sys.executable, "-c", code]
    ending = subprocess.run(
        command, env=os.environ | avx2.ENVIRONMENT, capture_output=True, encoding="utf-8", check=True
    )
    assert not [name for name in ending.stdout.split() if "512" in name or name == "X86_V4"]


@pytest.mark.parametrize("shards", [1, 2])
@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_the_floor_has_the_products_and_activations_of_the_recurrence(kind, shards):
    case = Case(kind, T=5, H=7, B=3)
    project = first_step(case, shards)
    ready = project.ready(*batch(case))
    (calls,) = numpy_profile.recorded_steps(lambda: project.step(ready), project, 1)
    theirs = Counter((call.ufunc.__name__, *call.shapes) for call in calls if call.ufunc in numpy_profile.KINDS)
    floor = Floor(case.model(), case.T, threads=1, shards=shards)
    floor.step(case.B)
    ours: Counter = Counter()
    for (B, _), of_a_step in floor.operations.calls.items():
        for ufunc, inputs, _ in of_a_step:
            ours[ufunc.__name__, *(value.shape for value in inputs)] += case.T
        if kind == "lstm":
            # The reference computes tanh(c) a second time on its way back.
            ours["tanh", (case.H, B)] += case.T
    assert ours == Counter({call: number for call, number in theirs.items() if number >= case.T})


class FakeWorker:
    """Takes so many milliseconds, and notes its turns."""

    def __init__(self, name, ms, turns):
        self.name, self.ms, self.turns = name, ms, turns

    def ask(self, what, repeat):
        self.turns.append((self.name, repeat))
        return [self.ms] * repeat


@given(st.lists(st.floats(0.1, 1e4), min_size=1, max_size=5), st.integers(2, 40))
def test_contenders_take_turns(costs, rounds):
    turns: list[tuple[str, int]] = []
    workers: dict[str, Any] = {str(k): FakeWorker(str(k), ms, turns) for k, ms in enumerate(costs)}
    plan = timing.Plan(rounds, seconds=10.0, threads=1)
    times = timing.in_turns(workers, plan, "steps", pause=0.0)
    names = [name for name, _ in turns]
    number = len(next(iter(times.values())))
    assert names == list(workers) * (1 + number)
    assert min(timing.FEWEST, rounds) <= number <= rounds
    assert {name: set(values) for name, values in times.items()} == {str(k): {ms} for k, ms in enumerate(costs)}


positive = st.floats(0.1, 1e4)


@given(st.lists(st.tuples(positive, positive), min_size=1, max_size=30))
def test_a_ratio_is_the_median_of_the_rounds_and_lies_within_their_quartiles(rounds):
    ours, theirs = zip(*rounds, strict=True)
    found = timing.ratio(ours, theirs)
    ordered = sorted(one / other for one, other in rounds)
    last = len(ordered) - 1
    assert found.value == (ordered[last // 2] + ordered[(last + 1) // 2]) / 2
    assert found.low <= found.value <= found.high
    for number, quartile in ((1, found.low), (3, found.high)):
        below, above = ordered[number * last // 4], ordered[-(-number * last // 4)]
        assert below <= quartile <= above


@given(st.lists(positive, min_size=1, max_size=20), st.floats(0.1, 10.0))
def test_load_that_affects_whole_rounds_does_not_change_a_ratio(ms, factor):
    assert timing.ratio([factor * value for value in ms], ms) == pytest.approx((factor, factor, factor))


def test_each_contender_has_its_own_marker_and_only_this_project_is_blue():
    assert len({(one.color, one.marker) for one in CONTENDERS.values()}) == len(CONTENDERS)
    for one in CONTENDERS.values():
        assert one.ours == (one.color in (BLUE, SKY))


@given(st.floats(-1.0, 3.0), st.floats(0.1, 10.0))
def test_an_exponent_is_found(power, factor):
    for values in size_results.SIZES.values():
        assert size_results.exponent(values, [factor * size**power for size in values]) == pytest.approx(
            power, abs=1e-9
        )
