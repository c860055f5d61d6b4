"""Can every part of the benchmark describe, tabulate and draw the results of any subset of contenders?"""

import json
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import benchmark as script
from benchmarks import avx2, cores, elsewhere, inference, pipeline, shards, sizes, steps, time_shares, whole_jobs
from benchmarks.benchmark_page import check_results, write_benchmark_page, write_results
from benchmarks.cases import Case
from benchmarks.contenders import CONTENDERS
from benchmarks.part import TITLES
from command.errors import Refused
from numpy_rnn.experiments import EXPERIMENTS
from parity_tests import ROOT
from parity_tests.survival.faults import survives

MODULES = steps, elsewhere, avx2, shards, cores, inference, sizes, whole_jobs, time_shares, pipeline
SUBSETS = st.sets(st.sampled_from(list(CONTENDERS)))
CONDITIONS = {"threads": 1, "processor": "some", "cores": 2, "versions": {"numpy": "2"}}
EVERY_SIZE = {
    sizes.name_of(letter, size): {letter: size} for letter, several in sizes.SIZES.items() for size in several
}


def result(names, case, rng):
    """Measurements of these contenders; the others are left out. `floor` computes no gradients."""
    found = {}
    for name in names:
        times = {"ms": rng.uniform(1, 9, 2).tolist(), "start_s": 1.0, "first_s": 1.0}
        found[name] = times | {"loaded_mib": 100.0, "peak_mib": 100.0 + float(rng.uniform(1, 9))}
        found[name] |= {} if name.startswith("floor") else {"difference": 1e-7}
    others = {name: "not installed" for name in CONTENDERS if name not in names}
    return {"case": case._asdict(), "bound": 1e-5, "contenders": found, "left_out": others}


def results_of(part, names, rng):
    if part is whole_jobs:
        job = {"seconds": 2.0, "peak_mib": 300.0, "test_accuracy": 0.9}
        names = [name for name in whole_jobs.JOBS if name in names]
        return {experiment: {name: [job] * 2 for name in names} for experiment in EXPERIMENTS}
    if part is sizes:
        some = {kind: {size: [name for name in names if rng.random() < 0.8] for size in EVERY_SIZE} for kind in TITLES}
        return {
            kind: {name: result(some[kind][name], Case(kind, **size), rng) for name, size in EVERY_SIZE.items()}
            for kind in TITLES
        }
    if part is pipeline:
        names = pipeline.NAMES if "tf_rnn" in names else ()
    if part is time_shares:
        shares = {"products": 1.0, "activations": 1.0, "arithmetic": 1.0}
        theirs = [name for name in time_shares.BY_TENSORFLOW if name in names]
        found = {}
        for kind in TITLES:
            ours = result(["numpy_rnn-1", "numpy_rnn-1+kept", "floor-1"], Case(kind), rng) | {"shares": shares}
            by = {"tensorflow": result(theirs, Case(kind), rng) | {"shares": dict.fromkeys(theirs, shares)}}
            found[kind] = {"numpy": ours} | (by if theirs else {})
        return found
    if part is shards:
        names = [name for name in names if name in shards.NAMES]
        timeline = {"shards": [[0, 0.1, 1.0], [1, 0.2, 1.2]], "added": 1.3, "end": 1.5}
        cases = {f"{letter} {n}": {letter: n} for letter, several in shards.SIZES.items() for n in several}
        return {
            kind: {
                "timeline": timeline,
                "alone_ms": 0.5,
                "sizes": {name: result(shards.NAMES, Case(kind, **size), rng) for name, size in cases.items()},
            }
            for kind in TITLES
        }
    if part is cores:
        names = [name for name in names if name in cores.NAMES]
        return {kind: {str(n): result(names, Case(kind), rng) for n in cores.COUNTS} for kind in TITLES}
    return {kind: result(names, Case(kind), rng) for kind in TITLES}


@pytest.mark.parametrize("part", MODULES, ids=lambda part: part.PART.name)
@settings(max_examples=40)
@given(SUBSETS, st.integers(0, 2**32 - 1))
def test_any_subset(part, names, seed):
    results = results_of(part, sorted(names), np.random.default_rng(seed))
    with survives("a subset of the benchmark's contenders"):
        assert all(part.PART.describe(results))
        for table in part.PART.tabulate(results):
            assert all(len(row) == len(table.headings) for row in table.rows)
        if part.PART.name in script.GOALS:
            for _, ours, theirs, *_ in script.GOALS[part.PART.name](results):
                assert {ours, theirs} <= names


@pytest.mark.slow
@pytest.mark.parametrize("names", [[], ["keras"], ["floor"], ["numpy_rnn"]], ids=str)
def test_a_page_of_a_subset(tmp_path, names):
    """It is drawn as well."""
    rng = np.random.default_rng(0)
    for module in MODULES:
        write_results(tmp_path, module.PART, results_of(module, names, rng), CONDITIONS)
    with survives("a subset of the benchmark's contenders"):
        parts = [module.PART for module in MODULES]
        assert write_benchmark_page(tmp_path, parts, tmp_path) == [part.name for part in parts]


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", "3", "{}", '{"results": {}}', "[" * 10_000])
def test_a_damaged_file_of_results(tmp_path, damage):
    (tmp_path / "steps.json").write_text(damage, encoding="utf-8")
    for use in (check_results, lambda folder, parts: write_benchmark_page(folder, parts, folder)):
        with (
            survives("a damaged file of results"),
            pytest.raises(Refused, match=r"^.*steps\.json: expected the results"),
        ):
            use(tmp_path, [steps.PART])


@pytest.mark.parametrize("name", ["steps", "sizes", "jobs", "shares"])
def test_an_entry_of_another_form(tmp_path, name):
    shutil.copy(ROOT / "docs" / "benchmark" / f"{name}.json", tmp_path)
    content = json.loads((tmp_path / f"{name}.json").read_text("utf-8"))
    first = next(iter(content["results"]))
    others: list[object] = [None, [], 3, "text"]
    for other in others:
        (tmp_path / f"{name}.json").write_text(
            json.dumps(content | {"results": content["results"] | {first: other}}), encoding="utf-8"
        )
        refused = pytest.raises(Refused, match=rf"^.*{name}\.json: expected the results")
        with survives("a damaged file of results"), refused:
            check_results(tmp_path, script.PARTS.values())
