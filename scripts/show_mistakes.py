"""Makes the pictures and messages of `docs/common-mistakes.md`, from errors that it plants into the code."""

if __name__ == "__main__":
    import os
    import sys

    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # python -P leaves this folder out
    from command.start import run

    # Imports this module under its own name, so that errors and signals during the imports below are handled too.
    run("show_mistakes", kept="the former page is kept")

import json
from pathlib import Path

from command.arguments import command_parser
from command.errors import Refused, one_line_for
from command.output_folders import create
from command.signals import Stopping
from mistakes import mistake_page
from mistakes.planted_trainings import RIGHT, losses

LOSSES = "losses.json"


def trained(names: list[str]) -> dict[str, mistake_page.Curves]:
    """Train with each error, and with the right code; return the losses by the name of the error."""
    right = {kind: losses(module, kind) for kind, module in RIGHT.items()}
    curves = {}
    for name in names:
        mutant = mistake_page.planted(name)
        kind = mistake_page.kind_of(mutant)
        curves[name] = mistake_page.Curves(right[kind], losses(mistake_page.module_with(mutant), kind))
    return curves


def main(stopping: Stopping) -> int:
    """Write the pictures, the losses and the page; return the exit code."""
    parser = command_parser(
        __doc__,
        ["show_mistakes.py", "show_mistakes.py --output ../docs"],
        "0 if the page is written; 2 if an error cannot be planted or a file cannot be written",
    )
    default = mistake_page.PAGE.parent
    parser.add_argument("--output", type=Path, default=default, help="folder of the page (default: docs)")
    options = parser.parse_args()
    with one_line_for("show_mistakes.py", ValueError, OSError, Refused):
        folder = options.output / mistake_page.FOLDER.name
        create(folder)
        page = mistake_page.PAGE.read_text(encoding="utf-8")
        curves = trained(mistake_page.names_on(page))
        for name, pair in curves.items():
            mistake_page.draw(mistake_page.planted(name), pair, folder)
        rounded = {name: [[round(loss, 4) for loss in one] for one in pair] for name, pair in curves.items()}
        (folder / LOSSES).write_text(json.dumps(rounded) + "\n", encoding="utf-8")
        text = mistake_page.filled(page, curves)
        (options.output / mistake_page.PAGE.name).write_text(text, encoding="utf-8")
    print(f"Written to {options.output}: {len(curves)} mistakes")
    return 0
