"""Does a run of the studies that stops after any step, and resumes, end like one without a stop, in both backends?"""

import json

import pytest

from command.errors import Refused
from command.signals import Interrupted, Stopping
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
