"""Fig. 3 and Fig. 4: two time steps of the RNN and of the LSTM, and on which ways gradients reach h_t and c_t."""

from itertools import pairwise

from matplotlib.figure import Figure

from pages.cell_figures import Canvas, Colours, Point

APART = 0.11  # between the arrow forward and the arrow backward, on both sides of their middle
STEPS = {"t": 2.1, "t + 1": 6.0}
STATES = {"t-1": 0.4, "t": 4.0, "t+1": 7.75}
HALF = 0.55  # half the width of the frame of a step
WIDTH = 8.2
SYMBOL, NOTE = 17, 13.5  # sizes of text


def both_ways(canvas: Canvas, start: Point, end: Point) -> None:
    """Draws an arrow between two points of a horizontal or vertical line, and beside it the gradient's way back."""
    across = (0, APART) if start[1] == end[1] else (-APART, 0)
    there, back = ([(x + sign * across[0], y + sign * across[1]) for x, y in (start, end)] for sign in (1, -1))
    canvas.line(there)
    canvas.line(back[::-1], colour=canvas.colours.gradient, width=2.2)


def row(canvas: Canvas, y: float, letter: str) -> None:
    """Draws the states of one letter from left to right, through both steps."""
    for index, x in STATES.items():
        canvas.label((x, y), f"${letter}_{{{index}}}$", size=SYMBOL)
    for (before, after), x in zip(pairwise(STATES.values()), STEPS.values(), strict=True):
        both_ways(canvas, (before + 0.38, y), (x - HALF, y))
        both_ways(canvas, (x + HALF, y), (after - 0.38, y))


def to_the_loss(canvas: Canvas, h: float, loss: float) -> None:
    """Draws the loss above both states h, and the way to it."""
    middle = (STATES["t"] + STATES["t+1"]) / 2
    canvas.box((middle, loss), "$L$", width=STATES["t+1"] - STATES["t"] + 0.7)
    for index in ("t", "t+1"):
        both_ways(canvas, (STATES[index], h + 0.3), (STATES[index], loss - 0.25))
    canvas.label((STATES["t"] - 0.25, loss - 0.55), "from outside", size=NOTE, ha="right")


def rnn_through_time(colours: Colours) -> Figure:
    """Draws Fig. 3: h_t gets its gradient from outside and from the next step."""
    canvas = Canvas(WIDTH, 3.7, colours)
    h, loss = 1.85, 3.35
    for name, x in STEPS.items():
        canvas.cell((x - HALF, 1.3), (x + HALF, 2.5), f"step {name}")
    row(canvas, h, "h")
    to_the_loss(canvas, h, loss)
    for name, x in STEPS.items():
        canvas.label((x, h), f"$a_{{{name.replace(' ', '')}}}$", size=SYMBOL)
        canvas.label((x, 0.3), f"$x_{{{name.replace(' ', '')}}}$", size=SYMBOL)
        both_ways(canvas, (x, 0.55), (x, 1.3))
    canvas.label((4.87, h - 0.42), "$W^\\top da_{t+1}$", size=NOTE)
    canvas.label((1.1, h - 0.42), "$W^\\top da_t$", size=NOTE)
    return canvas.figure


def lstm_through_time(colours: Colours) -> Figure:
    """Draws Fig. 4: h_t and c_t each get their gradient on two ways."""
    canvas = Canvas(WIDTH, 4.7, colours)
    c, h, loss = 0.95, 2.85, 4.35
    for name, x in STEPS.items():
        canvas.cell((x - HALF, 0.4), (x + HALF, 3.5), f"step {name}")
        canvas.label((x, (c + h) / 2), "gates", size=SYMBOL)
        canvas.label((x, c), f"$\\circ\\, f_{{{name.replace(' ', '')}}}$", size=SYMBOL)
    row(canvas, h, "h")
    row(canvas, c, "c")
    to_the_loss(canvas, h, loss)
    for index in ("t", "t+1"):
        both_ways(canvas, (STATES[index], c + 0.3), (STATES[index], h - 0.3))
    canvas.label((4.87, h - 0.38), "h-part of", size=NOTE)
    canvas.label((4.87, h - 0.64), "$dz_{t+1}$", size=NOTE)
    canvas.label((4.78, c - 0.42), "$dc_{t+1} \\circ f_{t+1}$", size=NOTE)
    canvas.label((STATES["t"] - 0.25, (c + h) / 2), "through $h_t$", size=NOTE, ha="right")
    return canvas.figure
