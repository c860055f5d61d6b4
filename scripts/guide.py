"""Builds the guide, a site of static files that needs no network, from the Markdown files of this repository."""

if __name__ == "__main__":
    import os
    import sys

    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # python -P leaves this folder out
    from command.start import run

    # Imports this module under its own name, so that errors and signals during the imports below are handled too.
    run("guide", kept="nothing is written")

import argparse
import shutil
import tempfile
from pathlib import Path

from sphinx.cmd.build import build_main

from command.arguments import command_parser
from command.console import new_console
from command.errors import Refused, one_line_for
from command.output_folders import create
from command.signals import Stopping

ROOT = Path(__file__).resolve().parent.parent


def parse_arguments() -> argparse.Namespace:
    """Return the checked command line."""
    parser = command_parser(
        __doc__,
        ["guide.py", "guide.py --output ../site"],
        "0 if the site is built; 1 if a page has a fault, such as an equation without a line of code; 2 if the site "
        "cannot be written",
    )
    parser.add_argument("--output", type=Path, default=Path("site"), help="folder of the site (default: site)")
    return parser.parse_args()


def main(stopping: Stopping) -> int:
    """Build the site; return the exit code. The output is written only if no page has a fault."""
    options = parse_arguments()
    with one_line_for("guide.py", OSError, Refused), tempfile.TemporaryDirectory() as folder:
        create(options.output)
        # The extension for notebooks writes a folder beside the site.
        site, cache = Path(folder, "site"), Path(folder, "cache")
        code = build_main(
            ["-W", "--keep-going", "-q", "-c", str(ROOT / "docs"), "-d", str(cache), str(ROOT), str(site)]
        )
        if not code:
            shutil.copytree(site, options.output, dirs_exist_ok=True)
            new_console().print(f"Written to {options.output}; open {options.output / 'index.html'} in a browser")
    return int(bool(code))
