"""Does a run of the studies that stops after any step, and resumes, end like one without a stop, in both backends?"""

import json
import re
import shutil

import pytest

from command.errors import Refused
from command.signals import Interrupted, Stopping
from parity_tests.survival.faults import survives
from studies.recipes import Recipe
from studies.run_files import Runs
from studies.train_recipe import train_recipe
from trainings.backend import start_backend

STEPS = 3


def recipe_of(**choices):
    return Recipe(hidden_dim=3, epochs=2, images=128 * STEPS, **choices)


def run(recipe, folder, backend, leave_after=()):
    """The figures of the run, left after each of these numbers of steps, and the files of its folder."""
    folder.mkdir(exist_ok=True)
    runs = Runs(folder, backend)
    warned: list[str] = []
    for steps in (*leave_after, None):
        stopping = Stopping()
        heard: list[float] = []

        def progress(part, steps=steps, stopping=stopping, heard=heard):
            heard.append(part)
            if steps and part >= steps / (2 * STEPS) - 1e-9:
                stopping.number = 15

        try:
            train_recipe(recipe, runs, start_backend(backend), stopping, progress, warned.append)
        except Interrupted:
            assert steps
            assert not (folder / f"{recipe.name}.json").exists()
    assert warned == []
    record = json.loads((folder / f"{recipe.name}.json").read_text(encoding="utf-8"))
    assert record.pop("seconds") > 0
    assert sorted(path.name for path in folder.iterdir()) == [f"{recipe.name}.json", f"{recipe.name}.npz"]
    return record, heard


@pytest.mark.parametrize(
    ("backend", "choices", "leave_after"),
    [
        ("numpy", {}, [1, STEPS, STEPS + 1, 2 * STEPS]),
        ("numpy", {"recurrence": "lstm", "delay": 2, "forget_bias": 3.0}, [STEPS]),
        ("numpy", {"initial_state": "random", "parts": 2}, [2]),
        pytest.param("tf", {"initial_state": "learned"}, [1, STEPS], marks=pytest.mark.tensorflow),
    ],
)
def test_left_and_taken_up_again(backend, choices, leave_after, tmp_path):
    recipe = recipe_of(**choices)
    uninterrupted, heard = run(recipe, tmp_path / "one", backend)
    assert heard == pytest.approx([step / (2 * STEPS) for step in range(1, 2 * STEPS + 1)])
    resumed, _ = run(recipe, tmp_path / "other", backend, leave_after)
    assert resumed == uninterrupted
    assert len(resumed["test_accuracy"]) == len(resumed["train_loss"]) == 2
    assert resumed["recipe"] == recipe._asdict()
    assert list(Runs(tmp_path / "one", backend).missing([recipe])) == []


@pytest.fixture(scope="module")
def one_run(tmp_path_factory):
    """A recipe, and the folder with its finished run."""
    folder = tmp_path_factory.mktemp("finished")
    run(recipe_of(), folder / "runs", "numpy")
    return recipe_of(), folder / "runs"


def copied(one_run, tmp_path):
    shutil.copytree(one_run[1], tmp_path, dirs_exist_ok=True)
    return Runs(tmp_path, "numpy"), one_run[0]


def assert_not_used(runs, recipe, reason):
    warned: list[str] = []
    assert list(runs.missing([recipe], warned.append)) == [recipe]
    (line,) = warned
    assert re.fullmatch(rf"{runs.folder}/{recipe.name}\.json is not used, and its run is trained again: {reason}", line)
    with pytest.raises((TypeError, ValueError)):
        runs.record(recipe)


@pytest.mark.parametrize("choices", [{"hidden_dim": 3, "seed": 1}, {"hidden_dim": 5}, {"initial_state": "learned"}])
def test_a_copied_record_of_another_recipe_is_not_believed(one_run, tmp_path, choices):
    runs, recipe = copied(one_run, tmp_path)
    other = recipe._replace(**choices)
    for ending in ("json", "npz"):
        shutil.copyfile(tmp_path / f"{recipe.name}.{ending}", tmp_path / f"{other.name}.{ending}")
    with survives("a record of another recipe"):
        assert_not_used(runs, other, r"recipe: expected that of the file's name, got another one: \w+ .* there, .* now")
        # Nor is one whose recipe was changed, if the weights are of another size.
        record = json.loads((tmp_path / f"{other.name}.json").read_text(encoding="utf-8"))
        (tmp_path / f"{other.name}.json").write_text(json.dumps(record | {"recipe": other._asdict()}), encoding="utf-8")
        if "seed" not in choices:
            assert_not_used(runs, other, ".*expected .*")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("test_accuracy", 9.0),
        ("test_accuracy", [9.0, 0.5]),
        ("test_accuracy", [0.5]),
        ("test_accuracy", [0.5, None]),
        ("test_accuracy", [0.5, True]),
        ("train_accuracy", [0.5, -0.1]),
        ("train_loss", [0.5, float("nan")]),
        ("train_loss", {}),
        ("seconds", "long"),
        ("versions", []),
        ("backend", "torch"),
        ("backend", ["numpy"]),
        ("recipe", None),
        ("recipe", []),
        ("weights_sha256", "0"),
    ],
)
def test_a_record_with_other_values_is_not_believed(one_run, tmp_path, name, value):
    runs, recipe = copied(one_run, tmp_path)
    path = tmp_path / f"{recipe.name}.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    for changed in (record | {name: value}, {key: value for key, value in record.items() if key != name}):
        path.write_text(json.dumps(changed), encoding="utf-8")
        with survives("a record of a study with other values"):
            assert_not_used(runs, recipe, f"{name}: expected .*")


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "[" * 100_000, "\udcff"])
def test_a_record_that_is_none(one_run, tmp_path, content):
    runs, recipe = copied(one_run, tmp_path)
    (tmp_path / f"{recipe.name}.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with survives("a record of a study with other values"):
        assert_not_used(runs, recipe, ".+")


@pytest.mark.tensorflow
def test_both_backends_begin_with_the_same_weights(tmp_path):
    """And so their losses in the first epoch are close, though the examples come in another order."""
    recipe = recipe_of(recurrence="lstm")
    ours, theirs = (run(recipe, tmp_path / backend, backend)[0]["train_loss"][0] for backend in ("numpy", "tf"))
    assert ours == pytest.approx(theirs, abs=0.01)


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path):
    recipe = recipe_of()
    stopping, runs, backend = Stopping(), Runs(tmp_path, "numpy"), start_backend("numpy")
    stopping.number = 15
    with pytest.raises(Interrupted):
        train_recipe(recipe, runs, backend, stopping, lambda part: None, lambda line: None)
    (tmp_path / recipe.name).rename(tmp_path / recipe_of(seed=1).name)
    with pytest.raises(
        Refused, match=r"^--resume: expected a checkpoint of this training, got .*: seed 0 there, 1 now$"
    ):
        train_recipe(recipe_of(seed=1), runs, backend, Stopping(), lambda part: None, lambda line: None)
