"""Runs of `scripts/train.py`, or of another script, in processes of their own."""

import ctypes
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from numpy_rnn import checkpoint
from parity_tests import ROOT, requirements

# The commands import these packages, so a test file that starts a command is skipped where one is missing.
requirements.need("scripts")

SET_BY_THE_SUITE = "TF_CPP_MIN_LOG_LEVEL", "OPENBLAS_NUM_THREADS"
NEEDS_SIGNALS = pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals, which Windows lacks")
# Each of two runs at a time has a core of its own.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
SMALL = ["--backend", "numpy", "--hidden-dim", 16, "--epochs", 3, "--batch-size", 120, "--no-pictures"]


def start(*arguments, folder, root=ROOT, script="train.py", first_on_path=None, before=None, **environment):
    """The script in a process of its own, with its working directory in `folder`, as without this suite's settings.

    `before()` is called in the new process before the script begins; Windows cannot do that.
    """
    if before and os.name != "posix":
        pytest.skip("limits a process before it starts, which Windows cannot do")
    if before is without_privileges and sys.platform != "linux":
        pytest.skip("takes a privilege away from root by prctl, which only Linux has")
    path = os.pathsep.join(str(entry) for entry in (first_on_path, root) if entry)
    inherited = {name: value for name, value in os.environ.items() if name not in SET_BY_THE_SUITE}

    return subprocess.Popen(
        [sys.executable, root / "scripts" / script, *map(str, arguments)],
        cwd=folder,
        env={
            **inherited,
            "COLUMNS": "120",
            "PYTHONUNBUFFERED": "1",
            "PYTHONIOENCODING": "utf-8",
            "PYTHONPATH": path,
            **environment,
        },
        preexec_fn=before,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding=environment.get("PYTHONIOENCODING") or "utf-8",
    )


def ended(process):
    """Exit code, stdout and stderr of what `start` has started."""
    try:
        stdout, stderr = process.communicate(timeout=300)
    finally:
        process.kill()
    return process.returncode, stdout, stderr


def run(*arguments, **options):
    """Exit code, stdout and stderr of the script."""
    return ended(start(*arguments, **options))


def two_at_once(function, *arguments):
    """The results of `function`, which waits for processes, for each of the arguments; two calls run at a time."""
    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(function, *arguments))


def small_run(folder, *arguments, **options):
    """A training by NumPy that takes a few seconds."""
    return run("rnn-64", *SMALL, *arguments, folder=folder, **ONE_THREAD, **options)


def assert_refused(ending, message):
    """The script ended with exit code 2 and this one line."""
    code, _, stderr = ending
    assert code == 2, stderr
    assert re.fullmatch(rf"\w+\.py: error: {message}\n", stderr), stderr


def result(folder):
    return json.loads((folder / "runs" / "rnn-64" / "result.json").read_text(encoding="utf-8"))


def newest(folder):
    """The last checkpoint of the experiment rnn-64, as the script calls it; None if there is none."""
    paths = sorted((folder / "runs" / "rnn-64" / "checkpoints").glob("epoch-*.npz"))
    return paths[-1].relative_to(folder) if paths else None


def broken_off(*arguments, number, after, folder, **options):
    """Resumes the training, and sends the signal `after` seconds after a new checkpoint: what `ended` gives."""
    if os.name != "posix":
        pytest.skip("sends POSIX signals, which Windows lacks")
    former = newest(folder)
    process = start("rnn-64", *arguments, "--resume", folder=folder, **options)
    deadline = time.monotonic() + 120
    while newest(folder) == former and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(after)
    process.send_signal(number)
    return ended(process)


def assert_broken_off(folder, number, former, code, stdout, stderr):
    """It resumed from the `former` checkpoint and left a new sound one, which it named unless it was killed."""
    started = f"resumes from {former}" if former else "finds no checkpoint and starts"
    assert f"rnn-64 {started}\n" in stdout
    assert former is None or str(newest(folder)) > str(former)
    assert "progress" in checkpoint.read(folder / newest(folder))
    if number == signal.SIGKILL:
        assert (code, stderr) == (-number, "")
    else:
        message = f"train.py: interrupted; --resume resumes from {newest(folder)}\n"
        assert (code, stderr) == (128 + number, message)


def without_privileges():
    """Lets even root's process fail where permissions are missing: it loses CAP_DAC_OVERRIDE when it starts Python."""
    PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)


def full_disk():
    """Lets no file have more than 200 kilobytes: to a script, that is like a disk that is full.

    The limit is also one for shared memory. `SMALL` needs less of it, and a checkpoint has more than 200 kilobytes.
    """
    import resource  # Windows lacks it

    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))


def contents(folder):
    """Every file below `folder` with its checksum, and every folder."""
    return {
        path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
        for path in folder.rglob("*")
    }


def without_tensorflow(folder):
    """A folder of packages that take the place of TensorFlow, Keras and their company and can't be imported."""
    for name in ("tensorflow", "keras", "tensorflow_datasets"):
        package = folder / "stubs" / name
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(f"raise ImportError('{name} was imported')\n", encoding="utf-8")
    return folder / "stubs"
