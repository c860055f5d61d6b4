"""The parts of a study: training runs, a measurement, and the sentences, tables and pictures made from it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from pages.blocks import Chapter, Picture, Table
from studies.recipes import Plan, Recipe
from studies.run_files import Runs

Results = dict[str, Any]


class Study(NamedTuple):
    """A question of the exercise and how it is answered.

    `recipes` returns the training runs that the study needs. `measure` computes its results, numbers and texts for a
    JSON file. `describe`, `tabulate` and `draw` return sentences, tables and pictures, made from these results only.
    """

    name: str
    title: str
    question: str
    recipes: Callable[[Plan], list[Recipe]]
    measure: Callable[[Plan, Runs], Results]
    describe: Callable[[Results], list[str]]
    tabulate: Callable[[Results], list[Table]]
    draw: Callable[[Results], list[Picture]]

    def chapter(self, results: Results) -> Chapter:
        """Return the chapter of the page that answers this question."""
        return Chapter(
            self.name,
            self.title,
            f"**{self.question}**",
            self.describe(results),
            self.draw(results),
            self.tabulate(results),
        )
