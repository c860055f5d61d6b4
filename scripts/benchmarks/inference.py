"""The probabilities of all 10,000 test images, by all contenders."""

import statistics
from collections.abc import Callable

from benchmarks.blocks import (
    Part,
    Picture,
    Results,
    Table,
    against,
    contenders_picture,
    measure_both,
    times,
    words,
)
from benchmarks.contenders import CONTENDERS, PREDICTED_AT_ONCE
from benchmarks.timing import Plan


def measure(plan: Plan, say: Callable[[str], None]) -> Results:
    """Of each recurrence the times of all contenders."""
    return measure_both(plan.contenders, plan, say, "predictions")


def tell(results: Results) -> list[str]:
    """What is timed."""
    return [
        f"From 10,000 images in memory to 10,000 × 10 probabilities, {PREDICTED_AT_ONCE} at once, with the weights "
        "that one training step left."
    ]


def tabulate(results: Results) -> list[Table]:
    """All contenders, both recurrences side by side."""
    rows = []
    for name in (name for name in CONTENDERS if any(name in result["contenders"] for result in results.values())):
        row = [words(name, "rnn") if name != "keras" else "`keras.layers.SimpleRNN`, `LSTM`"]
        for result in results.values():
            ms = times(result).get(name)
            row += [f"{statistics.median(ms):.0f}", against(result, name)] if ms else ["–"] * 2
        rows.append(row)
    heads = ["", "RNN, ms", "against `numpy_rnn`", "LSTM, ms", "against `numpy_rnn`"]
    return [Table("10,000 test images", heads, rows)]


def draw(results: Results) -> list[Picture]:
    """All contenders."""
    caption = "The probabilities of 10,000 images: median, and the middle half of the rounds. Blue: this project."
    return [contenders_picture(results, "milliseconds for 10,000 images", caption)]


PART = Part("inference", "Reading 10,000 images", measure, tell, tabulate, draw)
