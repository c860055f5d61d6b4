"""Does `python -m parity_tests` end with the right exit code, and refuse bad input in one line?"""

import os
import subprocess
import sys

import numpy as np
import pytest

from numpy_rnn import rnn
from parity_tests import ROOT, judge
from parity_tests.judging.loading import load
from parity_tests.judging.refused import BadInput

OTHERS = "parity_tests/other_implementations"
RIGHT = """
from numpy_rnn.rnn import Params
import numpy as np

def forward(params, x, h_init):
    h = [h_init]
    for x_t in x:
        h.append(np.tanh(params.b + params.W @ h[-1] + params.U @ x_t))
    return {"h": np.array(h), "x": x}

def backward(params, trace, dh):
    b, W, U = params
    h, x = trace["h"], trace["x"]
    db, dW, dU, dx = np.zeros_like(b), np.zeros_like(W), np.zeros_like(U), np.zeros_like(x)
    later = np.zeros_like(h[0])
    for t in reversed(range(len(x))):
        da = (dh[t] + later) * (1 - h[t + 1] ** 2)
        db += da.sum(axis=1, keepdims=True)
        dW += da @ h[t].T
        dU += da @ x[t].T
        dx[t] = U.T @ da
        later = W.T @ da
    return {"db": db, "dW": dW, "dU": dU, "dx": dx, "dh_init": later}
"""
# Makes the imports of everything but NumPy and Hypothesis fail.
ALONE = "import sys; sys.modules.update(dict.fromkeys(['pytest', 'scipy', 'rich', 'filelock', 'matplotlib', 'keras']))"


def run(folder, *arguments, python=()):
    """The exit code, stdout and stderr of the command in a folder."""
    ended = subprocess.run(
        [sys.executable, *python, "-m", "parity_tests", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "100"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return ended.returncode, ended.stdout, ended.stderr


def written(folder, name, source):
    (folder / name).write_text(source, encoding="utf-8")
    return name


def test_a_right_file_ends_with_0_and_leaves_no_file(tmp_path):
    written(tmp_path, "my_rnn.py", RIGHT)
    code, out, err = run(tmp_path, "rnn", "my_rnn.py", "--quick")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "rnn my_rnn.py: RIGHT IN WHAT IT COMPUTES"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__") == ["my_rnn.py"]


def test_a_module_works_too_also_with_python_p(tmp_path):
    written(tmp_path, "my_rnn.py", RIGHT)
    code, out, err = run(tmp_path, "rnn", "my_rnn", "--quick", python=["-P"])
    assert (code, err) == (0, ""), out


def test_a_wrong_file_ends_with_1_and_names_the_quantity(tmp_path):
    written(tmp_path, "my_rnn.py", RIGHT.replace("later = W.T @ da", "later = W @ da"))
    code, out, err = run(tmp_path, "rnn", "my_rnn.py", "--quick")
    assert (code, err) == (1, "")
    assert "gradients (float64): wrong for T = 1, H = 3, I = 2, B = 1, float64, seed 0" in out
    assert "dh_init   ∂(1.1)" in out
    assert "right in this case: db, dW, dU, dx" in out
    assert out.splitlines()[-1] == "rnn my_rnn.py: WRONG"


def test_the_first_wrong_case_is_saved_on_demand(tmp_path):
    written(tmp_path, "my_rnn.py", RIGHT.replace("later = W.T @ da", "later = W @ da"))
    code, _, _ = run(tmp_path, "rnn", "my_rnn.py", "--quick", "--save", "wrong.npz")
    assert code == 1
    with np.load(tmp_path / "wrong.npz") as saved:
        arrays = {name: saved[name] for name in saved}
    params = rnn.Params(*(arrays[name] for name in rnn.Params._fields))
    gradients = rnn.backward(params, rnn.forward(params, arrays["x"], arrays["h_init"]), arrays["dh"])
    assert np.allclose(gradients.h_init, arrays["expected_dh_init"], rtol=1e-12)
    code, _, err = run(tmp_path, "rnn", "my_rnn.py", "--quick", "--save", "no/wrong.npz")
    assert code == 2
    assert err == "python -m parity_tests: error: no/wrong.npz: cannot be written: No such file or directory\n"


def test_code_that_raises_ends_with_3(tmp_path):
    written(tmp_path, "my_rnn.py", RIGHT.replace("h = [h_init]", "raise NotImplementedError('later')"))
    code, out, err = run(tmp_path, "rnn", "my_rnn.py", "--quick")
    assert (code, err) == (3, "")
    assert "forward raises NotImplementedError: later, for T = 1, H = 1, I = 1, B = 1" in out
    assert out.splitlines()[-1] == "rnn my_rnn.py: COULD NOT BE JUDGED"


def test_numpy_and_hypothesis_are_enough(tmp_path):
    written(tmp_path, "my_rnn.py", f"{ALONE}\n{RIGHT}")
    written(tmp_path, "sitecustomize.py", ALONE)
    command = f"{ALONE}; import runpy; sys.argv[1:] = ['rnn', 'my_rnn.py', '--quick']; runpy.run_module('parity_tests')"
    ended = subprocess.run(
        [sys.executable, "-c", command],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "RIGHT" in ended.stdout


def test_without_hypothesis_one_line_says_how_to_install_it(tmp_path):
    command = "import sys; sys.modules['hypothesis'] = None; import runpy; runpy.run_module('parity_tests')"
    ended = subprocess.run(
        [sys.executable, "-c", command],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr == (
        "python -m parity_tests: error: the package hypothesis is not installed: python -m pip install hypothesis\n"
    )


FILES = {
    "broken.py": "def forward(:\n",
    "raises.py": "raise RuntimeError('no\\nGPU')\n",
    "exits.py": "import sys\nsys.exit(5)\n",
    "needs.py": "import no_such_package\n",
    "empty.py": "",
    "only_forward.py": "def forward(params, x, h_init):\n    pass\n",
    "text.txt": "forward\n",
    "limits.py": RIGHT + "LIMITS = {'min_t': 1}\n",
    "list.py": RIGHT.replace('{"h": np.array(h), "x": x}', "h"),
    "no_h.py": RIGHT.replace('{"h": np.array(h), "x": x}', '{"H": h}'),
    "short.py": RIGHT.replace('"h": np.array(h)', '"h": np.array(h[1:])'),
    "typo.py": RIGHT.replace('"dh_init": later', '"dhinit": later'),
    "flat.py": RIGHT.replace('"db": db', '"db": db[:, 0]'),
    "not_summed.py": RIGHT.replace("db += da.sum(axis=1, keepdims=True)", "db = db + da"),
    "turned.py": RIGHT.replace('"dx": dx', '"dx": dx.swapaxes(1, 2)'),
    "nested.py": RIGHT.replace('"dW": dW', '"dW": dW.tolist()'),
    "complex.py": RIGHT.replace('"dW": dW', '"dW": dW + 0j'),
    "none.py": RIGHT.replace('return {"db"', 'return None and {"db"'),
}


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("missing.py", "missing.py: expected a Python file, found no such file"),
        ("missing", "missing: expected a Python file or a module, found neither"),
        ("folder", "folder: expected a Python file, found a folder"),
        ("binary.py", "binary.py: cannot be imported: "),
        ("text.txt", "text.txt: expected a Python file, whose name ends in .py"),
        ("broken.py", "broken.py: cannot be imported: SyntaxError: invalid syntax"),
        ("raises.py", "raises.py: cannot be imported: RuntimeError: no GPU"),
        ("exits.py", "exits.py: cannot be imported: SystemExit: 5"),
        ("needs.py", "needs.py: cannot be imported: No module named 'no_such_package'"),
        ("empty.py", "empty: expected the functions forward and backward, found no forward"),
        ("only_forward.py", "only_forward: expected the functions forward and backward, found no backward"),
        ("limits.py", "LIMITS: expected names of dtypes, min_T, "),
        ("list.py", "forward: expected a result with h, got list without h"),
        ("no_h.py", "forward: expected a result with h, got dict without h"),
        ("short.py", "h: expected the shape (T+1, H, B) = (2, 1, 1), got (1, 1, 1); h[0] has to be h_init"),
        ("typo.py", "backward: expected names of db, dW, dU, dx, dh_init, got 'dhinit'; did you mean dh_init?"),
        ("flat.py", "db: expected the shape (H, 1) = (1, 1), got (1,); keep the axis: sum(axis=1, keepdims=True)"),
        ("not_summed.py", "db: expected the shape (H, 1) = (3, 1), got (3, 3); db sums over the batch"),
        ("turned.py", "dx: expected the shape (T, I, B) = (1, 2, 1), got (1, 1, 2); its axes are in another order"),
        ("nested.py", "dW: expected a NumPy array, got list"),
        ("complex.py", "dW: expected real floating-point numbers, got dtype complex128"),
        ("none.py", "backward: expected a dict with db, dW, dU, dx, dh_init, or an object with these fields, got "),
    ],
)
def test_bad_input_is_refused_in_one_line(tmp_path, monkeypatch, place, message):
    for name, source in FILES.items():
        written(tmp_path, name, source)
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary.py").write_bytes(b"\0\1\2")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput) as refused:
        judge_file("rnn", place)
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


def judge_file(kind, place):
    from parity_tests.judging.checks import DEPTHS
    from parity_tests.judging.judgement import judged

    return judged(load(kind, place), DEPTHS["quick"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: kind, FILE"),
        (["lstn", "my_lstm.py"], "argument kind: invalid choice: 'lstn'"),
        (["rnn", "my_rnn.py", "--quick", "--thorough"], "not allowed with argument"),
        (["rnn", "my_rnn.py", "--qick"], "unrecognized arguments: --qick"),
        (["rnn", "missing.py"], "missing.py: expected a Python file, found no such file"),
    ],
)
def test_the_command_refuses_in_one_line_with_2(tmp_path, arguments, message):
    code, out, err = run(tmp_path, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("python -m parity_tests: error: ")
    assert err.count("\n") == 1
    assert message in err


def test_help_has_examples_and_exit_codes(tmp_path):
    code, out, _ = run(tmp_path, "--help")
    assert code == 0
    assert out.count("python -m parity_tests ") >= 3
    assert all(f"  {number} if " in out for number in (0, 1, 2, 3))


def test_a_closed_pipe_gives_no_traceback(tmp_path):
    written(tmp_path, "my_rnn.py", RIGHT)
    with subprocess.Popen(
        [sys.executable, "-m", "parity_tests", "rnn", "my_rnn.py", "--quick"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("gru", None), "kind: expected one of rnn, lstm, readout, got 'gru'"),
        (("LSTM", None), "kind: expected one of rnn, lstm, readout, got 'LSTM'"),
        (("rnn", len), "builtins: expected the functions forward and backward, found no backward"),
        (("rnn", 5), "int: expected the functions forward and backward, found no forward"),
    ],
)
def test_judge_refuses_by_name(arguments, message):
    with pytest.raises(BadInput, match=f"^{message}"):
        judge(*arguments)
    with pytest.raises(BadInput, match=r"^depth: expected one of quick, default, thorough, got 'fast'"):
        judge("rnn", None, depth="fast")
