"""The page that answers all questions, written from the result files of the studies."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from pages.writer import read_results, results_of, write_page
from studies.definition import Study

TITLE = "The exercise, answered by experiment"
INTRODUCTION = (
    "A teaching notebook of 2022, called “the notebook” below, trains a basic RNN and an LSTM on MNIST. An image is a "
    "sequence of its 28 rows or of its 28 columns. The notebook's exercise asks questions about these models, and this "
    "page answers each question with training runs.",
    "Every number and every sentence below is computed from the result files (JSON) next to this page. "
    "`python scripts/study.py` trains, measures and writes everything again; `python scripts/study.py --page-only` "
    "writes the page and its pictures from the result files alone.",
    "An accuracy is the share of the test images that a network classifies correctly. If several seeds were trained, "
    "the mean is given, followed by the lowest and the highest value in brackets.",
)
QUICK = (
    "**This is the quick version, with a tenth of the images and few seeds. It shows that the studies run; its numbers "
    "answer nothing.**"
)


def write_study_page(folder: Path, studies: Iterable[Study], source: Path) -> list[str]:
    """Write the page and all pictures into `folder`; return the names of the studies on the page.

    The results of the studies are read from the folder `source`. Studies without results are left out. Raises Refused
    if a file of results is damaged.
    """
    by_name = {study.name: study for study in studies}
    results = read_results(by_name, source)
    quick = False
    for name, one in results.items():
        with results_of(source / f"{name}.json"):
            quick = quick or one["plan"]["quick"]
    chapters = [(source / f"{name}.json", partial(by_name[name].chapter, one)) for name, one in results.items()]
    write_page(folder, TITLE, [*INTRODUCTION, *([QUICK] if quick else [])], chapters)
    return list(results)


def check_results(folder: Path, studies: Iterable[Study]) -> None:
    """Raise Refused if `folder` has a damaged file of results of one of these studies, so that no page can be made."""
    by_name = {study.name: study for study in studies}
    for name, results in read_results(by_name, folder).items():
        with results_of(folder / f"{name}.json"):
            by_name[name].describe(results)
            by_name[name].tabulate(results)
