"""The console on which every command prints."""

from typing import Any

from rich.console import Console


def new_console(**options: Any) -> Console:
    """Return a console that prints texts as they are: nothing in them is markup, an emoji's name or a highlight."""
    return Console(highlight=False, markup=False, emoji=False, **options)
