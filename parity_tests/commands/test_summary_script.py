"""Does `scripts/summary.py` count each run once, compare like with like, and refuse other files in one line?"""

import json
import shutil
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import summary as script
from command.errors import Refused
from parity_tests.commands.processes import assert_refused, run
from parity_tests.survival.faults import survives
from trainings.result_file import read_result

RESULT = {
    "experiment": "rnn-64",
    "backend": "numpy",
    "hidden_dim": 64,
    "initial_state": "zeros",
    "seed": 0,
    "batch_size": 128,
    "learning_rate": 0.001,
    "epochs": 4,
    "test_accuracy": 0.75,
    "train_accuracy": [0.5, 0.6, 0.7, 0.8],
    "weights_sha256": "0",
}
TENSORFLOW = {"backend": "tf", "jit": False, "tf32": "off", "deterministic": False}


def write(folder, **changes):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "result.json").write_text(json.dumps(RESULT | changes), encoding="utf-8")


def summary(folder, *arguments):
    return run(*arguments, folder=folder, script="summary.py")


def rows(stdout):
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in stdout.splitlines() if line.startswith("|")]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]


def test_a_row_for_each_group_of_settings(tmp_path):
    write(tmp_path / "runs" / "seed-0")
    write(tmp_path / "runs" / "seed-1", seed=1, test_accuracy=0.85)
    write(tmp_path / "runs" / "tf", **TENSORFLOW)
    changes: list[dict[str, Any]] = [
        {"hidden_dim": 16},
        {"learning_rate": 0.01},
        {"clip_norm": 1.0},
        {"initial_state": "learned"},
        {"batch_size": 5000},
        {"epochs": 1, "train_accuracy": [0.5]},
        TENSORFLOW | {"jit": True},
        TENSORFLOW | {"deterministic": True},
        TENSORFLOW | {"tf32": "on"},
        {"a_later_setting": 7},
    ]
    for number, change in enumerate(changes):
        write(tmp_path / "runs" / str(number), test_accuracy=0.1, **change)
    with survives("runs with other settings in a summary"):
        code, stdout, stderr = summary(tmp_path, "runs")
        assert (code, stderr) == (0, "")
        found = rows(stdout)
        assert len(found) == 2 + len(changes)
        (first,) = [row for row in found if row["seeds"] == "0 1"]
        assert (first["mean"], first["other settings"], first["notebook"]) == ("80.0 %", "–", "77.7 %")
        others = {row["other settings"]: row["notebook"] for row in found if row["mean"] == "10.0 %"}
        assert {name: others[name] for name in ("hidden_dim 16", "learning_rate 0.01", "initial_state learned")} == {
            "hidden_dim 16": "–",
            "learning_rate 0.01": "–",
            "initial_state learned": "–",
        }
        assert {"batch_size 5000", "jit", "deterministic", "tf32 on", "a_later_setting 7"} <= others.keys()


@pytest.mark.parametrize(("one", "other"), [("rnn-64", "seed-0/rnn-64"), ("a", "b"), ("runs/a", "copy/a")])
def test_a_seed_that_comes_twice(tmp_path, one, other):
    write(tmp_path / "runs" / one)
    write(tmp_path / "runs" / other, test_accuracy=0.9)
    with survives("a seed twice in a summary"):
        ending = summary(tmp_path, "runs")
        first, second = sorted([f"runs/{one}/result.json", f"runs/{other}/result.json"])
        message = (
            f"FOLDER: expected one run of each seed, got two of rnn-64, seed 0: ({first} and {second}|{second} and .*)"
        )
        assert_refused(ending, message)


def test_a_folder_named_twice_counts_once(tmp_path):
    write(tmp_path / "runs" / "a")
    (tmp_path / "link").symlink_to(tmp_path / "runs", target_is_directory=True)
    with survives("a seed twice in a summary"):
        code, stdout, _ = summary(tmp_path, "runs", "runs/a", "./runs", "link")
        assert code == 0
        assert [row["seeds"] for row in rows(stdout)] == ["0"]


def test_files_of_a_killed_run_do_not_count(tmp_path):
    write(tmp_path / "runs" / "a")
    write(tmp_path / "runs" / "a" / ".unfinished", seed=1)
    write(tmp_path / "runs" / ".hidden" / "b", seed=2)
    with survives("unfinished files in a summary"):
        assert [row["seeds"] for row in rows(summary(tmp_path, "runs")[1])] == ["0"]


VALUES: list[tuple[str, Any]] = [
    ("experiment", "rnn-65"),
    ("experiment", ["rnn-64"]),
    ("backend", None),
    ("a_later_setting", [7]),
    ("hidden_dim", "64"),
    ("hidden_dim", [64]),
    ("initial_state", {}),
    ("seed", -1),
    ("seed", True),
    ("seed", 0.5),
    ("epochs", 0),
    ("epochs", 3),
    ("test_accuracy", 9.0),
    ("test_accuracy", None),
    ("train_accuracy", []),
    ("train_accuracy", [0.5, 0.6, 0.7, 8]),
    ("train_accuracy", "high"),
    ("learning_rate", 0),
    ("clip_norm", -1),
    ("clip_norm", "1"),
]
DAMAGES: dict[str, str | bytes] = {
    "empty": "",
    "cut": json.dumps(RESULT)[:50],
    "a list": "[]",
    "a number": "3",
    "null": "null",
    "another object": "{}",
    "another program's": '{"experiment": "mnist", "accuracy": 0.9}',
    "deep": "[" * 100_000,
    "not a number": json.dumps(RESULT | {"test_accuracy": float("nan")}),
    "no UTF-8": b"\xff\xfe{}",
    **{f"{name} {value!r:.20}": json.dumps(RESULT | {name: value}) for name, value in VALUES},
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_result_that_is_none(tmp_path, damage):
    content = DAMAGES[damage]
    write(tmp_path / "a")
    write(tmp_path / "b")
    (tmp_path / "b" / "result.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    with survives("a damaged or foreign result.json"), pytest.raises(Refused) as refused:
        script.read_groups([tmp_path])
    assert str(refused.value).startswith(f"{tmp_path}/b/result.json: expected a result of train.py: ")
    assert len(str(refused.value).splitlines()) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200)
@given(st.sampled_from(sorted(RESULT)), JSON)
def test_any_entry_is_valid_or_refused(tmp_path_factory, name, value):
    folder = tmp_path_factory.mktemp("any")
    write(folder, **{name: value})
    with survives("a damaged or foreign result.json"):
        try:
            read_result(folder / "result.json")
        except ValueError as error:
            assert name in str(error) or name == "epochs"  # noqa: PT017
        else:
            assert len(script.read_groups([folder])) == 1
    shutil.rmtree(folder)


def test_the_whole_script_refuses_in_one_line(tmp_path):
    (tmp_path / "result.json").write_text("", encoding="utf-8")
    with survives("a damaged or foreign result.json"):
        assert_refused(summary(tmp_path, "."), r"result\.json: expected a result of train\.py: expected JSON: .*")
        assert_refused(summary(tmp_path, "none"), "FOLDER: expected a folder, got none")
        assert_refused(summary(tmp_path, "result.json"), r"FOLDER: expected a folder, got result\.json")
