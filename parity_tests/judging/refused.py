"""The errors of the judge: an argument that it refuses, and foreign code that raises an exception."""

import difflib
from collections.abc import Iterable


class BadInput(ValueError):
    """Raised for an implementation, a limit or a result that the judge cannot use; the message is one line."""


class Raised(Exception):
    """Raised when a function of the implementation raises an exception; the message is one line."""


def did_you_mean(text: str, known: Iterable[str]) -> str:
    """Returns a question that names what is most similar to `text`, or an empty text if nothing is similar."""
    similar = difflib.get_close_matches(text, list(known), n=1, cutoff=0.6)
    return f"; did you mean {similar[0]}?" if similar else ""


def one_line(text: str, longest: int = 300) -> str:
    """Returns the text with its lines joined, shortened to about `longest` characters."""
    joined = " ".join(line.strip() for line in text.splitlines() if line.strip())
    return joined if len(joined) <= longest else f"{joined[:longest]} …"
