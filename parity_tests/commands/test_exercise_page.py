"""The figures that docs/exercise.md quotes are those of the published studies."""

import json
from statistics import mean

import pytest

from numpy_rnn.experiments import EXPERIMENTS
from parity_tests.commands.processes import ROOT

PAGE = " ".join((ROOT / "docs" / "exercise.md").read_text(encoding="utf-8").split())
STUDIES = ROOT / "docs" / "studies"


def published(study):
    return json.loads((STUDIES / f"{study}.json").read_text(encoding="utf-8"))


def percent(share):
    return f"{100 * share:.1f} %"


def from_1000(hidden_dim, way):
    """Mean test accuracy of the models of one kind, from h_init = 0 or their own, and from h_init = 1000."""
    results = published("initial-state")
    place = results["starts"].index(1000.0)
    models = [one for one in results["models"] if (one["hidden_dim"], one["way"]) == (hidden_dim, way)]
    return percent(mean(one["own"] for one in models)), percent(mean(one["accuracy"][place] for one in models))


def after_delay(condition, model):
    return percent(mean(seed[-1] for seed in published("memory")["accuracy"][condition][model]))


def by_width(kind, hidden_dim, epoch):
    return percent(mean(run["test"][epoch] for run in published("width")[kind][str(hidden_dim)]))


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=EXPERIMENTS)
def test_parameters_and_the_notebooks_figure_of_each_model(experiment):
    assert f"| `{experiment.name}` |" in PAGE
    assert f"{experiment.parameters:,}" in PAGE
    assert f"| {percent(experiment.notebook_test_accuracy)} |" in PAGE


def test_initial_states():
    (small, small_1000), (large, large_1000) = from_1000(64, "zeros"), from_1000(128, "zeros")
    assert f"RNN1 falls from {large} to {large_1000}, RNN2 from {small} to {small_1000}" in PAGE
    assert f"the models fall to {from_1000(128, 'learned')[1]} and {from_1000(64, 'learned')[1]}" in PAGE
    assert f"still reach {from_1000(128, 'random')[1]} and {from_1000(64, 'random')[1]}" in PAGE


def test_width():
    assert f"Yes: {by_width('short', 128, -1)} against {by_width('short', 64, -1)} after 4 epochs" in PAGE
    assert f"had {by_width('long', 128, 3)} and {by_width('long', 64, 3)} after 4 epochs" in PAGE
    assert f"and {by_width('long', 128, -1)} and {by_width('long', 64, -1)} after 20" in PAGE


def test_memory():
    lstm, rnn = after_delay("delay 8", "LSTM"), after_delay("delay 8", "RNN")
    assert f"the LSTM reaches {lstm} and the RNN {rnn}" in PAGE
    lstm, rnn = after_delay("delay 28", "LSTM"), after_delay("delay 28", "RNN")
    assert f"both fail ({lstm} and {rnn})" in PAGE
    assert f"it reaches {after_delay('delay 112', 'LSTM, open')} even after 112 blank rows" in PAGE


def test_rows_and_columns():
    results = published("rows-columns")
    low, high = (f"{100 * end:+.1f}".replace("-", "−") for end in results["interval"])
    difference = f"{100 * results['mean']:.1f}".replace("-", "−")
    assert f"the difference is {difference} points, with a 90 % confidence interval from {low} to {high}" in PAGE
    assert f"within ±{100 * results['margin']:g} percentage points" in PAGE
