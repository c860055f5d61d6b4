"""Does a training whose shards are computed by several processes survive faults, and leave nothing behind?"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from parity_tests import ROOT
from parity_tests.commands.processes import (
    NEEDS_SIGNALS,
    ONE_THREAD,
    SMALL,
    assert_refused,
    ended,
    newest,
    result,
    run,
    start,
    two_at_once,
)
from parity_tests.survival.faults import survives
from parity_tests.survival.leftovers import mark, nothing_is_left, processes_with

pytestmark = [
    pytest.mark.slow,
    NEEDS_SIGNALS,
    pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores, so that a worker is started"),
]
FEW_STEPS = [*SMALL, "--batch-size", 240]
OFTEN = [*FEW_STEPS, "--checkpoint-every", 20]


def trained(folder, *arguments, **options):
    """Exit code, stdout and stderr of a training that takes about two seconds."""
    return run("rnn-64", *FEW_STEPS, *arguments, folder=folder, **ONE_THREAD, **options)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted")
    trained(folder)
    return folder


def in_training(folder, environment):
    """A training that has saved its first checkpoint, and the number of its worker."""
    process = start("rnn-64", *OFTEN, folder=folder, **environment)
    while newest(folder) is None and process.poll() is None:
        time.sleep(0.005)
    (worker,) = set(processes_with(environment)) - {process.pid}
    return process, worker


def one_core():
    """Lets a process use one core."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])


def test_a_worker_that_is_killed(uninterrupted, tmp_path):
    environment = mark()
    with survives("SIGKILL of a worker of a training, NumPy"), nothing_is_left(environment):
        process, worker = in_training(tmp_path, environment)
        os.kill(worker, signal.SIGKILL)
        ending = ended(process)
        kept = re.escape(f"--resume resumes from {newest(tmp_path)}")
        assert_refused(
            ending, rf"rnn-64: expected a worker process to compute until the end, got its end by SIGKILL; {kept}"
        )
        assert trained(tmp_path, "--resume")[0] == 0
        assert result(tmp_path)["weights_sha256"] == result(uninterrupted)["weights_sha256"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_to_the_training_ends_its_worker(uninterrupted, tmp_path, number):
    environment = mark()
    with survives(f"{number.name} of a training with a worker, NumPy"), nothing_is_left(environment):
        process, _ = in_training(tmp_path, environment)
        process.send_signal(number)
        code, _, stderr = ended(process)
        if number == signal.SIGKILL:
            assert (code, stderr) == (-number, "")
        else:
            assert code == 128 + number
            assert stderr == f"train.py: interrupted; --resume resumes from {newest(tmp_path)}\n"
        assert trained(tmp_path, "--resume")[0] == 0
        assert result(tmp_path)["weights_sha256"] == result(uninterrupted)["weights_sha256"]


def test_ctrl_c_of_a_terminal_reaches_all_processes_of_a_command(tmp_path):
    """A terminal sends SIGINT to a whole process group; the worker is in another one."""
    environment = mark()
    with survives("Ctrl-C to the process group of a training, NumPy"), nothing_is_left(environment):
        process, worker = in_training(tmp_path, environment)
        assert os.getpgid(worker) != os.getpgid(process.pid)
        process.send_signal(signal.SIGINT)
        assert ended(process)[0] == 128 + signal.SIGINT


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system cannot restrict a process to one core")
def test_one_core_gives_the_same_bits(uninterrupted, tmp_path):
    environment = mark()
    ending = run("rnn-64", *FEW_STEPS, folder=tmp_path, before=one_core, **environment)
    assert ending[0] == 0
    for name in ("weights_sha256", "train_loss", "train_accuracy"):
        assert result(tmp_path)[name] == result(uninterrupted)[name]


def test_two_trainings_at_once(uninterrupted, tmp_path):
    folders = [tmp_path / name for name in ("first", "second")]
    environment = mark()

    def train(folder):
        folder.mkdir()
        return run("rnn-64", *FEW_STEPS, folder=folder, **environment)

    with survives("two trainings with workers at once, NumPy"), nothing_is_left(environment):
        assert [ending[0] for ending in two_at_once(train, folders)] == [0, 0]
        assert {result(folder)["weights_sha256"] for folder in folders} == {result(uninterrupted)["weights_sha256"]}


def test_no_shared_memory(tmp_path):
    def limit():
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    environment = mark()
    with survives("no shared memory for a training, NumPy"), nothing_is_left(environment):
        ending = run("rnn-64", *FEW_STEPS, folder=tmp_path, before=limit, **environment)
        assert_refused(
            ending,
            r"rnn-64: expected \d+ bytes of shared memory, got none: File too large; "
            "no checkpoint was written before",
        )


def test_a_full_dev_shm(uninterrupted, tmp_path):
    """In a namespace of its own, /dev/shm is a file system that is full; the workers' memory is not in it."""
    full = "mount -t tmpfs -o size=4k none /dev/shm && ! head -c 8000 /dev/zero > /dev/shm/full 2>/dev/null"
    inside = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
    try:
        possible = subprocess.run([*inside, full], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        possible = False
    if not possible:
        pytest.skip("the system allows no mount in a namespace")
    with survives("a full /dev/shm, NumPy"):
        command = map(str, [sys.executable, ROOT / "scripts" / "train.py", "rnn-64", *FEW_STEPS])
        subprocess.run(
            [*inside, f'{full}; exec "$@"', "sh", *command],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
        )
        assert result(tmp_path)["weights_sha256"] == result(uninterrupted)["weights_sha256"]


def test_another_number_of_shards_does_not_resume(uninterrupted, tmp_path):
    shutil.copytree(uninterrupted / "runs", tmp_path / "runs")
    (tmp_path / "runs" / "rnn-64" / "result.json").unlink()
    with survives("checkpoint of another configuration"):
        ending = trained(tmp_path, "--resume", "--shards", 3)
        assert_refused(ending, r"--resume: expected a checkpoint of this training, got .*: shards 2 there, 3 now")


def test_the_number_of_shards_is_recorded(uninterrupted):
    assert result(uninterrupted)["shards"] == 2
    assert "shards" not in json.dumps(result(uninterrupted)["versions"])
