"""The benchmark's page, written from the result files of its parts."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.part import Part, Results
from pages.blocks import Chapter
from pages.wording import count
from pages.writer import read_results, results_of, write_json, write_page

TITLE = "Benchmark"
INTRODUCTION = (
    "This page compares the speed and memory of this project with those of Keras, torch and JAX. All of them compute "
    "the same models, from the same weights and images, in float32.",
    "Every number is computed from the result files (JSON) next to this page. `python scripts/benchmark.py "
    "--page-only` writes the page and its pictures from these files alone.",
    "These words have a meaning of their own on this page:",
    """- **T, H, B**: the number of time steps, of hidden units, and of images in a batch.
- **Contender**: one implementation of the model, in this project or with another library, that is timed.
- **Round**: one pass through all contenders, one after another. Other load on the machine then affects all of them in
  a similar way.
- **Ratio**: a contender's time divided by another one's time in the same round. The page gives the median of the
  rounds' ratios. Brackets give the interquartile range. A ratio is not computed from the two median times of a table,
  so it can differ from their quotient.
- **Goal**: the highest ratio with which the project meets its aim for speed.
- **Shard**: a part of a batch. `numpy_rnn` splits a batch into two shards by default, and computes each in a process
  of its own, with one thread.
- **The floor**: a program that computes only the recurrence's matrix products, tanh and exp, with NumPy, split among
  processes in the same way as `numpy_rnn`. Its time is a lower limit for an implementation of the recurrence in NumPy.
- **Graph, XLA, eager**: three ways to run `tf_rnn`. TensorFlow runs a graph, compiles the graph with XLA, or runs one
  operation at a time from Python.
- **Unrolled**: a Keras layer with `unroll=True`, whose graph repeats the operations of a time step T times.
- **The notebook's broadcast**: `tf_rnn` with the matrix product of a teaching notebook of 2022. The notebook multiplies
  a matrix with each vector of a batch by broadcasting, instead of one product with all vectors.
- **–**: a value that was not measured.

The parts of this page are:""",
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
    chapters = [(source / f"{name}.json", partial(_chapter, by_name[name], one)) for name, one in contents.items()]
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
    return part.chapter(content["results"], described(content["conditions"]), content["conditions"]["threads"])


def described(conditions: dict[str, Any]) -> str:
    """Return the number of threads, the machine and the versions in words."""
    versions = ", ".join(f"{name} {version}" for name, version in conditions["versions"].items())
    machine = f"{conditions['processor']} with {count(conditions['cores'], 'core')}"
    return f"{count(conditions['threads'], 'thread')} on {machine}, {versions}"
