"""Does `scripts/study.py` write its results and its page, repeat no finished run, and resume after an interruption?"""

import json
import os
import re
import shutil
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import study as script
from command.errors import Refused
from pages.wording import mean
from pages.writer import anchor
from parity_tests.commands.processes import (
    assert_refused,
    contents,
    ended,
    full_disk,
    run,
    start,
    two_at_once,
    without_tensorflow,
)
from parity_tests.survival.faults import survives
from studies.recipes import Plan, Recipe
from studies.run_files import Runs

pytestmark = pytest.mark.slow

QUICK = ["rows-columns", "--quick", "--quiet", "--seeds", 1]


def study(folder, *arguments, **options):
    return run(*arguments, folder=folder, script="study.py", **options)


def interrupt_again_and_again(folder):
    """Interrupts a study in `folder` that starts and resumes, and at last lets it finish; returns its records."""
    # Two seeds, so that not all runs are complete before the last signal, even on a fast machine.
    twice_as_long = [*QUICK[:-1], 2]
    runs = folder / "studies-quick" / "runs"
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        former = set(folder.rglob("*.npz"))
        with survives(f"{signal.Signals(number).name} while study.py trains"):
            process = start(*twice_as_long, folder=folder, script="study.py")
            while not set(runs.glob("*/epoch-*.npz")) - former and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(number)
            code, stdout, stderr = ended(process)
            assert "Traceback" not in stdout + stderr
            if number == signal.SIGKILL:
                assert code == -number
                assert list(runs.glob("*/epoch-*.npz"))
            else:
                assert (code, stderr) == (128 + number, "study.py: interrupted; finished work is kept\n")
    code, stdout, stderr = study(folder, *twice_as_long)
    assert (code, stderr) == (0, "")
    return records(folder / "studies-quick")


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    """The future records of an interrupted study, which trains while other studies of this file do."""
    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(interrupt_again_and_again, tmp_path_factory.mktemp("interrupted"))


@pytest.fixture(scope="module")
def done(tmp_path_factory, interrupted):
    """A folder with a quick study, and the next, and what the script said; TensorFlow can't be had."""
    folder = tmp_path_factory.mktemp("done")
    stubs = without_tensorflow(tmp_path_factory.mktemp("stubs"))
    said = [study(folder, *QUICK, first_on_path=stubs), study(folder, "parameters", "--quick", first_on_path=stubs)]
    return folder / "studies-quick", said


def records(folder):
    """By run, all but the seconds."""
    paths = folder.glob("runs/*.json")
    return {
        path.name: {k: v for k, v in json.loads(path.read_text(encoding="utf-8")).items() if k != "seconds"}
        for path in paths
    }


def test_what_it_leaves(done):
    folder, said = done
    assert [(code, stderr) for code, _, stderr in said] == [(0, ""), (0, "")]
    assert re.match(r"2 training runs, 2 to do\n1 of 2: rnn-128-epochs=2-.*seed=0, about ", said[0][1])
    files = sorted(path.name for path in folder.iterdir())
    assert files == [
        "parameters-by-matrix.png",
        "parameters.json",
        "report.md",
        "rows-columns-equivalence.png",
        "rows-columns.json",
        "runs",
    ]
    assert len(records(folder)) == len(list(folder.glob("runs/*.npz"))) == 2
    assert not [path for path in (folder / "runs").iterdir() if path.is_dir()]


def test_the_page_links_only_what_is_there_and_its_numbers_are_those_of_the_results(done):
    folder, _ = done
    page = (folder / "report.md").read_text(encoding="utf-8")
    # Both studies, though each was run alone, and nothing from elsewhere.
    assert page.count("\n## ") == page.count("\n![") == 2
    headings = {anchor(title) for title in re.findall(r"^## (.*)$", page, re.MULTILINE)}
    links = re.findall(r"\]\(([^)]*)\)", page)
    assert len(links) == 4
    for link in links:
        assert link.removeprefix("#") in headings if link.startswith("#") else (folder / link).is_file()
    accuracy = json.loads((folder / "rows-columns.json").read_text(encoding="utf-8"))["accuracy"]
    for values in accuracy.values():
        assert mean(values) in page
    assert "quick version" in page
    assert "21,386" in page
    assert "not installed" in page


def test_what_is_finished_is_not_repeated(done, tmp_path):
    shutil.copytree(done[0], tmp_path / "studies-quick")
    before = contents(tmp_path)
    code, stdout, stderr = study(tmp_path, *QUICK)
    assert (code, stderr) == (0, "")
    assert stdout.startswith("2 training runs, 0 to do\n")
    assert contents(tmp_path) == before


def test_the_page_alone_is_written_again(done, tmp_path):
    shutil.copytree(done[0], tmp_path / "studies-quick")
    before = contents(tmp_path)
    for path in (tmp_path / "studies-quick").glob("*.[pm]*"):
        path.unlink()
    code, stdout, stderr = study(tmp_path, "--page-only", "--output", "studies-quick")
    assert (code, stderr) == (0, "")
    assert stdout == "Written to studies-quick/: report.md and pictures of parameters, rows-columns\n"
    assert contents(tmp_path) == before


def test_a_page_needs_results(tmp_path):
    ending = study(tmp_path, "--page-only", "--output", "none")
    assert_refused(ending, r"--page-only: expected result files such as initial-state\.json in none, found none")
    assert not list(tmp_path.iterdir())


def test_the_number_of_jobs_changes_nothing(tmp_path):

    def found_by(jobs):
        # These kernels of OpenBLAS round a product otherwise when several threads share it; a CPU without them ignores
        # the variable.
        ending = study(tmp_path, *QUICK, "--jobs", jobs, "--output", jobs, OPENBLAS_CORETYPE="Haswell")
        assert ending[0] == 0
        return records(tmp_path / str(jobs))

    one, two = two_at_once(found_by, [1, 2])
    assert len(one) == 2
    assert one == two


def test_disk_full(tmp_path):
    with survives("disk full while study.py trains"):
        ending = study(tmp_path, *QUICK, before=full_disk)
        said = r"rnn-128-\S+: --output: \S+\.npz cannot be written: File too large; no checkpoint was written before"
        assert_refused(ending, said)
    assert not [path for path in contents(tmp_path) if "unfinished" in path.name or path.suffix in (".json", ".npz")]


def test_a_worker_killed(done, tmp_path):
    children = Path("/proc/self/task") / str(os.getpid()) / "children"
    if not children.exists():
        pytest.skip("no /proc")
    with survives("SIGKILL to a process that trains for study.py"):
        process = start(*QUICK, "--jobs", 1, folder=tmp_path, script="study.py")
        runs = tmp_path / "studies-quick" / "runs"
        while not list(runs.glob("*/epoch-*.npz")) and process.poll() is None:
            time.sleep(0.005)
        for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8").split():
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(int(child), signal.SIGKILL)
        assert_refused(ended(process), r"rnn-128-\S+: expected the run to end, its process ended with -9")
        assert study(tmp_path, *QUICK)[0] == 0
        assert records(tmp_path / "studies-quick") == records(done[0])


def test_interrupted_again_and_again_it_resumes_where_it_was(done, interrupted):
    found, uninterrupted = interrupted.result(), records(done[0])
    assert {name: found[name] for name in uninterrupted} == uninterrupted
    assert len(found) == 2 * len(uninterrupted)


def test_a_damaged_run_is_missing_and_one_of_another_backend_refused(done, tmp_path):
    shutil.copytree(done[0] / "runs", tmp_path / "runs")
    recipes = [*Plan(1, quick=True).recipes(1), *Plan(1, quick=True).recipes(1, scan="columns")]
    runs = Runs(tmp_path / "runs", "numpy")
    assert list(runs.missing(recipes)) == []
    with pytest.raises(Refused, match=r"^--backend: expected numpy as in .*seed=0\.json, got tf$"):
        list(Runs(tmp_path / "runs", "tf").missing(recipes))
    first, second = recipes
    weights = tmp_path / "runs" / f"{first.name}.npz"
    weights.write_bytes(weights.read_bytes()[:1000])
    (tmp_path / "runs" / f"{second.name}.json").write_text("{", encoding="utf-8")
    assert list(Runs(tmp_path / "runs", "numpy").missing(recipes)) == recipes
    other = Recipe(hidden_dim=5)
    assert list(runs.missing([other, other])) == [other]


@pytest.mark.parametrize(
    ("arguments", "name", "got"),
    [
        (["depth"], "NAME: expected one of initial-state, parameters", "'depth'"),
        (["--seeds", "0"], "--seeds: expected a whole number from 1 to", "'0'"),
        (["--jobs", "0"], "--jobs: expected a whole number from 1 to", "'0'"),
        (["--backend", "torch"], "--backend", "'torch'"),
        (["width", "--page-only"], "--page-only: expected no NAME with it", "'width'"),
    ],
)
def test_wrong_arguments(monkeypatch, capsys, arguments, name, got):
    monkeypatch.setattr(sys, "argv", ["study.py", *arguments])
    with pytest.raises(SystemExit) as left:
        script.parse_arguments()
    stdout, stderr = capsys.readouterr()
    assert (left.value.code, stdout) == (2, "")
    last = stderr.splitlines()[-1]
    assert last.startswith("study.py: error: ")
    assert name in last
    assert got in last


def test_output_is_a_file(tmp_path):
    (tmp_path / "file").touch()
    with survives("output of study.py that is a file"):
        code, stdout, stderr = study(tmp_path, "parameters", "--output", "file")
        assert stdout == ""
        assert_refused(
            (code, stdout, stderr), "--output: expected a folder that can be created and written to, got file: .*"
        )
