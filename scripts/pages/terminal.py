"""What fits a terminal: progress bars, and tables with the columns for which there is room."""

from rich.console import Console
from rich.table import Table as RichTable

from pages.blocks import Table


def rich_table(table: Table) -> RichTable:
    """Return a table that rich can print; code is shown without its backquotes."""
    shown = RichTable(title=table.caption.replace("`", ""), show_edge=False)
    for number, heading in enumerate(table.headings):
        shown.add_column(heading.replace("`", ""), justify="right" if number else "left")
    for row in table.rows:
        shown.add_row(*(cell.replace("`", "") for cell in row))
    return shown


def has_bars(console: Console) -> bool:
    """Return whether progress bars can be shown: on a terminal that can move its cursor."""
    return console.is_terminal and not console.is_dumb_terminal


def fitted(table: RichTable, console: Console, *headings: str) -> RichTable:
    """Remove the columns with these headings from a table, in this order, until it fits the console; return it."""
    for heading in headings:
        if console.measure(table, options=console.options.update(width=10_000)).maximum <= console.width:
            break
        table.columns = [column for column in table.columns if column.header != heading]
    return table
