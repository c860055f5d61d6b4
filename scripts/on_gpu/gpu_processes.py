"""The tests marked `gpu` and the exercise's four trainings, in processes of their own."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from command.errors import Refused
from numpy_rnn.experiments import EXPERIMENTS

ROOT = Path(__file__).resolve().parents[2]
# No other file has tests with the marker `gpu`.
TESTS = ROOT / "parity_tests" / "properties" / "test_on_gpu.py"


def run_suite(folder: Path, profile: str) -> dict[str, Any]:
    """Run `pytest -m gpu`; return the outcome of the tests, and how much of its bound each property used.

    `folder` is for temporary files. Raises Refused if pytest cannot run the tests.
    """
    ledger, report = folder / "ledger.json", folder / "tests.xml"
    arguments = ["-m", "gpu", f"--hypothesis-profile={profile}", f"--ledger={ledger}", f"--junitxml={report}", "-q"]
    begin = time.perf_counter()
    ended = _run([sys.executable, "-m", "pytest", str(TESTS), *arguments])
    if not report.exists() or not ledger.exists():
        raise Refused(f"pytest -m gpu: expected a report, got {(ended.stdout + ended.stderr)[-300:]!r}")
    cases = list(ElementTree.parse(report).iter("testcase"))
    failed = {f"{case.get('name')}": _reason(case) for case in cases if _reason(case)}
    skipped = sum(case.find("skipped") is not None for case in cases)
    return {
        "profile": profile,
        "passed": len(cases) - len(failed) - skipped,
        "skipped": skipped,
        "failed": failed,
        "seconds": time.perf_counter() - begin,
        "properties": json.loads(ledger.read_text(encoding="utf-8")),
    }


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command in the project's folder; return its exit code and its output, which may hold any bytes."""
    return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", errors="replace")


def _reason(case: ElementTree.Element) -> str:
    """Return the first line of a test's failure; it is empty if the test did not fail."""
    for kind in ("failure", "error"):
        found = case.find(kind)
        if found is not None:
            return (found.get("message") or kind).splitlines()[0][:200]
    return ""


def run_trainings(folder: Path, epochs: int) -> list[dict[str, Any]]:
    """Train the four models on the GPU with `train.py`, which writes into `folder`; return accuracies and seconds.

    Raises Refused, with the message of `train.py`, if it cannot train.
    """
    command = [sys.executable, str(ROOT / "scripts" / "train.py"), "--device", "gpu", "--epochs", str(epochs)]
    ended = _run([*command, "--quiet", "--output", str(folder)])
    if ended.returncode not in (0, 1):
        *_, last = ["no message", *(ended.stderr or ended.stdout).strip().splitlines()]
        raise Refused(f"train.py ended with exit code {ended.returncode}: {last}")
    results = [json.loads((folder / name / "result.json").read_text(encoding="utf-8")) for name in EXPERIMENTS]
    names = "experiment", "epochs", "tf32", "test_accuracy", "target", "met", "device"
    return [
        {name: one[name] for name in names}
        | {"train_accuracy": one["train_accuracy"][-1], "seconds": sum(one["seconds_per_epoch"])}
        for one in results
    ]
