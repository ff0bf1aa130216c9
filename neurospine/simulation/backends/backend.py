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

    def run(self, network: Network, folder: Path, progress: Progress) -> bool:
        """Run and append records to the streams in `folder` (see `results.segments`).

        If there is a checkpoint in the folder, the run goes on from it.

        Returns
        -------
        bool
            Whether the run came to its end; not so after an interrupt.

        Raises
        ------
        BuildError
            If the program does not come to its end.
        """


class Backend(Protocol):
    """One way to run a network."""

    @property
    def name(self) -> str:
        """The name users give."""

    @property
    def resumes(self) -> bool:
        """Whether a run that was cut off can go on from its last checkpoint."""

    def build(self, network: Network) -> Program:
        """Return a program for a network.

        Raises
        ------
        BuildError
            If it cannot be built here; the message says what to do.
        """
