"""Are writes atomic: does the path hold the old file or the complete new one, wherever the write is interrupted?"""

import errno
import os
import stat
import subprocess
import sys

import numpy as np
import pytest

from numpy_rnn import checkpoint
from parity_tests import ROOT
from parity_tests.survival.faults import survives

OLD, NEW = ({"W": np.full((40, 50), value), "b": np.arange(5.0)} for value in (1.0, 2.0))

# A program that writes a file and exits at call number N of those that reach the disk, before or after that call.
KILLED = """
import os, sys
import numpy as np
from numpy_rnn import checkpoint

folder, number, when = sys.argv[1], int(sys.argv[2]), sys.argv[3]
calls = 0

def counted(call):
    def counting(*arguments, **options):
        global calls
        calls += 1
        if calls == number and when == "before":
            os._exit(9)
        result = call(*arguments, **options)
        if calls == number:
            os._exit(9)
        return result
    return counting

class File:
    def __init__(self, file):
        self.file = file
        self.write = counted(file.write)
        self.flush = counted(file.flush)
    def __getattr__(self, name):
        return getattr(self.file, name)
    def __enter__(self):
        return self
    def __exit__(self, *error):
        self.file.close()

checkpoint.open = lambda path, mode: File(open(path, mode, buffering=0))
for name in ("fsync", "replace"):
    setattr(os, name, counted(getattr(os, name)))
checkpoint.write(folder + "/some.npz", {"W": np.full((40, 50), 2.0), "b": np.arange(5.0)})
print(calls)
"""


def write_in_a_process(folder, number, when):
    command = [sys.executable, "-c", KILLED, str(folder), str(number), when]
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=os.environ | {"PYTHONPATH": str(ROOT)})


def holds(path, expected):
    """Whether a file holds these arrays."""
    found = checkpoint.read(path)
    return found.keys() == expected.keys() and all(np.array_equal(found[name], expected[name]) for name in found)


@pytest.mark.slow
def test_killed_at_every_call(tmp_path):
    checkpoint.write(tmp_path / "some.npz", OLD)
    done = write_in_a_process(tmp_path, 0, "before")
    calls = int(done.stdout)
    assert calls > 8
    assert holds(tmp_path / "some.npz", NEW)
    outcomes = []
    for number in (*range(1, calls - 1, 5), calls - 1, calls):
        for when in ("before", "after"):
            checkpoint.write(tmp_path / "some.npz", OLD)
            with survives("killed while a checkpoint is written, NumPy"):
                assert write_in_a_process(tmp_path, number, when).returncode == 9
                outcomes.append(holds(tmp_path / "some.npz", NEW))
                assert outcomes[-1] or holds(tmp_path / "some.npz", OLD)
    assert outcomes == sorted(outcomes)
    assert set(outcomes) == {False, True}
    # The files that killed processes leave don't prevent the next write, and disappear.
    checkpoint.write(tmp_path / "some.npz", NEW)
    assert [path.name for path in tmp_path.iterdir()] == ["some.npz"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize("call", ["savez", "fsync", "replace"])
def test_an_error_leaves_the_old_file(tmp_path, monkeypatch, call, code):
    checkpoint.write(tmp_path / "some.npz", OLD)

    def fails(*arguments, **options):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(np if call == "savez" else os, call, fails)
    with (
        survives("disk full or broken while a checkpoint is written"),
        pytest.raises(OSError, match=os.strerror(code)),
    ):
        checkpoint.write(tmp_path / "some.npz", NEW)
    assert [path.name for path in tmp_path.iterdir()] == ["some.npz"]
    assert holds(tmp_path / "some.npz", OLD)


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EIO])
@pytest.mark.parametrize("call", ["open", "fsync"])
def test_a_file_system_that_cannot_flush_a_folder(tmp_path, monkeypatch, call, code):
    """The checkpoint is in place, so the write succeeds; a broken disk is still reported."""
    original = getattr(os, call)

    def fails_for_a_folder(target, *arguments):
        if os.path.isdir(target) if call == "open" else stat.S_ISDIR(os.fstat(target).st_mode):
            raise OSError(code, os.strerror(code))
        return original(target, *arguments)

    monkeypatch.setattr(os, call, fails_for_a_folder)
    with survives("a folder that cannot be flushed to the disk"):
        if code == errno.EIO:
            with pytest.raises(OSError, match=os.strerror(code)):
                checkpoint.write(tmp_path / "some.npz", NEW)
        else:
            checkpoint.write(tmp_path / "some.npz", NEW)
        assert holds(tmp_path / "some.npz", NEW)


def test_the_folder_is_flushed_after_the_file_is_renamed(tmp_path, monkeypatch):
    calls: list[int | str] = []
    fsync, replace = os.fsync, os.replace

    def recording_fsync(descriptor):
        calls.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    def recording_replace(source, target):
        calls.append("replace")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", recording_fsync)
    monkeypatch.setattr(os, "replace", recording_replace)
    checkpoint.write(tmp_path / "some.npz", NEW)
    assert calls == [(tmp_path / "some.npz").stat().st_ino, "replace", tmp_path.stat().st_ino]
