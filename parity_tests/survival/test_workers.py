"""Does a training by two workers survive the loss of either, stop as one after a signal, and resume bit for bit?

The workers have folders of their own, as on two machines: the chief writes into the first one.
"""

import json
import signal
import time

import pytest

from parity_tests.cases.addresses import free_addresses
from parity_tests.commands.processes import (
    NEEDS_SIGNALS,
    ONE_THREAD,
    assert_refused,
    contents,
    ended,
    newest,
    result,
    start,
)
from parity_tests.survival.faults import survives

pytestmark = [pytest.mark.slow, pytest.mark.tensorflow, NEEDS_SIGNALS]

ARGUMENTS = ["rnn-64", "--strategy", "multiworker", "--deterministic", "--hidden-dim", 8, "--batch-size", 403]
ARGUMENTS += ["--epochs", 2, "--checkpoint-every", 20, "--no-pictures"]
LOST = "rnn-64: another worker has ended or does not answer; --resume resumes from {}"


@pytest.fixture
def begin(tmp_path, data_dir):
    """A function that starts two workers in two folders, the chief's first, with further arguments for each."""
    started = []

    def begin(*arguments, of_second=()):
        cluster = {"worker": free_addresses()}
        for index in range(2):
            folder = tmp_path / f"worker-{index}"
            folder.mkdir(exist_ok=True)
            config = {"cluster": cluster, "task": {"type": "worker", "index": index}}
            own = [*arguments, *(of_second if index else ())]
            process = start(
                *ARGUMENTS, "--data-dir", data_dir, *own, folder=folder, TF_CONFIG=json.dumps(config), **ONE_THREAD
            )
            started.append(process)
        return started[-2:], tmp_path / "worker-0", tmp_path / "worker-1"

    yield begin
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def wait_for_a_checkpoint(folder, processes):
    """Waits until the training writes a new checkpoint and has begun the steps that follow."""
    former = newest(folder)
    while newest(folder) == former and all(process.poll() is None for process in processes):
        time.sleep(0.01)
    time.sleep(0.1)


FIGURES = "weights_sha256", "train_loss", "train_accuracy", "test_loss", "test_accuracy"


@pytest.fixture(scope="module")
def figures_of_a_training():
    """The figures of a whole training by two workers, once one has ended."""
    return {}


def assert_same_figures(chief, figures_of_a_training):
    """A training ends with the figures of each other one, whether it was interrupted or not."""
    figures = {name: result(chief)[name] for name in FIGURES}
    assert (figures_of_a_training or figures) == figures
    figures_of_a_training.update(figures)


def test_a_whole_training(begin, figures_of_a_training):
    processes, chief, other = begin()
    endings = [ended(process) for process in processes]
    assert [(code, stderr) for code, _, stderr in endings] == [(0, "")] * 2
    assert "device: CPU" in endings[1][1]
    assert "Written to runs/: rnn-64\n" in endings[0][1]
    assert "Written" not in endings[1][1]
    assert contents(other) == {}
    assert_same_figures(chief, figures_of_a_training)


def assert_stops_after_the_same_step(begin, number, stopped):
    """A resumed training ends in all workers after a signal to one of them, after the same step."""
    processes, chief, other = begin("--resume")
    wait_for_a_checkpoint(chief, processes)
    processes[stopped].send_signal(number)
    endings = [ended(process) for process in processes]
    reasons = ["interrupted, because another worker is"] * 2
    reasons[stopped] = "interrupted"
    codes = [128 + signal.SIGTERM] * 2
    codes[stopped] = 128 + number
    lines = [f"train.py: {reasons[0]}; --resume resumes from {newest(chief)}\n"]
    lines += [f"train.py: {reasons[1]}; --resume resumes from the chief's last checkpoint\n"]
    assert [ending[::2] for ending in endings] == list(zip(codes, lines, strict=True))
    assert contents(other) == {}


def test_another_worker_is_lost_and_signals_arrive(begin, figures_of_a_training):
    """A training that is interrupted again and again ends as an uninterrupted one, and only the chief writes."""
    processes, chief, _ = begin()
    wait_for_a_checkpoint(chief, processes)
    with survives("SIGKILL of another worker"):
        processes[1].kill()
        assert_refused(ended(processes[0]), LOST.format(newest(chief)))
        assert not list(chief.rglob("model.keras"))
    for number, stopped in [(signal.SIGINT, 0), (signal.SIGTERM, 1)]:
        with survives(f"{number.name} to one of two workers"):
            assert_stops_after_the_same_step(begin, number, stopped)
    with survives("a training by two workers that was interrupted three times"):
        processes, _, other = begin("--resume")
        endings = [ended(process) for process in processes]
        assert [(code, stderr) for code, _, stderr in endings] == [(0, "")] * 2
        assert "rnn-64 resumes from runs/rnn-64/checkpoints/epoch-" in endings[0][1]
        assert contents(other) == {}
        found = result(chief)
        assert (found["strategy"], found["replicas"]) == ("multiworker", 2)
        assert_same_figures(chief, figures_of_a_training)


def test_the_chief_is_lost_and_another_strategy_does_not_resume(begin, data_dir):
    """The strategy and the number of replicas belong to the settings of a checkpoint."""
    processes, chief, other = begin()
    wait_for_a_checkpoint(chief, processes)
    with survives("SIGKILL of the chief"):
        processes[0].kill()
        assert_refused(ended(processes[1]), LOST.format("the chief's last checkpoint"))
        assert contents(other) == {}
    before = contents(chief)
    with survives("resumed with another strategy"):
        choices = ["--strategy", "mirrored", "--logical-devices", 3, "--data-dir", data_dir, "--resume"]
        ending = ended(start("rnn-64", *ARGUMENTS[3:], *choices, folder=chief, **ONE_THREAD))
        differing = "strategy 'multiworker' there, 'mirrored' now; replicas 2 there, 3 now"
        assert_refused(ending, rf"--resume: expected a checkpoint of this training, got \S+: {differing}")
    assert contents(chief) == before


def test_workers_with_other_options(begin):
    processes, chief, other = begin(of_second=["--seed", 1])
    with survives("workers with other options"):
        for process in processes:
            said = r".* in the chief \(there\) and in worker 2 of 2 \(now\): seed 0 there, 1 now"
            assert_refused(ended(process), f"--strategy multiworker: expected the same options {said}")
        assert not [path for path in contents(chief) if path.suffix == ".npz"]
        assert contents(other) == {}


def test_a_chief_that_refuses(begin, tmp_path):
    """The other worker notices it when it waits for the chief."""
    (tmp_path / "worker-0" / "runs" / "rnn-64").mkdir(parents=True)
    (tmp_path / "worker-0" / "runs" / "rnn-64" / "history.csv").touch()
    processes, _, other = begin()
    with survives("a chief that refuses"):
        chief, second = (ended(process) for process in processes)
        assert_refused(chief, "--output: expected a folder without a run, found runs/rnn-64/history.csv; .*")
        assert_refused(second, "another worker has ended or does not answer")
        assert contents(other) == {}
