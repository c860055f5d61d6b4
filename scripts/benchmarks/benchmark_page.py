"""The benchmark's page, written from the result files of its parts."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.part import Part, Results
from pages.blocks import Chapter
from pages.writer import read_results, results_of, write_json, write_page

TITLE = "Benchmark"
INTRODUCTION = (
    "This page compares the speed and memory of this project with those of Keras, torch and JAX, for the same models, "
    "weights and images. Every number is computed from the result files (JSON) next to this page. "
    "`python scripts/benchmark.py --page-only` writes the page and its pictures from these files alone.",
    "T is the number of time steps, H the number of hidden units, and B the number of images in a batch. “The "
    "notebook” is a published teaching notebook of 2022; “the notebook's broadcast” is its way to multiply a matrix "
    "with a batch of vectors. “The floor” is the time of NumPy's matrix products, tanh and exp alone, a lower limit "
    "for any NumPy implementation. A ratio is one of medians, and brackets give the interquartile range of the ratios "
    "of single rounds; – marks a value that was not measured.",
)


def write_results(folder: Path, part: Part, results: Results, conditions: dict[str, Any]) -> None:
    """Write the results of a part, and the conditions under which they were measured."""
    write_json(folder / f"{part.name}.json", {"conditions": conditions, "results": results})


def write_benchmark_page(folder: Path, parts: Iterable[Part], source: Path) -> list[str]:
    """Write the page and all pictures into `folder`; return the names of the parts on the page.

    The results of the parts are read from the folder `source`. Parts without results are left out. Raises Refused if a
    file of results is damaged.
    """
    by_name = {part.name: part for part in parts}
    contents = read_results(by_name, source)
    chapters = {source / f"{name}.json": partial(_chapter, by_name[name], one) for name, one in contents.items()}
    write_page(folder, TITLE, INTRODUCTION, chapters)
    return list(contents)


def check_results(folder: Path, parts: Iterable[Part]) -> None:
    """Raise Refused if `folder` has a damaged file of results of one of these parts, so that no page can be made."""
    by_name = {part.name: part for part in parts}
    for name, content in read_results(by_name, folder).items():
        with results_of(folder / f"{name}.json"):
            described(content["conditions"])
            by_name[name].describe(content["results"])
            by_name[name].tabulate(content["results"])


def _chapter(part: Part, content: dict[str, Any]) -> Chapter:
    return part.chapter(content["results"], described(content["conditions"]))


def described(conditions: dict[str, Any]) -> str:
    """Return the machine, the number of threads and the versions in words."""
    versions = ", ".join(f"{name} {version}" for name, version in conditions["versions"].items())
    return f"{conditions['threads']} threads on {conditions['processor']}, {versions}"
