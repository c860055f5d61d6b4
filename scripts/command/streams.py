"""What a command prints on a console that cannot show every character."""

import io
import sys


def replace_unprintable() -> None:
    """Let stdout replace characters that its encoding lacks, such as ≥ in ASCII or cp1252, in place of an error."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
