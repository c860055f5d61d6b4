"""Tables of a page on a terminal."""

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
