"""Courses for nbgrader: a folder with the sources as assignments, and the exercises that nbgrader makes of them."""

import re
import shutil
import tempfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import PyFileConfigLoader

from command.errors import Refused
from notebook_files.sources import FOLDER, write

CONFIGURATION = FOLDER / "nbgrader_config.py"


def write_course(sources: dict[str, NotebookNode], folder: Path) -> None:
    """Write nbgrader's configuration, and each source as an assignment of its own with the name of the notebook."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(CONFIGURATION, folder / CONFIGURATION.name)
    for name, source in sources.items():
        write(source, folder / "source" / name / f"{name}.ipynb")


def exercises_of(sources: dict[str, NotebookNode]) -> dict[str, NotebookNode]:
    """Return the exercises, made by nbgrader; raise Refused, with nbgrader's own words, for a source that is wrong."""
    with tempfile.TemporaryDirectory() as temporary:
        course = Path(temporary)
        write_course(sources, course)
        configuration = PyFileConfigLoader(CONFIGURATION.name, str(course)).load_config()
        configuration.CourseDirectory.root = temporary
        api = NbGraderAPI(CourseDirectory(config=configuration), config=configuration)
        exercises = {}
        for name in sources:
            ended = api.generate_assignment(name)
            if not ended["success"]:
                reason = re.findall(r"^    (\w+: .+)$", ended["log"], re.MULTILINE) or [ended["error"]]
                raise Refused(f"source/{name}.py: expected a source that nbgrader accepts: {reason[-1]}")
            exercises[name] = nbformat.read(course / "release" / name / f"{name}.ipynb", as_version=4)
    return exercises
