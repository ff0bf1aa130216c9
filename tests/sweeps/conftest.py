"""Eight days of three hundred slots, as a file, and what runs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neurospine import Model, Protocol, load_protocol

TEXT = """
schema  = 1
kind    = "protocol"
name    = "days"
summary = "Eight days without activity."
step    = "1 s"
repeats = 2

[model]
circuit    = "dendrite"
spine      = "living_spine"
parameters = ["v1_adult"]

[record]
precision = "single"

[[phases]]
name         = "imaging"
kind         = "consolidation"
duration     = "8 day"
tick         = "6 hour"
record_every = "2 day"

[measures.turnover]
kind    = "turnover"
meaning = "Share of spines that came or went within four days"
phase   = "imaging"
every   = "4 day"

[measures.survival]
kind    = "survival"
meaning = "Share of spines seen at every visit"
phase   = "imaging"
every   = "4 day"
"""


@pytest.fixture(scope="session")
def days_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The protocol as a file."""
    path = tmp_path_factory.mktemp("protocols") / "days.toml"
    path.write_text(TEXT)
    return path


@pytest.fixture(scope="session")
def days(days_file: Path) -> Protocol:
    """The protocol."""
    return load_protocol(days_file)


@pytest.fixture(scope="session")
def dendrite(days: Protocol) -> Model:
    """Its model with three hundred slots, of which most live."""
    return days.default_model().with_parameters(n_sites=300)


@pytest.fixture
def swept(days: Protocol, dendrite: Model, tmp_path: Path) -> Callable[..., Any]:
    """A function that sweeps it into a folder, without other processes unless told."""
    from neurospine import sweep

    def run(over: Any = None, **options: Any) -> Any:
        given = {"output": tmp_path / "out", "model": dendrite, "jobs": 1, **options}
        return sweep(days, over or {"slope_factor": [1.0, 1.5]}, **given)

    return run
