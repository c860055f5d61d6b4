"""What a study is made of, and what it leaves: sentences, tables and pictures, all from its results."""

from collections.abc import Callable
from typing import Any, NamedTuple

from pages.blocks import Picture, Table
from studies.recipes import Plan, Recipe
from studies.runs import Runs

Results = dict[str, Any]


class Study(NamedTuple):
    """A question of the exercise, and how it is answered.

    `recipes` are the training runs that it needs; `measure` makes the results of them, numbers and texts that go into a
    JSON file; `tell`, `tabulate` and `draw` make sentences, tables and pictures of the results and of nothing else.
    """

    name: str
    title: str
    question: str
    recipes: Callable[[Plan], list[Recipe]]
    measure: Callable[[Plan, Runs], Results]
    tell: Callable[[Results], list[str]]
    tabulate: Callable[[Results], list[Table]]
    draw: Callable[[Results], list[Picture]]
