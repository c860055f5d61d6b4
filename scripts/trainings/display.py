"""The progress of a training: a bar for each epoch on a terminal, a line for each epoch in a log."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from pages.wording import percent
from trainings.backend import State

COLUMNS = TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.fields[figures]}")


class Display:
    """Shows running loss and accuracy, the mean duration of a step, and the time left for all epochs."""

    def __init__(self, console: Console, progress: Progress | None, title: str, epochs: int, steps: int):
        self.console = console
        self.progress = progress
        self.title = title
        self.epochs = epochs
        self.steps = steps
        self.bars: dict[int, TaskID] = {}
        self.first: tuple[float, int] | None = None

    def show(self, state: State) -> None:
        """Show the progress after a step."""
        epoch, step = state.epoch, state.step
        now, done = time.perf_counter(), epoch * self.steps + step
        if self.first is None:
            self.first = now, done
        seconds = (now - self.first[0]) / max(done - self.first[1], 1)
        left = round(seconds * (self.epochs * self.steps - done))
        figures = f"loss {state.loss:.4f}  accuracy {percent(state.accuracy)}  {1000 * seconds:5.2f} ms/step"
        remaining = f"  {left // 60}:{left % 60:02} left"
        description = f"{self.title}, epoch {epoch + 1}/{self.epochs}"
        if self.progress is not None:
            if epoch not in self.bars:
                self.bars[epoch] = self.progress.add_task(description, total=self.steps, figures="")
            figures += remaining if step < self.steps else ""
            self.progress.update(self.bars[epoch], completed=step, figures=figures)
        elif step == self.steps:
            figures += remaining if epoch + 1 < self.epochs else ""
            self.console.print(f"{description}  {figures}", soft_wrap=True)


@contextmanager
def display(console: Console, quiet: bool, title: str, epochs: int, steps: int) -> Iterator[Display]:
    """Yield a `Display` for `epochs` epochs of `steps` steps, with bars on a terminal unless `quiet`."""
    if quiet or not console.is_terminal:
        yield Display(console, None, title, epochs, steps)
        return
    with Progress(*COLUMNS, console=console) as progress:
        yield Display(console, progress, title, epochs, steps)
