"""Tables that stay readable in a narrow terminal: there every row becomes a few lines."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from neurospine.description.parameters import Parameter

#: A column of prose may be as narrow as this before rows are written as lines.
NARROWEST = 24
_GAP = 2


class Listing:
    """A table with a title, which a console shows as its width allows.

    Parameters
    ----------
    title
        What stands above it.
    columns
        Its columns; the first is never wrapped.
    lead
        How many of them stand in the first line of a row where rows are lines.
    spare
        How many of the last ones are left out where that keeps the rest a table.
    """

    def __init__(self, title: str, *columns: str, lead: int = 1, spare: int = 0) -> None:
        self.title, self.columns, self.lead, self.spare = title, columns, lead, spare
        self.rows: list[tuple[Text, ...]] = []

    def add(self, *cells: str | Text) -> None:
        """Add a row; its texts are shown as they are, brackets and all."""
        self.rows.append(tuple(Text(c) if isinstance(c, str) else c for c in cells))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield a table if its columns have room, else a few lines for each row."""
        filled = [n for n in range(len(self.columns)) if n == 0 or any(r[n] for r in self.rows)]
        for columns in (filled, [n for n in filled if n < len(self.columns) - self.spare]):
            if self._least(columns) <= options.max_width:
                yield self._table(columns)
                return
        yield Text(self.title, style="italic")
        for row in self.rows:
            first = (cell for cell in row[: self.lead] if cell.plain)
            yield Text("  ").join(Text(c.plain, "bold") if c is row[0] else c for c in first)
            for title, cell in zip(self.columns[self.lead :], row[self.lead :], strict=True):
                if cell.plain:
                    yield Padding(Text.assemble((f"{title}: ", "dim"), cell), (0, 0, 0, 4))

    def _least(self, columns: list[int]) -> int:
        """Return the width below which one of these columns would be torn."""
        total = 0
        for number in columns:
            texts = [self.columns[number], *(row[number].plain for row in self.rows)]
            natural = max(len(line) for text in texts for line in text.split("\n"))
            word = max(len(word) for text in texts for word in (text.split() or [""]))
            total += natural if number == 0 else max(word, min(natural, NARROWEST))
        return total + _GAP * len(columns)

    def _table(self, columns: list[int]) -> Table:
        table = Table(title=self.title, title_justify="left", box=None, padding=(0, _GAP, 0, 0))
        for number in columns:
            table.add_column(
                self.columns[number], header_style="bold", no_wrap=number == 0, overflow="fold"
            )
        for row in self.rows:
            table.add_row(*(row[number] for number in columns))
        return table


def parameter_table(title: str, parameters: Iterable[tuple[str, Parameter]]) -> Listing:
    """Return a table of parameters with where they are from."""
    table = Listing(f"\n{title}", "name", "value", "source", "meaning", lead=3)
    for name, parameter in parameters:
        where = f" ({parameter.where})" if parameter.where else ""
        meaning = Text.assemble(parameter.meaning, (where, "dim"))
        table.add(name, str(parameter), parameter.source, meaning)
    return table
