"""Shipped protocols, run once each, with what is measured and how it compares."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from neurospine import compare, load_protocol, measure, simulate


@pytest.fixture(scope="session")
def outcome() -> Callable[..., Any]:
    """A function that runs a protocol with a parameter set and returns all that follows."""

    @cache
    def run(name: str, parameters: str | None = None) -> SimpleNamespace:
        protocol = load_protocol(name)
        trajectory = simulate(None, protocol, parameters=parameters)
        measures = measure(trajectory, protocol)
        scores = compare(trajectory, protocol, measures)
        return SimpleNamespace(
            protocol=protocol, trajectory=trajectory, measures=measures, scores=scores
        )

    return run
