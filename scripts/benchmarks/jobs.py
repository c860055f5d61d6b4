"""Whole trainings, from the start of the process to the test accuracy: what a user waits for."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from benchmarks.contender_process import SCRIPTS, memory_of
from benchmarks.contenders import CONTENDERS
from benchmarks.part import TITLES, Dot, Part, Results, dots
from benchmarks.steps import goals_table
from benchmarks.timing import Plan, Ratio, quartiles, ratio
from command.errors import Refused
from numpy_rnn.experiments import EXPERIMENTS
from pages.blocks import Picture, Table

ROUNDS = 3
# Seconds between two looks at a job.
INTERVAL = 0.02
GOALS = {"rnn-128": 0.6, "lstm-128": 0.9}
JOBS = {
    "numpy_rnn": "`train.py --backend numpy`",
    "tf_rnn": "`train.py`",
    "tf_rnn-xla": "`train.py --jit`",
    "keras": "Keras `fit`, its own layer",
    "torch": "torch",
    "jax": "JAX",
    "broadcast": "Keras `fit`, the notebook's broadcast",
}
OWN_OPTIONS = {"numpy_rnn": ["--backend", "numpy"], "tf_rnn": [], "tf_rnn-xla": ["--jit"]}
# The first takes as long as all others together.
ONCE = "broadcast", "tf_rnn-xla"


def command(name: str, experiment: str, threads: int, epochs: int, output: str) -> list[str]:
    """The command line of a job."""
    if name in OWN_OPTIONS:
        own = [*OWN_OPTIONS[name], "--epochs", str(epochs), "--quiet", "--output", output, "--device", "cpu"]
        return [sys.executable, str(SCRIPTS / "train.py"), experiment, *own]
    return [sys.executable, "-m", "benchmarks.job", name, experiment, str(threads), str(epochs)]


def run(name: str, experiment: str, threads: int, epochs: int) -> dict[str, float]:
    """Seconds, memory and test accuracy of one job; raises Refused if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder) / "printed"
        code, seconds, peak = watched(command(name, experiment, threads, epochs, folder), printed)
        # 1: an accuracy below its target, which the table shows
        if code not in (0, 1) or (code == 1 and name not in OWN_OPTIONS):
            raise Refused(f"{name}, {experiment}: ended with {code}: {printed.read_text().strip()[-300:]}")
        if name in OWN_OPTIONS:
            accuracy = json.loads((Path(folder) / experiment / "result.json").read_text())["test_accuracy"]
        else:
            accuracy = float(printed.read_text().split()[-1])
    return {"seconds": seconds, "peak_mib": peak, "test_accuracy": accuracy}


def watched(arguments: list[str], printed: Path) -> tuple[int, float, float]:
    """Exit code and seconds of a process, and the most MiB that it had in memory, asked for again and again."""
    peak = 0.0
    with printed.open("w") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            arguments,
            cwd=SCRIPTS,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that Ctrl-C is this process's alone to hear
        )
        try:
            while process.poll() is None:
                peak = np.fmax(peak, memory_of(Path(f"/proc/{process.pid}/status"))[1])
                time.sleep(INTERVAL)
        finally:
            process.kill()
            process.wait()
        return process.returncode, time.perf_counter() - start, float(peak) or float("nan")


def measure(plan: Plan, say: Callable[[str], None]) -> Results:
    """Of each experiment all jobs in turns; before that, `train.py` prepares the data where no earlier run has."""
    names = [name for name in JOBS if name in plan.contenders and CONTENDERS[name].installed]
    rounds = min(ROUNDS, plan.rounds)
    if "tf_rnn" in names:
        say("preparing the data")
        subprocess.run(
            [sys.executable, "-c", "from tf_rnn import data; data.load()"], cwd=SCRIPTS, capture_output=True, check=True
        )
    results: Results = {experiment: {name: [] for name in names} for experiment in EXPERIMENTS}
    for number in range(rounds):
        for experiment, jobs in results.items():
            for name, found in jobs.items():
                if name in ONCE and number:
                    continue
                say(f"{experiment}, {name}, {number + 1} of {rounds}")
                found.append(run(name, experiment, plan.threads, plan.epochs))
    return results


def seconds(jobs: Results, name: str) -> list[float]:
    """Of each round."""
    return [one["seconds"] for one in jobs[name]]


def goals(results: Results) -> list[tuple[str, str, str, Ratio, float]]:
    """Recurrence, whose job, against whose, the ratio, and the goal for it."""
    return [
        (
            EXPERIMENTS[experiment].recurrence,
            "numpy_rnn",
            "keras",
            ratio(seconds(results[experiment], "numpy_rnn"), seconds(results[experiment], "keras")),
            goal,
        )
        for experiment, goal in GOALS.items()
        if "keras" in results[experiment]
    ]


def tabulate(results: Results) -> list[Table]:
    """The goals; seconds and accuracy of each job."""
    tables = [
        goals_table(goals(results), "Whole jobs: ratio of the medians, and the middle half of the rounds' ratios")
    ]
    for caption, quantity, form in (
        ("Seconds from the start of the process to the test accuracy", "seconds", "{:.1f}"),
        ("Memory at the peak, MiB, libraries and data included", "peak_mib", "{:,.0f}"),
        ("Test accuracy, mean of the rounds", "test_accuracy", "{:.4f}"),
    ):
        middle = statistics.fmean if quantity == "test_accuracy" else statistics.median
        names = [name for name in JOBS if name in results["rnn-128"]]
        rows = [
            [
                JOBS[name],
                *(form.format(middle([one[quantity] for one in jobs[name]])) for jobs in results.values()),
            ]
            for name in names
        ]
        tables.append(Table(caption, ["", *results], rows))
    return tables


def tell(results: Results) -> list[str]:
    """What a job does."""
    rounds = len(results["rnn-128"]["numpy_rnn"])
    return [
        "Four epochs of 60,000 images in batches of 128, then the test on 10,000: imports, data, tracing and compiling "
        "included. `train.py` also draws its four pictures, and saves checkpoints and the model; the others only print "
        f"the accuracy. Medians of {rounds} rounds, in each of which every job has its turn; the notebook's broadcast "
        "and XLA ran once. TensorFlow's prepared data set was there before."
    ]


def draw(results: Results) -> list[Picture]:
    """A panel for an RNN and one for the LSTM."""
    figure = Figure((15, 4.6), layout="constrained")
    for axes, experiment in zip(figure.subplots(1, 2), GOALS, strict=True):
        jobs = results[experiment]
        rows = [
            Dot(
                JOBS[name].replace("`", ""),
                statistics.median(seconds(jobs, name)),
                *quartiles(seconds(jobs, name)),
                name in OWN_OPTIONS,
            )
            for name in jobs
        ]
        dots(axes, rows, "s")
        axes.set(
            title=f"{TITLES[EXPERIMENTS[experiment].recurrence]}: {experiment}", xlabel="seconds for the whole job"
        )
    caption = "Four epochs, from the start of the process to the test accuracy. Blue: this project."
    return [Picture("time", figure, caption)]


PART = Part("jobs", "Whole jobs", measure, tell, tabulate, draw)
