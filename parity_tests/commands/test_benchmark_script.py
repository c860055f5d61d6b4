"""Does `scripts/benchmark.py` write its results and its page, and refuse wrong arguments in one line?"""

import json
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from benchmarks import cores, steps, time_shares, timing, whole_jobs
from benchmarks.cases import Case
from benchmarks.contender_process import NoAnswer, Worker
from command.errors import Refused
from parity_tests.commands.processes import assert_refused, contents, run, without_tensorflow

QUICK = ["--quick", "--threads", 1]


def benchmark(folder, *arguments, **options):
    return run(*arguments, *QUICK, folder=folder, script="benchmark.py", **options)


@pytest.fixture(scope="module")
def shares(tmp_path_factory):
    """A folder, and the future ending of a run into it without TensorFlow, which lasts while `compared` does."""
    folder = tmp_path_factory.mktemp("shares")
    stubs = without_tensorflow(folder / "stubs")
    chosen = ["--contenders", "numpy_rnn", "floor"]
    with ThreadPoolExecutor(1) as thread:
        yield folder / "benchmark", thread.submit(benchmark, folder, "shares", *chosen, first_on_path=stubs)


@pytest.fixture(scope="module")
def compared(tmp_path_factory, shares):
    """A folder with the steps of three contenders, and what the script said."""
    folder = tmp_path_factory.mktemp("compared")
    chosen = ["--contenders", "numpy_rnn", "floor", "keras"]
    return folder / "benchmark", benchmark(folder, "steps", *chosen)


@pytest.mark.slow
@pytest.mark.tensorflow
def test_the_steps_of_three(compared):
    folder, (code, _, stderr) = compared
    assert code in (0, 1), stderr
    content = json.loads((folder / "steps.json").read_text(encoding="utf-8"))
    for recurrence, result in content["results"].items():
        assert result["case"]["recurrence"] == recurrence
        assert list(result["contenders"]) == ["numpy_rnn", "floor", "keras"]
        assert not result["left_out"]
        for name, one in result["contenders"].items():
            assert len(one["ms"]) == 2
            assert min(one["ms"]) > 0
            assert one["peak_mib"] >= one["loaded_mib"] > 0
            assert ("difference" in one) == (name != "floor")
    # Exit code 1 says that a goal of those measured is missed.
    found = steps.goals(content["results"])
    assert code == int(any(ratio.value > goal for *_, ratio, goal in found))
    assert {(ours, theirs) for _, ours, theirs, *_ in found} == {("numpy_rnn", "keras"), ("numpy_rnn", "floor")}
    assert content["conditions"]["threads"] == 1
    assert content["conditions"]["versions"].keys() >= {"Python", "numpy", "tensorflow", "keras"}


@pytest.mark.slow
@pytest.mark.tensorflow
def test_page_and_tables_are_those_of_the_results(compared):
    folder, (_, stdout, _) = compared
    results = json.loads((folder / "steps.json").read_text(encoding="utf-8"))["results"]
    page = (folder / "report.md").read_text(encoding="utf-8")
    for table in steps.tabulate(results):
        assert table.caption.replace("`", "") in " ".join(stdout.split())
        for row in table.rows:
            assert f"| {' | '.join(row)} |" in page
    assert {path.name for path in folder.iterdir()} == {"steps.json", "steps-time.png", "report.md", ".lock"}


@pytest.mark.slow
@pytest.mark.tensorflow
def test_the_page_alone_is_written_again(compared, tmp_path):
    folder, _ = compared
    shutil.copytree(folder, tmp_path / "benchmark")
    for path in (tmp_path / "benchmark").glob("*.[pm]*"):
        path.unlink()
    code, _, stderr = run("--page-only", folder=tmp_path, script="benchmark.py")
    assert (code, stderr) == (0, "")
    assert contents(tmp_path / "benchmark") == contents(folder)


def test_a_page_needs_results(tmp_path):
    ending = run("--page-only", "--output", "none", folder=tmp_path, script="benchmark.py")
    assert_refused(ending, r"--page-only: expected result files such as steps\.json in none, found none")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_without_tensorflow(shares):
    folder, running = shares
    code, _, stderr = running.result()
    assert code == 0, stderr
    for result in json.loads((folder / "shares.json").read_text(encoding="utf-8"))["results"].values():
        parts = time_shares.by_numpy(result["numpy"])
        assert set(parts) == set(time_shares.KINDS)
        assert min(parts["products"], parts["activations"], parts["arithmetic"]) > 0


@pytest.mark.tensorflow
def test_operations_by_kind():
    from benchmarks.tensorflow_profile import kind_of

    names = {
        "functional_1/rnn/MatMul_3:_MklMatMul": "products",
        "functional_1/rnn/MatMul_3:MatMul": "products",
        "functional_1/rnn/Tanh_3:Tanh": "activations",
        "gradient_tape/functional_1/rnn/TanhGrad:TanhGrad": "arithmetic",
        "AddN_1:AddN": "arithmetic",
        "functional_1/lstm/while:While": None,
        "EagerKernelExecute: AddN": None,
        "ExecutorState::Process": None,
        "Process": None,
    }
    assert {name: kind_of(name) for name in names} == names


@pytest.mark.slow
@pytest.mark.parametrize("name", ["numpy_rnn", pytest.param("keras", marks=pytest.mark.tensorflow)])
def test_a_whole_job(name, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    found = whole_jobs.run(name, "rnn-64", threads=1, epochs=1)
    assert found["seconds"] > 1
    assert found["peak_mib"] > 100
    assert 0.3 < found["test_accuracy"] < 1


def test_the_memory_of_a_job_is_its_own(tmp_path):
    if not os.path.exists("/proc/self/status"):
        pytest.skip("no /proc")
    ours = bytearray(os.urandom(2**20)) * 500
    filled = "import time; mine = bytearray(b'full' * 2**18) * 200; del mine; time.sleep(0.3); print('done'); exit(3)"
    code, seconds, mib = whole_jobs.measured_process([sys.executable, "-c", filled], tmp_path / "printed")
    assert code == 3
    assert seconds > 0.3
    assert 200 < mib < 300 < len(ours) / 2**20
    assert (tmp_path / "printed").read_text(encoding="utf-8") == "done\n"


SMALL = Case("rnn", T=3, H=5, B=4)
PLAN = timing.Plan(rounds=2, seconds=1.0, threads=1)


@pytest.mark.slow
def test_each_number_of_cores(monkeypatch):
    """Each shard has a process of its own, and afterwards this process may use the same cores as before."""
    if not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2:
        pytest.skip("needs two cores, and Linux to choose them")
    before = os.sched_getaffinity(0), os.environ.get("OMP_NUM_THREADS")
    seen = []

    def compare(names, case, plan):
        with closing(Worker(names[0], SMALL, plan.threads)) as worker:
            worker.ask("first_step")
            (line,) = worker.ask("timelines", 1)
            seen.append((plan.threads, len(os.sched_getaffinity(worker.process.pid)), len(line["shards"])))
            assert os.environ["OMP_NUM_THREADS"] == str(plan.threads)
            assert {process for process, *_ in line["shards"]} == set(range(plan.threads))
        return timing.compare(names, SMALL, plan)

    monkeypatch.setattr(cores, "compare", compare)
    found = cores.measure(PLAN._replace(threads=2, contenders=("numpy_rnn", "floor")), lambda _: None)
    assert seen == [(1, 1, 1), (1, 1, 1), (2, 2, 2), (2, 2, 2)]
    assert (os.sched_getaffinity(0), os.environ.get("OMP_NUM_THREADS")) == before
    assert {name: list(by_cores) for name, by_cores in found.items()} == {"rnn": ["1", "2"], "lstm": ["1", "2"]}
    for by_cores in found.values():
        assert all(list(result["contenders"]) == ["numpy_rnn"] for result in by_cores.values())


def test_who_takes_too_long_is_left_out(monkeypatch):
    monkeypatch.setattr(timing, "TIMEOUT", 0.0)
    result = timing.compare(["numpy_rnn"], SMALL, PLAN)
    assert result["left_out"] == {"numpy_rnn": "no answer within 0 s"}
    assert not result["contenders"]


@pytest.mark.parametrize(("what", "named"), [("steps", "gradients"), ("predictions", "probabilities")])
def test_who_computes_something_else_is_not_timed(what, named, monkeypatch):
    monkeypatch.setattr(timing, "bound", lambda case: 1e-12)
    with pytest.raises(Refused, match=rf"^numpy_rnn: expected {named} within 1\.0e-12 of numpy_rnn's in float64, got "):
        timing.compare(["numpy_rnn"], SMALL, PLAN, what)


def test_what_goes_wrong_in_a_process_is_told():
    with closing(Worker("numpy_rnn", SMALL, threads=1)) as worker:
        with pytest.raises(Refused, match=r"^numpy_rnn, no_question: AttributeError: "):
            worker.ask("no_question")
        assert worker.ask("first_step")["first_s"] > 0
        worker.process.kill()
        with pytest.raises(NoAnswer, match=r"^its process ended with -9$"):
            worker.ask("steps", 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["no-part"],
            "argument PART: expected one of steps, elsewhere, avx2, shards, cores, inference, sizes, unrolling, jobs, "
            "shares, pipeline, got 'no-part'",
        ),
        (
            ["--contenders", "numpy"],
            "argument --contenders: expected one of numpy_rnn, numpy_rnn-1, floor, tf_rnn, tf_rnn-xla, tf_rnn-eager, "
            "keras, keras-unrolled, broadcast, torch, jax, got 'numpy'; did you mean numpy_rnn?",
        ),
        (["steps", "--page-only"], "argument --page-only: expected no PART with it, got 'steps'"),
        (["--rounds", "1"], "argument --rounds: expected a whole number from 2 to 1000, got '1'"),
    ],
)
def test_wrong_arguments(arguments, message, tmp_path):
    code, _, stderr = benchmark(tmp_path, *arguments)
    assert code == 2
    assert stderr.endswith(f"benchmark.py: error: {message}; see --help\n")
    assert stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_more_threads_than_cores(tmp_path):
    if not hasattr(os, "sched_getaffinity"):
        pytest.skip("counts the cores of a process, which only Linux can do")
    cores = len(os.sched_getaffinity(0))
    ending = run("steps", "--threads", 1000, folder=tmp_path, script="benchmark.py")
    assert_refused(ending, f"--threads: expected at most the {cores} cores of this machine, got 1000")


def test_an_output_that_is_a_file(tmp_path):
    (tmp_path / "benchmark").write_text("mine", encoding="utf-8")
    assert_refused(
        benchmark(tmp_path, "shares"), "--output: expected a folder that can be created and written to, got .*"
    )
    assert (tmp_path / "benchmark").read_text(encoding="utf-8") == "mine"
