"""The page of a run on a GPU, written from the result file `gpu.json` alone."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pages.blocks import Chapter, Table
from pages.wording import percent
from pages.writer import results_of, write_page

Results = dict[str, Any]

TITLE = "On a GPU"
INTRODUCTION = (
    "This page compares TensorFlow on a GPU with `numpy_rnn` on the processor, and shows how fast and how exactly the "
    "GPU computes. Every number comes from the result file `gpu.json` next to this page. `python scripts/gpu.py` "
    "measures everything again; `python scripts/gpu.py --page-only` writes the page from that file alone.",
)


def write_gpu_page(folder: Path, results: Results, source: Path) -> None:
    """Write the page into `folder`; raise Refused if `results`, which are those in the file `source`, are damaged."""
    with results_of(source):
        chapters = [
            partial(device_chapter, results["device"], results["notes"]),
            partial(parity_chapter, results["suite"]),
            partial(tf32_chapter, results["tf32"]),
            partial(functions_chapter, results["exactness"]),
            partial(trainings_chapter, results["trainings"]),
            partial(steps_chapter, results["steps"]),
        ]
    write_page(folder, TITLE, INTRODUCTION, [(source, chapter) for chapter in chapters])


def device_chapter(device: Results, notes: Sequence[str]) -> Chapter:
    """Return the GPU, the processor, the versions, and notes on the installation."""
    rows = [
        ("GPU", f"{device['gpu']}, compute capability {device['compute_capability']}"),
        ("processor", f"{device['processor']}, {device['cores']} cores"),
        *((name.capitalize() if name == "python" else name, version) for name, version in device["versions"].items()),
        *((f"{name} that TensorFlow was built for", version) for name, version in device["built_for"].items()),
        *((f"{name} that was loaded", version) for name, version in device["loaded"].items()),
    ]
    paragraphs = list(notes)
    if majors_differ(device):
        paragraphs.append(
            "TensorFlow loaded CUDA libraries of another major version than it was built for. With matching libraries "
            "the times may differ."
        )
    introduction = "The table lists everything that computed."
    table = Table("Devices and versions", ("", "name or version"), rows)
    return Chapter("device", "Device and versions", introduction, paragraphs, [], [table])


def majors_differ(device: Mapping[str, Any]) -> bool:
    """Return whether TensorFlow loaded CUDA libraries of another major version than it was built for."""
    built = str(device["built_for"]["CUDA"]).partition(".")[0]
    return any(device["loaded"].get(name, built).partition(".")[0] != built for name in ("CUDA runtime", "cuBLAS"))


def parity_chapter(suite: Results) -> Chapter:
    """Return the outcome of the tests, and how much of its bound each property used."""
    rows = [
        (name.partition(": ")[2], f"{one['ratio']:.3f}", one["quantity"], f"{one['cases']:,}", f"{one['vacuous']:,}")
        for name, one in suite["properties"].items()
    ]
    failed = suite["failed"]
    outcome = f"{suite['passed']} passed, {len(failed)} failed, {suite['skipped']} skipped, {suite['seconds']:.0f} s"
    introduction = f"`python -m pytest -m gpu`, TF32 off, Hypothesis profile `{suite['profile']}`: {outcome}."
    paragraphs = [
        "A property holds if no error exceeds its bound, that is, if error / bound is at most 1. A case is rejected as "
        "vacuous if its bound is so large that any result would pass."
    ]
    if failed:
        paragraphs.append("\n".join(f"- failed: `{name}`: {reason}" for name, reason in failed.items()))
    headings = ("property", "error / bound", "largest in", "cases", "vacuous")
    table = Table("The largest error of each property", headings, rows)
    return Chapter("parity", "Parity with `numpy_rnn`", introduction, paragraphs, [], [table])


def tf32_chapter(layers: Sequence[Results]) -> Chapter:
    """Return the largest error of each layer with TF32 off and on."""
    rows = [
        (row["layer"], f"{row['off']:.3f}", "not measured" if row["on"] is None else f"{row['on']:.1f}")
        for row in layers
    ]
    introduction = (
        "With TF32 the operands of float32 products have 10 bits of fraction instead of 23. The tests switch it off, "
        "and `train.py --tf32` is off by default."
    )
    paragraph = (
        "The LSTM by cuDNN was not measured with TF32 on: TensorFlow keeps cuDNN's description of a network from its "
        "first call, and afterwards TF32 cannot be switched in the same process."
    )
    table = Table(
        "The largest error / bound in float32, for 1 to 4 time steps, 128 to 16 hidden units, 28 inputs, 32 examples",
        ("layer", "TF32 off", "TF32 on"),
        rows,
    )
    return Chapter("tf32", "TF32", introduction, [paragraph], [], [table])


def functions_chapter(functions: Sequence[Results]) -> Chapter:
    """Return the measured errors of the functions, and the errors that the bounds assume."""
    rows = [
        (
            f"{row['library']} {row['dtype']} {row['function']}",
            f"{row['measured']:.2f}",
            f"{row['recorded']:g}",
            f"{row['in_u']:.2f} of {row['floor']:g}" if row["floor"] else "–",
        )
        for row in functions
        if row["recorded"]
    ]
    introduction = (
        "`python -m parity_tests.oracles.ulps` measures the errors of functions in units in the last place (ulps), and "
        "the bounds assume somewhat larger errors. For one σ the bounds also allow an absolute error, given in unit "
        "roundoffs u, and the column of ulps shows only what exceeds it."
    )
    headings = ("function", "measured, ulps", "assumed, ulps", "absolute, u")
    table = Table("Errors of functions on the GPU", headings, rows)
    return Chapter("functions", "tanh, exp, log and σ", introduction, [], [], [table])


def trainings_chapter(trainings: Sequence[Results]) -> Chapter:
    """Return accuracies and times of the four models."""
    rows = [
        (
            row["experiment"],
            percent(row["train_accuracy"]),
            percent(row["test_accuracy"]),
            percent(row["target"]),
            {True: "yes", False: "no", None: "–"}[row["met"]],
            f"{row['seconds']:.1f}",
        )
        for row in trainings
    ]
    first = trainings[0]
    introduction = (
        f"`python scripts/train.py --device gpu`, {first['epochs']} epochs, TF32 {first['tf32']}, one seed. The "
        "seconds include the input pipeline."
    )
    headings = ("model", "training accuracy", "test accuracy", "target", "met", "seconds")
    table = Table("Accuracies and times", headings, rows)
    return Chapter("trainings", "The exercise's four models", introduction, [], [], [table])


def steps_chapter(steps: Sequence[Results]) -> Chapter:
    """Return the times of a training step."""
    rows = [
        (row["model"], row["tf32"], f"{row['ms']:.2f}", f"{row['low']:.2f}–{row['high']:.2f}", f"{row['steps']}")
        for row in steps
    ]
    ms = {(row["model"], row["tf32"]): row["ms"] for row in steps}
    changes = [100 * (ms[model, "on"] / ms[model, "off"] - 1) for model, state in ms if state == "on"]
    ratio = ms["`tf_rnn` LSTM", "off"] / ms["`keras.layers.LSTM` by cuDNN", "off"]
    introduction = (
        "A step consists of forward pass, loss, backward pass and Adam, for 128 images in memory, 28 time steps and "
        "128 hidden units. The models take turns, and the warm-up is not counted."
    )
    change = f"{min(changes):+.0f} to {max(changes):+.0f} %".replace("-", "−")
    paragraph = (
        f"A step of the LSTM of `tf_rnn` takes {ratio:.1f} times as long as one by cuDNN, which computes all time "
        "steps in a few kernels, while `tf_rnn` calls a kernel for each operation of each time step. TF32 changes the "
        f"medians by {change}."
    )
    table = Table("Milliseconds of a training step", ("model", "TF32", "median", "quartiles", "steps"), rows)
    return Chapter("steps", "A training step", introduction, [paragraph], [], [table])
