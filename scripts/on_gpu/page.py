"""The page `report.md`, from the results and from nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any

Results = dict[str, Any]


def page(results: Results) -> str:
    """All of it, in Markdown."""
    parts = [
        "# On a GPU",
        "`python scripts/gpu.py` writes this page. TensorFlow computes on the GPU, NumPy beside it on the processor.",
        *device(results["device"]),
        *parity(results["suite"]),
        *tf32(results["tf32"]),
        *exactness(results["exactness"]),
        *trainings(results["trainings"]),
        *steps(results["steps"]),
    ]
    return "\n\n".join(parts) + "\n"


def table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """The first column is text, the others are numbers."""
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def device(found: Results) -> list[str]:
    """GPU, processor and versions."""
    rows = [
        ("GPU", f"{found['gpu']}, compute capability {found['compute_capability']}"),
        ("processor", f"{found['processor']}, {found['cores']} cores"),
        *found["versions"].items(),
        *((f"TensorFlow is built for {name}", version) for name, version in found["built_for"].items()),
        *((f"{name}, loaded", version) for name, version in found["loaded"].items()),
    ]
    lines = ["## Device and versions", table(("", ""), rows)]
    if majors_differ(found):
        lines.append(
            "The CUDA libraries that were loaded are of another major version than TensorFlow was built for. "
            "Times may differ from those of a matching installation."
        )
    return lines


def majors_differ(device: Mapping[str, Any]) -> bool:
    """Whether TensorFlow computes with CUDA libraries of another major version than it was built for."""
    built = str(device["built_for"]["CUDA"]).partition(".")[0]
    return any(device["loaded"].get(name, built).partition(".")[0] != built for name in ("CUDA runtime", "cuBLAS"))


def parity(found: Results) -> list[str]:
    """Each property, and how much of its bound it used."""
    rows = [
        (name.partition(": ")[2], f"{one['ratio']:.3f}", one["quantity"], f"{one['cases']:,}", f"{one['vacuous']:,}")
        for name, one in found["properties"].items()
    ]
    failed = found["failed"]
    outcome = f"{found['passed']} passed, {len(failed)} failed, {found['skipped']} skipped, {found['seconds']:.0f} s"
    lines = [
        "## Parity with `numpy_rnn`",
        f"`python -m pytest -m gpu`, TF32 off, Hypothesis profile `{found['profile']}`: {outcome}. The table shows the "
        "largest error of each property as a part of its bound; above 1 the property does not hold.",
        table(("property", "error / bound", "largest in", "cases", "turned away"), rows),
    ]
    if failed:
        lines.append("\n".join(f"- failed: `{name}`: {reason}" for name, reason in failed.items()))
    return lines


def tf32(rows: Sequence[Results]) -> list[str]:
    """What TF32 does."""
    shown = [
        (row["layer"], f"{row['off']:.3f}", "not measured" if row["on"] is None else f"{row['on']:.1f}") for row in rows
    ]
    return [
        "## TF32",
        "The largest error in float32, as a multiple of the bound, over sequences of 1 to 4 steps with 128 to 16 "
        "units, 28 inputs and 32 examples. With TF32 the operands of products have 10 bits of fraction in place of "
        "23. The tests switch it off, and `train.py --tf32` is off by default.",
        table(("layer", "TF32 off", "TF32 on"), shown),
        "TensorFlow keeps cuDNN's description of a network from its first call. TF32 can't be switched in the same "
        "process after that.",
    ]


def exactness(rows: Sequence[Results]) -> list[str]:
    """The ulp counts."""
    shown = [
        (
            f"{row['library']} {row['dtype']} {row['function']}",
            f"{row['measured']:.2f}",
            f"{row['recorded']:g}",
            f"{row['in_u']:.2f} of {row['floor']:g}" if row["floor"] else "–",
        )
        for row in rows
        if row["recorded"]
    ]
    return [
        "## tanh, exp, log and σ",
        "Errors in units in the last place, measured on the GPU (`python -m parity_tests.ulps`), and the count that "
        "the bounds use. Where σ has an absolute part, u is the unit roundoff, and the count is for what exceeds it.",
        table(("function", "measured", "used", "absolute, in u"), shown),
    ]


def trainings(rows: Sequence[Results]) -> list[str]:
    """The four models."""
    shown = [
        (
            row["experiment"],
            f"{row['train_accuracy']:.4f}",
            f"{row['test_accuracy']:.4f}",
            f"{row['target']:.4f}",
            "yes" if row["met"] else "no",
            f"{row['seconds']:.1f}",
        )
        for row in rows
    ]
    return [
        "## The exercise's four models",
        f"`python scripts/train.py --device gpu`, {rows[0]['epochs']} epochs, TF32 {rows[0]['tf32']}, one seed. "
        "The seconds are of the training, input pipeline included.",
        table(("model", "training accuracy", "test accuracy", "target", "met", "seconds"), shown),
    ]


def steps(rows: Sequence[Results]) -> list[str]:
    """The times."""
    shown = [
        (row["model"], row["tf32"], f"{row['ms']:.2f}", f"{row['low']:.2f}–{row['high']:.2f}", row["steps"])
        for row in rows
    ]
    ms = {(row["model"], row["tf32"]): row["ms"] for row in rows}
    changes = [100 * (ms[model, "on"] / ms[model, "off"] - 1) for model, state in ms if state == "on"]
    ratio = ms["`tf_rnn` LSTM", "off"] / ms["`keras.layers.LSTM` by cuDNN", "off"]
    return [
        "## A training step",
        "Forward, loss, backward and Adam, from images in memory to the loss; B = 128, T = 28, H = 128. Warm-up is not "
        "counted; the models are timed in turns.",
        table(("model", "TF32", "ms, median", "quartiles", "steps"), shown),
        f"A step of the LSTM of `tf_rnn` takes {ratio:.1f} times as long as one by cuDNN. cuDNN computes all steps of "
        "the sequence in a few kernels; `tf_rnn` calls one kernel for each operation of each step. "
        f"TF32 changes the medians by {min(changes):+.0f} to {max(changes):+.0f} %.",
    ]
