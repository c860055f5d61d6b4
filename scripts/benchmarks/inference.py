"""Inference: the probabilities of all 10,000 test images, by all contenders."""

from collections.abc import Callable

from benchmarks.contenders import PREDICTED_AT_ONCE
from benchmarks.part import (
    Part,
    Results,
    added_mib,
    measure_both,
    side_by_side,
    three_digits,
)
from benchmarks.pictures import contenders_picture, run_title
from benchmarks.timing import Plan
from pages.blocks import Picture, Table
from pages.wording import scientific


def measure(plan: Plan, say: Callable[[str], None]) -> Results:
    """Measure the times of all contenders for both recurrences."""
    # Shards are for training, so both forms of numpy_rnn classify in the same way.
    return measure_both([name for name in plan.contenders if name != "numpy_rnn-1"], plan, say, "predictions")


def describe(results: Results) -> list[str]:
    """Return sentences on what is timed."""
    found = [one for result in results.values() for one in result["contenders"].values()]
    apart = max((one["difference"] for one in found if "difference" in one), default=0.0)
    bound = min(result["bound"] for result in results.values())
    compared = (
        f"The probabilities of the first {PREDICTED_AT_ONCE:,} images are compared with those of `numpy_rnn` in "
        f"float64. The largest difference of any contender is {scientific(apart)}. Rounding errors cause at "
        f"most {scientific(bound)}."
    )
    return [
        f"A contender computes 10 probabilities for each of 10,000 images in memory, in batches of "
        f"{PREDICTED_AT_ONCE:,}, with the weights before training. The time is that of all 10,000 images.",
        *([compared] if any("difference" in one for one in found) else []),
    ]


def tabulate(results: Results) -> list[Table]:
    """Return tables of all contenders, with both recurrences side by side."""
    heads = ["", "RNN, ms", "against `numpy_rnn`", "LSTM, ms", "against `numpy_rnn`"]
    more = ["", "RNN, first 1,000, s", "peak, MiB", "LSTM, first 1,000, s", "peak, MiB"]
    return [
        Table("10,000 test images", heads, side_by_side(results)),
        Table(
            "The first 1,000 images: time with tracing and compiling, and peak memory without library and images",
            more,
            side_by_side(results, _costs),
        ),
    ]


def _costs(result: Results, name: str) -> list[str]:
    """Return the seconds of a contender's first call and its peak MiB, as text."""
    one = result["contenders"][name]
    return [three_digits(one["first_s"]), f"{added_mib(one):,.0f}"]


def draw(results: Results, threads: int) -> list[Picture]:
    """Draw the times of all contenders."""
    caption = (
        "Time to classify 10,000 images: median and interquartile range of the rounds. Blue markers belong to this "
        "project, and the floor is the time of NumPy's matrix products, tanh and exp alone."
    )
    title = run_title(f"Inference on 10,000 images: T 28, H 128, B {PREDICTED_AT_ONCE:,}", threads)
    return [contenders_picture(results, title, "milliseconds for 10,000 images (logarithmic axis)", caption)]


PART = Part("inference", "Inference on 10,000 images", measure, describe, tabulate, draw)
