"""Does `scripts/train.py` judge the exercise's own settings only, and show those of the run?"""

from typing import Any

import numpy as np
import pytest
from rich.console import Console

from numpy_rnn.experiments import BATCH_SIZE, EXPERIMENTS, LEARNING_RATE, Epoch
from trainings.record import Record
from trainings.summary_table import summary_table

OWN: dict[str, Any] = {
    "experiment": "rnn-64",
    "backend": "numpy",
    "hidden_dim": 64,
    "initial_state": "zeros",
    "seed": 0,
    "batch_size": BATCH_SIZE,
    "learning_rate": LEARNING_RATE,
    "clip_norm": None,
}


def record(right, epochs=4, **settings):
    """A run of which `right` of 100 test images are classified correctly."""
    settings = OWN | settings
    experiment = EXPERIMENTS[settings["experiment"]]._replace(
        hidden_dim=settings["hidden_dim"], initial_state=settings["initial_state"]
    )
    probabilities = np.zeros((100, 10), np.float32)
    probabilities[:, 0] = 1
    labels = np.where(np.arange(100) < right, 0, 1)
    history = [Epoch(0.5, 0.5, 1.0)] * epochs
    return Record(
        experiment, settings, history, {}, np.zeros((100, 28, 28)), labels, probabilities, 0.5, "CPU", {"python": "3"}
    )


def shown(one):
    console = Console(width=120, markup=False)
    with console.capture() as captured:
        console.print(summary_table([one]))
    return captured.get()


@pytest.mark.parametrize("change", [{}, {"seed": 7}, {"backend": "tf"}])
def test_the_exercises_own_settings_are_judged(change):
    assert record(50, **change).met is False
    assert record(90, **change).met is True


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 1},
        {"epochs": 5},
        {"hidden_dim": 16},
        {"hidden_dim": 128},
        {"initial_state": "learned"},
        {"batch_size": 5000},
        {"learning_rate": 0.01},
        {"clip_norm": 1.0},
    ],
)
def test_other_settings_are_not_judged(change):
    for right in (0, 50, 90, 100):
        one = record(right, **change)
        assert one.met is None
        assert one.result()["met"] is None
        row = next(line for line in shown(one).splitlines() if "rnn-64" in line)
        assert row.rstrip().endswith("–")


def test_the_table_shows_the_settings_of_the_run():
    text = " ".join(shown(record(90, hidden_dim=16, backend="tf", seed=3, initial_state="random")).split())
    assert "backend tf, seed 3, initial state random, batches of 128, learning rate 0.001" in text
    assert "clipped" not in text
    assert "learning rate 0.001, gradients clipped to 0.5" in " ".join(shown(record(90, clip_norm=0.5)).split())
    assert "rnn-64 │ 16 │" in text
