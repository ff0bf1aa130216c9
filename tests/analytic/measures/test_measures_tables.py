"""Values as people read them: with their errors, in a scorecard or a table of measures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from neurospine.analysis.measure_table import measure_table
from neurospine.analysis.scorecard import with_error


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.7101, 0.0134, "0.710 ± 0.013"),
        (187.6, 1.71, "188 ± 2"),
        (1.2294, 0.008, "1.23 ± 0.01"),
        (33.3, 15.0, "33 ± 15"),
        (0.0, 15.0, "0 ± 15"),
        (1.0, 1.0, "1.0 ± 1.0"),
        (-0.046, 0.2, "-0.05 ± 0.20"),
        (0.71, 0.00001, "0.710 ± <0.001"),
        (3.333, 0.0, "3.33"),
        (557.4, np.nan, "557"),
        (0.0, 0.0, "0"),
        (np.nan, np.nan, "-"),
    ],
)
def test_a_value_and_its_error_have_the_same_decimals(
    value: float, error: float, text: str
) -> None:
    assert with_error(value, error) == text


def test_measures_are_listed_with_value_error_and_meaning(synthetic: Any) -> None:
    conditions = {"genotype": ["wild_type", "knock_out"]}
    facts = {"phase": "days", "kind": "density"}
    protocol = synthetic.protocol(
        30, conditions,
        measures={"now": {"meaning": "How many", **facts},
                  "later": {"meaning": "In time", **facts, "every": "1 day"}},
    )  # fmt: skip
    row = {"value": 0.512, "standard_error": 0.024}
    tables = {
        "now": pd.DataFrame([{"genotype": name, **row} for name in conditions["genotype"]]),
        "later": pd.DataFrame([{"genotype": "a", "time": float(n), **row} for n in range(30)]),
    }
    console = Console(width=100)
    with console.capture() as caught:
        console.print(measure_table(protocol, tables, "A [title]"))
    text = caught.get()
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "A [title]" in lines
    assert "now How many" in lines
    assert "genotype knock out 0.512 ± 0.024" in lines
    assert "genotype a, time 29 days 0.512 ± 0.024" in lines
    assert "20 more" in lines
    assert sum("time" in line for line in lines) == 11  # ten rows, and the meaning
