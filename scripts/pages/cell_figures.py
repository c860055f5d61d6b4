"""Fig. 1 and Fig. 2: one time step of the RNN and of the LSTM, with the symbols and numbers of the equations."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib import style
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch
from matplotlib.path import Path as Curve

Point = tuple[float, float]

CORNER = 0.16
# The same bytes each time: ids from a fixed salt, no date.
STYLE: dict[str, Any] = {"font.family": "DejaVu Sans", "mathtext.fontset": "dejavusans", "svg.hashsalt": "cells"}
NO_DATE = {"Date": None}


class Colours(NamedTuple):
    """The colours of a figure on a light or on a dark background; `gradient` is that of the arrows backward."""

    ink: str
    number: str
    learned: str
    activation: str
    operation: str
    cell: str
    c: str
    gradient: str


LIGHT = Colours("#1f2328", "#57606a", "#fdebd0", "#d6eaf8", "#ffffff", "#f6f8fa", "#009E73", "#D55E00")
DARK = Colours("#e6edf3", "#9aa4af", "#5c3d12", "#16466b", "#0d1117", "#161b22", "#3fcf9f", "#ff9e5e")


class Canvas:
    """Boxes, circles, arrows and labels in the units of the axes, which are inches."""

    def __init__(self, width: float, height: float, colours: Colours):
        self.colours = colours
        self.parts: Counter[str] = Counter()
        self.figure = Figure((width, height))
        self.figure.patch.set_alpha(0)
        self.axes: Axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, width), ylim=(0, height))
        self.axes.set_axis_off()

    def cell(self, low: Point, high: Point, title: str) -> None:
        """Draws the frame of one time step between two corners, with a title in its upper left corner."""
        size = high[0] - low[0], high[1] - low[1]
        style = "round,pad=0,rounding_size=0.25"
        self.axes.add_patch(
            FancyBboxPatch(low, *size, boxstyle=style, facecolor=self.colours.cell, edgecolor=self.colours.number, lw=1)
        )
        self.label((low[0] + 0.18, high[1] - 0.25), title, size=12, ha="left", colour=self.colours.number)

    def part(self, artist: Artist, number: str) -> None:
        """Names a shape as a part of an equation, `part-1.1-2` for the second shape of (1.1)."""
        if number:
            self.parts[number] += 1
            artist.set_gid(f"part-{number.strip('()')}-{self.parts[number]}")

    def box(
        self,
        centre: Point,
        text: str,
        number: str = "",
        learned: bool = False,
        width: float = 0.78,
        part_of: str = "",
    ) -> None:
        """Draws a box for a matrix (`learned`) or for a function, with the number of its equation above it.

        A shape whose equation has its number elsewhere is `part_of` that equation.
        """
        height = 0.5
        low = centre[0] - width / 2, centre[1] - height / 2
        colour = self.colours.learned if learned else self.colours.activation
        style = "round,pad=0,rounding_size=0.08"
        shape = FancyBboxPatch(
            low, width, height, boxstyle=style, facecolor=colour, edgecolor=self.colours.ink, lw=1.3, zorder=3
        )
        self.part(self.axes.add_patch(shape), number or part_of)
        self.label(centre, text)
        self.number((centre[0] + width / 2 + 0.04, centre[1] + 0.37), number, ha="right")

    def gate(self, centre: Point, matrix: str, function: str, number: str) -> None:
        """Draws a matrix and, above it, the function of its product, with the number of the gate's equation."""
        self.box(centre, matrix, learned=True, width=1.14, part_of=number)
        self.box((centre[0], centre[1] + 0.47), function, width=1.14, part_of=number)
        self.number((centre[0] - 0.1, centre[1] + 0.86), number, ha="right")

    def circle(self, centre: Point, text: str, number: str = "", at: Point = (0.27, 0.27), part_of: str = "") -> None:
        """Draws a circle for an operation between arrays, with the number of its equation at an offset."""
        shape = Circle(centre, 0.2, facecolor=self.colours.operation, edgecolor=self.colours.ink, lw=1.3, zorder=3)
        self.part(self.axes.add_patch(shape), number or part_of)
        self.label(centre, text, size=16)
        self.number((centre[0] + at[0], centre[1] + at[1]), number, ha="left" if at[0] > 0 else "right")

    def label(self, at: Point, text: str, size: float = 15, ha: str = "center", colour: str | None = None) -> None:
        """Writes a symbol."""
        self.axes.text(
            *at, text, ha=ha, va="center_baseline", fontsize=size, color=colour or self.colours.ink, zorder=4
        )

    def number(self, at: Point, text: str, ha: str) -> None:
        """Writes the number of an equation."""
        self.axes.text(*at, text, ha=ha, va="center", fontsize=11.5, color=self.colours.number, zorder=4)

    def line(self, points: Sequence[Point], head: bool = True, colour: str | None = None, width: float = 1.6) -> None:
        """Draws a line along horizontal and vertical pieces with round corners, with an arrow head at its end."""
        colour = colour or self.colours.ink
        vertices, codes = [points[0]], [Curve.MOVETO]
        for before, corner, after in zip(points, points[1:], points[2:], strict=False):
            vertices += [_towards(corner, before), corner, _towards(corner, after)]
            codes += [Curve.LINETO, Curve.CURVE3, Curve.CURVE3]
        path = Curve([*vertices, points[-1]], [*codes, Curve.LINETO])
        self.axes.add_patch(PathPatch(path, fill=False, edgecolor=colour, lw=width, zorder=2))
        if head:
            self.axes.annotate(
                "",
                points[-1],
                _towards(points[-1], points[-2]),
                arrowprops={"arrowstyle": "-|>,head_length=0.5,head_width=0.22", "color": colour, "lw": width}
                | {"shrinkA": 0, "shrinkB": 0},
                zorder=2,
            )

    def dot(self, at: Point) -> None:
        """Marks where a line branches."""
        self.axes.add_patch(Circle(at, 0.045, color=self.colours.ink, zorder=3))


def _towards(start: Point, end: Point) -> Point:
    """The point at the distance CORNER from `start` in the direction of `end`, or `end` if that is nearer."""
    step = [end[axis] - start[axis] for axis in (0, 1)]
    length = max(abs(step[0]), abs(step[1]), 1e-9)
    part = min(CORNER / length, 1)
    return start[0] + part * step[0], start[1] + part * step[1]


def rnn_figure(colours: Colours) -> Figure:
    """Draws Fig. 1: equations (1.1) and (1.2), and the read-out (3.1) and (3.2) of the last step."""
    canvas = Canvas(10.4, 3.5, colours)
    canvas.cell((1.1, 0.8), (5.5, 3.35), "step t = 1 … T")
    y = 2.05
    canvas.label((0.5, y), "$h_{t-1}$")
    canvas.line([(0.85, y), (1.51, y)])
    canvas.box((1.9, y), "$W$", learned=True, part_of="(1.1)")
    canvas.line([(2.29, y), (2.9, y)])
    canvas.label((3.1, 0.4), "$x_t$")
    canvas.line([(3.1, 0.6), (3.1, 0.97)])
    canvas.box((3.1, 1.22), "$U$", learned=True, part_of="(1.1)")
    canvas.line([(3.1, 1.47), (3.1, y - 0.2)])
    canvas.box((3.1, 2.86), "$b$", learned=True, part_of="(1.1)")
    canvas.line([(3.1, 2.61), (3.1, y + 0.2)])
    canvas.circle((3.1, y), "+", "(1.1)", at=(0.2, -0.3))
    canvas.line([(3.3, y), (4.26, y)])
    canvas.label((3.78, y + 0.2), "$a_t$", size=13)
    canvas.box((4.65, y), "tanh", "(1.2)")
    canvas.line([(5.04, y), (5.85, y)])
    canvas.label((6.1, y), "$h_t$")
    canvas.label((6.1, y - 0.42), "to step t + 1", size=10.5, colour=colours.number)

    canvas.label((7.75, 3.1), "read-out, after step T", size=12, colour=colours.number)
    canvas.line([(6.35, y), (6.66, y)])
    canvas.box((7.05, y), "$V$", learned=True, part_of="(3.1)")
    canvas.line([(7.44, y), (7.8, y)])
    canvas.box((8.0, 1.22), "$d$", learned=True, part_of="(3.1)")
    canvas.line([(8.0, 1.47), (8.0, y - 0.2)])
    canvas.circle((8.0, y), "+", "(3.1)", at=(0.12, -0.36))
    canvas.line([(8.2, y), (8.53, y)])
    canvas.box((9.05, y), "softmax", "(3.2)", width=1.04)
    canvas.line([(9.57, y), (9.93, y)])
    canvas.label((10.1, y), "$y$")
    return canvas.figure


def lstm_figure(colours: Colours) -> Figure:
    """Draws Fig. 2: equations (2.1) to (2.6)."""
    canvas = Canvas(10.4, 5.2, colours)
    canvas.cell((1.1, 0.85), (9.3, 5.0), "step t = 1 … T")
    top, gates, bottom = 4.25, 2.15, 1.3
    x = {"f": 2.5, "i": 3.9, "u": 5.3, "o": 6.7}

    canvas.label((0.5, top), "$c_{t-1}$")
    canvas.line([(0.85, top), (x["f"] - 0.2, top)], colour=colours.c, width=2.6)
    canvas.circle((x["f"], top), "∘", part_of="(2.5)")
    canvas.line([(x["f"] + 0.2, top), (x["u"] - 0.2, top)], colour=colours.c, width=2.6)
    canvas.circle((x["u"], top), "+", "(2.5)")
    canvas.line([(x["u"] + 0.2, top), (9.65, top)], colour=colours.c, width=2.6)
    canvas.label((9.95, top), "$c_t$")

    canvas.label((0.5, bottom), "$h_{t-1}$")
    canvas.line([(0.85, bottom), (x["o"], bottom), (x["o"], gates - 0.25)])
    canvas.label((1.75, 0.4), "$x_t$")
    canvas.line([(1.75, 0.6), (1.75, bottom), (2.1, bottom)], head=False)
    canvas.label((4.55, bottom - 0.24), "$z_t = [h_{t-1};\\, x_t]$", size=13)
    boxes = {
        "f": ("$M_{forget}$", "σ", "(2.2)"),
        "i": ("$M_{input}$", "σ", "(2.1)"),
        "u": ("$M_{mod.\\,input}$", "tanh", "(2.4)"),
        "o": ("$M_{output}$", "σ", "(2.3)"),
    }
    for gate, (matrix, function, number) in boxes.items():
        if gate != "o":
            canvas.dot((x[gate], bottom))
            canvas.line([(x[gate], bottom), (x[gate], gates - 0.25)])
        canvas.gate((x[gate], gates), matrix, function, number)

    canvas.line([(x["f"], gates + 0.72), (x["f"], top - 0.2)])
    canvas.label((x["f"] + 0.22, 3.05), "$f_t$", size=14)
    product = 3.5
    canvas.circle((x["u"], product), "∘", part_of="(2.5)")
    canvas.line([(x["u"], gates + 0.72), (x["u"], product - 0.2)])
    canvas.line([(x["i"], gates + 0.72), (x["i"], product), (x["u"] - 0.2, product)])
    canvas.line([(x["u"], product + 0.2), (x["u"], top - 0.2)])
    canvas.label((x["i"] + 0.2, 3.05), "$i_t$", size=14)
    canvas.label((x["u"] + 0.24, 3.05), "$u_t$", size=14)

    h = 8.3
    canvas.dot((h, top))
    canvas.line([(h, top), (h, 3.75)])
    canvas.box((h, 3.5), "tanh", part_of="(2.6)")
    canvas.line([(h, 3.25), (h, 2.55)])
    canvas.circle((h, 2.35), "∘", "(2.6)")
    canvas.line([(x["o"], gates + 0.72), (x["o"], 3.25), (7.6, 3.25), (7.6, 2.35), (h - 0.2, 2.35)])
    canvas.label((x["o"] + 0.22, 3.05), "$o_t$", size=14)
    canvas.line([(h, 2.15), (h, bottom), (9.65, bottom)])
    canvas.label((9.95, bottom), "$h_t$")
    return canvas.figure


def write(path: Path, draw: Callable[[Colours], Figure], colours: Colours) -> None:
    """Write a figure in these colours as an SVG file, independent of the user's settings of matplotlib."""
    with style.context([STYLE], after_reset=True):
        draw(colours).savefig(path, metadata=NO_DATE)
