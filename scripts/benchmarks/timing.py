"""Contenders timed in turns, so that whatever the machine does meanwhile hits all of them alike."""

import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from typing import Any, NamedTuple

import numpy as np

from benchmarks.agreement import bound, difference, exact
from benchmarks.cases import Case
from benchmarks.contender_process import NoAnswer, Worker
from benchmarks.contenders import ALL, CONTENDERS
from command.errors import Refused
from numpy_rnn.experiments import EPOCHS

# What is timed, the question before it, and the one for the result that has to be the true one.
ANSWERS = {"steps": ("first_step", "gradients"), "predictions": ("first_prediction", "probabilities")}
# Seconds, for the first answer: some take minutes to compile 784 steps.
PATIENCE = 90.0
LONG_MS = 300.0
# Threads of the one whose turn it was look out for work for about a tenth of a second, and take a core meanwhile.
PAUSE = 0.3
FEWEST = 3


class Plan(NamedTuple):
    """How much is measured: so many rounds at most, in so many seconds about for each size, by so many threads.

    Only these contenders; whole jobs of so many epochs.
    """

    rounds: int
    seconds: float
    threads: int
    contenders: Sequence[str] = tuple(CONTENDERS)
    epochs: int = EPOCHS


def compare(
    names: Sequence[str],
    case: Case,
    plan: Plan,
    what: str = "steps",
    environments: Mapping[str, Mapping[str, str]] | None = None,
) -> dict[str, Any]:
    """Starts each contender, sees that its gradients, or probabilities, are the true ones, then times all in turns.

    `what` is a question to a worker, "steps" or "predictions". Each round gives a contender one call that is not
    counted, for threads and caches to come to it, and then some that are. `environments` are variables for the process
    of one contender. One that is not installed, or whose first step takes too long, is left out, with the reason.
    Raises Refused where they differ by more than rounding can explain.
    """
    first, result = ANSWERS[what]
    allowed, expected = bound(case), exact(result, case)
    results: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    with ExitStack() as stack:
        workers: dict[str, Worker] = {}
        for name in names:
            contender = name.partition("+")[0]
            if not ALL[contender].installed:
                left_out[name] = "not installed"
                continue
            environment = (environments or {}).get(name)
            worker = stack.enter_context(closing(Worker(contender, case, plan.threads, environment)))
            try:
                results[name] = worker.ask(first, patience=PATIENCE)
            except NoAnswer as error:
                left_out[name] = str(error)
                worker.close()
                continue
            workers[name] = worker
            found = worker.ask(result)
            if found is not None:
                apart = results[name]["difference"] = difference(found, expected)
                if not apart <= allowed:
                    raise Refused(
                        f"{name}: expected {result} within {allowed:.1e} of numpy_rnn's in float64, got {apart:.1e}"
                    )
        for name, times in in_turns(workers, plan, what).items():
            results[name] |= {"ms": times} | workers[name].ask("memory")
    return {"case": case._asdict(), "bound": allowed, "contenders": results, "left_out": left_out}


def in_turns(workers: Mapping[str, Worker], plan: Plan, what: str, pause: float = PAUSE) -> dict[str, list[float]]:
    """For each contender its median time in each round, in milliseconds."""
    if not workers:
        return {}
    once = {name: worker.ask(what, 1)[0] for name, worker in workers.items()}
    repeat = 1 if sum(once.values()) > LONG_MS * len(once) else 5
    a_round = sum(once.values()) * (1 + repeat) / 1000 + pause * len(workers)
    rounds = int(np.clip(plan.seconds / a_round, min(FEWEST, plan.rounds), plan.rounds))
    times: dict[str, list[float]] = {name: [] for name in workers}
    for _ in range(rounds):
        for name, worker in workers.items():
            time.sleep(pause)
            times[name].append(statistics.median(worker.ask(what, repeat)))
    return times


class Ratio(NamedTuple):
    """The ratio of two medians; between `low` and `high` lie the middle half of the ratios of the single rounds."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """`0.71 (0.69–0.74)`."""
        return f"{self.value:.2f} ({self.low:.2f}–{self.high:.2f})"


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """Of the times of two contenders, round by round."""
    rounds = [one / other for one, other in zip(ours, theirs, strict=True)]
    return Ratio(statistics.median(ours) / statistics.median(theirs), *quartiles(rounds))


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """Between them lies the middle half."""
    low, high = np.quantile(values, [0.25, 0.75])
    return float(low), float(high)


def fastest(names: Sequence[str], times: Mapping[str, Sequence[float]]) -> str:
    """The contender with the lowest median of those that were timed."""
    return min((name for name in names if name in times), key=lambda name: statistics.median(times[name]))
