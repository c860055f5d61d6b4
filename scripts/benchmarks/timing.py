"""Times contenders in turns, so that other load on the machine affects all of them in the same way."""

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

# For each task that is timed: the question to ask first, and the question for the result that is checked.
QUESTIONS = {"steps": ("first_step", "gradients"), "predictions": ("first_prediction", "probabilities")}
# Seconds to wait for the first answer. Some contenders take minutes to compile 784 steps.
TIMEOUT = 90.0
LONG_MS = 300.0
# Seconds between turns. Idle threads of a contender keep a core busy for about a tenth of a second.
PAUSE = 0.3
FEWEST = 3


class Plan(NamedTuple):
    """How much is measured: at most `rounds` rounds in about `seconds` seconds for each size, with `threads` threads.

    Only `contenders` are compared; `epochs` is the length of whole jobs.
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
    task: str = "steps",
    environments: Mapping[str, Mapping[str, str]] | None = None,
) -> dict[str, Any]:
    """Start each contender, check its gradients or probabilities, then time all in turns.

    `task` is "steps" or "predictions". In each round a contender makes one call that is not counted, to warm up threads
    and caches, and then some that are timed. `environments` holds environment variables for the process of a contender.
    Contenders that are not installed, or whose first step takes too long, are left out, and the reason is recorded.
    Raises Refused if a contender's results differ by more than rounding can explain.
    """
    first, result = QUESTIONS[task]
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
                results[name] = worker.ask(first, timeout=TIMEOUT)
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
        for name, times in in_turns(workers, plan, task).items():
            results[name] |= {"ms": times} | workers[name].ask("memory")
    return {"case": case._asdict(), "bound": allowed, "contenders": results, "left_out": left_out}


def in_turns(workers: Mapping[str, Worker], plan: Plan, task: str, pause: float = PAUSE) -> dict[str, list[float]]:
    """Return each contender's median time in each round, in milliseconds."""
    if not workers:
        return {}
    once = {name: worker.ask(task, 1)[0] for name, worker in workers.items()}
    repeat = 1 if sum(once.values()) > LONG_MS * len(once) else 5
    a_round = sum(once.values()) * (1 + repeat) / 1000 + pause * len(workers)
    rounds = int(np.clip(plan.seconds / a_round, min(FEWEST, plan.rounds), plan.rounds))
    times: dict[str, list[float]] = {name: [] for name in workers}
    for _ in range(rounds):
        for name, worker in workers.items():
            time.sleep(pause)
            times[name].append(statistics.median(worker.ask(task, repeat)))
    return times


class Ratio(NamedTuple):
    """The median of the ratios of single rounds, and their quartiles `low` and `high`."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return the ratio with its quartiles, `0.71 (0.69–0.74)`."""
        return f"{self.value:.2f} ({self.low:.2f}–{self.high:.2f})"


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """Return the ratio of two contenders' times: both lists have one time for each round, in the same order."""
    rounds = [one / other for one, other in zip(ours, theirs, strict=True)]
    return Ratio(statistics.median(rounds), *quartiles(rounds))


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """Return the lower and the upper quartile."""
    low, high = np.quantile(values, [0.25, 0.75])
    return float(low), float(high)


def fastest(names: Sequence[str], times: Mapping[str, Sequence[float]]) -> str:
    """Return the contender with the lowest median among those that were timed."""
    return min((name for name in names if name in times), key=lambda name: statistics.median(times[name]))
