"""Courses for nbgrader: a folder with the sources as assignments, and the exercises that nbgrader makes of them."""

import re
import shutil
import tempfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from command.errors import Refused
from notebook_files.sources import FOLDER, SOURCES, write

# A relative link to a picture, in Markdown or in HTML.
PICTURE = re.compile(r"""(!\[[^\]]*\]\(|(?:src|srcset)=")(\.\./[^)"\s]+\.(?:png|svg))""")
CONFIGURATION = FOLDER / "nbgrader_config.py"


def write_course(sources: dict[str, NotebookNode], folder: Path) -> None:
    """Write nbgrader's configuration, and each source as an assignment of its own with the name of the notebook.

    Its folder holds the pictures that it shows, because a released notebook has another place. Those of the answers
    are left out, because nbgrader would release them.
    """
    write_configuration(folder)
    for name, source in sources.items():
        copy, assignment = nbformat.from_dict(source), folder / "source" / name
        pictures: set[Path] = set()

        def beside_it(match: re.Match[str], pictures: set[Path] = pictures) -> str:
            pictures.add(SOURCES / match[2])
            return f"{match[1]}{Path(match[2]).name}"

        for cell in copy.cells:
            if cell.cell_type == "markdown" and not cell.metadata.get("nbgrader", {}).get("solution"):
                cell.source = PICTURE.sub(beside_it, cell.source)
        write(copy, assignment / f"{name}.ipynb")
        for picture in pictures:
            shutil.copy(picture, assignment)


def write_configuration(folder: Path) -> None:
    """Write nbgrader's configuration into the folder of a course."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(CONFIGURATION, folder)


def exercises_of(sources: dict[str, NotebookNode]) -> dict[str, NotebookNode]:
    """Return the exercises, made by nbgrader; raise Refused, with nbgrader's own words, for a source that is wrong."""
    # Imported here, because nbgrader takes two seconds to start.
    from nbgrader.apps import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import PyFileConfigLoader

    with tempfile.TemporaryDirectory() as temporary:
        course = Path(temporary) / "course"
        write_configuration(course)
        for name, source in sources.items():
            write(source, course / "source" / name / f"{name}.ipynb")
        configuration = PyFileConfigLoader(CONFIGURATION.name, str(course)).load_config()
        configuration.CourseDirectory.root = str(course)
        api = NbGraderAPI(CourseDirectory(config=configuration), config=configuration)
        exercises = {}
        for name in sources:
            ended = api.generate_assignment(name)
            if not ended["success"]:
                reason = re.findall(r"^    (\w+: .+)$", ended["log"], re.MULTILINE) or [ended["error"]]
                raise Refused(f"source/{name}.py: expected a source that nbgrader accepts: {reason[-1]}")
            exercises[name] = nbformat.read(course / "release" / name / f"{name}.ipynb", as_version=4)
    return exercises
