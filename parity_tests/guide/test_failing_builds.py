"""The command fails, with one line that says why, if a page does not agree with the code."""

import subprocess
import sys

import pytest

from mutations import project_copy
from parity_tests import requirements

requirements.need("guide")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project."""
    folder = tmp_path_factory.mktemp("project")
    project_copy.copy_project(folder)
    return folder


@pytest.mark.parametrize(
    ("file", "right", "wrong", "message"),
    [
        ("numpy_rnn/rnn.py", "np.tanh(a)  # (1.2)", "np.tanh(a)", "rnn forward: no number: h[t] = np.tanh(a)"),
        ("numpy_rnn/lstm.py", "  # ∂(2.6)/∂o", "", "lstm backward: no line of code: ∂(2.6)/∂o"),
        ("docs/equation-beside-code.md", "| (4.3) |", "| (4.5) |", "adam step: no line of code: (4.5)"),
        ("docs/derivations.md", "(common-mistakes.md)", "(no-such-page.md)", "no-such-page.md"),
        ("docs/derivations.md", r"da = dh \circ", r"da = dh \nosuchcommand", "expected LaTeX that can be typeset"),
    ],
)
def test_a_deviation_ends_the_build_with_exit_code_1(project, tmp_path, file, right, wrong, message):
    source = (project / file).read_text(encoding="utf-8")
    assert right in source
    try:
        (project / file).write_text(source.replace(right, wrong, 1), encoding="utf-8")
        command = [sys.executable, "scripts/guide.py", "--output", str(tmp_path / "site")]
        environment = project_copy.environment(project)
        ended = subprocess.run(
            command, cwd=project, env=environment, capture_output=True, encoding="utf-8", check=False
        )
    finally:
        (project / file).write_text(source, encoding="utf-8")
    assert not list((tmp_path / "site").iterdir())
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert message in " ".join((ended.stdout + ended.stderr).split())
