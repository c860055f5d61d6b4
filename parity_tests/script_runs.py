"""Runs of `scripts/train.py` in processes of their own."""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def start(*arguments, folder, root=ROOT, first_on_path=None, **environment):
    """The script in a process of its own, with its working directory in `folder`, as without this suite's settings."""
    path = os.pathsep.join(str(entry) for entry in (first_on_path, root) if entry)
    inherited = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    # A shell that starts the tests in the background has them ignore Ctrl-C, and their processes with them.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [sys.executable, root / "scripts" / "train.py", *map(str, arguments)],
            cwd=folder,
            env={**inherited, "COLUMNS": "120", "PYTHONPATH": path, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
    finally:
        signal.signal(signal.SIGINT, handler)


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
        (package / "__init__.py").write_text(f"raise ImportError('{name} was imported')\n")
    return folder / "stubs"
