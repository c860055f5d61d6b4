"""Is a file of arrays the former one or the new one, and whole, wherever the writing of it is cut off?"""

import errno
import os
import subprocess
import sys

import numpy as np
import pytest

from numpy_rnn import checkpoint
from parity_tests.commands.processes import ROOT
from parity_tests.survival.faults import survives

FORMER, NEW = ({"W": np.full((40, 50), value), "b": np.arange(5.0)} for value in (1.0, 2.0))

# Writes a file and dies at the N-th call that reaches the disk, before or after it has been done.
KILLED = """
import os, sys
import numpy as np
from numpy_rnn import checkpoint

folder, number, when = sys.argv[1], int(sys.argv[2]), sys.argv[3]
calls = 0

def counted(call):
    def instead(*arguments, **options):
        global calls
        calls += 1
        if calls == number and when == "before":
            os._exit(9)
        result = call(*arguments, **options)
        if calls == number:
            os._exit(9)
        return result
    return instead

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
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})


def is_whole(path, expected):
    found = checkpoint.read(path)
    return found.keys() == expected.keys() and all(np.array_equal(found[name], expected[name]) for name in found)


def test_killed_at_every_call(tmp_path):
    checkpoint.write(tmp_path / "some.npz", FORMER)
    done = write_in_a_process(tmp_path, 0, "before")
    calls = int(done.stdout)
    assert calls > 8
    assert is_whole(tmp_path / "some.npz", NEW)
    outcomes = []
    for number in (*range(1, calls - 1, 5), calls - 1, calls):
        for when in ("before", "after"):
            checkpoint.write(tmp_path / "some.npz", FORMER)
            with survives("killed while a checkpoint is written, NumPy"):
                assert write_in_a_process(tmp_path, number, when).returncode == 9
                outcomes.append(is_whole(tmp_path / "some.npz", NEW))
                assert outcomes[-1] or is_whole(tmp_path / "some.npz", FORMER)
    assert outcomes == sorted(outcomes)
    assert set(outcomes) == {False, True}
    # What was left behind is in nobody's way.
    checkpoint.write(tmp_path / "some.npz", NEW)
    assert [path.name for path in tmp_path.iterdir()] == ["some.npz"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize("call", ["savez", "fsync", "replace"])
def test_an_error_leaves_the_former_file(tmp_path, monkeypatch, call, code):
    checkpoint.write(tmp_path / "some.npz", FORMER)

    def fails(*arguments, **options):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(np if call == "savez" else os, call, fails)
    with (
        survives("disk full or broken while a checkpoint is written"),
        pytest.raises(OSError, match=os.strerror(code)),
    ):
        checkpoint.write(tmp_path / "some.npz", NEW)
    assert [path.name for path in tmp_path.iterdir()] == ["some.npz"]
    assert is_whole(tmp_path / "some.npz", FORMER)


def test_the_folder_is_flushed_after_the_file_has_its_name(tmp_path, monkeypatch):
    calls: list[int | str] = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(descriptor):
        calls.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    def noted_replace(source, target):
        calls.append("replace")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    checkpoint.write(tmp_path / "some.npz", NEW)
    assert calls == [(tmp_path / "some.npz").stat().st_ino, "replace", tmp_path.stat().st_ino]
