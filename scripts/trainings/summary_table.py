"""The table that `train.py` prints after all experiments."""

from collections.abc import Sequence

from rich.table import Table

from numpy_rnn.experiments import BATCH_SIZE, EPOCHS
from pages.wording import percent, percents
from trainings.record import Record


def summary_table(records: Sequence[Record]) -> Table:
    """Return a table of accuracies and targets; below each experiment, the published figures of the notebook."""
    caption = f"Targets are for {EPOCHS} epochs, batches of {BATCH_SIZE}. Notebook: published accuracies."
    table = Table(title="Accuracy on MNIST", caption=caption, show_edge=False)
    table.add_column("experiment", no_wrap=True)
    table.add_column("parameters", justify="right")
    table.add_column("training", no_wrap=True)
    table.add_column("test", justify="right", no_wrap=True)
    table.add_column("target", no_wrap=True)
    table.add_column("met")
    for record in records:
        experiment = record.experiment
        table.add_row(
            experiment.name,
            f"{record.parameters:,}",
            _training([epoch.accuracy for epoch in record.epochs]),
            percent(record.test_accuracy),
            f"≥ {percent(experiment.target)}",
            "[green]yes" if record.met else "[bold red]no",
        )
        table.add_row(
            "  notebook",
            f"{experiment.parameters:,}",
            percents(experiment.notebook_train_accuracy),
            percent(experiment.notebook_test_accuracy),
            style="dim",
            end_section=True,
        )
    return table


def _training(accuracies: Sequence[float]) -> str:
    """Return the training accuracy of each epoch, or if they are many of the last epoch and of the best one."""
    if len(accuracies) <= EPOCHS:
        return percents(accuracies)
    best = max(range(len(accuracies)), key=accuracies.__getitem__)
    return f"{percent(accuracies[-1])}, best {percent(accuracies[best])} ({best + 1})"
