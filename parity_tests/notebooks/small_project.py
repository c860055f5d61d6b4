"""A copy of the project with two small notebooks, which are built and executed within seconds."""

import shutil

from parity_tests import ROOT, requirements

# The script imports these packages, so a test file that runs it is skipped where one is missing.
requirements.need("scripts")
requirements.need("notebook-tools")

NAMES = ["1-double", "2-widgets"]
METADATA = '"grade": {grade}, "grade_id": "{id}", "locked": {locked}, "schema_version": 3, "solution": {solution}'


def blank(identity):
    metadata = METADATA.format(grade="false", id=identity, locked="false", solution="true")
    return f'# %% nbgrader={{{metadata}, "task": false}}'


def check(identity, points):
    metadata = METADATA.format(grade="true", id=identity, locked="true", solution="false")
    return f'# %% nbgrader={{{metadata}, "points": {points}, "task": false}}'


def question(identity, points):
    metadata = METADATA.format(grade="true", id=identity, locked="false", solution="true")
    return f'# %% [markdown] nbgrader={{{metadata}, "points": {points}, "task": false}}'


DOUBLE = f"""\
# %% [markdown]
# # Twice and thrice
# ![A figure](../../figures/figure.svg) and [a page](../../page.md)

# %% tags=["parameters"]
EPOCHS = 4
TRAINING_IMAGES, TEST_IMAGES = 60_000, 10_000  # fewer for a quick trial

# %%
from parity_tests.notebook_checks import answers


@answers.checks("1.1", "Return 2 x.")
def check_double(function):
    if function(3) != 6:
        raise answers.Wrong("2 · 3 is 6")
    return "twice"


@answers.checks("1.2", "Return 3 x.")
def check_triple(function):
    if function(3) != 9:
        raise answers.Wrong("3 · 3 is 9")
    return "thrice"


print(EPOCHS, TRAINING_IMAGES, TEST_IMAGES)

{blank("blank-1-1")}
def double(x):
    # TODO 1.1: return 2 x
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


{check("check-1-1", 2)}
check_double(double)

{blank("blank-1-2")}
def triple(x):
    # TODO 1.2: return 3 x
    ### BEGIN SOLUTION
    return 3 * x
    ### END SOLUTION


{check("check-1-2", 3)}
check_triple(triple)

{question("question-1", 1)}
# ### BEGIN SOLUTION
# ![An answer](../../figures/answer.svg)
# Twice is less.
# ### END SOLUTION
"""

WIDGETS = """\
# %%
try:
    import ipywidgets
except ImportError:
    print("no widgets")

# %%
import os

print(os.environ["MPLBACKEND"])
"""


def make(folder):
    """The folder of a copy of the project, whose notebooks are the two above."""
    ignored = shutil.ignore_patterns("__pycache__")
    for room in ("numpy_rnn", "scripts", "parity_tests"):
        shutil.copytree(ROOT / room, folder / room, ignore=ignored)
    notebooks = folder / "docs" / "notebooks"
    (notebooks / "source").mkdir(parents=True)
    shutil.copy(ROOT / "docs" / "notebooks" / "nbgrader_config.py", notebooks)
    (folder / "docs" / "figures").mkdir()
    (folder / "docs" / "figures" / "figure.svg").write_text("<svg/>", encoding="utf-8")
    for name, text in zip(NAMES, [DOUBLE, WIDGETS], strict=True):
        source_file(folder, name).write_text(text, encoding="utf-8")
    return folder


def source_file(folder, name):
    return folder / "docs" / "notebooks" / "source" / f"{name}.py"


def change(path, old, new):
    """Replaces what a file contains once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
