"""What every backend is: it builds a network, and the program it builds can be run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from neurospine.simulation.network import Network

#: Called now and then during a run with the biological time that has passed, in seconds.
Progress = Callable[[float], None]


class Program(Protocol):
    """A built network. It may be run again with the numbers of an equal structure."""

    @property
    def fresh(self) -> bool:
        """Whether building it needed code generation and compilation."""

    def run(self, network: Network, folder: Path, progress: Progress) -> None:
        """Run and append records to the streams in `folder` (see `results.segments`).

        Raises
        ------
        BuildError
            If the program does not come to its end.
        """


class Backend(Protocol):
    """One way to run a network.

    What is asked for and not among its capabilities is an error before anything
    is built.
    """

    @property
    def name(self) -> str:
        """The name users give."""

    @property
    def capabilities(self) -> frozenset[str]:
        """What it can do that not every backend can."""

    def build(self, network: Network) -> Program:
        """Return a program for a network.

        Raises
        ------
        BuildError
            If it cannot be built here; the message says what to do.
        """


def spine_stream(projection: str) -> str:
    """Return the name of the stream of snapshots of a projection's spines."""
    return f"spines_{projection}"


def trace_stream(population: str) -> str:
    """Return the name of the stream of recorded variables of a population."""
    return f"traces_{population}"


def spike_stream(population: str) -> str:
    """Return the name of the stream of spikes of a population."""
    return f"spikes_{population}"
