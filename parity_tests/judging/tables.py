"""The tables of a verdict as lines of text: the checks, and the quantities that are wrong."""

from collections.abc import Sequence
from html import escape

from parity_tests.comparison import FIRST_STEP, Difference
from parity_tests.judging.checks import Outcome

# The number of the equation that computes each quantity, or whose derivative gives it.
EQUATIONS = {
    "rnn": {"h": "(1.2)", **dict.fromkeys(["db", "dW", "dU", "dx", "dh_init"], "∂(1.1)")},
    "lstm": {
        "i": "(2.1)",
        "f": "(2.2)",
        "o": "(2.3)",
        "u": "(2.4)",
        "c": "(2.5)",
        "h": "(2.6)",
        "dM_input": "∂(2.1)",
        "dM_forget": "∂(2.2)",
        "dM_output": "∂(2.3)",
        "dM_modulated_input": "∂(2.4)",
        "dx": "∂(2.1…2.4)",
        "dh_init": "∂(2.1…2.4)",
        "dc_init": "∂(2.5)",
    },
    "readout": {},
}
HEADINGS = "check", "result", "cases", "error/bound", "largest in"
COLUMNS = "quantity", "equation", "t", "entry", "expected", "allowed", "got", "wrong entries", "rel. error"


def differences(kind: str, wrong: list[Difference]) -> list[str]:
    """A table of wrong quantities, in their order."""
    rows = [COLUMNS, *(cells(kind, one) for one in wrong)]
    widths = [max(len(one[k]) for one in rows) for k in range(len(COLUMNS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(one, widths, strict=True)).rstrip() for one in rows]


def cells(kind: str, one: Difference) -> tuple[str, ...]:
    """The row of a wrong quantity in `COLUMNS`."""
    place = list(one.place)
    t = str(place.pop(0) + FIRST_STEP[one.quantity]) if one.quantity in FIRST_STEP and len(place) == 3 else ""
    entry = str(tuple(place)) if place else ""
    error = f"{100 * one.relative:.3g} %" if 1e-5 < one.relative < 1e5 else f"{one.relative:.1e}"
    numbers = f"{one.expected:.8g}", f"±{one.bound:.0e}", f"{one.got:.8g}"
    return (
        one.quantity,
        EQUATIONS[kind].get(one.quantity, ""),
        t,
        entry,
        *numbers,
        f"{one.wrong} of {one.entries}",
        error,
    )


def heading(outcomes: list[Outcome]) -> str:
    """The heading of the table of checks."""
    return aligned(HEADINGS, width_of(outcomes))


def row(outcome: Outcome, outcomes: list[Outcome]) -> str:
    """The line of a check in the table."""
    return aligned(columns_of(outcome), width_of(outcomes))


def aligned(columns: Sequence[str], width: int) -> str:
    """A line of the table of checks, whose first column has this width."""
    name, result, cases, ratio, largest = columns
    return f"{name:{width}}  {result:10} {cases:>6}  {ratio:>11}  {largest}".rstrip()


def columns_of(outcome: Outcome) -> tuple[str, ...]:
    """The name of a check, its result, its number of cases, and if it passed the largest error / bound, and of what."""
    passed = outcome.status == "passed"
    result = "FAILED" if outcome.status == "failed" else outcome.status
    ratio = f"{outcome.ratio:.3f}" if passed and outcome.quantity != "–" else ""
    return outcome.name, result, f"{outcome.cases:,}", ratio, outcome.quantity if ratio else ""


def width_of(outcomes: list[Outcome]) -> int:
    """The width of the column of names."""
    return max([len("independent of earlier calls"), *(len(outcome.name) for outcome in outcomes)])


def html_table(rows: Sequence[Sequence[str]]) -> str:
    """A table whose first row is the heading."""
    style = 'style="text-align:left;padding:2px 12px 2px 0"'

    def line(tag: str, texts: Sequence[str]) -> str:
        return f"<tr>{''.join(f'<{tag} {style}>{escape(text)}</{tag}>' for text in texts)}</tr>"

    return f"<table>{line('th', rows[0])}{''.join(line('td', texts) for texts in rows[1:])}</table>"


def html_lines(lines: Sequence[str]) -> str:
    """Lines of text as a paragraph; lines that continue others are joined to them."""
    text = "\n".join(lines).replace("\n  ", " ").strip()
    return f"<p>{escape(text).replace(chr(10), '<br>')}</p>" if text else ""
