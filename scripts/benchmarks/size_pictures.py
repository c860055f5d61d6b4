"""Pictures of time and memory as T, H or B grows, in multiples of `numpy_rnn`'s."""

from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.part import TITLES, Results, three_digits, times
from benchmarks.pictures import LARGE, MEDIUM, SMALL, WIDTH, looks, plain_ticks, run_title, short_label
from benchmarks.size_results import SIZES, measured, name_of, value
from benchmarks.timing import ratio
from pages.blocks import Picture

SHOWN = "numpy_rnn", "tf_rnn", "keras", "torch", "jax", "floor"
REFERENCE = "numpy_rnn"
KEPT = {"T": "H 128, B 128", "H": "T 28, B 128", "B": "T 28, H 128"}
MEANINGS = {"T": "time steps T", "H": "hidden units H", "B": "images in a batch B"}
# The distance of neighbouring markers at the same size, as a share of the axis.
APART = 0.02


class Quantity(NamedTuple):
    """What a picture shows: its key in the results, its unit, its title, its name, and who is left out."""

    key: str
    unit: str
    title: str
    name: str
    left_out: tuple[str, ...]


QUANTITIES = (
    Quantity("ms", "ms", "Time", "time", ()),
    Quantity("mib", "MiB", "Peak memory", "memory", ("floor",)),
)


def draw(results: Results, threads: int) -> list[Picture]:
    """Draw a picture of times and one of memory, with a panel for each recurrence and letter.

    No picture is drawn without measurements of `numpy_rnn`.
    """
    if REFERENCE not in measured(results):
        return []
    pictures = []
    for quantity in QUANTITIES:
        figure = Figure((WIDTH, 7.0), layout="constrained")
        figure.suptitle(run_title(f"{quantity.title} of a training step", threads), x=0.01, ha="left", fontsize=LARGE)
        panels = figure.subplots(2, 3, sharey=True)
        shown = [name for name in SHOWN if name in measured(results) and name not in quantity.left_out]
        for row, recurrence in zip(panels, TITLES, strict=True):
            for axes, letter in zip(row, SIZES, strict=True):
                _panel(axes, results, recurrence, letter, shown, quantity)
            row[0].set_ylabel(f"{quantity.name} ÷ {REFERENCE}'s", fontsize=MEDIUM)
        handles, labels = panels[0, 0].get_legend_handles_labels()
        options = {"ncols": 6, "frameon": False, "fontsize": SMALL, "columnspacing": 1.2}
        figure.legend(handles, labels, loc="outside lower center", **options)
        pictures.append(Picture(quantity.name, figure, _caption(quantity)))
    return pictures


def _panel(axes: Axes, results: Results, recurrence: str, letter: str, shown: list[str], quantity: Quantity) -> None:
    """Draw the multiples for each size; write the size and, below it, the value of `numpy_rnn` at the ticks."""
    whole = SIZES[letter][-1] / SIZES[letter][0]
    for number, name in enumerate(shown):
        shift = 1 if name == "floor" else whole ** (APART * (number - 2))
        found = [(size, _multiple(results, recurrence, letter, size, name, quantity)) for size in SIZES[letter]]
        points = [(shift * size, multiple) for size, multiple in found if multiple is not None]
        axes.plot(*zip(*points, strict=True), **{"linewidth": 2} | looks(name), label=short_label(name))
    own = [value(results[recurrence][name_of(letter, size)], REFERENCE, quantity.key) for size in SIZES[letter]]
    ticks = [
        f"{size:,}" + ("" if one is None else f"\n{three_digits(one)}")
        for size, one in zip(SIZES[letter], own, strict=True)
    ]
    axes.set(xscale="log", yscale="log")
    axes.set_title(f"{TITLES[recurrence]}, {KEPT[letter]}", fontsize=MEDIUM)
    axes.set_xlabel(f"{MEANINGS[letter]}\n(second line: {quantity.unit} of {REFERENCE})", fontsize=SMALL)
    axes.tick_params(axis="y", labelsize=SMALL)
    axes.margins(x=0.08)
    axes.set_xticks(SIZES[letter], ticks, fontsize=SMALL - 1)
    axes.minorticks_off()
    plain_ticks(axes.yaxis, "×")
    axes.grid(axis="y")


def _multiple(results: Results, recurrence: str, letter: str, size: int, name: str, quantity: Quantity) -> float | None:
    """Return a contender's value divided by that of `numpy_rnn`, for times by rounds; None if one is not measured."""
    result = results[recurrence][name_of(letter, size)]
    ours, theirs = (value(result, one, quantity.key) for one in (name, REFERENCE))
    if ours is None or theirs is None:
        return None
    return ratio(times(result)[name], times(result)[REFERENCE]).value if quantity.key == "ms" else ours / theirs


def _caption(quantity: Quantity) -> str:
    what = {
        "ms": "Time of a training step, as a multiple of the time of `numpy_rnn` at the same size",
        "mib": "Peak memory of a training step without the library, as a multiple of that of `numpy_rnn` at the same "
        "size",
    }[quantity.key]
    return (
        f"{what}. One size grows in each panel. The {quantity.name} of `numpy_rnn` in {quantity.unit} is below "
        "each size. Markers at the same size are drawn side by side. The tables have all contenders."
    )
