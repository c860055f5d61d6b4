"""Whole jobs: training and test, from the start of the process to the test accuracy."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.contender_process import SCRIPTS, descendants, memory_of
from benchmarks.contenders import CONTENDERS
from benchmarks.part import TITLES, Part, Results, three_digits
from benchmarks.pictures import Row, panels_of_rows, run_title
from benchmarks.steps import goals_table
from benchmarks.timing import Plan, Ratio, ratio
from command.errors import Refused
from command.platform_differences import without_ctrl_c
from numpy_rnn.experiments import EXPERIMENTS
from pages.blocks import Picture, Table
from pages.wording import percent

ROUNDS = 3
# Seconds between two measurements of a job's memory.
INTERVAL = 0.02
GOALS = {"rnn-128": 0.45, "lstm-128": 0.5}
JOBS = {
    "numpy_rnn": "`train.py --backend numpy`",
    "numpy_rnn-1": "`train.py --backend numpy --shards 1`",
    "tf_rnn": "`train.py`",
    "tf_rnn-xla": "`train.py --jit`",
    "keras": "Keras `fit`, its own layer",
    "torch": "torch",
    "jax": "JAX",
    "broadcast": "Keras `fit`, the notebook's broadcast",
}
OWN_OPTIONS = {
    "numpy_rnn": ["--backend", "numpy"],
    "numpy_rnn-1": ["--backend", "numpy", "--shards", "1"],
    "tf_rnn": [],
    "tf_rnn-xla": ["--jit"],
}
# These run once: the first takes as long as all others together.
ONCE = "broadcast", "tf_rnn-xla"


def command(name: str, experiment: str, threads: int, epochs: int, output: str) -> list[str]:
    """Return the command line of a job."""
    if name in OWN_OPTIONS:
        own = [*OWN_OPTIONS[name], "--epochs", str(epochs), "--quiet", "--output", output, "--device", "cpu"]
        return [sys.executable, str(SCRIPTS / "train.py"), experiment, *own]
    return [sys.executable, "-m", "benchmarks.run_job", name, experiment, str(threads), str(epochs)]


def run(name: str, experiment: str, threads: int, epochs: int) -> dict[str, float]:
    """Run one job; return its seconds, peak memory in MiB and test accuracy. Raises Refused if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder) / "printed"
        code, seconds, peak = measured_process(command(name, experiment, threads, epochs, folder), printed)
        # Exit code 1 of train.py means an accuracy below its target, which the table shows.
        if code not in (0, 1) or (code == 1 and name not in OWN_OPTIONS):
            said = printed.read_text(encoding="utf-8", errors="replace").strip()
            raise Refused(f"{name}, {experiment}: ended with {code}: {said[-300:]}")
        if name in OWN_OPTIONS:
            result = Path(folder) / experiment / "result.json"
            accuracy = json.loads(result.read_text(encoding="utf-8"))["test_accuracy"]
        else:
            accuracy = float(printed.read_text(encoding="utf-8").split()[-1])
    return {"seconds": seconds, "peak_mib": peak, "test_accuracy": accuracy}


def measured_process(arguments: list[str], printed: Path) -> tuple[int, float, float]:
    """Run a process; return its exit code, its seconds, and its peak memory in MiB, measured every 0.02 s."""
    peak = 0.0
    with printed.open("wb") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            arguments,
            cwd=SCRIPTS,
            stdout=output,
            stderr=subprocess.STDOUT,
            **without_ctrl_c(),
        )
        try:
            while process.poll() is None:
                paths = [Path(f"/proc/{process.pid}/status"), *descendants(process.pid)]
                peak = np.fmax(peak, np.nansum([memory_of(path)[1] for path in paths]))
                time.sleep(INTERVAL)
        finally:
            process.kill()
            process.wait()
        return process.returncode, time.perf_counter() - start, float(peak) or float("nan")


def measure(plan: Plan, say: Callable[[str], None]) -> Results:
    """Measure the jobs of all experiments in turns, after preparing TensorFlow's data set if necessary."""
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
    """Return the seconds of each round."""
    return [one["seconds"] for one in jobs[name]]


def goals(results: Results) -> list[tuple[str, str, str, Ratio, float]]:
    """Return for each goal: recurrence, our contender, the other one, the ratio of times, and its goal."""
    return [
        (
            EXPERIMENTS[experiment].recurrence,
            "numpy_rnn",
            "keras",
            ratio(seconds(results[experiment], "numpy_rnn"), seconds(results[experiment], "keras")),
            goal,
        )
        for experiment, goal in GOALS.items()
        if {"numpy_rnn", "keras"} <= results[experiment].keys()
    ]


def tabulate(results: Results) -> list[Table]:
    """Return tables of the goals, and of seconds, memory and accuracy of each job."""
    tables = [goals_table(goals(results), "Whole jobs: ratio of times and its goal")]
    columns: tuple[tuple[str, str, Callable[[float], str]], ...] = (
        ("Seconds from the start of the process to the test accuracy", "seconds", three_digits),
        ("Peak memory in MiB, libraries and data included", "peak_mib", "{:,.0f}".format),
        ("Test accuracy, mean of the rounds", "test_accuracy", percent),
    )
    for caption, quantity, as_text in columns:
        middle = statistics.fmean if quantity == "test_accuracy" else statistics.median
        names = [name for name in JOBS if name in results["rnn-128"]]
        rows = [
            [
                JOBS[name],
                *(as_text(middle([one[quantity] for one in jobs[name]])) for jobs in results.values()),
            ]
            for name in names
        ]
        tables.append(Table(caption, ["", *results], rows))
    return tables


def describe(results: Results) -> list[str]:
    """Return sentences on what a job does."""
    rounds = max(map(len, results["rnn-128"].values()), default=0)
    once = [f"{JOBS[name]} runs in the first round only." for name in ONCE if name in results["rnn-128"]]
    return [
        "A job is a whole process that trains for four epochs on 60,000 images in batches of 128, and then tests on "
        "10,000 images.",
        "The time of a job includes imports, data, tracing and compiling. It does not include the preparation of "
        "TensorFlow's data set, which is done once before the first job.",
        "`train.py` also draws its four pictures, and saves checkpoints and the model. The other jobs only print the "
        "accuracy.",
        f"Times are medians of {rounds} rounds, and a job runs once in each round.",
        *once,
    ]


def draw(results: Results, threads: int) -> list[Picture]:
    """Draw a panel for an RNN and one for the LSTM."""
    panels = {
        f"{TITLES[EXPERIMENTS[experiment].recurrence]} ({experiment})": [
            Row(name, JOBS[name].replace("`", ""), seconds(results[experiment], name)) for name in results[experiment]
        ]
        for experiment in GOALS
    }
    caption = (
        "Time of a job with four epochs, from the start of the process to the test accuracy: median and interquartile "
        "range of the rounds. Blue markers belong to this project."
    )
    title = run_title("Whole jobs: T 28, H 128, B 128", threads)
    figure = panels_of_rows(title, panels, "s", "seconds for a whole job (logarithmic axis)", {})
    return [Picture("time", figure, caption)]


PART = Part("jobs", "Whole jobs", measure, describe, tabulate, draw)
