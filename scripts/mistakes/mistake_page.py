"""The generated parts of `docs/common-mistakes.md`: for each mistake a picture, the lines, and the judge's message."""

import difflib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from matplotlib import style
from matplotlib.figure import Figure

from mistakes.planted_trainings import STEPS, smoothed
from mutations.planted_errors import Mutant, mutated, read
from pages.style import BLUE, STYLE, VERMILLION
from parity_tests import ROOT, judge
from parity_tests.judging.known_errors import KnownError, with_error

PAGE = ROOT / "docs" / "common-mistakes.md"
FOLDER = ROOT / "docs" / "mistakes"
SETS = "shipped", "numpy_rnn"
BLOCK = re.compile(r"(<!-- mistake: ([^>]*?) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
PICTURE_STYLE = {**STYLE, "font.size": 11, "savefig.dpi": 110, "svg.hashsalt": "mistakes"}


class Curves(NamedTuple):
    """The loss of each training step, with the right code and with the mistake."""

    right: list[float]
    wrong: list[float]


def names_on(page: str) -> list[str]:
    """Return the names of the planted errors that a page shows."""
    return [name for _, name, _, _ in BLOCK.findall(page)]


def planted(name: str) -> Mutant:
    """Return the planted error of a name.

    Raises ValueError if there is none.
    """
    for mutant in (mutant for set_name in SETS for mutant in read(set_name)):
        if mutant.name == name:
            return mutant
    raise ValueError(f"docs/common-mistakes.md: expected the name of a planted error, got {name!r}")


def kind_of(mutant: Mutant) -> str:
    """Return "rnn" or "lstm"."""
    return Path(mutant.file).stem


def module_with(mutant: Mutant) -> ModuleType:
    """Return the module with the error in it."""
    return with_error(KnownError(mutant.file, mutant.old, mutant.new, mutant.name))


def changed_lines(mutant: Mutant) -> list[str]:
    """Return the wrong lines, marked by a minus, and the right ones, marked by a plus."""
    right = (ROOT / mutant.file).read_text("utf-8").splitlines()
    lines = difflib.unified_diff(mutated(mutant).splitlines(), right, lineterm="", n=0)
    return [line[0] + " " + line[1:].strip() for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")]


def message(mutant: Mutant) -> list[str]:
    """Return what the judge says about the code with the error in it."""
    verdict = judge(kind_of(mutant), module_with(mutant))
    return [*verdict.message(), "", verdict.last_line().replace(f"numpy_rnn.{kind_of(mutant)}", "with this mistake")]


def slug(name: str) -> str:
    """Return a name for files."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower().replace("σ", "sigma").replace("′", "-prime")).strip("-")


def sentence(mutant: Mutant, curves: Curves) -> str:
    """Return what the picture shows, with the mean loss of the last steps."""
    right, wrong = (f"{smoothed(losses)[-1]:.2f}" for losses in curves)
    kind = kind_of(mutant).upper()
    return (
        f"The training loss of an {kind} with 32 units over {STEPS} steps on MNIST. At the end it is {wrong} with the "
        f"mistake and {right} with the right code, from the same weights and batches."
    )


def draw(mutant: Mutant, curves: Curves, folder: Path) -> None:
    """Write the picture of a mistake."""
    with style.context([PICTURE_STYLE], after_reset=True):
        figure = Figure((7.2, 2.7), layout="constrained")
        axes = figure.add_subplot()
        axes.plot(smoothed(curves.right), color=BLUE, lw=2, label="right code")
        axes.plot(smoothed(curves.wrong), color=VERMILLION, lw=2, ls="--", label="with the mistake")
        axes.set(xlabel="training step", ylabel="loss", xlim=(0, STEPS), ylim=(0, None))
        axes.grid(True)
        axes.legend(loc="lower left", frameon=False)
        figure.savefig(folder / f"{slug(mutant.name)}.png")


def content(mutant: Mutant, curves: Curves) -> Iterator[str]:
    """Yield the lines of the generated part of a mistake."""
    right, wrong = (f"{smoothed(losses)[-1]:.2f}" for losses in curves)
    alt = f"Two curves of the loss: with the mistake it ends at {wrong}, with the right code at {right}"
    yield from ["", f"![{alt}](mistakes/{slug(mutant.name)}.png)", ""]
    yield from [f"*{sentence(mutant, curves)}*", ""]
    yield from ["The line (minus) and what mends it (plus):", "", "```diff", *changed_lines(mutant), "```", ""]
    yield from ["What the judge says:", "", "```text", *message(mutant), "```", ""]


def filled(page: str, curves: dict[str, Curves]) -> str:
    """Return the page with its generated parts made again."""

    def replace(found: re.Match[str]) -> str:
        start, name, _, end = found.groups()
        return start + "\n".join(content(planted(name), curves[name])) + "\n" + end

    return BLOCK.sub(replace, page)
