"""The tests marked `gpu` and the exercise's four trainings, each in a process of its own, as a person runs them."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from checkpoints import Refused

from numpy_rnn.experiments import EXPERIMENTS

ROOT = Path(__file__).resolve().parents[2]
# The other files have no test with this marker.
TESTS = "parity_tests/**/test_on_gpu.py"


def suite(folder: Path, profile: str, marker: str = "gpu") -> dict[str, Any]:
    """`pytest -m gpu`: how many tests passed, which failed, and how much of its bound each property used."""
    ledger, report = folder / "ledger.json", folder / "tests.xml"
    arguments = ["-m", marker, f"--hypothesis-profile={profile}", f"--ledger={ledger}", f"--junitxml={report}", "-q"]
    files = map(str, ROOT.glob(TESTS))
    begin = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *files, *arguments], cwd=ROOT, capture_output=True, text=True
    )
    if not report.exists() or not ledger.exists():
        raise Refused(f"pytest -m {marker}: expected a report, got {(ended.stdout + ended.stderr)[-300:]!r}")
    cases = list(ElementTree.parse(report).iter("testcase"))
    failed = {f"{one.get('name')}": _reason(one) for one in cases if _reason(one)}
    skipped = sum(one.find("skipped") is not None for one in cases)
    return {
        "profile": profile,
        "passed": len(cases) - len(failed) - skipped,
        "skipped": skipped,
        "failed": failed,
        "seconds": time.perf_counter() - begin,
        "properties": json.loads(ledger.read_text()),
    }


def _reason(case: ElementTree.Element) -> str:
    """The first line of what a test failed with; empty where it has not."""
    for kind in ("failure", "error"):
        found = case.find(kind)
        if found is not None:
            return (found.get("message") or kind).splitlines()[0][:200]
    return ""


def trainings(folder: Path, epochs: int, device: str = "gpu") -> list[dict[str, Any]]:
    """`train.py` of the four models: accuracies and seconds. Raises Refused, in its own words, where it can't train."""
    command = [
        sys.executable,
        str(ROOT / "scripts" / "train.py"),
        "--device",
        device,
        "--epochs",
        str(epochs),
        "--quiet",
    ]
    ended = subprocess.run([*command, "--output", str(folder)], cwd=ROOT, capture_output=True, text=True)
    if ended.returncode not in (0, 1):
        raise Refused(f"train.py: {(ended.stderr or ended.stdout).strip().splitlines()[-1]}")
    results = [json.loads((folder / name / "result.json").read_text()) for name in EXPERIMENTS]
    names = "experiment", "epochs", "tf32", "test_accuracy", "target", "met", "device"
    return [
        {name: one[name] for name in names}
        | {"train_accuracy": one["train_accuracy"][-1], "seconds": sum(one["seconds_per_epoch"])}
        for one in results
    ]
