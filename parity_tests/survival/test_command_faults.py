"""Does every command end in one line and with the right exit code, whatever is missing, closed or interrupted?"""

import os
import re
import resource
import signal
import subprocess
import sys
import time
from importlib.util import find_spec

import pytest

from parity_tests.commands.processes import (
    ONE_THREAD,
    ROOT,
    SMALL,
    assert_refused,
    ended,
    newest,
    run,
    small_run,
    start,
    two_at_once,
)
from parity_tests.survival.faults import survives

# Packages that a command imports at its start, and their extras, besides those of all commands.
NEEDS = {
    "mutate_equations.py": ("cosmic_ray", "mutation"),
    "guide.py": ("sphinx", "guide"),
    "notebooks.py": ("nbformat", "notebook-tools"),
}


def needs(script):
    """The mark that skips a test of this command where a package that it needs is not installed."""
    package, extra = NEEDS.get(script, ("rich", "scripts"))
    reason = f"needs {package}, which is not installed: python -m pip install -e '.[{extra}]'"
    return pytest.mark.skipif(not find_spec(package), reason=reason)


COMMANDS = [pytest.param(path.name, marks=needs(path.name)) for path in sorted((ROOT / "scripts").glob("*.py"))]
# A module that Python imports at its start, with which some packages are as if they were not installed.
MISSING = """
import sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {packages}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Finder())
"""


def without(folder, *packages):
    """A folder that, first on the path, makes these packages impossible to import."""
    (folder / "missing").mkdir(exist_ok=True)
    (folder / "missing" / "sitecustomize.py").write_text(MISSING.format(packages=packages), "utf-8")
    return folder / "missing"


@pytest.mark.parametrize(
    ("script", "package", "extra"),
    [
        pytest.param(
            "train.py",
            "tensorflow",
            r"tf,scripts\]\"; --backend numpy trains without it",
            marks=pytest.mark.tensorflow,  # without any of them the message is about Keras, which is imported first
        ),
        ("train.py", "keras", r"tf,scripts\]\"; --backend numpy trains without it"),
        ("train.py", "rich", r"scripts\]\""),
        ("train.py", "filelock", r"scripts\]\""),
        ("study.py", "matplotlib", r"scripts\]\""),
        ("study.py", "numpy_rnn", r"scripts\]\""),
        ("benchmark.py", "matplotlib", r"scripts\]\""),
        ("summary.py", "rich", r"scripts\]\""),
        ("draw_cells.py", "matplotlib", r"scripts\]\""),
        ("plant_errors.py", "rich", r"scripts\]\""),
        ("mutate_equations.py", "cosmic_ray", r"mutation\]\""),
        ("show_mistakes.py", "matplotlib", r"scripts\]\""),
        ("guide.py", "sphinx", r"guide\]\""),
    ],
)
def test_a_package_that_is_not_installed(tmp_path, script, package, extra):
    arguments = {"summary.py": ["x"], "train.py": ["rnn-64"]}.get(script, [])
    with survives("a package that is not installed"):
        ending = run(*arguments, folder=tmp_path, script=script, first_on_path=without(tmp_path, package))
        assert_refused(ending, rf"the package {package} is not installed: python -m pip install -e \"\.\[{extra}")


@pytest.mark.parametrize("script", COMMANDS)
def test_a_failure_that_nobody_expected(tmp_path, script):
    """It is one line; --debug also shows the traceback."""
    (tmp_path / "broken").mkdir()
    for package in ("rich", "matplotlib", "numpy", "nbformat"):
        text = "raise RuntimeError('first line\\nsecond line')\n"
        (tmp_path / "broken" / f"{package}.py").write_text(text, encoding="utf-8")
    options = {"folder": tmp_path, "script": script, "first_on_path": tmp_path / "broken"}
    with survives("an unexpected exception in a command"):
        message = "unexpected RuntimeError: first line second line; --debug shows where"
        usual, (code, _, stderr) = two_at_once(lambda arguments: run("x", *arguments, **options), [[], ["--debug"]])
        assert_refused(usual, message)
        assert code == 2
        assert stderr.startswith("Traceback (most recent call last)")
        assert stderr.endswith(f"{script}: error: {message}\n")


def test_an_object_that_fails_when_it_is_destroyed(tmp_path):
    """Python destroys the objects of libraries when the process ends, and one that fails changes nothing any more."""
    (tmp_path / "broken").mkdir()
    text = """
class Pool:
    def __del__(self):
        raise OSError("Bad file descriptor")

pool = Pool()
pool.itself = pool
raise RuntimeError("no console")
"""
    (tmp_path / "broken" / "rich.py").write_text(text, encoding="utf-8")
    options = {"folder": tmp_path, "first_on_path": tmp_path / "broken"}
    with survives("an object that fails when the process ends"):
        usual, (code, _, stderr) = two_at_once(lambda arguments: run("x", *arguments, **options), [[], ["--debug"]])
        assert_refused(usual, "unexpected RuntimeError: no console; --debug shows where")
        assert code == 2
        assert "OSError: Bad file descriptor" in stderr


@pytest.mark.parametrize(
    ("script", "option"),
    [
        pytest.param(script, option, marks=needs(script))
        for script, option in [
            ("benchmark.py", "--output"),
            ("draw_cells.py", "--output"),
            ("guide.py", "--output"),
            ("notebooks.py", "--output"),
            ("notebooks.py", "--course"),
            ("see_it_run.py", "--output"),
            ("show_mistakes.py", "--output"),
            ("study.py", "--output"),
        ]
    ],
)
def test_an_output_folder_that_cannot_be_created(tmp_path, script, option):
    """It is refused before anything is computed, and the message names the option."""
    (tmp_path / "file").touch()
    folder = os.path.join("file", "within")
    with survives("an output folder that cannot be created"):
        ending = run(option, folder, folder=tmp_path, script=script)
        assert_refused(
            ending, rf"{option}: expected a folder that can be created and written to, got {re.escape(folder)}.*: .*"
        )
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("script", COMMANDS)
def test_closed_streams_and_a_safe_path(tmp_path, script):

    def refuses_its_option(redirection, isolated):
        command = f'"{sys.executable}" {isolated} "{ROOT}/scripts/{script}" --unknown {redirection}'
        done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, encoding="utf-8")
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert not list(tmp_path.iterdir())

    with survives("closed standard streams, and python -P", 4):
        two_at_once(refuses_its_option, ["2>&-", ">&-", "<&- >&- 2>&-", ""], ["", "", "-P", "-P"])


@pytest.mark.parametrize("script", COMMANDS)
def test_ctrl_c_during_imports(tmp_path, script):
    """The signal arrives while a package is imported that does so for a second."""
    (tmp_path / "slow").mkdir()
    for package in ("rich", "matplotlib", "numpy", "nbformat"):
        text = f"import pathlib, time\npathlib.Path({str(tmp_path / 'begun')!r}).touch()\ntime.sleep(60)\n"
        (tmp_path / "slow" / f"{package}.py").write_text(text, encoding="utf-8")
    for number in (signal.SIGINT, signal.SIGTERM):
        (tmp_path / "begun").unlink(missing_ok=True)
        with survives("a signal during imports"):
            process = start("x", folder=tmp_path, script=script, first_on_path=tmp_path / "slow")
            while not (tmp_path / "begun").exists() and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(number)
            code, stdout, stderr = ended(process)
            assert (code, stdout) == (128 + number, "")
            assert re.fullmatch(rf"{re.escape(script)}: interrupted; .* kept\n", stderr)


@pytest.mark.slow
def test_memory_that_does_not_suffice(tmp_path):
    def little_memory():
        resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))

    arguments = ["--backend", "numpy", "--hidden-dim", 4096, "--batch-size", 60_000, "--epochs", 1]
    with survives("memory that does not suffice"):
        ending = run("rnn-64", *arguments, folder=tmp_path, before=little_memory, OPENBLAS_NUM_THREADS="1")
        assert_refused(ending, r"the memory does not suffice( \(.*\))?.*")


@pytest.mark.slow
def test_the_reader_of_a_pipe_ends(tmp_path):
    """As with `train.py | head`: the step is completed and saved, and a line says so."""

    def ends_after(lines):
        folder = tmp_path / str(lines)
        folder.mkdir()
        process = start("rnn-64", *SMALL, "--epochs", 50, folder=folder, **ONE_THREAD)
        read = [process.stdout.readline() for _ in range(lines)]
        process.stdout.close()
        process.stdout = None
        _, stderr = process.communicate(timeout=120)
        assert process.returncode == 141
        assert read[0].startswith("device: ")
        saved = f"--resume resumes from {newest(folder)}"
        assert stderr == f"train.py: stopped because stdout cannot be written (Broken pipe); {saved}\n"
        code, stdout, stderr = small_run(folder, "--resume", "--epochs", lines + 1)
        assert (code, stderr) == (0, "")
        assert f"resumes from runs/rnn-64/checkpoints/epoch-{lines:05}-step-" in stdout

    with survives("the reader of a pipe ends while it trains", 3):
        two_at_once(ends_after, [4, 1, 2])


@pytest.mark.parametrize("script", ["train.py", "summary.py"])
def test_a_standard_output_that_is_full(tmp_path, script):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    with survives("a full standard output"):
        command = f'"{sys.executable}" "{ROOT}/scripts/{script}" --help >/dev/full'
        done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, encoding="utf-8")
        assert done.returncode == 141
        assert re.fullmatch(rf"{script}: stopped because stdout cannot be written \(No space .*\); .*\n", done.stderr)


@pytest.mark.slow
@pytest.mark.parametrize(("script", "arguments"), [("plant_errors.py", ["shipped"]), ("mutate_equations.py", ["rnn"])])
def test_a_mutation_script_is_interrupted(tmp_path, script, arguments):
    """All its processes end with it, and its temporary folders disappear."""
    if script == "mutate_equations.py":
        pytest.importorskip("cosmic_ray")

    def ends_by(number):
        temporary = tmp_path / number.name
        temporary.mkdir()
        process = start(*arguments, folder=tmp_path, script=script, TMPDIR=str(temporary))
        while not list(temporary.rglob("profiles.py")) and process.poll() is None:
            time.sleep(0.01)
        time.sleep(1)
        process.send_signal(number)
        begin = time.monotonic()
        ending = ended(process)
        assert time.monotonic() - begin < 20
        assert (ending[0], ending[2]) == (128 + number, f"{script}: interrupted; no results are kept\n")
        assert not list(temporary.iterdir())

    with survives("a signal to a mutation script", 2):
        two_at_once(ends_by, [signal.SIGINT, signal.SIGTERM])
