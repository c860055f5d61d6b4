"""The table that `train.py` prints after all experiments."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from numpy_rnn.experiments import BATCH_SIZE, EPOCHS, EXPERIMENTS
from pages.wording import count, percent, percents
from trainings.record import Record

MET = {True: Text("yes", "green"), False: Text("no", "bold red"), None: Text("–")}


def summary_table(records: Sequence[Record]) -> Table:
    """Return a table of accuracies and targets; below each experiment, the published figures of the notebook.

    The records are of one command, so that they differ only in the experiment. The title names the settings that they
    share.
    """
    caption = f"Targets are for the exercise's settings: its H, initial state zeros, {EPOCHS} epochs, batches of "
    caption += f"{BATCH_SIZE}. Notebook: published accuracies."
    table = Table(title=_title(records[0]), caption=caption, show_edge=False)
    table.add_column("experiment", no_wrap=True)
    table.add_column("H", justify="right")
    table.add_column("parameters", justify="right")
    table.add_column("training", no_wrap=True)
    table.add_column("test", justify="right", no_wrap=True)
    table.add_column("target", no_wrap=True)
    table.add_column("met")
    for record in records:
        experiment = record.experiment
        table.add_row(
            experiment.name,
            f"{record.settings['hidden_dim']}",
            f"{record.parameters:,}",
            _training([epoch.accuracy for epoch in record.epochs]),
            percent(record.test_accuracy),
            f"≥ {percent(experiment.target)}",
            MET[record.met],
        )
        table.add_row(
            "  notebook",
            f"{EXPERIMENTS[experiment.name].hidden_dim}",
            f"{experiment.parameters:,}",
            percents(experiment.notebook_train_accuracy),
            percent(experiment.notebook_test_accuracy),
            style="dim",
            end_section=True,
        )
    return table


def _title(record: Record) -> str:
    settings = record.settings
    return (
        f"Accuracy on MNIST after {count(len(record.epochs), 'epoch')}: backend {settings['backend']}, "
        f"seed {settings['seed']}, initial state {settings['initial_state']}, batches of {settings['batch_size']}, "
        f"learning rate {settings['learning_rate']:g}"
        + ("" if settings["clip_norm"] is None else f", gradients clipped to {settings['clip_norm']:g}")
    )


def _training(accuracies: Sequence[float]) -> str:
    """Return the training accuracy of each epoch, or if they are many of the last epoch and of the best one."""
    if len(accuracies) <= EPOCHS:
        return percents(accuracies)
    best = max(range(len(accuracies)), key=accuracies.__getitem__)
    return f"{percent(accuracies[-1])}, best {percent(accuracies[best])} ({best + 1})"
