"""The probabilities of all 10,000 test images, by all contenders."""

import statistics
from collections.abc import Callable

from benchmarks.contenders import CONTENDERS, PREDICTED_AT_ONCE
from benchmarks.part import Part, Results, against, beyond_mib, contenders_picture, measure_both, three_digits, words
from benchmarks.timing import Plan
from pages.blocks import Picture, Table


def measure(plan: Plan, say: Callable[[str], None]) -> Results:
    """Of each recurrence the times of all contenders."""
    return measure_both(plan.contenders, plan, say, "predictions")


def tell(results: Results) -> list[str]:
    """What is timed."""
    found = [one for result in results.values() for one in result["contenders"].values()]
    apart = max((one["difference"] for one in found if "difference" in one), default=0.0)
    bound = min(result["bound"] for result in results.values())
    return [
        f"From 10,000 images in memory to 10,000 × 10 probabilities, {PREDICTED_AT_ONCE} at once, with the "
        "weights before training. The probabilities of the first 1000 are held against those of numpy_rnn in float64; "
        f"they are at most {apart:.0e} apart (≤ {bound:.0e})."
    ]


def tabulate(results: Results) -> list[Table]:
    """All contenders, both recurrences side by side."""
    rows: list[list[str]] = []
    costs: list[list[str]] = []
    for name in (name for name in CONTENDERS if any(name in result["contenders"] for result in results.values())):
        who = words(name, "rnn") if name != "keras" else "`keras.layers.SimpleRNN`, `LSTM`"
        row, cost = [who], [who]
        for result in results.values():
            one = result["contenders"].get(name)
            row += [f"{statistics.median(one['ms']):.0f}", against(result, name)] if one else ["–"] * 2
            mib = f"{beyond_mib(one):,.0f}" if one else "–"
            cost += [three_digits(one["first_s"]), mib] if one else ["–"] * 2
        rows.append(row)
        costs.append(cost)
    heads = ["", "RNN, ms", "against `numpy_rnn`", "LSTM, ms", "against `numpy_rnn`"]
    more = ["", "RNN, first 1000, s", "peak, MiB", "LSTM, first 1000, s", "peak, MiB"]
    return [
        Table("10,000 test images", heads, rows),
        Table("The first 1000, tracing and compiling included, and memory beyond library and images", more, costs),
    ]


def draw(results: Results) -> list[Picture]:
    """All contenders."""
    caption = "The probabilities of 10,000 images: median, and the middle half of the rounds. Blue: this project."
    return [contenders_picture(results, "milliseconds for 10,000 images", caption)]


PART = Part("inference", "Reading 10,000 images", measure, tell, tabulate, draw)
