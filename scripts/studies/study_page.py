"""The page that answers all questions, written from the result files of the studies."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from pages.writer import read_results, write_page
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


def write_study_page(folder: Path, studies: Iterable[Study], *sources: Path) -> list[str]:
    """Write the page and all pictures into `folder`; return the names of the studies on the page.

    The results of a study are read from the first of the folders `sources` that has them. Studies without results are
    left out.
    """
    by_name = {study.name: study for study in studies}
    results = read_results(by_name, *sources)
    quick = any(one["plan"]["quick"] for one in results.values())
    chapters = [partial(by_name[name].chapter, one) for name, one in results.items()]
    write_page(folder, TITLE, [*INTRODUCTION, *([QUICK] if quick else [])], chapters)
    return list(results)
