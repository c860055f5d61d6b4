"""The progress of a training: a bar for each epoch on a terminal, a line for each epoch in a log."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn

from pages.terminal import has_bars
from pages.wording import percent
from trainings.backend import State

BAR, SHORTEST_BAR = 20, 3
# The longest text of each figure, and the sets of figures of which the first that fits the terminal is shown.
LONGEST = {
    "loss": "loss 0.0000",
    "accuracy": "accuracy > 99.9 %",
    "short": "> 99.9 %",
    "step": "1000.00 ms/step",
    "left": "1000:00 left",
}
CHOICES = [("loss", "accuracy", "step", "left"), ("loss", "accuracy", "left"), ("loss", "accuracy"), ("accuracy",)]
LAST_CHOICES = [("accuracy",), ("short",), ()]


class Display:
    """Shows running loss and accuracy, the mean duration of a step, and the time left for all epochs."""

    def __init__(self, console: Console, progress: Progress | None, title: str, epochs: int, steps: int):
        self.console = console
        self.progress = progress
        self.title = title
        self.epochs = epochs
        self.steps = steps
        self.bar: TaskID | None = None
        self.shown, self.width = layout(console.width, len(self._description(epochs)))
        self.first: tuple[float, int] | None = None

    def show(self, state: State) -> None:
        """Show the progress after a step."""
        epoch, step = state.epoch, state.step
        now, done = time.perf_counter(), epoch * self.steps + step
        if self.first is None:
            self.first = now, done
        seconds = (now - self.first[0]) / max(done - self.first[1], 1)
        left = round(seconds * (self.epochs * self.steps - done))
        texts = {
            "loss": f"loss {state.loss:.4f}",
            "accuracy": f"accuracy {percent(state.accuracy)}",
            "short": percent(state.accuracy),
            "step": f"{1000 * seconds:5.2f} ms/step",
            "left": f"{left // 60}:{left % 60:02} left",
        }
        if self.progress is not None:
            names = [name for name in self.shown if name != "left" or step < self.steps]
            self._update(self.progress, epoch, step, "  ".join(texts[name] for name in names))
        elif step == self.steps:
            names = ["loss", "accuracy", "step", *(["left"] if epoch + 1 < self.epochs else [])]
            figures = "  ".join(texts[name] for name in names)
            self.console.print(f"{self._description(epoch + 1)}  {figures}", soft_wrap=True)

    def columns(self) -> list[ProgressColumn]:
        """Return the columns of the progress bar."""
        bar = [BarColumn(self.width)] if self.width else []
        return [TextColumn("{task.description}", markup=False), *bar, TextColumn("{task.fields[figures]}")]

    def _update(self, progress: Progress, epoch: int, step: int, figures: str) -> None:
        """Move the bar of this epoch; that of a finished epoch stays above, so that the terminal shows the newest."""
        if self.bar is None:
            description = self._description(epoch + 1).ljust(len(self._description(self.epochs)))
            self.bar = progress.add_task(description, total=self.steps, figures="")
        progress.update(self.bar, completed=step, figures=figures)
        if step == self.steps:
            finished = progress.make_tasks_table(progress.tasks)
            progress.remove_task(self.bar)
            self.bar = None
            progress.refresh()
            self.console.print(finished)

    def _description(self, epoch: int) -> str:
        return f"{self.title}, epoch {epoch}/{self.epochs}"


def layout(width: int, description: int) -> tuple[tuple[str, ...], int]:
    """Return the figures and the width of the bar that fit a terminal beside a text of `description` characters.

    Figures are left out before the bar becomes short, and the bar is left out before the text is.
    """
    room = width - description - 1
    for names, shortest in [*((names, BAR) for names in CHOICES), *((names, SHORTEST_BAR) for names in LAST_CHOICES)]:
        bar = room - len("  ".join(LONGEST[name] for name in names)) - bool(names)
        if bar >= shortest:
            return names, min(bar, BAR)
    return (), 0


@contextmanager
def display(console: Console, quiet: bool, title: str, epochs: int, steps: int) -> Iterator[Display]:
    """Yield a `Display` for `epochs` epochs of `steps` steps, with bars on a terminal unless `quiet`."""
    shown = Display(console, None, title, epochs, steps)
    if quiet or not has_bars(console):
        yield shown
        return
    with Progress(*shown.columns(), console=console) as shown.progress:
        yield shown
