# %%
# Set-up: installs what is missing, and prints versions.
TENSORFLOW = True  # whether this notebook uses TensorFlow
PROJECT = ""  # outside a clone of the project: its address (git+https://…), its folder or its wheel

import importlib
import os
import site
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path


class SetUpStopped(Exception):
    def _render_traceback_(self):  # the notebook shows the message alone
        return [str(self)]


def is_clone(folder):
    file = folder / "pyproject.toml"
    return file.is_file() and 'name = "numpy-tf-rnn"' in file.read_text(encoding="utf-8")


os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow")
packages = ["numpy", "matplotlib", "hypothesis", *["tensorflow", "keras"] * TENSORFLOW, "numpy_rnn"]
missing = [name for name in packages if not find_spec(name)]
if missing:
    extra = "[notebooks]" if TENSORFLOW else "[numpy-notebook]"
    clone = next(filter(is_clone, [Path.cwd(), *Path.cwd().parents]), None)
    if PROJECT:
        arguments = [f"numpy-tf-rnn{extra} @ {PROJECT}" if "://" in PROJECT else f"{PROJECT}{extra}"]
    elif clone:
        arguments = ["-e", f"{clone}{extra}"]
    else:
        raise SetUpStopped(
            f"Not installed: {', '.join(missing)}. This folder is not in a clone of the project: write the "
            'address, folder or wheel of the project into the line PROJECT = "", and run this cell again.'
        )
    print(f"Not installed: {', '.join(missing)}. It takes a few minutes:")
    print("pip install", *arguments, flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", *arguments]
    ended = subprocess.run(pip, capture_output=True, text=True)
    if ended.returncode:
        raise SetUpStopped(f"pip failed:\n{ended.stderr.strip()}")
    if "numpy" in sys.modules:
        raise SetUpStopped("Installed. NumPy was loaded before: restart the kernel and run this cell again.")
    for folder in [*site.getsitepackages(), site.getusersitepackages()]:
        site.addsitedir(folder)  # an editable install adds a path to this folder
    importlib.invalidate_caches()

stderr = os.dup(2)
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # hides what TensorFlow logs before its log level takes effect
try:
    versions = [f"{name} {importlib.import_module(name).__version__}" for name in packages]
finally:
    os.dup2(stderr, 2)
print(f"Python {sys.version.split()[0]}", *versions, sep="\n")
