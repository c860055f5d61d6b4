"""The definition of a part of the benchmark, and what several parts share for tables."""

import math
import statistics
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from benchmarks.cases import Case
from benchmarks.contenders import CONTENDERS
from benchmarks.timing import Plan, compare, ratio
from pages.blocks import Chapter, Picture, Table

Results = dict[str, Any]
TITLES = {"rnn": "RNN", "lstm": "LSTM"}


class Part(NamedTuple):
    """One kind of task.

    `measure` returns results for a JSON file. `describe`, `tabulate` and `draw` return paragraphs, tables and pictures
    made from these results only; `draw` also gets the number of threads, for the pictures' titles.
    """

    name: str
    title: str
    measure: Callable[[Plan, Callable[[str], None]], Results]
    describe: Callable[[Results], list[str]]
    tabulate: Callable[[Results], list[Table]]
    draw: Callable[[Results, int], list[Picture]]

    def chapter(self, results: Results, conditions: str, threads: int) -> Chapter:
        """Return the chapter of the page; `conditions` describes the machine in words."""
        return Chapter(
            self.name,
            self.title,
            f"Measured with `python scripts/benchmark.py {self.name}`, {conditions}.",
            self.describe(results),
            self.draw(results, threads),
            self.tabulate(results),
        )


def measure_both(names: Sequence[str], plan: Plan, say: Callable[[str], None], task: str = "steps") -> Results:
    """Measure the times of these contenders for both recurrences, at the exercise's size."""
    results = {}
    for recurrence, title in TITLES.items():
        say(title)
        results[recurrence] = compare(names, Case(recurrence), plan, task)
    return results


def three_digits(value: float) -> str:
    """Return a number above 0 with three digits: `4.00`, `50.9`, `1,234`."""
    return f"{value:,.{max(0, 2 - math.floor(math.log10(value)))}f}"


def times(result: Results) -> dict[str, list[float]]:
    """Return the milliseconds of each round by contender."""
    return {name: one["ms"] for name, one in result["contenders"].items()}


def median_and_ratio(result: Results, name: str) -> list[str]:
    """Return the milliseconds of a contender, and its ratio to `numpy_rnn`, as text."""
    return [three_digits(statistics.median(times(result)[name])), ratio_to_numpy(result, name)]


def side_by_side(
    results: Results, cells: Callable[[Results, str], list[str]] = median_and_ratio, number: int = 2
) -> list[list[str]]:
    """Return a row for each contender: its label, then for each recurrence the `number` cells of `cells(result, name)`.

    The cells of contenders that were not measured are `–`.
    """
    rows = []
    for name in measured(results):
        row = [label_of_both(name)]
        for result in results.values():
            row += cells(result, name) if name in result["contenders"] else ["–"] * number
        rows.append(row)
    return rows


def measured(results: Results) -> list[str]:
    """Return the contenders that were measured for a recurrence, in the order of the registry."""
    return [name for name in CONTENDERS if any(name in result["contenders"] for result in results.values())]


def added_mib(one: Results) -> float:
    """Return the peak MiB of a contender minus the MiB in use before its first call."""
    return float(one["peak_mib"] - one["loaded_mib"])


def ratio_to_numpy(result: Results, name: str) -> str:
    """Return the ratio of a contender's time to that of `numpy_rnn`, as text."""
    ms = times(result)
    return str(ratio(ms[name], ms["numpy_rnn"])) if "numpy_rnn" in ms else "–"


def label_of_both(name: str) -> str:
    """Return the label of a contender for both recurrences: `torch.nn.RNN`, `LSTM`."""
    text = label(name, "rnn")
    for kind in ("SimpleRNN`", "nn.RNN`"):
        text = text.replace(kind, f"{kind}, `LSTM`")
    return text


def label(name: str, recurrence: str) -> str:
    """Return the label of a contender in Markdown, with code in backquotes."""
    text = CONTENDERS[name].label[recurrence]
    code, comma, rest = text.partition(",")
    return f"`{code}`{comma}{rest}" if "." in code or "_" in code else text
