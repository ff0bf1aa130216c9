"""The page about speed is what its results say."""

from __future__ import annotations

from benchmarks.speed_page import PAGE, page
from benchmarks.summary import summary


def test_the_page_is_made_of_the_results_that_are_there() -> None:
    assert PAGE.read_text() == page(), "run python -m benchmarks.speed_page"


def test_the_summary_leaves_out_what_was_not_measured() -> None:
    title = "1000 cells of soma and dendrite, 200 Hz each"
    column = "CPU s per biological s"
    rows = [
        {"what": "neurospine", column: "0.032 (0.031 to 0.033)"},
        {"what": "Dendrify", column: "0.121 (0.120 to 0.122)"},
    ]
    (row,) = summary({title: rows}.get)
    assert (row["neurospine"], row["Dendrify"], row["textbook Brian2"]) == ("0.032", "0.121", "")
