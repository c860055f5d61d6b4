"""Do progress, tables and errors fit a terminal of any width, and say what a user needs first?"""

import io
import re
import sys
from typing import NamedTuple

import numpy as np
import pytest

import draw_cells
import study
import train
from command.console import new_console
from numpy_rnn.experiments import EXPERIMENTS
from pages.terminal import fitted
from trainings.display import display
from trainings.record import Record
from trainings.summary_table import summary_table

CONTROL = re.compile(r"\x1b\[[\d;?]*[a-zA-Z]")
WIDTHS = [40, 80, 120]


class Progressed(NamedTuple):
    epoch: int
    step: int
    loss: float = 0.12344
    accuracy: float = 0.9871
    history: tuple = ()


def terminal(width, **options):
    return new_console(file=io.StringIO(), force_terminal=True, width=width, legacy_windows=False, **options)


def shown(console):
    """The lines that a console got, without control sequences."""
    return re.split(r"[\n\r]+", CONTROL.sub("", console.file.getvalue()))


def trained(console, title, epochs, number=None, steps=3):
    """What the first `number` of so many epochs show."""
    with display(console, False, title, epochs, steps) as shows:
        for epoch in range(number or epochs):
            for step in range(1, steps + 1):
                shows.show(Progressed(epoch, step))
    return shown(console)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("title", "epochs"), [("column-rnn-128", 12), ("rnn-64", 4), ("lstm-128", 10_000)])
def test_epoch_bar_and_accuracy_fit(width, title, epochs):
    lines = trained(terminal(width, _environ={}), title, epochs, number=4)
    assert max(map(len, lines)) <= width
    for epoch in range(1, 5):
        (last, *_) = [line for line in lines if line.startswith(f"{title}, epoch {epoch}/")][-1:]
        assert "━" in last
        assert "98.7 %" in last
        if width >= 80:
            assert "loss 0.1234  accuracy 98.7 %" in last


def test_a_very_narrow_terminal_shows_the_epoch():
    lines = trained(terminal(28, _environ={}), "column-rnn-128", 12)
    assert max(map(len, lines)) <= 28
    assert "column-rnn-128, epoch 12/12" in [line.strip() for line in lines]


def test_bars_of_finished_epochs_leave_the_live_part():
    """A terminal with fewer rows than epochs shows the newest ones."""
    console = terminal(80, height=10, _environ={})
    assert any(line.startswith("rnn-64, epoch 50/50 ") for line in trained(console, "rnn-64", 50))


def test_a_terminal_without_cursor_gets_lines():
    console = terminal(80, _environ={"TERM": "dumb"})
    lines = trained(console, "rnn-64", 2)
    assert [line[:17] for line in lines if line] == ["rnn-64, epoch 1/2", "rnn-64, epoch 2/2"]


def record(name, epochs):
    """Records whose accuracy is best in the epoch before the last one."""

    class Epochs(NamedTuple):
        accuracy: float

    accuracies = [0.5 + 0.004 * number for number in range(epochs)]
    accuracies[-1] = accuracies[-1] - 0.1
    fields = dict.fromkeys(Record._fields)
    images = {"labels": [0], "probabilities": [[1.0] + 9 * [0.0]]}
    epochs_of_run = [Epochs(one) for one in accuracies]
    return Record(**{**fields, "experiment": EXPERIMENTS[name], "epochs": epochs_of_run} | arrays(name, images))


def arrays(name, lists):
    settings = {
        "backend": "numpy",
        "seed": 0,
        "initial_state": "zeros",
        "batch_size": 128,
        "learning_rate": 0.001,
        "clip_norm": None,
    }
    return {key: np.array(value) for key, value in lists.items()} | {
        "weights": {},
        "settings": {**settings, "experiment": name, "hidden_dim": EXPERIMENTS[name].hidden_dim},
    }


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("epochs", [4, 50])
def test_the_table_has_a_row_for_each_experiment(width, epochs):
    console = terminal(width)
    records = [record(name, epochs) for name in EXPERIMENTS]
    console.print(fitted(summary_table(records), console, "parameters", "H", "target", "training"))
    lines = shown(console)
    assert max(map(len, lines)) <= width
    rows = [line for line in lines if "│" in line]
    assert len(rows) == 2 * len(EXPERIMENTS)
    assert all("100.0 %" in row for row in rows[::2])
    if epochs == 50 and width == 120:
        assert all("59.6 %, best 69.2 % (49)" in row for row in rows[::2])


@pytest.mark.parametrize(
    ("script", "arguments", "said"),
    [
        (train, ["rnn-65"], "argument EXPERIMENT: expected one of rnn-128, .*, got 'rnn-65'; did you mean rnn-64?"),
        (train, ["RNN-128"], "argument EXPERIMENT: expected .*, got 'RNN-128'; did you mean rnn-128?"),
        (train, ["--epoch", "3"], "unknown option --epoch; did you mean --epochs?"),
        (train, ["--hiden-dim=3"], "unknown option --hiden-dim; did you mean --hidden-dim?"),
        (train, ["--xyzzy"], "unknown option --xyzzy"),
        (train, ["--two\nlines"], "unknown option --two lines"),
        (
            train,
            ["--backend", "nunpy"],
            "argument --backend: expected one of tf, numpy, got 'nunpy'; did you mean numpy?",
        ),
        (train, ["--initial-state", "zero"], "argument --initial-state: .*, got 'zero'; did you mean zeros?"),
        (train, ["--epochs"], "argument --epochs: expected one argument"),
        (study, ["widht"], "argument NAME: expected one of .*, got 'widht'; did you mean width?"),
        (study, ["--seed", "3"], "unknown option --seed; did you mean --seeds?"),
        (draw_cells, ["--out", "a"], "unknown option --out"),
    ],
)
def test_a_wrong_argument_is_one_line(monkeypatch, capsys, script, arguments, said):
    name = f"{script.__name__}.py"
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    with pytest.raises(SystemExit) as ended:
        script.parse_arguments()
    assert ended.value.code == 2
    pattern = re.escape(said).replace(r"\.\*", ".*")
    assert re.fullmatch(rf"{re.escape(name)}: error: {pattern}.*; see --help\n", capsys.readouterr().err)
