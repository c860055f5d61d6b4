"""Does the environment of a user change no result: settings of Keras and TensorFlow, backends of matplotlib?"""

import json
import os
import shutil
import subprocess
import sys

import pytest

from parity_tests import ROOT
from parity_tests.commands.processes import result, run, two_at_once
from parity_tests.survival.faults import survives

SHOW = """
from command.quiet_start import quiet_start
with quiet_start():
    import keras
config = keras.config
print(config.backend(), config.floatx(), config.epsilon(), config.max_epochs(), config.max_steps_per_epoch())
print(config.dtype_policy().name, config.image_data_format())
"""
EXPECTED = "tensorflow float32 1e-07 None None\nfloat32 channels_last\n"
SETTINGS = {"floatx": "float16", "epsilon": 0.1, "backend": "jax", "image_data_format": "channels_first"}
VARIABLES = {
    "KERAS_BACKEND": "jax",
    "KERAS_MAX_EPOCHS": "1",
    "KERAS_MAX_STEPS_PER_EPOCH": "1",
    "TF_USE_LEGACY_KERAS": "1",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2",
    "ONEDNN_DEFAULT_FPMATH_MODE": "BF16",
}

TINY = ["rnn-64", "--backend", "numpy", "--epochs", 1, "--hidden-dim", 4, "--batch-size", 5000]
# Python imports this as `sitecustomize`: pictures with subplots fail.
FAILING = """
import matplotlib.figure
def fail(*arguments, **options):
    raise RuntimeError("no picture")
matplotlib.figure.SubFigure.subplots = fail
"""

CONSOLES = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "C locale": {"PYTHONIOENCODING": "", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


def hostile(folder, content):
    """Environment variables that limit trainings, and a keras.json with this content, where Keras looks for it."""
    (folder / ".keras").mkdir()
    (folder / ".keras" / "keras.json").write_text(content, encoding="utf-8")
    return {**VARIABLES, "HOME": str(folder), "USERPROFILE": str(folder), "KERAS_HOME": str(folder / ".keras")}


@pytest.mark.tensorflow
@pytest.mark.slow
def test_keras_starts_with_its_defaults(tmp_path):
    path = os.pathsep.join([str(ROOT), str(ROOT / "scripts")])

    def starts_with_its_defaults(name, content):
        (tmp_path / name).mkdir()
        variables = {**os.environ, **hostile(tmp_path / name, content), "PYTHONPATH": path}
        shown = subprocess.check_output([sys.executable, "-c", SHOW], env=variables, encoding="utf-8")
        assert shown == EXPECTED
        assert (tmp_path / name / ".keras" / "keras.json").read_text(encoding="utf-8") == content

    with survives("settings of Keras in the environment", 2):
        two_at_once(starts_with_its_defaults, ["settings", "list"], [json.dumps(SETTINGS), '["not", "an", "object"]'])


@pytest.mark.tensorflow
@pytest.mark.slow
def test_a_training_does_what_it_records(tmp_path, data_dir):
    arguments = ["rnn-64", "--hidden-dim", 4, "--batch-size", 5000, "--epochs", 2, "--deterministic"]
    arguments += ["--data-dir", data_dir, "--no-pictures"]
    environments = {"usual": {}, "hostile": hostile(tmp_path, json.dumps({"floatx": "float64"}))}

    def train(name):
        (tmp_path / name).mkdir()
        code, _, stderr = run(*arguments, folder=tmp_path / name, **environments[name])
        assert code in (0, 1), stderr

    with survives("settings of Keras in the environment"):
        two_at_once(train, environments)
        usual, changed = (result(tmp_path / name) for name in ("usual", "hostile"))
        for key in ("weights_sha256", "train_loss", "test_loss", "epochs"):
            assert changed[key] == usual[key]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "backend"),
    [
        ("train.py", "module://matplotlib_inline.backend_inline"),
        ("study.py", "nonsense"),
        ("benchmark.py", "nonsense"),
        ("draw_cells.py", "nonsense"),
    ],
)
def test_pictures_use_no_backend_of_the_environment(tmp_path, script, backend):
    own: dict[str, list] = {"train.py": TINY, "draw_cells.py": ["--output", "figures"]}
    arguments = own.get(script, ["--help"])
    with survives("matplotlib backend of a notebook"):
        code, _, stderr = run(*arguments, folder=tmp_path, script=script, MPLBACKEND=backend)
        assert (code in (0, 1), stderr) == (True, "")
    assert len(list(tmp_path.rglob("*.png"))) == 4 * (script == "train.py")


@pytest.mark.parametrize("module", ["trainings.figures", "studies.width", "benchmarks.part", "pages.cell_figures"])
def test_rooms_set_the_backend_before_matplotlib_is_imported(module):
    path = os.pathsep.join([str(ROOT), str(ROOT / "scripts")])
    variables = {**os.environ, "PYTHONPATH": path, "MPLBACKEND": "nonsense"}
    subprocess.run([sys.executable, "-c", f"import {module}"], env=variables, check=True)


@pytest.mark.slow
def test_without_matplotlib_nothing_is_trained(tmp_path):
    """Nor without a library that matplotlib loads only when it draws."""

    def is_refused(name):
        (tmp_path / name / name).mkdir(parents=True)
        (tmp_path / name / name / "__init__.py").write_text(f"raise ImportError('no {name}')", encoding="utf-8")
        code, stdout, stderr = run(*TINY, "--output", f"runs-{name}", folder=tmp_path, first_on_path=tmp_path / name)
        message = f"train.py: error: a package cannot be imported: no {name}; --debug shows where\n"
        assert (code, stderr) == (2, message)
        assert "epoch 1/1" not in stdout

    with survives("a library for pictures is missing", 2):
        two_at_once(is_refused, ["matplotlib", "PIL"])
    assert not list(tmp_path.rglob("*.npz"))


def test_without_pictures_no_matplotlib_is_needed(tmp_path):
    """The pictures of a former run, which do not show the resumed one, are removed too."""
    (tmp_path / "stubs" / "matplotlib").mkdir(parents=True)
    (tmp_path / "stubs" / "matplotlib" / "__init__.py").write_text("raise ImportError", encoding="utf-8")
    for options in ([], ["--resume", "--epochs", 2]):
        code, _, stderr = run(*TINY, "--no-pictures", *options, folder=tmp_path, first_on_path=tmp_path / "stubs")
        assert (code, stderr) == (0, "")
        assert not list(tmp_path.rglob("*.png"))
        (tmp_path / "runs" / "rnn-64" / "predictions.png").touch()


@pytest.mark.slow
def test_a_failing_picture_loses_no_training(tmp_path):
    code, _, stderr = run(*TINY, folder=tmp_path)
    assert (code in (0, 1), stderr) == (True, "")
    (tmp_path / "stubs").mkdir()
    (tmp_path / "stubs" / "sitecustomize.py").write_text(FAILING, encoding="utf-8")
    with survives("a picture that cannot be drawn"):
        code, _, stderr = run(*TINY, "--resume", "--epochs", 2, folder=tmp_path, first_on_path=tmp_path / "stubs")
        assert code in (0, 1)
        assert stderr == (
            "train.py: warning: runs/rnn-64: the pictures cannot be drawn, "
            "but the model and result.json are written: no picture\n"
        )
        assert result(tmp_path)["epochs"] == 2
    assert not list(tmp_path.rglob("*.png"))
    assert not list(tmp_path.rglob("*unfinished*"))


@pytest.mark.slow
@pytest.mark.parametrize("encoding", CONSOLES)
def test_a_console_that_lacks_characters(tmp_path, encoding):

    def train(*arguments):
        return run(*arguments, folder=tmp_path, **CONSOLES[encoding])

    with survives("console in ASCII or cp1252"):
        trained, explained = two_at_once(lambda one: train(*one), [[*TINY, "--output", "σ→"], ["--help"]])
        code, stdout, stderr = trained
        assert (code in (0, 1), stderr) == (True, "")
        assert "Accuracy on MNIST" in stdout
        assert "? 71.5 %" in stdout
        assert (tmp_path / "σ→" / "rnn-64" / "result.json").exists()
        code, _, stderr = explained
        assert (code, stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize(("script", "page"), [("study.py", "studies"), ("benchmark.py", "benchmark")])
def test_pages_are_written_in_utf8(tmp_path, script, page):
    """From results whose machine has a name that is not ASCII."""
    shutil.copytree(ROOT / "docs" / page, tmp_path / page, ignore=shutil.ignore_patterns("*.png", "*.md"))
    with survives("console in ASCII or cp1252"):
        code, _, stderr = run("--page-only", "--output", page, folder=tmp_path, script=script, **CONSOLES["C locale"])
        assert (code, stderr) == (0, "")
    written, published = ((folder / page / "report.md").read_text("utf-8") for folder in (tmp_path, ROOT / "docs"))
    assert written == published
