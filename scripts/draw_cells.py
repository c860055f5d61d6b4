"""Draws the figures of the RNN and of the LSTM, one step and two steps, as SVG files for light and for dark pages."""

if __name__ == "__main__":
    import os
    import sys

    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # python -P leaves this folder out
    from command.start import run

    # Imports this module under its own name, so that errors and signals during the imports below are handled too.
    run("draw_cells")

import argparse
from pathlib import Path

from command.arguments import command_parser
from command.errors import Refused, one_line_for
from command.output_folders import create
from command.signals import Stopping
from pages import cell_figures, time_figures

FIGURES = {
    "fig-1-rnn": cell_figures.rnn_figure,
    "fig-2-lstm": cell_figures.lstm_figure,
    "fig-3-rnn-through-time": time_figures.rnn_through_time,
    "fig-4-lstm-through-time": time_figures.lstm_through_time,
}
COLOURS = {"light": cell_figures.LIGHT, "dark": cell_figures.DARK}
FOLDER = Path(__file__).resolve().parent.parent / "docs" / "figures"


def parse_arguments() -> argparse.Namespace:
    """Return the checked command line."""
    parser = command_parser(
        __doc__,
        ["draw_cells.py", "draw_cells.py --output figures"],
        "0 if the figures are written; 2 if they cannot be written",
    )
    parser.add_argument("--output", type=Path, default=FOLDER, help="folder of the SVG files (default: docs/figures)")
    return parser.parse_args()


def main(stopping: Stopping) -> int:
    """Write the files; return the exit code."""
    options = parse_arguments()
    with one_line_for("draw_cells.py", OSError, Refused):
        create(options.output)
        for name, draw in FIGURES.items():
            for colours_name, colours in COLOURS.items():
                cell_figures.write(options.output / f"{name}-{colours_name}.svg", draw, colours)
    print(f"Written to {options.output}: {', '.join(FIGURES)}, each for light and for dark pages")
    return 0
