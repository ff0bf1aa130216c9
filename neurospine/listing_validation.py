"""What `validate` prints: every score, which values were fitted, and counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from neurospine.analysis.library_scores import Outcome, Validation
from neurospine.analysis.scorecard import VERDICTS, add_columns, numbers
from neurospine.analysis.validation import Score
from neurospine.listing_tables import Listing

#: From this width on, status and source have columns of their own.
WIDE = 120
#: In the order of their counts.
_STATUSES = ("calibrated", "predicted", "held out", "prediction")


def validation_tables(validation: Validation) -> Iterator[RenderableType]:
    """Yield the table of scores, that of fitted values, and the counts."""
    yield ScoreTable(validation.outcomes)
    yield from fitted_table(validation.outcomes)
    yield counts_table([score for done in validation.outcomes for score in done.scores])
    if validation.left_out:
        yield Text(f"left out, as they take long: {', '.join(validation.left_out)}")


class ScoreTable:
    """All scores by protocol and phenomenon, as a console has width for them."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        self.outcomes = outcomes

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table; a narrow one has status and source behind the phenomenon."""
        yield self._table(wide=options.max_width >= WIDE)

    def _table(self, *, wide: bool) -> Table:
        table = Table(box=box.SIMPLE_HEAD)
        table.add_column("protocol, phenomenon and condition")
        add_columns(table)
        for name in ("status", "source") * wide:
            table.add_column(name, no_wrap=True)
        for done in self.outcomes:
            verdict = (Text("error", "red"),) if done.error else ()
            table.add_row(Text(done.protocol, "bold"), *("", "", "") * bool(verdict), *verdict)
            for _, group in groupby(done.scores, key=_heading):
                self._add(table, list(group), wide=wide)
        return table

    def _add(self, table: Table, scores: Sequence[Score], *, wide: bool) -> None:
        """Add the scores of a phenomenon: in one line if there is one without condition."""
        first = scores[0]
        origin = "" if wide else f" ({first.source}, {first.status})"
        head = Padding(Text.assemble(first.phenomenon, (origin, "dim")), (0, 0, 0, 2))
        alone = len(scores) == 1 and not first.condition
        if not alone:
            table.add_row(head)
        for score in scores:
            label = head if alone else Padding(Text(score.condition, "dim"), (0, 0, 0, 4))
            table.add_row(label, *numbers(score), *(score.status, score.source) * wide)


def _heading(score: Score) -> tuple[str, str, str]:
    return score.phenomenon, score.source, score.status


def fitted_table(outcomes: Sequence[Outcome]) -> Iterator[RenderableType]:
    """Yield which values were fitted and to what, each once with the protocols that use them."""
    used: dict[tuple[str, str, str], list[str]] = {}
    for done in outcomes:
        for fit in done.fits:
            part = f"{fit.part}, set {fit.chosen}" if fit.chosen else fit.part
            used.setdefault((part, ", ".join(fit.values), fit.to), []).append(done.protocol)
    table = Listing("\nFitted values", "part", "values", "fitted to", "protocols")
    for (part, values, to), protocols in used.items():
        table.add(part, values, to, ", ".join(protocols))
    if table.rows:
        yield table
    without = [done.protocol for done in outcomes if not done.fits and not done.error]
    if without:
        yield Text(f"no value was fitted for: {', '.join(without)}")


def counts_table(scores: Sequence[Score]) -> Listing:
    """Return how many values were met, near and missed, by status."""
    table = Listing("\nCounts", "status", *VERDICTS, "of", lead=5)
    published = [score for score in scores if score.status != "prediction"]
    for status in _STATUSES:
        _count(table, status, [score for score in scores if score.status == status])
    _count(table, "all but predictions", published)
    shown = sum(score.verdict == "shown" for score in scores)
    if shown:
        table.add("shown, not scored", *[""] * len(VERDICTS), str(shown))
    return table


def _count(table: Listing, title: str, scores: Sequence[Score]) -> None:
    """Add a line of counts, if anything was scored."""
    counts = [sum(score.verdict == verdict for score in scores) for verdict in VERDICTS]
    if sum(counts):
        table.add(title, *map(str, counts), str(sum(counts)))
